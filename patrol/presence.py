"""Being in the grid, as intervals: inside, outside or unknown.

Each fix is evidence, as much as its error allows; a chain of two states joins them; what it
finds counts when it is sure enough. Time about which nothing is known is never held against
anybody. docs/explanation/presence.md tells why the parameters are what they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np

from patrol.chains import outlines
from patrol.chains.crossings import Cells, PresenceRules, backdate, bound, ways, weigh
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import Area
from patrol.intervals import Interval, intersect, merge, subtract, total
from patrol.track import Track, median

__all__ = [
    "Presence",
    "PresenceInterval",
    "PresenceRules",
    "State",
    "Visited",
    "assess_presence",
    "find_presence",
    "tile",
    "visited_at",
]

# Fixes so far from duty change nothing in it: the chain has forgotten them.
_CONTEXT_MS = 1_800_000
_MOST = 0.5


class State(StrEnum):
    """What is known of a stretch of duty."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class PresenceInterval:
    """A stretch of one state."""

    interval: Interval
    state: State


@dataclass(frozen=True, slots=True)
class Presence:
    """The states that tile duty, in order, and which time inside is plausible, not proven."""

    states: list[PresenceInterval]
    plausible: list[Interval]


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit, and how far its premises lie beyond the border: 0 within."""

    interval: Interval
    beyond_m: float = 0.0


def visited_at(visits: Sequence[tuple[Interval, Area]], grid: Area) -> list[Visited]:
    """Return visits, each with its premises, as what they say about presence in a grid."""
    places_deg = np.array([area.centre() for _, area in visits]).reshape(-1, 2)
    beyond_m = np.maximum(outlines.signed_m(grid, places_deg[:, 0], places_deg[:, 1]), 0.0)
    return [Visited(one, far_m) for (one, _), far_m in zip(visits, beyond_m.tolist(), strict=True)]


def find_presence(
    track: Track, signed_m: Floats, *, duty: Interval, rules: PresenceRules
) -> list[PresenceInterval]:
    """Return the states that tile `duty`, in order.

    `signed_m` is how far each fix lies from where the worker may be, negative within.
    """
    return assess_presence(track, signed_m, duty=duty, rules=rules).states


def assess_presence(
    track: Track,
    signed_m: Floats,
    *,
    duty: Interval,
    rules: PresenceRules,
    visits: Iterable[Visited] = (),
) -> Presence:
    """Return the states that tile `duty`, and where leaving and returning may have been unseen.

    Visits count as presence, as signals go indoors and premises may lie beyond the edge,
    unless their fixes lie beyond the border as a whole.
    """
    first, last = np.searchsorted(
        track.epoch_ms, [epoch_ms(duty.start) - _CONTEXT_MS, epoch_ms(duty.end) + _CONTEXT_MS]
    )
    if first == last:
        visited = intersect([one.interval for one in visits], [duty])
        return Presence(tile(duty, {State.INSIDE: visited}), [])
    cells = weigh(track.at(slice(first, last)), signed_m[first:last], rules)
    backdate(cells, rules)
    credited, doubted = _hear(cells, visits, rules)
    bound(cells, rules)
    known = {State.INSIDE: intersect(credited, [duty]), State.OUTSIDE: list[Interval]()}
    for state, stretches in _claims(cells, rules):
        seen = [part for one in stretches for part in _within(cells, one, duty)]
        parts = subtract(seen, credited + doubted)
        # What is shorter is the error of a date, not an exit that reaches into duty.
        if state is State.INSIDE or total(parts) >= timedelta(seconds=rules.backdate_s):
            known[state] += parts
    unwatched = intersect(_unwatched(cells, duty, rules), known[State.INSIDE])
    return Presence(tile(duty, known), subtract(unwatched, credited))


def tile(duty: Interval, known: dict[State, list[Interval]]) -> list[PresenceInterval]:
    """Return `duty` cut into the known states, which are disjoint; the rest is unknown."""
    pieces = [
        PresenceInterval(interval, state)
        for state, intervals in known.items()
        for interval in merge(intervals)
    ]
    unknown = subtract([duty], [piece.interval for piece in pieces])
    return sorted([*pieces, *(PresenceInterval(one, State.UNKNOWN) for one in unknown)])


def _hear(
    cells: Cells, visits: Iterable[Visited], rules: PresenceRules
) -> tuple[list[Interval], list[Interval]]:
    """Return the visits that are presence, and those of which nobody can say what they are.

    Within both there is no exit. Where the fixes of a visit are clearly far out, on the whole,
    it says nothing.
    """
    credited: list[Interval] = []
    doubted: list[Interval] = []
    for one in visits:
        span_ms = [epoch_ms(one.interval.start), epoch_ms(one.interval.end)]
        first, last = np.searchsorted(cells.track.epoch_ms, span_ms)
        away_m = median(cells.signed_m[first:last]) if first < last else 0.0
        if away_m - one.beyond_m <= rules.far_m:
            cells.is_out[first:last] = False
            is_near = away_m - one.beyond_m <= rules.tolerance_m
            (credited if is_near else doubted).append(one.interval)
    return credited, doubted


def _claims(cells: Cells, rules: PresenceRules) -> Iterator[tuple[State, list[slice]]]:
    """Yield what is sure: a state, and the stretches of cells, parted by silence."""
    doubtful = cells.away_permille > round(1000 * (1 - rules.inside_p))
    sure = ~cells.is_out & ~doubtful
    changes = (sure[1:] != sure[:-1]) | (cells.is_out[1:] != cells.is_out[:-1])
    borders = [0, *(np.flatnonzero(changes) + 1).tolist(), len(sure)]
    for run in (slice(first, last) for first, last in pairwise(borders)):
        if sure[run.start]:
            yield State.INSIDE, _stretches(cells, run)
        elif cells.is_out[run.start]:
            stretches = _clear_stretches(cells, run, rules)
            if stretches and _is_exit(cells, stretches, rules):
                yield State.OUTSIDE, stretches


def _clear_stretches(cells: Cells, run: slice, rules: PresenceRules) -> list[slice]:
    """Return the stretches between silences of which most fixes are clearly out.

    Where there are several, each must have a fix that is far out: what somebody was doing
    before a silence does not become an exit by what came after it.
    """
    found = _stretches(cells, run)
    is_whole = len(found) == 1
    return [
        one
        for one in found
        if np.mean(cells.shown_s[one] > 0) > _MOST and (is_whole or _is_far(cells, one, rules))
    ]


def _is_far(cells: Cells, stretch: slice, rules: PresenceRules) -> bool:
    """Whether a fix is farther out than strays often are; a lone one, twice as far."""
    far_m = rules.far_m if np.count_nonzero(cells.shown_s[stretch]) > 1 else 2 * rules.far_m
    return bool(cells.signed_m[stretch].max() > far_m)


def _stretches(cells: Cells, run: slice) -> list[slice]:
    """Return the parts of a run of cells between which there is silence."""
    (parted,) = np.nonzero(cells.end_ms[run][:-1] != cells.start_ms[run][1:])
    borders = [run.start, *(parted + run.start + 1).tolist(), run.stop]
    return [slice(start, end) for start, end in pairwise(borders)]


def _is_exit(cells: Cells, stretches: Sequence[slice], rules: PresenceRules) -> bool:
    """Whether the stretches together are sure enough, long enough and seen for long enough."""
    picked = np.concatenate([np.arange(one.start, one.stop) for one in stretches])
    lasts_ms = (cells.end_ms[picked] - cells.start_ms[picked]).sum()
    return bool(
        cells.away_permille[picked].max() >= round(1000 * rules.outside_p)
        and lasts_ms >= rules.shortest_exit_s * 1000
        and cells.shown_s[picked].sum() >= rules.seen_s
    )


def _unwatched(cells: Cells, duty: Interval, rules: PresenceRules) -> list[Interval]:
    way_ms, spare_ms = ways(cells, rules)
    gap_ms = np.diff(cells.track.epoch_ms)
    inside = ~(cells.is_out[:-1] | cells.is_out[1:]) & (gap_ms <= rules.longest_gap_s * 1000)
    found: list[Interval] = []
    for step in np.flatnonzero(inside & (spare_ms > rules.spare_s * 1000)).tolist():
        start_ms = int(cells.track.epoch_ms[step] + way_ms[step])
        end_ms = int(cells.track.epoch_ms[step + 1] - way_ms[step + 1])
        found += _clip(start_ms, end_ms, duty)
    return found


def _within(cells: Cells, stretch: slice, duty: Interval) -> list[Interval]:
    return _clip(int(cells.start_ms[stretch.start]), int(cells.end_ms[stretch.stop - 1]), duty)


def _clip(start_ms: int, end_ms: int, duty: Interval) -> list[Interval]:
    start_ms = max(start_ms, epoch_ms(duty.start))
    end_ms = min(end_ms, epoch_ms(duty.end))
    return [Interval(epoch_of(start_ms), epoch_of(end_ms))] if start_ms < end_ms else []
