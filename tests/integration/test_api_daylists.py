"""Lists of days over HTTP: who reads them, what is on them, and what supervisors ask for."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.accounts import AREAS, Held, add_account
from tests.asking import DAY, TOKEN, Asker, asking, execute, fill, write_tokens

LIST = f"/v1/daylists/W1/{DAY}"
POINT = '{"type": "Point", "coordinates": [116.405, 39.905]}'
WORLD = f"""
insert into checkpoint (checkpoint_id, grid_id, name, geometry) values
    ('K1', 'G1', 'Gate', '{POINT}'), ('K2', 'G1', 'Pond', '{POINT}'), ('K3', 'G1', '', '{POINT}');
insert into checkpoint_pass values
    ('W1', '{DAY}', '{DAY} 01:30Z', '{DAY} 01:40Z', 'G1', 'K1', 0.9),
    ('W1', '{DAY}', '{DAY} 01:30Z', '{DAY} 01:40Z', 'G1', 'K2', 0.3);
insert into grid_coverage values
    ('W1', '{DAY}', 'G1', 'checkpoints', 0.5, 0.4, 0.6,
     '[{{"name": "K3", "weight": 1, "p": 0, "reach": "not_reached"}}]');
insert into facility (facility_id, grid_id, name, kind, geometry, check_days) values
    ('L1', 'G1', 'Lamp 1', 'lamp', '{POINT}', 30), ('L2', 'G1', 'Lamp 2', 'lamp', '{POINT}', null);
insert into photo_report (terminal_id, report_id, taken_at, category, facility_id, received_at)
    values ('T1', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f', '{DAY} 02:00Z', 'lamp', 'L1', now());
insert into home_visit values
    ('W1', '2026-11-19', '2026-11-19 00:40Z', '2026-11-19 01:40Z', 'P2', 3000, 600, 'B', 0.9, 0.7);
"""  # noqa: S608 - the known day


@pytest.fixture(scope="module")
def tokens(shared_database: str) -> dict[str, str]:
    fill(shared_database)
    execute(shared_database, AREAS)
    execute(shared_database, WORLD)
    return {
        "li": add_account(shared_database, "li", Held("worker"), worker_id="W1"),
        "wang": add_account(shared_database, "wang", Held("worker"), worker_id="W2"),
        "g1": add_account(shared_database, "g1", Held("grid_supervisor", None, "G1")),
        "s1": add_account(shared_database, "s1", Held("area_supervisor", "S1")),
        "other": add_account(shared_database, "none", Held("area_supervisor", "D1")),
    }


@pytest.fixture(scope="module")
def ask(
    shared_database: str,
    tokens: dict[str, str],  # noqa: ARG001 - it fills the database
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("daylists")
    with asking(shared_database, write_tokens(folder / "tokens", TOKEN)) as asker:
        yield asker


def found(ask: Asker, path: str = LIST, **more: str) -> dict[str, dict]:
    answer = ask.get(path, **more)
    assert answer.status_code == 200, answer.text
    return {one["key"]: one for one in answer.json()["tasks"]}


def test_a_list_says_what_is_due_and_what_evidence_shows(ask, tokens):
    tasks = found(ask, token=tokens["li"])

    assert {key: (one["kind"], one["why"], one["seen"]) for key, one in tasks.items()} == {
        "K1": ("patrol", "patrol_due", "seen"),
        "K2": ("patrol", "patrol_due", "unknown"),
        "K3": ("patrol", "patrol_due", "not_seen"),
        "L1": ("check", "check_due", "seen"),
        "P1": ("visit", "never_visited", "seen"),
        "P3": ("visit", "never_visited", "seen"),
    }


def test_whoever_reads_a_list_is_written_down(ask, tokens, shared_database):
    found(ask, token=tokens["g1"])
    with psycopg.connect(shared_database) as conn:
        seen = conn.execute(
            "select what, worker_id from access_log where reader = 'g1' order by 1 limit 1"
        ).fetchone()

    assert seen == ("day", "W1")


def test_the_worker_and_the_supervisors_of_its_grids_read_it_and_nobody_else(ask, tokens):
    status = {who: ask.get(LIST, token=token).status_code for who, token in tokens.items()}

    assert status == {"li": 200, "wang": 404, "g1": 200, "s1": 200, "other": 200}
    assert ask.get("/v1/daylists/W2/2026-11-20", token=tokens["g1"]).status_code == 404
    assert ask.get("/v1/daylists/W1/2026-12-24", token=tokens["li"]).status_code == 404


def test_premises_of_a_grid_are_shared_by_those_on_duty(ask):
    other = found(ask, f"/v1/daylists/W2/{DAY}")

    assert [key for key, one in other.items() if one["kind"] == "visit"] == []


def test_a_supervisor_asks_for_something_and_takes_it_back(ask, tokens, shared_database):
    body = {"kind": "check", "key": "L2", "reason": "after_weather"}
    made = ask.send("POST", f"{LIST}/wishes", body, token=tokens["g1"])
    listed = ask.get(LIST, token=tokens["li"]).json()["tasks"]
    twice = ask.send("POST", f"{LIST}/wishes", body, token=tokens["s1"])
    wishes = ask.get(f"{LIST}/wishes", token=tokens["li"]).json()["wishes"]
    path = f"{LIST}/wishes/{made.json()['wish_id']}"
    gone = [ask.send("DELETE", path, token=tokens["s1"]).status_code for _ in range(2)]
    with psycopg.connect(shared_database) as conn:
        log = conn.execute(
            "select account_id, before is null, after is null, reason from change_log"
            " where what = 'wish' order by change_id"
        ).fetchall()

    assert made.status_code == 201
    assert [
        (one["why"], one["reason"], one["reason_text"]) for one in listed if one["key"] == "L2"
    ] == [("wished", "after_weather", "after heavy weather")]
    assert twice.status_code == 409
    assert [(one["key"], one["made_by"]) for one in wishes] == [("L2", "g1")]
    assert gone == [204, 404]
    assert log == [("g1", True, False, "after_weather"), ("s1", False, True, "")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "visit", "key": "P9", "reason": "follow_up"}, 422),
        ({"kind": "visit", "key": "P3", "reason": "follow_up"}, 422),
        ({"kind": "visit", "key": "P1", "reason": "ask who lives there"}, 422),
        ({"kind": "visit", "key": "P1", "reason": "follow_up", "text": "Mr Li"}, 422),
        ({"kind": "verify", "key": "P1", "reason": "follow_up"}, 422),
    ],
)
def test_a_wish_is_for_a_thing_of_the_own_grids_and_has_no_words_of_its_own(
    ask, tokens, body, status
):
    assert ask.send("POST", f"{LIST}/wishes", body, token=tokens["g1"]).status_code == status


def test_nobody_asks_for_things_on_days_of_others(ask, tokens):
    body = {"kind": "visit", "key": "P1", "reason": "follow_up"}
    status = {
        (who, path): ask.send("POST", f"{path}/wishes", body, token=tokens[who]).status_code
        for who, path in (("li", LIST), ("wang", LIST), ("g1", f"/v1/daylists/W2/{DAY}"))
    }

    assert list(status.values()) == [403, 403, 404]


def test_the_words_are_in_the_language_asked_for(ask, tokens):
    body = {"kind": "patrol", "key": "K2", "reason": "extra_round"}
    ask.send("POST", f"{LIST}/wishes", body, token=tokens["g1"])
    answer = ask.get(f"{LIST}?lang=zh", token=tokens["li"])

    assert "加巡" in json.dumps(answer.json(), ensure_ascii=False)
