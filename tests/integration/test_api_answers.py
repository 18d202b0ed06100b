"""What the API answers about one known day."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.asking import (
    DAY,
    DAY_OF_LI,
    Asker,
    execute,
    known_day,
)

GEOJSON = "application/geo+json"


@pytest.fixture(scope="module")
def ask(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with known_day(shared_database, tmp_path_factory.mktemp("api")) as asker:
        yield asker


@pytest.fixture
def ask_alone(database: str, tmp_path: Path) -> Iterator[Asker]:
    """For a test that changes what is known."""
    with known_day(database, tmp_path) as asker:
        yield asker


def check_geojson(document: dict) -> list[dict]:
    """Return the features of a document that keeps to RFC 7946 as far as it is used here."""
    assert document["type"] == "FeatureCollection"
    for feature in document["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        check_geometry(feature["geometry"])
    return document["features"]


def check_geometry(geometry: dict) -> None:
    places = {
        "Point": lambda one: [one],
        "LineString": lambda line: line,
        "Polygon": lambda rings: [place for ring in rings for place in ring],
    }[geometry["type"]](geometry["coordinates"])
    assert len(places) > 1 or geometry["type"] == "Point"
    for lon_deg, lat_deg in places:
        assert -180 <= lon_deg <= 180
        assert -90 <= lat_deg <= 90


def test_it_is_well(ask: Asker) -> None:
    answer = ask.get("/v1/health", token=None)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["database"] == "up"
    assert answer.json()["version"]


def test_workers_are_listed_by_id(ask: Asker) -> None:
    assert ask.json("/v1/workers") == {
        "workers": [
            {"worker_id": "W1", "name": "Li Na"},
            {"worker_id": "W2", "name": "Wang Wei"},
            {"worker_id": "W3", "name": "Zhao Min"},
        ]
    }


def test_grids_are_polygons_with_what_there_is_to_visit(ask: Asker) -> None:
    answer = ask.get("/v1/grids")

    east, west = check_geojson(answer.json())
    assert answer.headers["content-type"] == GEOJSON
    assert east["properties"] == {
        "grid_id": "G1",
        "name": "East Gate",
        "premises": 2,
        "households": 46,
    }
    assert west["geometry"]["coordinates"][0][0] == [116.3, 39.9]


def test_terminals_tell_who_carries_them_and_how_they_are(ask: Asker) -> None:
    first, second, third = ask.json("/v1/terminals")["terminals"]

    assert first == {
        "terminal_id": "T1",
        "model": "agent",
        "worker_id": "W1",
        "worker_name": "Li Na",
        "state": "online",
        "state_received_at": "2026-11-20T00:20:00Z",
        "written": 100,
        "waiting": 2,
        "last_epoch": "2026-11-20T08:29:59.500000Z",
        "last_received_at": "2026-11-20T08:30:00Z",
        "battery_pct": 81,
        "heard_at": "2026-11-20T08:30:00Z",
        "thinned": None,
        "silent_since": None,
    }
    assert second["worker_id"] == "W2"
    assert (third["worker_id"], third["state"]) == (None, None)


def test_latest_positions_are_of_those_on_duty(ask: Asker) -> None:
    first, second = ask.json("/v1/positions/latest")["positions"]

    assert first.pop("age_s") > 0
    assert first == {
        "terminal_id": "T1",
        "worker_id": "W1",
        "worker_name": "Li Na",
        "grid_id": "G2",
        "day": DAY,
        "epoch": "2026-11-20T08:29:59.500000Z",
        "received_at": "2026-11-20T08:30:00Z",
        "lon_deg": 116.3010001,
        "lat_deg": 39.9010001,
        "accuracy_m": 4.8,
        "speed_mps": 1.2,
        "battery_pct": 81,
        "flags": 4,
        "provisional_state": "unknown",
        "provisional_since": "2026-11-20T05:30:00Z",
        "provisional_inside_p": None,
    }
    assert (second["worker_id"], second["speed_mps"]) == ("W2", None)


def test_latest_positions_of_a_grid(ask: Asker) -> None:
    assert len(ask.json("/v1/positions/latest?grid_id=G2")["positions"]) == 2
    assert ask.json("/v1/positions/latest?grid_id=G1") == {"positions": []}


def test_latest_positions_as_geojson(ask: Asker) -> None:
    answer = ask.get("/v1/positions/latest", accept=GEOJSON)

    first, _ = check_geojson(answer.json())
    assert answer.headers["content-type"] == GEOJSON
    assert first["geometry"] == {"type": "Point", "coordinates": [116.3010001, 39.9010001]}
    assert "lon_deg" not in first["properties"]


def test_a_latest_position_off_duty_is_not_told(ask_alone: Asker, database: str) -> None:
    execute(database, "update latest_position set epoch = '2026-11-20 08:30Z'")

    assert ask_alone.json("/v1/positions/latest") == {"positions": []}


def test_a_track_holds_the_fixes_of_duty_and_no_others(ask: Asker) -> None:
    features = check_geojson(ask.json(f"{DAY_OF_LI}/track"))

    assert [(one["properties"]["terminal_id"], one["properties"]["epoch"]) for one in features] == [
        ("T1", "2026-11-20T00:30:00Z"),
        ("T1", "2026-11-20T00:30:10Z"),
        ("T1", "2026-11-20T00:40:00Z"),
        ("T1", "2026-11-20T05:30:00Z"),
        ("T2", "2026-11-20T05:59:50Z"),
        ("T1", "2026-11-20T08:29:59.500000Z"),
    ]


def test_a_terminal_handed_over_goes_on_in_the_track_of_its_new_carrier(ask: Asker) -> None:
    (feature,) = check_geojson(ask.json(f"/v1/workers/W2/days/{DAY}/track"))

    assert feature["properties"]["epoch"] == "2026-11-20T06:00:00Z"


def test_a_fix_of_a_track_is_told_in_units(ask: Asker) -> None:
    features = ask.json(f"{DAY_OF_LI}/track")["features"]

    assert features[0]["geometry"]["coordinates"] == [116.407394, 39.904211]
    assert features[0]["properties"] == {
        "terminal_id": "T1",
        "grid_id": "G1",
        "epoch": "2026-11-20T00:30:00Z",
        "altitude_m": 44.1,
        "accuracy_m": 4.8,
        "speed_mps": 1.2,
        "course_deg": 197.5,
        "hdop": 1.2,
        "satellites": 9,
        "quality": 1,
        "battery_pct": 81,
        "flags": 4,
        "received_at": "2026-11-20T09:00:00Z",
    }
    assert features[1]["properties"]["accuracy_m"] is None
    assert features[3]["properties"]["grid_id"] == "G2"


def test_a_track_names_its_duty(ask: Asker) -> None:
    document = ask.json(f"{DAY_OF_LI}/track")

    assert (document["worker_id"], document["day"]) == ("W1", DAY)
    assert document["duty"] == [
        {
            "grid_id": "G1",
            "start_at": "2026-11-20T00:30:00Z",
            "end_at": "2026-11-20T04:30:00Z",
            "duration_s": 14400.0,
        },
        {
            "grid_id": "G2",
            "start_at": "2026-11-20T05:30:00Z",
            "end_at": "2026-11-20T08:30:00Z",
            "duration_s": 10800.0,
        },
    ]


def test_a_track_as_lines_is_broken_where_nobody_knows_the_way(ask: Asker) -> None:
    features = check_geojson(ask.json(f"{DAY_OF_LI}/track?form=lines"))

    assert [one["geometry"]["type"] for one in features] == ["LineString", *["Point"] * 4]
    assert features[0]["geometry"]["coordinates"] == [
        [116.407394, 39.904211],
        [116.40739, 39.9042197],
    ]
    assert features[0]["properties"]["accuracies_m"] == [4.8, None]


def test_lines_are_longer_with_a_longer_gap(ask: Asker) -> None:
    features = ask.json(f"{DAY_OF_LI}/track?form=lines&max_gap_s=600")["features"]

    assert len(features[0]["properties"]["epochs"]) == 3


def test_duty_without_fixes_is_an_empty_track(ask: Asker) -> None:
    assert ask.json("/v1/workers/W1/days/2026-11-21/track")["features"] == []


def test_a_track_is_one_range_of_the_unique_index(ask_alone: Asker, database: str) -> None:
    """Whatever else is stored: of every terminal, a fix every ten seconds for a day."""
    execute(
        database,
        "insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at) "
        "select terminal_id, epoch, 399000000, 1164000000, epoch from terminal, "
        "generate_series('2026-11-18Z'::timestamptz, '2026-11-19Z', '10 seconds') epoch; "
        "analyze position, duty_window, assignment",
    )
    with psycopg.connect(database) as conn:
        plan = "\n".join(
            line
            for (line,) in conn.execute(
                "explain (costs off) select * from v1_track where worker_id = 'W1' "
                "and day = '2026-11-20' order by epoch"
            )
        )

    assert len(ask_alone.json(f"{DAY_OF_LI}/track")["features"]) == 6
    assert re.search(r"Index Cond: .*terminal_id = .*epoch >= GREATEST.*epoch < LEAST", plan), plan


def test_presence_accounts_for_every_second_of_duty(ask: Asker) -> None:
    answer = ask.json(f"{DAY_OF_LI}/presence")

    of_state = {"inside": 0.0, "outside": 0.0, "unknown": 0.0}
    for one in answer["intervals"]:
        of_state[one["state"]] += one["duration_s"]
    assert of_state == {"inside": 20000.0, "outside": 200.0, "unknown": 5000.0}
    assert {name: answer[f"{name}_s"] for name in of_state} == of_state
    assert sum(of_state.values()) == answer["duty_s"]


def test_a_presence_interval(ask: Asker) -> None:
    assert ask.json(f"{DAY_OF_LI}/presence")["intervals"][1] == {
        "start_at": "2026-11-20T03:00:00Z",
        "end_at": "2026-11-20T03:03:20Z",
        "duration_s": 200.0,
        "grid_id": "G1",
        "state": "outside",
    }


def test_visits_tell_place_bounds_and_evidence(ask: Asker) -> None:
    answer = ask.json(f"{DAY_OF_LI}/visits")

    assert answer["visits"][0] == {
        "start_at": "2026-11-20T00:40:00Z",
        "end_at": "2026-11-20T01:40:00Z",
        "duration_s": 3600.0,
        "premises_id": "P1",
        "premises_name": "Garden Lane 4",
        "grid_id": "G1",
        "observed_s": 3000,
        "bridged_s": 600,
        "check_in_s": 0,
        "grade": "B",
        "p_any": 0.98,
        "p_premises": 0.75,
    }
    assert len(answer.pop("visits")) == 2
    assert answer == {
        "worker_id": "W1",
        "day": DAY,
        "duty_s": 25200,
        "unknown_s": 5000,
        "visit_s": 9000,
        "visit_a_s": 0,
        "visit_b_s": 9000,
        "visit_c_s": 0,
        "visit_low_s": 8000,
        "visit_high_s": 11500,
    }


# What is decided is what was measured, where nobody has corrected it.
AS_MEASURED = {
    "visit_s": 9000,
    "visit_a_s": 0,
    "visit_b_s": 9000,
    "visit_c_s": 0,
    "visit_low_s": 8000,
    "visit_high_s": 11500,
    "decided_inside_s": 20000,
    "decided_presence_verdict": "undetermined",
    "decided_visit_s": 9000,
    "decided_visit_verdict": "met",
    "corrections": 0,
    "pending_corrections": 0,
    "is_frozen": False,
    "recomputed_differs_in": [],
}


def test_a_worker_day_whole_is_its_parts(ask: Asker) -> None:
    whole = ask.json(DAY_OF_LI)

    assert whole.pop("duty") == ask.json(f"{DAY_OF_LI}/track")["duty"]
    assert whole.pop("presence") == ask.json(f"{DAY_OF_LI}/presence")["intervals"]
    assert whole.pop("visits") == ask.json(f"{DAY_OF_LI}/visits")["visits"]
    assert whole.pop("excused") == ask.json(f"{DAY_OF_LI}/presence")["excused"] == []
    assert whole == {
        "worker_id": "W1",
        "worker_name": "Li Na",
        "day": DAY,
        "grid_ids": ["G1", "G2"],
        "duty_s": 25200,
        "excused_s": 0,
        "inside_s": 20000,
        "plausible_s": 0,
        "outside_s": 200,
        "unknown_s": 5000,
        "presence_low_s": 19400,
        "presence_high_s": 25200,
        "presence_verdict": "undetermined",
        "presence_reason": "why presence is so",
        "presence_reason_code": None,
        "presence_reason_values": None,
        **AS_MEASURED,
        "visit_verdict": "met",
        "visit_reason": "why visits are so",
        "visit_reason_code": None,
        "visit_reason_values": None,
        "fixes": 8,
        "rules_version": "chain-2",
        "parameters_version": "builtin-1",
        "assessed_at": "2026-11-20T09:00:00Z",
        "is_current": True,
    }


def test_a_result_is_not_current_while_new_facts_wait(ask_alone: Asker, database: str) -> None:
    execute(database, "insert into dirty_day (worker_id, day) values ('W1', '2026-11-20')")

    assert ask_alone.json(DAY_OF_LI)["is_current"] is False


@pytest.mark.parametrize("part", ["", "/track", "/presence", "/visits"])
def test_an_unknown_worker_is_said(ask: Asker, part: str) -> None:
    answer = ask.get(f"/v1/workers/W9/days/{DAY}{part}")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith(":unknown-worker")


@pytest.mark.parametrize("part", ["", "/track", "/presence", "/visits"])
def test_a_day_without_duty_is_said(ask: Asker, part: str) -> None:
    answer = ask.get(f"/v1/workers/W3/days/{DAY}{part}")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith(":no-duty")


@pytest.mark.parametrize("part", ["", "/presence", "/visits"])
def test_a_day_not_yet_assessed_is_told_from_an_unknown_worker(ask: Asker, part: str) -> None:
    answer = ask.get(f"/v1/workers/W1/days/2026-11-21{part}")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith(":not-assessed")
    assert "not assessed yet" in answer.json()["detail"]
