"""Duty put through the API: in local times, without overlaps, and on to the terminals."""

import json

import psycopg
import pytest

from api.registry.desk import Desk
from api.registry.settings import RegistrySettings
from tests.accounts import AREAS, Held, add_account
from tests.asking import asking, execute, fill

WEEK = "/v1/workers/W3/roster?from=2026-12-01&to=2026-12-07"


def shift(day: str, start: str, end: str, grid: str = "G1") -> dict:
    return {"day": day, "grid_id": grid, "start": start, "end": end}


@pytest.fixture
def tokens(database) -> dict[str, str]:
    fill(database)
    execute(database, AREAS)
    execute(
        database,
        "insert into posting (worker_id, grid_id, post, valid_from)"
        " values ('W3', 'G1', 'A', '2026-01-01')",
    )
    return {
        "root": add_account(database, "root", Held("administrator")),
        "boss": add_account(database, "boss", Held("grid_supervisor", None, "G1")),
        "west": add_account(database, "west", Held("grid_supervisor", None, "G2")),
    }


@pytest.fixture
def asker(database):
    with asking(database, None) as one:
        yield one


def windows(dsn: str, worker: str) -> list[tuple[str, str]]:
    query = (
        "select start_at::text, end_at::text from duty_window"
        " where worker_id = %s order by start_at"
    )
    with psycopg.connect(dsn, options="-c timezone=UTC") as conn:
        return conn.execute(query, (worker,)).fetchall()


def test_a_week_is_put_in_one_call_in_local_times(asker, database, tokens) -> None:
    body = {
        "windows": [
            shift("2026-12-01", "08:30", "12:00"),
            shift("2026-12-01", "14:00", "18:00"),
            shift("2026-12-07", "22:00", "06:00"),
        ]
    }

    made = asker.send("PUT", WEEK, body, token=tokens["boss"])
    read = asker.get(WEEK, token=tokens["boss"]).json()
    fewer = {"windows": body["windows"][:2], "revision": read["revision"]}
    changed = asker.send("PUT", WEEK, fewer, token=tokens["boss"])

    assert made.status_code == 200, made.text
    assert made.json()["days_marked"] == 2
    assert [one["day"] for one in read["windows"]] == ["2026-12-01", "2026-12-01", "2026-12-07"]
    assert read["windows"][2]["end_at"] == "2026-12-07T22:00:00Z"
    # The first day is as it was.
    assert changed.json()["days_marked"] == 1
    assert len(windows(database, "W3")) == 2


def test_overlapping_windows_are_both_named(asker, tokens) -> None:
    body = {
        "windows": [
            shift("2026-12-01", "08:30", "12:00"),
            shift("2026-12-01", "11:00", "13:00"),
        ]
    }

    answer = asker.send("PUT", WEEK, body, token=tokens["boss"])

    assert answer.status_code == 422
    assert "T03:00:00+00:00" in answer.json()["detail"]
    assert "T00:30:00+00:00" in answer.json()["detail"]


def test_who_has_not_read_the_roster_as_it_is_does_not_replace_it(asker, tokens) -> None:
    body = {"windows": [shift("2026-12-01", "08:30", "12:00")]}

    first, second = (asker.send("PUT", WEEK, body, token=tokens["boss"]) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 409)


@pytest.mark.parametrize(
    ("who", "worker", "grid", "status"),
    [
        ("boss", "W3", "G2", 422),
        ("boss", "W2", "G1", 404),
        ("west", "W3", "G2", 404),
        ("root", "W3", "G2", 200),
    ],
)
def test_supervisors_put_duty_of_their_own_in_their_own_grids(
    asker, tokens, who, worker, grid, status
) -> None:
    body = {"windows": [shift("2026-12-01", "08:30", "12:00", grid)]}

    answer = asker.send("PUT", WEEK.replace("W3", worker), body, token=tokens[who])

    assert answer.status_code == status, answer.text


def test_a_day_with_duty_elsewhere_is_for_those_who_manage_all_of_it(
    asker, database, tokens
) -> None:
    path = "/v1/workers/W1/roster?from=2026-11-20&to=2026-11-20"
    mine = asker.get(path, token=tokens["boss"]).json()

    answer = asker.send(
        "PUT", path, {"windows": [], "revision": mine["revision"]}, token=tokens["boss"]
    )

    assert [one["grid_id"] for one in mine["windows"]] == ["G1"]
    assert answer.status_code == 422
    assert len(windows(database, "W1")) == 3


@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        # Clocks are put forward at two and back at three.
        ("2026-03-28", "22:00", "06:00", ("2026-03-28 21:00:00+00", "2026-03-29 04:00:00+00")),
        ("2026-10-24", "22:00", "06:00", ("2026-10-24 20:00:00+00", "2026-10-25 05:00:00+00")),
    ],
)
def test_nights_on_which_clocks_change_are_what_clocks_show(
    asker, database, tokens, day, start, end, expected
) -> None:
    desk = Desk(asker.app.state.views, RegistrySettings(timezone="Europe/Berlin"))
    asker.app.state.desk = desk
    path = f"/v1/workers/W3/roster?from={day}&to={day}"

    answer = asker.send("PUT", path, {"windows": [shift(day, start, end)]}, token=tokens["boss"])

    assert answer.status_code == 200, answer.text
    assert windows(database, "W3") == [expected]


def test_a_time_that_clocks_never_show_is_refused(asker, tokens) -> None:
    asker.app.state.desk = Desk(asker.app.state.views, RegistrySettings(timezone="Europe/Berlin"))
    path = "/v1/workers/W3/roster?from=2026-03-29&to=2026-03-29"
    body = {"windows": [shift("2026-03-29", "02:30", "08:00")]}

    answer = asker.send("PUT", path, body, token=tokens["boss"])

    assert answer.status_code == 422
    assert "put forward" in answer.json()["detail"]


def test_a_pattern_makes_duty_on_its_weekdays_but_not_on_holidays(asker, database, tokens) -> None:
    for area, day in (("C", "2026-12-02"), ("D2", "2026-12-03")):
        body = {"area_id": area, "day": day, "name": "Festival"}
        made = asker.send("POST", "/v1/holidays", body, token=tokens["root"])
        assert made.status_code == 200, made.text
    pattern = {
        "windows": [
            {"weekdays": [1, 2, 3, 4], "grid_id": "G1", "start": "08:30", "end": "12:00"},
        ]
    }

    answer = asker.send(
        "PUT", WEEK.replace("roster", "roster/pattern"), pattern, token=tokens["boss"]
    )

    assert answer.status_code == 200, answer.text
    # Tuesday, Thursday, Monday: Wednesday is a holiday of the city, Thursday one of the west alone.
    assert [start[:10] for start, _ in windows(database, "W3")] == [
        "2026-12-01",
        "2026-12-03",
        "2026-12-07",
    ]


def test_each_change_is_in_the_log_with_what_it_was(asker, database, tokens) -> None:
    body = {"windows": [shift("2026-12-01", "08:30", "12:00")]}
    asker.send("PUT", f"{WEEK}&reason=swap", body, token=tokens["boss"])

    with psycopg.connect(database) as conn:
        ((who, what, before, after, reason),) = conn.execute(
            "select account_id, what, before, after, reason from change_log"
        ).fetchall()

    assert (who, what, reason) == ("boss", "roster", "swap")
    assert before == {"windows": []}
    assert json.dumps(after).count("G1") == 1
