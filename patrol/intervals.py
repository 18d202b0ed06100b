"""Half-open spans of time and the four things one does with lists of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

_bounds = attrgetter("start", "end")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Half-open span of time, kept in UTC: start belongs to it, end does not."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs times with a zone")
        # Within one zone Python compares and subtracts clock readings, and a change of the
        # clocks would make the span longer or shorter than it is.
        if not self.start.tzinfo is self.end.tzinfo is UTC:
            object.__setattr__(self, "start", self.start.astimezone(UTC))
            object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("an interval must last")

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start


def merge(intervals: Iterable[Interval], *, bridge: timedelta = timedelta()) -> list[Interval]:
    """Return the same time as disjoint intervals in order; gaps up to `bridge` are closed."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=_bounds):
        if merged and interval.start - merged[-1].end <= bridge:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return merged


def intersect(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """Return the time that lies in both, as disjoint intervals in order."""
    return list(_common(merge(left), merge(right)))


def subtract(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """Return the time of `left` that is not in `right`, as disjoint intervals in order."""
    rest: list[Interval] = []
    taken = merge(right)
    for interval in merge(left):
        start = interval.start
        for hole in taken:
            if hole.end <= start or hole.start >= interval.end:
                continue
            if hole.start > start:
                rest.append(Interval(start, hole.start))
            start = hole.end
        if start < interval.end:
            rest.append(Interval(start, interval.end))
    return rest


def total(intervals: Iterable[Interval]) -> timedelta:
    """Return how much time the intervals cover; overlaps count once."""
    return sum((interval.length for interval in merge(intervals)), timedelta())


def _common(left: Sequence[Interval], right: Sequence[Interval]) -> Iterator[Interval]:
    a = b = 0
    while a < len(left) and b < len(right):
        start = max(left[a].start, right[b].start)
        end = min(left[a].end, right[b].end)
        if start < end:
            yield Interval(start, end)
        if left[a].end <= right[b].end:
            a += 1
        else:
            b += 1
