"""What must hold between rows: one of each, near its grid, duty that one person can do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from patrol.duty import DutyWindow
from patrol.geofence import Area, read_area
from patrol.intervals import Interval
from patrol.registers.checks import (
    check_all_near,
    check_duty,
    check_near,
    check_once,
    check_validity,
)
from patrol.registers.files import Features, Problems
from patrol.registers.rows import AreaRow, DutyRow, read_premises
from tests.makers import GRID, WORKER, grid

CHENGDU = ZoneInfo("Asia/Shanghai")
AREAS: dict[str, Area] = {GRID: grid().area}
HERE = [104.06, 30.66]
# Some 23 km to the east of it.
AWAY = [104.30, 30.66]


def premises(name: str, position: list[float], grid_id: str = GRID) -> AreaRow:
    made = {
        "geometry": {"type": "Point", "coordinates": position},
        "properties": {"premises_id": name, "grid_id": grid_id, "radius_m": 10},
    }
    (row,) = read_premises(Features("doors", [made]), Problems())
    return row


def duty(start_h: float, hours: float, *, worker: str = WORKER, where: str = "") -> DutyRow:
    start = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=start_h)
    window = DutyWindow(worker, Interval(start, start + timedelta(hours=hours)), GRID)
    return DutyRow(window=window, where=where or f"line {start_h:g}")


def test_ids_that_stand_once_are_in_order():
    problems = Problems()

    check_once([("A", "line 2"), ("B", "line 3")], problems)

    assert problems.found == []


def test_an_id_is_named_wherever_it_stands_again():
    problems = Problems()

    check_once([("A", "line 2"), ("B", "line 3"), ("A", "line 4")], problems)

    assert problems.found == [
        f"{where}: A stands 2 times in the file: keep one" for where in ("line 2", "line 4")
    ]


def test_premises_far_from_their_grid_are_named_and_only_those():
    problems = Problems()
    rows = [premises("near", HERE), premises("away", AWAY), premises("other", AWAY, "G9")]

    check_all_near(rows, AREAS, problems)

    assert [where for where, _ in problems.rows] == ["doors: feature 1 away"]
    assert "lies 23 km from its grid G01: are the coordinates right?" in problems.found[0]


def test_premises_that_would_be_near_the_other_way_round_have_swapped_axes():
    """West of 90 degrees both ways round are places, so that reading alone does not tell."""
    there = read_area({"type": "Point", "coordinates": [50.0, 40.0]}, radius_m=500)
    problems = Problems()

    check_near(premises("P1", [40.0, 50.0]), there, problems)

    assert problems.found == [
        "doors: feature 1 P1: has its axes swapped: GeoJSON has longitude first"
    ]


def test_premises_near_their_grid_are_in_order():
    problems = Problems()

    check_near(premises("P1", HERE), AREAS[GRID], problems)

    assert problems.found == []


def test_duty_that_follows_upon_duty_is_in_order():
    problems = Problems()

    check_duty([duty(0, 4), duty(4, 4), duty(2, 4, worker="W02")], problems)

    assert problems.found == []


def test_duty_longer_than_a_day_is_named():
    problems = Problems()

    check_duty([duty(0, 25)], problems)

    assert problems.rows[0][0] == "line 0"
    assert "is longer than 24 h" in problems.rows[0][1]


def test_duty_that_overlaps_is_named_at_the_later_one():
    problems = Problems()

    check_duty([duty(0, 4), duty(3, 4)], problems)

    assert [where for where, _ in problems.rows] == ["line 3"]
    assert problems.rows[0][1].endswith("(line 0): shorten one")


@pytest.mark.parametrize("known_h", [1, -1], ids=["later", "earlier"])
def test_duty_that_overlaps_what_is_known_is_named_at_its_own_line(known_h):
    problems = Problems()

    check_duty([duty(0, 4)], problems, others=[duty(known_h, 4).window])

    assert [where for where, _ in problems.rows] == ["line 0"]
    if known_h < 0:
        assert problems.rows[0][1].endswith("(in the database): shorten one")


@pytest.mark.parametrize(
    ("first", "end", "holds"),
    [
        (None, None, True),
        (date(2026, 3, 2), date(2026, 3, 3), True),
        (date(2026, 3, 3), None, False),
        (None, date(2026, 3, 2), False),
    ],
)
def test_duty_is_on_days_on_which_its_grid_is_one(first, end, holds):
    problems = Problems()

    check_validity([duty(0, 4)], problems, validity={GRID: (first, end)}, zone=CHENGDU)

    assert [where for where, _ in problems.rows] == [] if holds else ["line 0"]


def test_a_grid_of_which_no_days_are_known_holds_for_ever():
    problems = Problems()

    check_validity([duty(0, 4)], problems, validity={}, zone=CHENGDU)

    assert problems.found == []
