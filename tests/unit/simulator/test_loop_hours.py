"""Working time of the simulated city, which shares nothing with the product's calendar."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from patrol.workorders.calendar import add_working_time, working_time_between
from patrol.workorders.workflow import default
from simulator.loops.truth.facts import SEVERITIES
from simulator.loops.truth.hours import HOUR_S, Hours

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
HOURS = Hours(int(MONDAY.timestamp()))


def seconds(text: str) -> int:
    """Return a moment of the city's clock."""
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp())


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2026-09-07T09:00", 2, "2026-09-07T11:00"),
        ("2026-09-07T11:00", 2, "2026-09-07T14:30"),
        ("2026-09-07T07:00", 7.5, "2026-09-07T17:30"),
        ("2026-09-11T17:00", 1, "2026-09-14T09:00"),
        ("2026-09-12T12:00", 0, "2026-09-12T12:00"),
        ("2026-09-14T09:00", -1, "2026-09-11T17:00"),
        ("2026-09-07T13:30", -3.5, "2026-09-07T08:30"),
    ],
)
def test_working_time_is_counted_in_offices_hours(since: str, hours: float, until: str) -> None:
    """Nights, the hour and a half at noon, and weekends are left out."""
    assert HOURS.after(seconds(since), round(hours * HOUR_S)) == seconds(until)


def test_both_calendars_say_the_same() -> None:
    """Made apart, of the same hours."""
    chance, calendar = Random(3), default().calendar  # noqa: S311 - the same each time
    for _ in range(300):
        at = MONDAY + timedelta(seconds=chance.randrange(60 * 86_400))
        length = timedelta(seconds=chance.randrange(-40 * HOUR_S, 80 * HOUR_S))
        at_s = int(at.timestamp())

        after = add_working_time(at, length, calendar)
        worked = HOURS.worked(int(after.timestamp())) - HOURS.worked(at_s)
        assert HOURS.after(at_s, round(length.total_seconds())) == after.timestamp()
        assert worked == working_time_between(at, after, calendar).total_seconds()


def test_severities_are_those_of_the_shipped_list() -> None:
    """Written down by hand: where both differ, one of them is wrong."""
    categories = default().categories

    assert {name: categories[name].severity.value for name in SEVERITIES} == SEVERITIES
