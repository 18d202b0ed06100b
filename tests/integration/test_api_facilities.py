"""Facilities over HTTP: kept one by one, imported with a dry run, with their changes."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.accounts import AREAS, Held, add_account
from tests.asking import Asker, asking, execute, fill

POINT = {"type": "Point", "coordinates": [116.405, 39.905]}
LAMP = {"grid_id": "G1", "kind": "lamp", "name": "No 12", "geometry": POINT}


@pytest.fixture(scope="module")
def tokens(shared_database: str) -> dict[str, str]:
    fill(shared_database)
    execute(shared_database, AREAS)
    execute(shared_database, "insert into department (department_id, name) values ('L', 'Lights')")
    return {
        "east": add_account(shared_database, "east", Held("administrator", "D1")),
        "west": add_account(shared_database, "west", Held("administrator", "D2")),
        "g1": add_account(shared_database, "g1", Held("grid_supervisor", None, "G1")),
        "g2": add_account(shared_database, "g2", Held("grid_supervisor", None, "G2")),
        "li": add_account(shared_database, "li", Held("worker"), worker_id="W1"),
        "lights": add_account(shared_database, "lights", Held("department", department_id="L")),
    }


@pytest.fixture(scope="module")
def ask(
    shared_database: str,
    tokens: dict[str, str],  # noqa: ARG001 - it fills the database
) -> Iterator[Asker]:
    with asking(shared_database, None) as asker:
        yield asker


def imported(ask: Asker, token: str, *lamps: dict, **more: str):
    features = [
        {
            "type": "Feature",
            "geometry": one.pop("geometry", POINT),
            "properties": {"grid_id": "G1", "kind": "lamp", **one},
        }
        for one in lamps
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    query = "&".join(f"{name}={value}" for name, value in {"kind": "facilities", **more}.items())
    headers = {"Content-Type": "application/geo+json", "Authorization": f"Bearer {token}"}
    return ask._runner.run(ask._client.post(f"/v1/imports?{query}", content=body, headers=headers))


def test_a_facility_is_put_read_changed_and_taken_away_within_reach(ask, tokens):
    path = "/v1/facilities/L1"
    east, west = tokens["east"], tokens["west"]
    made = ask.send("PUT", path, {**LAMP, "department_id": "L", "check_days": 30}, token=east)
    seen = ask.get(path, token=tokens["g1"]).json()
    beyond = ask.get(path, token=west).status_code
    twice = ask.send("PUT", path, LAMP, token=east).status_code
    changed = ask.send("PUT", path, {**LAMP, "revision": 1, "account_id": "g1"}, token=east)
    after = ask.get(path, token=east).json()
    gone = ask.send("DELETE", f"{path}?revision=2", token=east)

    assert (made.status_code, made.json()["days_marked"]) == (200, 0)
    assert (seen["department_id"], seen["check_days"], seen["kind"]) == ("L", 30, "lamp")
    assert beyond == 404
    assert twice == 409
    assert changed.status_code == 200
    assert (after["department_id"], after["account_id"], after["check_days"]) == (None, "g1", None)
    assert gone.status_code == 200, gone.text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "spaceship"}, "kind"),
        ({"department_id": "NONE"}, "department_id"),
        ({"account_id": "nobody"}, "account_id"),
        ({"department_id": "L", "account_id": "g1"}, "department_id"),
        ({"grid_id": "G2"}, "grid_id"),
        ({"resident": "Li"}, "resident"),
    ],
)
def test_what_a_facility_cannot_be_is_told_by_field(ask, tokens, given, field):
    answer = ask.send("PUT", "/v1/facilities/L9", {**LAMP, **given}, token=tokens["east"])

    assert answer.status_code == 422
    assert [one["name"] for one in answer.json()["errors"]] == [field]


def test_facilities_are_imported_all_or_none_and_the_same_ones_change_nothing(
    ask, tokens, shared_database
):
    east = tokens["east"]
    lamps = [{"facility_id": "M1"}, {"facility_id": "M2", "department_id": "L"}]
    dry = imported(ask, east, *map(dict, lamps), dry_run="true").json()
    bad = imported(ask, east, *map(dict, lamps), {"facility_id": "M3", "kind": "spaceship"})
    done = imported(ask, east, *map(dict, lamps)).json()
    again = imported(ask, east, {"facility_id": "M1", "name": "new"}, dict(lamps[1])).json()
    with psycopg.connect(shared_database) as conn:
        there = conn.execute(
            "select facility_id, name, revision from facility where facility_id like 'M%' order by 1"
        ).fetchall()

    assert (dry["dry_run"], dry["added"], dry["problems"]) == (True, 2, [])
    assert bad.status_code == 422
    assert (done["added"], done["days_marked"]) == (2, 0)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 1, 1)
    assert there == [("M1", "new", 2), ("M2", "", 1)]


def test_an_id_of_somebody_elses_reach_is_taken(ask, tokens):
    ask.send("PUT", "/v1/facilities/N1", LAMP, token=tokens["east"])
    lamp = {
        "facility_id": "N1",
        "grid_id": "G2",
        "geometry": {**POINT, "coordinates": [116.3, 39.9]},
    }
    answer = imported(ask, tokens["west"], lamp, dry_run="true").json()

    assert ["taken" in one["detail"] for one in answer["problems"]] == [True]


def test_reports_that_name_a_facility_are_its_history_for_whoever_may_read_them(ask, tokens):
    east = tokens["east"]
    ask.send("PUT", "/v1/facilities/H1", {**LAMP, "department_id": "L"}, token=east)
    for number in range(3):
        report = {
            "report_id": f"019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e6{number}",
            "taken_at": f"2026-11-20T02:0{number}:00Z",
            "category": "lamp",
            "place": {"lat_deg": 39.905, "lon_deg": 116.405, "accuracy_m": 5},
            **({"facility_id": "H1"} if number else {}),
        }
        answer = ask.send("POST", "/v1/reports", report, token=tokens["g1"])
        assert answer.status_code in {200, 201}, answer.text
    path = "/v1/facilities/H1/history"
    whole = ask.get(path, token=tokens["g1"]).json()
    first = ask.get(f"{path}?limit=1", token=tokens["g1"]).json()
    rest = ask.get(f"{path}?limit=1&cursor={first['next_cursor']}", token=tokens["g1"]).json()
    others = {who: ask.get(path, token=tokens[who]) for who in ("g2", "lights", "east")}

    assert [one["report_id"][-1] for one in whole["reports"]] == ["2", "1"]
    assert {one["step_kind"] for one in whole["reports"]} == {"handle"}
    assert (whole["department_id"], whole["next_cursor"]) == ("L", None)
    assert [one["report_id"][-1] for one in first["reports"] + rest["reports"]] == ["2", "1"]
    assert rest["next_cursor"] is None
    assert {who: one.status_code for who, one in others.items()} == {
        "g2": 404,
        "lights": 200,
        "east": 403,
    }
    # The department keeps it, and reads what is dispatched to it.
    assert others["lights"].json()["reports"] == []
