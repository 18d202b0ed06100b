"""Administrators of a subtree do not come by what lies beyond it on a way round."""

from collections.abc import Iterator

import pytest

from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY_OF_LI, Asker, asking, execute, fill


@pytest.fixture
def ask(database: str) -> Iterator[Asker]:
    fill(database)
    execute(database, AREAS)
    with asking(database, None) as asker:
        yield asker


def test_a_worker_with_duty_beyond_is_nobody_to_sign_in_as(ask: Asker, database: str) -> None:
    add_account(database, "li.na", Held("worker"), worker_id="W1", area_id="S1")
    east = add_account(database, "east", Held("administrator", "D1"))
    chief = add_account(database, "chief", Held("administrator"))

    assert ask.get("/v1/accounts/li.na", token=east).status_code == 404
    assert ask.get("/v1/accounts/li.na", token=chief).status_code == 200


def test_a_posting_brings_nobody_elses_worker_into_reach(ask: Asker, database: str) -> None:
    east = add_account(database, "east", Held("administrator", "D1"))
    posting = {"worker_id": "W2", "grid_id": "G1", "post": "B", "valid_from": "2026-11-01"}

    assert ask.send("POST", "/v1/postings", posting, token=east).status_code in {404, 422}
    assert ask.get("/v1/workers/W2", token=east).status_code == 404


def test_who_carried_what_while_on_duty_beyond_is_not_changed(ask: Asker, database: str) -> None:
    east = add_account(database, "east", Held("administrator", "D1"))
    carried = {"terminal_id": "T3", "worker_id": "W1", "valid_from": "2026-11-20T00:00:00Z"}

    # Li's duty of that day lies in the west, too.
    assert ask.send("POST", "/v1/assignments", carried, token=east).status_code in {404, 422}


def test_a_key_for_tracks_alone_does_not_take_the_file_of_a_day(ask: Asker, database: str) -> None:
    narrow = add_account(database, "narrow", Held("area_supervisor"))
    execute(database, "update bearer set kind = 'key', scopes = '{read_tracks}'")

    assert ask.get(f"{DAY_OF_LI}/track.gpx", token=narrow).status_code == 200
    assert ask.get(f"{DAY_OF_LI}/file", token=narrow).status_code == 403
