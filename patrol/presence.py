"""Being in the grid, as intervals: inside, outside or unknown.

The plain rule: a tolerance around the grid for the error of the receiver, and a debounce,
so that a change counts only when it lasts and is then dated back to when it began. Time
without fixes is unknown; it is never held against anybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.intervals import Interval, merge, subtract
from patrol.track import Mask, Track


class State(StrEnum):
    """What is known of a stretch of duty."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRules:
    """How far and how long is outside, and how long a silence says nothing."""

    tolerance_m: float = 30.0
    debounce_s: int = 120
    longest_gap_s: int = 600
    # Before the first fix and after the last one somebody was there this long at most.
    edge_s: int = 120


@dataclass(frozen=True, slots=True, order=True)
class PresenceInterval:
    """A stretch of one state."""

    interval: Interval
    state: State


@dataclass(frozen=True, slots=True)
class _Run:
    start_ms: int
    end_ms: int
    # From its first fix to its last one: what is seen of it, without the silence around.
    seen_ms: int
    is_out: bool

    def lasts(self, debounce_ms: int) -> bool:
        """Whether it is more than a stray; silence never makes an absence last."""
        return (self.seen_ms if self.is_out else self.end_ms - self.start_ms) >= debounce_ms


def find_presence(
    track: Track, outside_m: Floats, *, duty: Interval, rules: PresenceRules
) -> list[PresenceInterval]:
    """Return the states that tile `duty`, in order.

    `outside_m` is, for every fix of `track`, its distance from where the worker may be.
    """
    known: dict[State, list[Interval]] = {State.INSIDE: [], State.OUTSIDE: []}
    is_out = outside_m > rules.tolerance_m
    for segment in _segments(track, rules.longest_gap_s * 1000):
        for run in _judge_segment(track, is_out, segment, rules=rules):
            clipped = _clip(run, duty)
            if clipped is not None:
                known[State.OUTSIDE if run.is_out else State.INSIDE].append(clipped)
    return tile(duty, known)


def tile(duty: Interval, known: dict[State, list[Interval]]) -> list[PresenceInterval]:
    """Return `duty` cut into the known states, which are disjoint; the rest is unknown."""
    pieces = [
        PresenceInterval(interval, state)
        for state, intervals in known.items()
        for interval in merge(intervals)
    ]
    unknown = subtract([duty], [piece.interval for piece in pieces])
    return sorted([*pieces, *(PresenceInterval(one, State.UNKNOWN) for one in unknown)])


def _segments(track: Track, longest_gap_ms: int) -> Iterator[slice]:
    """Yield the stretches of fixes without a gap that says nothing."""
    cuts = np.flatnonzero(np.diff(track.epoch_ms) > longest_gap_ms) + 1
    for start, end in pairwise([0, *cuts.tolist(), len(track)]):
        if start < end:
            yield slice(start, end)


def _judge_segment(
    track: Track, is_out: Mask, segment: slice, *, rules: PresenceRules
) -> Iterable[_Run]:
    runs = _runs(track.epoch_ms[segment].tolist(), is_out[segment].tolist(), rules.edge_s * 1000)
    settled = [run for run in runs if run.lasts(rules.debounce_s * 1000)]
    if not settled:
        # Too short or too restless to tell inside from outside: only what never left counts.
        return runs if not any(run.is_out for run in runs) else []
    return _debounce(runs, first=settled[0], debounce_ms=rules.debounce_s * 1000)


def _runs(times: list[int], is_out: list[bool], edge_ms: int) -> list[_Run]:
    """Return stretches of equal fixes; they meet half way between the two fixes that differ."""
    changes = [index for index in range(1, len(times)) if is_out[index] != is_out[index - 1]]
    meetings = [(times[index - 1] + times[index]) // 2 for index in changes]
    borders = [times[0] - edge_ms, *meetings, times[-1] + edge_ms]
    members = pairwise([0, *changes, len(times)])
    return [
        _Run(start, end, times[last - 1] - times[first], is_out[first])
        for (start, end), (first, last) in zip(pairwise(borders), members, strict=True)
    ]


def _debounce(runs: list[_Run], *, first: _Run, debounce_ms: int) -> Iterator[_Run]:
    current = first.is_out
    for run in runs:
        if run.lasts(debounce_ms):
            current = run.is_out
        yield replace(run, is_out=current)


def _clip(run: _Run, duty: Interval) -> Interval | None:
    start_ms = max(run.start_ms, epoch_ms(duty.start))
    end_ms = min(run.end_ms, epoch_ms(duty.end))
    return Interval(epoch_of(start_ms), epoch_of(end_ms)) if start_ms < end_ms else None
