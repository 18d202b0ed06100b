"""Working time: hours of weekdays, holidays, days that are worked instead, in a zone's own time.

Working time that clocks skip is none; an hour that they repeat is worked twice. Adding and
measuring are exact inverses, whatever clocks do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from patrol.duty import local_day
from patrol.errors import InputError
from patrol.intervals import Interval, merge

# From and until, by a clock on the wall; an end of midnight is the end of the day.
Hours: TypeAlias = tuple[tuple[time, time], ...]

DAYS_OF_WEEK: Final = 7
_DAY: Final = timedelta(days=1)
_NOTHING: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, by the clock or of working time."""

    length: timedelta
    is_working: bool = False


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """When a deployment works. Raises InputError when it never does.

    `hours` are those of Monday to Sunday; `holidays` have none, `extra_days` have their own.
    """

    zone: ZoneInfo
    hours: tuple[Hours, ...]
    holidays: frozenset[date] = frozenset()
    extra_days: Mapping[date, Hours] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.hours) != DAYS_OF_WEEK or not any(self.hours):
            raise InputError("a calendar needs hours on one day of the week at least")

    def after(self, moment: datetime, span: Span) -> datetime:
        """Return when `span` has passed since `moment`; a negative one lies before it."""
        if span.is_working:
            return add_working_time(moment, span.length, self)
        return moment.astimezone(UTC) + span.length

    def between(self, start: datetime, end: datetime, *, is_working: bool) -> timedelta:
        """Return how long it is from `start` to `end`, negative when `end` is earlier."""
        if is_working:
            return working_time_between(start, end, self)
        return end.astimezone(UTC) - start.astimezone(UTC)

    def spans_of(self, day: date) -> list[Interval]:
        """Return when a local day is worked, as disjoint intervals in order."""
        if day not in self._known:
            self._known[day] = self._find_spans(day)
        return self._known[day]

    @cached_property
    def _known(self) -> dict[date, list[Interval]]:
        return {}

    def _find_spans(self, day: date) -> list[Interval]:
        hours = self.hours[day.weekday()]
        if day in self.holidays:
            hours = ()
        found = []
        for clock_start, clock_end in self.extra_days.get(day, hours):
            start = moment_at(day, clock_start, self.zone)
            is_midnight = clock_end == time()
            end = moment_at(day + _DAY if is_midnight else day, clock_end, self.zone)
            if start < end:
                found.append(Interval(start, end))
        return merge(found)


def add_working_time(start: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    """Return the first moment at which `amount` of working time has passed since `start`.

    With a negative amount it is the last moment since which that much has passed until `start`;
    with none it is `start`.
    """
    if amount == _NOTHING:
        return start.astimezone(UTC)
    if amount < _NOTHING:
        return _go_back(start, -amount, calendar)
    return _go_on(start, amount, calendar)


def working_time_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Return how much working time lies from `start` to `end`, negative when `end` is earlier."""
    if end < start:
        return -working_time_between(end, start, calendar)
    worked = _NOTHING
    day, last = local_day(start, calendar.zone), local_day(end, calendar.zone)
    while day <= last:
        for span in calendar.spans_of(day):
            worked += max(min(span.end, end) - max(span.start, start), _NOTHING)
        day += _DAY
    return worked


def moment_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the moment, UTC, at which clocks in `zone` show `clock` on `day`, or skip it.

    Where they are put back it is the first of the two moments.
    """
    local = datetime.combine(day, clock, zone)
    after = local.astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return after
    # Somewhere between what it is by the time before and by the time after, clocks jump.
    before = local.replace(fold=1).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _go_on(start: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    day = local_day(start, calendar.zone)
    while True:
        for span in calendar.spans_of(day):
            begin = max(span.start, start)
            worked = min(amount, span.end - begin)
            if worked == amount:
                return begin + amount
            amount -= max(worked, _NOTHING)
        day += _DAY


def _go_back(end: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    day = local_day(end, calendar.zone)
    while True:
        for span in reversed(calendar.spans_of(day)):
            finish = min(span.end, end)
            worked = min(amount, finish - span.start)
            if worked == amount:
                return finish - amount
            amount -= max(worked, _NOTHING)
        day -= _DAY
