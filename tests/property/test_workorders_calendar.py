"""Adding and measuring working time are inverses, whatever clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.workorders.calendar import Calendar, Hours, add_working_time, working_time_between

# Half an hour, midnight, both hemispheres, none.
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Shanghai"]
SECOND = timedelta(seconds=1)


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    minutes = draw(st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True))
    edges = [time(one // 60 % 24, one % 60) for one in sorted(minutes)]
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    # Around a change of the clocks in any of the zones, and in a year without.
    days = st.dates(date(2026, 3, 20), date(2026, 11, 10))
    return Calendar(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        hours=(*(draw(hours() | st.just(())) for _ in range(6)), draw(hours())),
        holidays=draw(st.frozensets(days, max_size=5)),
        extra_days=draw(st.dictionaries(days, hours(), max_size=3)),
    )


moments = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside
amounts = st.integers(1, 300_000).map(lambda one: one * SECOND)


@settings(max_examples=50)
@given(calendar=calendars(), start=moments, amount=amounts)
def test_what_is_added_is_measured(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    end = add_working_time(start, amount, calendar)

    assert working_time_between(start, end, calendar) == amount


@settings(max_examples=50)
@given(calendar=calendars(), end=moments, amount=amounts)
def test_what_is_taken_off_is_measured(
    calendar: Calendar, end: datetime, amount: timedelta
) -> None:
    start = add_working_time(end, -amount, calendar)

    assert working_time_between(start, end, calendar) == amount


@settings(max_examples=50)
@given(calendar=calendars(), start=moments, amount=amounts)
def test_it_is_the_first_such_moment(
    calendar: Calendar, start: datetime, amount: timedelta
) -> None:
    end = add_working_time(start, amount, calendar)

    assert working_time_between(start, end - SECOND, calendar) < amount


@settings(max_examples=50)
@given(calendar=calendars(), start=moments, amounts=st.tuples(amounts, amounts))
def test_parts_add_up(
    calendar: Calendar, start: datetime, amounts: tuple[timedelta, timedelta]
) -> None:
    first, second = amounts
    in_parts = add_working_time(add_working_time(start, first, calendar), second, calendar)

    assert in_parts == add_working_time(start, first + second, calendar)


@settings(max_examples=30)
@given(calendar=calendars(), day=st.dates(date(2026, 3, 20), date(2026, 11, 1)))
def test_spans_are_in_order_and_apart(calendar: Calendar, day: date) -> None:
    spans = [one for n in range(3) for one in calendar.spans_of(day + timedelta(days=n))]

    assert all(one.end <= other.start for one, other in pairwise(spans))
