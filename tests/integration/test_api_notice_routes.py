"""Notices and their rules over HTTP: within everybody's own reach, and as they come."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.accounts import Held, add_account
from tests.asking import Asker, asking, bearer, execute
from tests.integration.test_api_notices import NOW, SOS
from tests.processes import eventually, patrol

WEBHOOK = {"kind": "sos", "channel": "webhook", "target": "https://desk.example/notices"}


@pytest.fixture
def district(database: str) -> str:
    execute(database, NOW)
    return database


@pytest.fixture
def ask(district: str) -> Iterator[Asker]:
    with asking(district, None) as asker:
        yield asker


@pytest.fixture
def admin(district: str) -> str:
    return add_account(district, "admin", Held("administrator"))


def note(dsn: str, *notices: tuple[str, str]) -> None:
    for number, (worker, grid) in enumerate(notices):
        values = f"('outside', '{worker}{grid}{number}', '{worker}', '{grid}', now())"
        execute(
            dsn,
            f"insert into notice (kind, occasion, worker_id, grid_id, began_at) values {values}",  # noqa: S608
        )


def test_notices_are_listed_the_newest_first_in_pages(ask: Asker, district: str) -> None:
    token = add_account(district, "chief", Held("area_supervisor"))
    note(district, *[("W1", "G1")] * 5)
    first = ask.get("/v1/notices?limit=3", token=token).json()
    second = ask.get(f"/v1/notices?limit=3&cursor={first['next_cursor']}", token=token).json()

    numbers = [one["notice_id"] for page in (first, second) for one in page["notices"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (len(numbers), second["next_cursor"]) == (5, None)


@pytest.mark.parametrize(
    ("grants", "worker_id", "seen"),
    [
        ([Held("grid_supervisor", grid_id="G1")], None, {"W1"}),
        ([Held("area_supervisor", "A2")], None, {"W2"}),
        ([Held("area_supervisor", "D")], None, {"W1", "W2"}),
        ([Held("worker")], "W2", {"W2"}),
    ],
)
def test_everybody_sees_the_notices_of_the_own_reach(
    ask: Asker, district: str, *, grants: list[Held], worker_id: str | None, seen: set[str]
) -> None:
    note(district, ("W1", "G1"), ("W2", "G2"))
    token = add_account(district, "asker", *grants, worker_id=worker_id)

    found = ask.get("/v1/notices", token=token).json()["notices"]
    assert {one["worker_id"] for one in found} == seen
    for number, worker in ((1, "W1"), (2, "W2")):
        status = ask.get(f"/v1/notices/{number}", token=token).status_code
        assert status == (200 if worker in seen else 404)


def test_an_administrator_keeps_rules_and_sees_no_notices(ask: Asker, admin: str) -> None:
    assert ask.get("/v1/notices", token=admin).status_code == 403
    assert ask.get("/v1/notice-rules", token=admin).status_code == 200


def test_the_first_who_takes_a_notice_up_stays_in_it(ask: Asker, district: str) -> None:
    note(district, ("W1", "G1"))
    first = add_account(district, "first", Held("grid_supervisor", grid_id="G1"))
    second = add_account(district, "second", Held("area_supervisor", "D"))

    assert ask.send("POST", "/v1/notices/1/seen", token=first).json()["seen_by"] == "first"
    assert ask.send("POST", "/v1/notices/1/seen", token=second).json()["seen_by"] == "first"
    assert ask.get("/v1/notices?open=true", token=second).json()["notices"] == []


def test_a_rule_is_made_shown_its_secret_once_changed_and_taken_away(
    ask: Asker, admin: str
) -> None:
    made = ask.send("PUT", "/v1/notice-rules/desk", WEBHOOK, token=admin)
    assert made.json()["secret"].startswith("whsec_")

    changed = {**WEBHOOK, "delay_s": 60, "revision": 1}
    assert ask.send("PUT", "/v1/notice-rules/desk", changed, token=admin).json()["secret"] is None
    again = ask.send("PUT", "/v1/notice-rules/desk", changed, token=admin)
    assert (again.status_code, again.json()["type"][-17:]) == (409, "changed-meanwhile")
    (found,) = ask.get("/v1/notice-rules", token=admin).json()["rules"]
    assert (found["delay_s"], found["revision"], "secret" in found) == (60, 2, False)

    assert ask.send("DELETE", "/v1/notice-rules/desk", token=admin).status_code == 204
    assert ask.send("DELETE", "/v1/notice-rules/desk", token=admin).status_code == 404


def test_a_rule_reaches_no_further_than_whoever_makes_it(ask: Asker, district: str) -> None:
    token = add_account(district, "north", Held("administrator", "A1"))

    statuses = {
        place: ask.send("PUT", f"/v1/notice-rules/r{n}", {**WEBHOOK, **where}, token=token)
        for n, (place, where) in enumerate(
            {
                "own": {"area_id": "A1"},
                "own grid": {"grid_id": "G1"},
                "other": {"area_id": "A2"},
                "above": {"area_id": "D"},
                "all": {},
            }.items()
        )
    }
    assert {place: one.status_code for place, one in statuses.items()} == {
        "own": 200,
        "own grid": 200,
        "other": 422,
        "above": 422,
        "all": 422,
    }


def test_a_rule_of_another_subtree_is_nobody_elses_to_take_over(
    ask: Asker, district: str, admin: str
) -> None:
    ask.send("PUT", "/v1/notice-rules/desk", {**WEBHOOK, "area_id": "A2"}, token=admin)
    north = add_account(district, "north", Held("administrator", "A1"))
    taken = {**WEBHOOK, "area_id": "A1", "target": "https://mine.example/", "revision": 1}

    assert ask.send("PUT", "/v1/notice-rules/desk", taken, token=north).status_code == 404
    (found,) = ask.get("/v1/notice-rules", token=admin).json()["rules"]
    assert (found["area_id"], found["target"]) == ("A2", WEBHOOK["target"])


def test_where_a_call_came_from_is_for_those_who_may_see_tracks_and_written_down(
    ask: Asker, district: str
) -> None:
    execute(
        district,
        "insert into notice (kind, occasion, worker_id, grid_id, began_at, fix_epoch, fix_lat_e7,"
        " fix_lon_e7) values ('sos', 'one', 'W1', 'G1', now(), now(), 306600010, 1040600020)",
    )
    chief = add_account(district, "chief", Held("area_supervisor"))
    narrow = add_account(district, "narrow", Held("area_supervisor"))
    execute(
        district,
        "update bearer set kind = 'key', scopes = '{read_results}' where account_id = 'narrow'",
    )

    (seen,) = ask.get("/v1/notices", token=chief).json()["notices"]
    (less,) = ask.get("/v1/notices", token=narrow).json()["notices"]
    assert (seen["lat_deg"], less["lat_deg"]) == (30.660001, None)
    with psycopg.connect(district) as conn:
        read = conn.execute("select reader, what, worker_ids from access_log").fetchall()
    assert read == [("chief", "notice", ["W1"])]


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "ftp://desk.example/"},
        {"target": "https://who:what@desk.example/"},
        {"target": "https://"},
        {"channel": "email", "target": "nobody"},
        {"channel": "email", "target": "a@["},
        {"channel": "email", "target": "a@b.example,c@d.example"},
        {"target": "https://["},
        {"target": "https://h\x00/"},
        {"target": "https://\u2488.com/"},
        {"quiet_from": "21:00"},
        {"area_id": "A1", "grid_id": "G1"},
        {"resident": "somebody"},
        {"delay_s": -1},
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(ask: Asker, admin: str, wrong: dict) -> None:
    answer = ask.send("PUT", "/v1/notice-rules/desk", {**WEBHOOK, **wrong}, token=admin)

    assert answer.status_code == 422
    assert ask.get("/v1/notice-rules", token=admin).json()["rules"] == []


def test_a_call_for_help_is_on_the_supervisors_line_within_two_seconds(
    district: str, tmp_path: Path
) -> None:
    token = add_account(district, "north", Held("grid_supervisor", grid_id="G1"))
    config = tmp_path / "patrol.toml"
    config.write_text(f'[database]\ndsn = "{district}"\n[api]\nport = 0\n')
    log, beside = tmp_path / "api.log", tmp_path / "notify.log"
    log.touch()
    start = {"environment": {}, "log": log}
    with (
        patrol("api", "run", "--config", str(config), **start),
        patrol("api", "notify", "--config", str(config), environment={}, log=beside),
    ):
        (said,) = eventually(
            lambda: [one for one in events(log) if one["event"] == "api.listening"]
        )
        eventually(lambda: "notices.started" in beside.read_text())
        url = f"http://{said['host']}:{said['port']}/v1/notices/live"
        with httpx.stream("GET", url, headers=bearer(token), timeout=10) as line:
            lines = line.iter_lines()
            assert next(lines).startswith("retry:")
            # That of another grid is not for this supervisor.
            execute(district, SOS.format(terminal="T2"))
            began = time.monotonic()
            execute(district, SOS.format(terminal="T1"))
            data = next(one for one in lines if one.startswith("data:"))
            took_s = time.monotonic() - began
            # Whoever is no longer let in hears no more.
            execute(district, "delete from bearer")
            execute(district, SOS.format(terminal="T1"))
            assert [one for one in lines if one.startswith("data:")] == []

    assert json.loads(data[5:])["worker_id"] == "W1"
    assert took_s < 2


def events(log: Path) -> list[dict]:
    return [json.loads(one) for one in log.read_text(encoding="utf-8").splitlines()]
