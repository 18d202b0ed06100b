"""Checkpoints and streets into a real PostgreSQL, and what was reached out of it."""

import json
from pathlib import Path

import pytest

from patrol.errors import InputError
from runtime.registers.load import load
from tests.district import SHANGHAI, assess, collection, count, letters, positions, rows, store
from tests.district import write_registers as write
from tests.makers import CITY, walk

# An hour up and down the middle of the grid, between 150 m west and 150 m east.
UP_AND_DOWN = positions(walk([(300.0 * leg, 150.0 * (-1) ** (leg + 1), 0.0) for leg in range(13)]))


def checkpoint(x_m: float, y_m: float, name: str = "C1", grid: str = "G01") -> str:
    lat_deg, lon_deg = CITY.to_degrees(x_m, y_m)
    about = {"checkpoint_id": name, "grid_id": grid, "radius_m": 20, "name": "Gate"}
    return collection(about, {"type": "Point", "coordinates": [float(lon_deg), float(lat_deg)]})


def street(*places: tuple[float, float], **about: str) -> str:
    ends = [CITY.to_degrees(*one) for one in places]
    points = [[float(lon), float(lat)] for lat, lon in ends]
    return collection(about, {"type": "LineString", "coordinates": points})


def put(dsn: str, folder: Path, **contents: str) -> None:
    paths = write(folder, **contents)
    load(dsn, {kind: paths[kind] for kind in contents}, zone=SHANGHAI)


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district, an hour's walk and no marks."""
    load(database, write(tmp_path), zone=SHANGHAI)
    store(database, letters(UP_AND_DOWN))
    assess(database)
    return database


def verdict(dsn: str) -> str | None:
    return rows(dsn, "select coverage_verdict from v1_compliance")[0][0]


def test_without_anything_to_reach_nothing_is_judged(district):
    assert rows(
        district, "select coverage_verdict, coverage_kind, coverage_low from v1_compliance"
    ) == [(None, None, None)]


def test_a_checkpoint_that_is_loaded_marks_the_days_of_its_grid(district, tmp_path):
    put(district, tmp_path, checkpoints=checkpoint(0, 0))

    assert rows(district, "select worker_id from dirty_day") == [("W01",)]
    assert assess(district) == 1
    assert verdict(district) == "met"


def test_a_pass_is_served_with_the_name_of_its_checkpoint(district, tmp_path):
    put(district, tmp_path, checkpoints=checkpoint(0, 0))
    assess(district)

    query = "select checkpoint_id, checkpoint_name, grid_id from v1_checkpoint_pass"
    assert rows(district, query) == [("C1", "Gate", "G01")] * 12


def test_what_was_not_reached_is_named(district, tmp_path):
    put(district, tmp_path, checkpoints=checkpoint(0, 150))
    assess(district)

    ((kind, low, high, targets),) = rows(
        district, "select kind, share_low, share_high, targets from v1_coverage"
    )
    assert [kind, low, high, verdict(district)] == ["checkpoints", 0, 0, "not_met"]
    assert [[one["name"], one["reach"]] for one in targets] == [["C1", "not_reached"]]


def test_a_checkpoint_left_out_of_the_file_is_withdrawn(district, tmp_path):
    put(district, tmp_path, checkpoints=checkpoint(0, 150))
    empty = json.dumps({"type": "FeatureCollection", "features": []})
    put(district, tmp_path, checkpoints=empty)
    assess(district)

    assert [count(district, "checkpoint"), count(district, "grid_coverage")] == [0, 0]
    assert verdict(district) is None


def test_streets_are_judged_and_mark_all_days(district, tmp_path):
    put(district, tmp_path, streets=street((-150, 0), (150, 0)))

    assert assess(district) == 1
    assert rows(district, "select coverage_kind, coverage_verdict from v1_compliance") == [
        ("streets", "met")
    ]


def test_loading_streets_again_replaces_them(district, tmp_path):
    for end_m in (100, 150):
        put(district, tmp_path, streets=street((-150, 0), (end_m, 0), grid_id="G01"))

    assert count(district, "street") == 1


def test_the_same_streets_and_checkpoints_again_mark_nothing(district, tmp_path):
    lists = {
        "streets": street((-150, 0), (150, 0)),
        "checkpoints": checkpoint(0, 0).replace('"radius_m": 20', '"radius_m": 20.123456789'),
    }
    put(district, tmp_path, **lists)
    assess(district)
    put(district, tmp_path, **lists)

    assert count(district, "dirty_day") == 0
    assert [count(district, "street"), count(district, "checkpoint")] == [1, 1]


def test_a_checkpoint_of_an_unknown_grid_is_refused(district, tmp_path):
    with pytest.raises(InputError, match="C1: grid G09 is not known"):
        put(district, tmp_path, checkpoints=checkpoint(0, 0, grid="G09"))
