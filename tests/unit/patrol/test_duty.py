"""Duty windows, local days, and the two nights a year on which a day is no 24 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from patrol.duty import (
    DutyWindow,
    check_length,
    day_interval,
    find_overlaps,
    local_day,
    needed_span,
    read_zone,
)
from patrol.errors import InputError
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from tests.makers import GRID, WORKER, at, span

SHANGHAI = read_zone("Asia/Shanghai")
BERLIN = read_zone("Europe/Berlin")


def window(start_s: float, end_s: float, worker: str = WORKER) -> DutyWindow:
    return DutyWindow(WorkerId(worker), span(start_s, end_s), GRID)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Asia"])
def test_a_time_zone_that_is_none_is_refused(name):
    with pytest.raises(InputError, match="is not known: use one like Asia/Shanghai"):
        read_zone(name)


def test_the_day_is_that_of_the_district_not_that_of_greenwich():
    evening = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)

    assert local_day(evening, SHANGHAI) == date(2026, 3, 2)


def test_a_night_shift_counts_to_the_day_on_which_it_begins():
    night = Interval(
        datetime(2026, 3, 2, 22, tzinfo=SHANGHAI), datetime(2026, 3, 3, 6, tzinfo=SHANGHAI)
    )

    assert DutyWindow(WORKER, night, GRID).day(SHANGHAI) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)]
)
def test_a_local_day_lasts_as_long_as_its_clocks_say(day, hours):
    assert day_interval(day, BERLIN).length == timedelta(hours=hours)


def test_one_day_begins_where_the_other_ends():
    first = day_interval(date(2026, 10, 25), BERLIN)

    assert day_interval(date(2026, 10, 26), BERLIN).start == first.end


def test_an_overlap_is_found_however_the_roster_is_ordered():
    early, late = window(0, 100), window(90, 200)

    assert find_overlaps([late, early]) == [(early, late)]


def test_a_window_within_a_longer_one_is_found_behind_a_third():
    long, short, later = window(0, 1000), window(10, 20), window(500, 600)

    assert find_overlaps([long, short, later]) == [(long, short), (long, later)]


def test_windows_that_touch_or_are_others_do_not_overlap():
    assert find_overlaps([window(0, 100), window(100, 200), window(50, 150, "W02")]) == []


def test_a_window_longer_than_a_day_is_refused():
    with pytest.raises(InputError, match="longer than 24 h"):
        check_length(window(0, 86_401))


def test_a_window_of_a_day_is_allowed():
    check_length(window(0, 86_400))


def test_fixes_two_hours_around_duty_matter():
    assert needed_span([window(0, 3600), window(7200, 9000)]) == [Interval(at(-7200), at(16_200))]


def test_windows_sort_by_worker_then_time():
    other = DutyWindow(WorkerId("W00"), span(50, 60), GridId("G9"))

    assert sorted([window(0, 1), other]) == [other, window(0, 1)]
