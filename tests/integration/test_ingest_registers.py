"""Registers into a real PostgreSQL: all rows or none."""

from datetime import UTC, date, datetime

import pytest

from patrol.errors import InputError
from runtime.registers.load import load
from tests.district import (
    SHANGHAI,
    collection,
    count,
    rows,
    write_registers,
)
from tests.makers import square


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district loaded."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


def test_a_district_is_loaded(district):
    assert [count(district, table) for table in ("grid", "premises", "worker", "terminal")] == [
        1,
        1,
        2,
        2,
    ]
    assert rows(district, "select worker_id, day from duty_window") == [("W01", date(2026, 3, 2))]


def test_loading_the_same_again_changes_nothing(district, tmp_path):
    load(district, write_registers(tmp_path), zone=SHANGHAI)

    assert count(district, "duty_window") == count(district, "assignment") == 1


def test_a_dry_run_loads_nothing(database, tmp_path):
    loaded = load(database, write_registers(tmp_path), zone=SHANGHAI, dry_run=True)

    assert loaded["workers"] == 2
    assert count(database, "worker") == 0


def bow_tie() -> dict:
    ring = square()["coordinates"][0]
    return {"type": "Polygon", "coordinates": [[ring[0], ring[2], ring[1], ring[3], ring[0]]]}


def swapped(geometry: dict) -> dict:
    ring = [[lat, lon] for lon, lat in geometry["coordinates"][0]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"grids": collection({"grid_id": "G01"}, bow_tie())},
            r"grids\.geojson: feature 1: outline is not valid: Self-intersection near lon 104\.0",
        ),
        (
            {"grids": collection({"grid_id": "G01"}, swapped(square()))},
            r"grids\.geojson: feature 1: position .* has its axes swapped",
        ),
        (
            {"premises": collection({"premises_id": "P1", "grid_id": "G9"}, square(20))},
            r"premises\.geojson: feature 1 P1: grid G9 is not known: load grids",
        ),
        (
            {
                "premises": collection(
                    {"premises_id": "P1", "grid_id": "G01"}, square(20, middle_m=(0, 90_000, 0))
                )
            },
            r"feature 1 P1: lies 90 km from its grid G01",
        ),
        (
            {"workers": "worker_id,name\nW01,A\nW01,B\n"},
            r"workers\.csv: line 2: W01 stands 2 times in the file: keep one",
        ),
        (
            {
                "terminals": "terminal_id,model,worker_id,valid_from,valid_to\nT01,m,W77,2026-01-01T00:00:00Z,\n"
            },
            r"terminals\.csv: line 2: worker W77 is not known: load workers",
        ),
        (
            {
                "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
                "T01,m,W01,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n"
                "T01,m,W02,2026-01-15T00:00:00Z,\n"
            },
            r"terminal T01 is with W01 from .* at the same time with W02",
        ),
        (
            {
                "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
                "T01,m,W01,2026-01-01T00:00:00Z,\nT01,m,W02,2026-01-01T00:00:00Z,\n"
            },
            r"terminals\.csv: line 3: T01 from 2026-01-01 00:00:00\+00:00 stands 2 times",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W01,G01,2026-03-02T08:00:00+08:00,2026-03-02T12:00:00+08:00\n"
                "W01,G01,2026-03-02T11:00:00+08:00,2026-03-02T13:00:00+08:00\n"
            },
            r"roster\.csv: line 3: duty .* of W01 overlaps .* \(.*line 2\): shorten one",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W01,G01,2026-03-02T08:00:00+08:00,2026-03-04T12:00:00+08:00\n"
            },
            r"roster\.csv: line 2: duty .* is longer than 24 h",
        ),
        (
            {
                "roster": "worker_id,grid_id,start,end\n"
                "W09,G09,2026-03-02T08:00:00+08:00,2026-03-02T12:00:00+08:00\n"
            },
            r"(?s)2 rows cannot be loaded.*worker W09 is not known.*grid G09 is not known",
        ),
    ],
)
def test_bad_registers_are_named_and_nothing_is_half_loaded(database, tmp_path, *, changed, reason):
    paths = write_registers(tmp_path, **changed)

    with pytest.raises(InputError, match=reason):
        load(database, paths, zone=SHANGHAI)

    tables = ("grid", "premises", "worker", "terminal", "assignment", "duty_window", "dirty_day")
    assert [count(database, table) for table in tables] == [0] * len(tables)


def test_axes_that_are_swapped_within_range_are_found_by_the_distance(database, tmp_path):
    """Near 45 degrees a swapped position is still on the globe, but not near its grid."""
    grid = [[10.0, 45.0], [10.01, 45.0], [10.01, 45.01], [10.0, 45.01], [10.0, 45.0]]
    door = {"type": "Point", "coordinates": [45.005, 10.005]}
    paths = write_registers(
        tmp_path,
        grids=collection({"grid_id": "G01"}, {"type": "Polygon", "coordinates": [grid]}),
        premises=collection({"premises_id": "P1", "grid_id": "G01", "radius_m": 5}, door),
    )

    with pytest.raises(InputError, match="feature 1 P1: has its axes swapped"):
        load(database, paths, zone=SHANGHAI)


def test_a_roster_is_the_whole_truth_for_the_days_it_names(district, tmp_path):
    other = (
        "worker_id,grid_id,start,end\nW01,G01,2026-03-02T13:00:00+08:00,2026-03-02T14:00:00+08:00\n"
    )
    paths = write_registers(tmp_path, roster=other)

    load(district, {"roster": paths["roster"]}, zone=SHANGHAI)

    starts = rows(district, "select start_at from duty_window")
    assert starts == [(datetime(2026, 3, 2, 5, tzinfo=UTC),)]


def test_a_roster_may_not_overlap_what_is_already_known(district, tmp_path):
    """A night shift of the day before that reaches into the known window."""
    night = (
        "worker_id,grid_id,start,end\nW01,G01,2026-03-01T20:00:00+08:00,2026-03-02T12:30:00+08:00\n"
    )
    paths = write_registers(tmp_path, roster=night)

    with pytest.raises(InputError, match=r"overlaps .* in G01|in the database"):
        load(district, {"roster": paths["roster"]}, zone=SHANGHAI)


def test_a_terminal_handed_over_ends_the_term_of_the_worker_before(district, tmp_path):
    handed = "terminal_id,model,worker_id,valid_from,valid_to\nT01,m,W02,2026-05-01T00:00:00Z,\n"
    paths = write_registers(tmp_path, terminals=handed)

    load(district, {"terminals": paths["terminals"]}, zone=SHANGHAI)

    terms = rows(district, "select worker_id, valid_to from assignment order by valid_from")
    assert terms == [("W01", datetime(2026, 5, 1, tzinfo=UTC)), ("W02", None)]
