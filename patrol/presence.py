"""Being in the grid, as intervals: inside, outside or unknown.

Each fix is evidence, as much as its error allows; a chain of two states joins them; what it
finds counts when it is sure enough. Time about which nothing is known is never held against
anybody. docs/explanation/presence.md tells why the parameters are what they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from patrol.chains import outlines
from patrol.chains.crossings import Cells, PresenceRules, backdate, bound, ways, weigh
from patrol.chains.kernels import INSIDE, Limits, Watched, find_claims
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


class State(StrEnum):
    """What is known of a stretch of duty."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


_Claim: TypeAlias = tuple[State, list[Interval]]


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
    visited = merge(credited + doubted)
    for state, seen in _claims(cells, duty, rules):
        parts = subtract(seen, visited)
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


def _claims(cells: Cells, duty: Interval, rules: PresenceRules) -> Iterator[_Claim]:
    """Yield what is sure: a state, and its stretches within duty, parted by silence."""
    doubtful = cells.away_permille > round(1000 * (1 - rules.inside_p))
    rows = find_claims(
        Watched(
            *(cells.is_out, ~doubtful, cells.start_ms, cells.end_ms),
            *(cells.signed_m, cells.shown_ms, cells.away_permille),
            Limits(
                sure_permille=round(1000 * rules.outside_p),
                shortest_ms=rules.shortest_exit_s * 1000,
                seen_ms=rules.seen_s * 1000,
                far_m=rules.far_m,
            ),
        )
    ).tolist()
    for (state, _), stretches in groupby(rows, key=itemgetter(0, 1)):
        spans = [part for _, _, start, end in stretches for part in _clip(start, end, duty)]
        yield State.INSIDE if state == INSIDE else State.OUTSIDE, spans


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


def _clip(start_ms: int, end_ms: int, duty: Interval) -> list[Interval]:
    start_ms = max(start_ms, epoch_ms(duty.start))
    end_ms = min(end_ms, epoch_ms(duty.end))
    return [Interval(epoch_of(start_ms), epoch_of(end_ms))] if start_ms < end_ms else []
