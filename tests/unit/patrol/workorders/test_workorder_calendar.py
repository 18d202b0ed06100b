"""Working time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from patrol.errors import InputError
from patrol.workorders.calendar import (
    Calendar,
    Hours,
    Span,
    add_working_time,
    moment_at,
    working_time_between,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE: Hours = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
NIGHT: Hours = ((time(0), time()),)
FREE: tuple[Hours, ...] = ((), ())
HOUR = timedelta(hours=1)
# 2026-11-20 is a Friday.
FRIDAY = date(2026, 11, 20)


def calendar(**others: object) -> Calendar:
    values = {"zone": SHANGHAI, "hours": (OFFICE,) * 5 + FREE, **others}
    return Calendar(**values)  # type: ignore[arg-type] # named as they are


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def test_a_day_is_worked_at_its_hours() -> None:
    assert sum((one.length for one in calendar().spans_of(FRIDAY)), timedelta()) == 7.5 * HOUR


def test_the_lunch_break_is_no_working_time() -> None:
    assert add_working_time(at(20, 11), 2 * HOUR, calendar()) == at(20, 14, 30)


def test_a_weekend_is_no_working_time() -> None:
    assert add_working_time(at(20, 17), HOUR, calendar()) == at(23, 9)


def test_what_begins_at_night_begins_in_the_morning() -> None:
    assert add_working_time(at(20, 3), HOUR, calendar()) == at(20, 9, 30)


def test_time_that_ends_with_the_day_ends_that_day() -> None:
    assert add_working_time(at(20, 16, 30), HOUR, calendar()) == at(20, 17, 30)


def test_nothing_takes_no_time() -> None:
    assert add_working_time(at(21, 3), timedelta(), calendar()) == at(21, 3)


def test_time_can_be_taken_off() -> None:
    assert add_working_time(at(23, 9), -HOUR, calendar()) == at(20, 17)


def test_time_is_taken_off_from_within_a_span() -> None:
    assert add_working_time(at(20, 14), -HOUR, calendar()) == at(20, 11, 30)


def test_a_holiday_is_free() -> None:
    free = calendar(holidays=frozenset({date(2026, 11, 23)}))

    assert add_working_time(at(20, 17), HOUR, free) == at(24, 9)


def test_a_saturday_can_be_worked_instead() -> None:
    worked = calendar(extra_days={date(2026, 11, 21): OFFICE})

    assert add_working_time(at(20, 17), HOUR, worked) == at(21, 9)


def test_an_extra_day_wins_over_a_holiday() -> None:
    day = date(2026, 11, 23)
    both = calendar(holidays=frozenset({day}), extra_days={day: ((time(10), time(11)),)})

    assert len(both.spans_of(day)) == 1


def test_measured_time_is_what_lies_between() -> None:
    assert working_time_between(at(20, 16), at(23, 10), calendar()) == 3 * HOUR


def test_measured_time_backwards_is_negative() -> None:
    assert working_time_between(at(23, 10), at(20, 16), calendar()) == -3 * HOUR


def test_a_calendar_without_hours_is_refused() -> None:
    with pytest.raises(InputError, match="hours on one day"):
        calendar(hours=((),) * 7)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(InputError, match="hours on one day"):
        calendar(hours=(OFFICE,) * 5)


def test_a_whole_day_lasts_as_long_as_its_clocks_say() -> None:
    always = calendar(zone=BERLIN, hours=(NIGHT,) * 7)
    lengths = [always.spans_of(day)[0].length for day in (date(2026, 3, 29), date(2026, 10, 25))]

    assert lengths == [23 * HOUR, 25 * HOUR]


def test_hours_that_clocks_skip_are_not_worked() -> None:
    skipped = calendar(zone=BERLIN, hours=(((time(2, 15), time(2, 45)),),) * 7)

    assert skipped.spans_of(date(2026, 3, 29)) == []


def test_a_time_that_is_skipped_is_the_moment_of_the_change() -> None:
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)

    assert {moment_at(date(2026, 3, 29), time(2, one), BERLIN) for one in (0, 1, 30, 59)} == {jump}


def test_a_time_that_comes_twice_is_the_first_one() -> None:
    assert moment_at(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_time_of_the_clock_does_not_rest() -> None:
    assert calendar().after(at(20, 17), Span(HOUR)) == at(20, 18)


def test_time_of_the_clock_does_not_depend_on_the_zone_in_which_it_is_told() -> None:
    start = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)

    assert calendar().after(start, Span(3 * HOUR)) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_both_kinds_of_time_are_measured() -> None:
    found = [
        calendar().between(at(20, 11), at(20, 14), is_working=one).total_seconds() / 3600
        for one in (False, True)
    ]

    assert found == [3, 1.5]


def test_working_time_is_added_by_its_span() -> None:
    assert calendar().after(at(20, 17), Span(HOUR, is_working=True)) == at(23, 9)
