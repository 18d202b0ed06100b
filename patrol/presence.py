"""Being in the grid, as intervals: inside, outside or unknown.

Each fix is evidence, as much as its error allows; a chain of two states joins them; what it
finds counts when it is sure enough. Time about which nothing is known is never held against
anybody. docs/explanation/presence.md tells why the parameters are what they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

import numpy as np

from patrol.chains import two_state
from patrol.chains.reflections import ReflectionRules, undo_reflections
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.intervals import Interval, intersect, merge, subtract
from patrol.track import Integers, Mask, Track

# Fixes so far from duty change nothing in it: the chain has forgotten them.
_CONTEXT_MS = 1_800_000


class State(StrEnum):
    """What is known of a stretch of duty."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRules:
    """What a fix proves, for how long a silence says nothing, and how sure is sure enough."""

    # An error up to `tolerance_m` beyond the border may last (reflections in a street: a fix
    # is a new witness after `memory_s`); one beyond `far_m` is a stray of seconds.
    tolerance_m: float = 20.0
    memory_s: float = 60.0
    far_m: float = 45.0
    far_memory_s: float = 15.0
    # Added to the spread of every fix, and the share of fixes that are wrong altogether.
    extra_m: float = 3.0
    stray_share: float = 0.02
    switches_per_h: float = 1.0
    inside_p: float = 0.95
    outside_p: float = 0.99
    shortest_exit_s: float = 120.0
    # An exit is seen so long by fixes that lie beyond the tolerance by so many spreads. Each
    # counts for the step before it within these bounds: silence shows nothing.
    seen_s: float = 100.0
    clear_spreads: float = 1.0
    least_step_s: float = 30.0
    most_step_s: float = 45.0
    # Exits are dated to where the fixes cross this line, at most so long before they are sure.
    border_m: float = 5.0
    backdate_s: float = 180.0
    longest_gap_s: int = 600
    # Before the first fix and after the last one somebody was there this long at most.
    edge_s: int = 120
    # Somebody who had so much time beyond the way to the border and back may have crossed it.
    walking_mps: float = 1.3
    spare_s: float = 60.0
    reflections: ReflectionRules = field(default_factory=ReflectionRules)


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


@dataclass(slots=True)
class _Cells:
    """Each fix with the time it stands for; what lies between two cells is silence."""

    track: Track
    signed_m: Floats
    shown_s: Floats
    away_permille: Integers
    is_out: Mask
    start_ms: Integers
    end_ms: Integers


def find_presence(
    track: Track, signed_m: Floats, *, duty: Interval, rules: PresenceRules
) -> list[PresenceInterval]:
    """Return the states that tile `duty`, in order.

    `signed_m` is how far each fix lies from where the worker may be, negative within.
    """
    return assess_presence(track, signed_m, duty=duty, rules=rules).states


def assess_presence(
    track: Track, signed_m: Floats, *, duty: Interval, rules: PresenceRules
) -> Presence:
    """Return the states that tile `duty`, and where leaving and returning may have been unseen."""
    first, last = np.searchsorted(
        track.epoch_ms, [epoch_ms(duty.start) - _CONTEXT_MS, epoch_ms(duty.end) + _CONTEXT_MS]
    )
    if first == last:
        return Presence(tile(duty, {}), [])
    cells = _weigh(track.at(slice(first, last)), signed_m[first:last], rules)
    _backdate(cells, rules)
    _bound(cells, rules)
    known: dict[State, list[Interval]] = {State.INSIDE: [], State.OUTSIDE: []}
    for state, start_ms, end_ms in _claims(cells, rules):
        known[state] += _clip(start_ms, end_ms, duty)
    plausible = intersect(_unwatched(cells, duty, rules), known[State.INSIDE])
    return Presence(tile(duty, known), plausible)


def tile(duty: Interval, known: dict[State, list[Interval]]) -> list[PresenceInterval]:
    """Return `duty` cut into the known states, which are disjoint; the rest is unknown."""
    pieces = [
        PresenceInterval(interval, state)
        for state, intervals in known.items()
        for interval in merge(intervals)
    ]
    unknown = subtract([duty], [piece.interval for piece in pieces])
    return sorted([*pieces, *(PresenceInterval(one, State.UNKNOWN) for one in unknown)])


def credit_visits(
    states: list[PresenceInterval], visits: Iterable[Interval], owed: Interval
) -> list[PresenceInterval]:
    """Count visits as presence: signals go indoors, and premises may lie beyond the edge."""
    known = {state: [one.interval for one in states if one.state is state] for state in State}
    visited = intersect(visits, [owed])
    outside = subtract(known[State.OUTSIDE], visited)
    return tile(owed, {State.INSIDE: known[State.INSIDE] + visited, State.OUTSIDE: outside})


def find_away_permille(track: Track, signed_m: Floats, rules: PresenceRules) -> Integers:
    """Return for each fix of a track how probable being outside is; the last by those before it."""
    return _weigh(track, signed_m, rules).away_permille


def _weigh(track: Track, signed_m: Floats, rules: PresenceRules) -> _Cells:
    signed_m = undo_reflections(track, signed_m, border_m=rules.border_m, rules=rules.reflections)
    steps_s = np.diff(track.epoch_ms) / 1000
    # The first fix is as new a witness as the others are.
    usual_s = float(np.median(steps_s)) if len(steps_s) else rules.memory_s
    since_s = np.concatenate([[usual_s], steps_s])
    spread_m = track.sigma_m + rules.extra_m
    near = two_state.log_odds_beyond(
        (signed_m - rules.tolerance_m) / spread_m, stray_share=rules.stray_share
    )
    far = two_state.log_odds_beyond(
        (signed_m - rules.far_m) / spread_m, stray_share=rules.stray_share
    )
    evidence = near * np.minimum(since_s / rules.memory_s, 1.0)
    evidence += np.maximum(far, 0) * np.minimum(since_s / rules.far_memory_s, 1.0)
    weighed = np.rint(evidence).astype(np.int64)
    shares = two_state.switch_shares(steps_s, switches_per_h=rules.switches_per_h)
    meetings = (track.epoch_ms[:-1] + track.epoch_ms[1:]) // 2
    return _Cells(
        track=track,
        signed_m=signed_m,
        shown_s=np.where(
            signed_m > rules.tolerance_m + rules.clear_spreads * spread_m,
            np.minimum(since_s, np.clip(usual_s, rules.least_step_s, rules.most_step_s)),
            0.0,
        ),
        away_permille=two_state.probability_away(weighed, shares),
        is_out=two_state.is_away(weighed, two_state.switch_prices(shares)),
        start_ms=np.concatenate([track.epoch_ms[:1], meetings]),
        end_ms=np.concatenate([meetings, track.epoch_ms[-1:]]),
    )


def _backdate(cells: _Cells, rules: PresenceRules) -> None:
    """Let every exit begin and end where its fixes cross the border, and meet it there."""
    beyond = cells.signed_m > rules.border_m
    found = cells.is_out.copy()
    for change in (np.flatnonzero(found[1:] != found[:-1]) + 1).tolist():
        step = -1 if found[change] else 1
        out, inner = (change, change - 1) if found[change] else (change - 1, change)
        near = np.abs(cells.track.epoch_ms - cells.track.epoch_ms[out]) < rules.backdate_s * 1000
        while 0 <= inner < len(found) and beyond[inner] and near[inner]:
            cells.is_out[inner] = True
            out, inner = inner, inner + step
        if 0 <= inner < len(found):
            _meet(cells, min(out, inner), rules.border_m)


def _meet(cells: _Cells, before: int, border_m: float) -> None:
    """Part the cells `before` and the next one where the way between them crosses the border."""
    here_m, there_m = cells.signed_m[before : before + 2] - border_m
    here_ms, there_ms = cells.track.epoch_ms[before : before + 2]
    if here_m * there_m < 0:
        crossing_ms = here_ms + round((there_ms - here_ms) * here_m / (here_m - there_m))
        cells.end_ms[before] = cells.start_ms[before + 1] = crossing_ms


def _bound(cells: _Cells, rules: PresenceRules) -> None:
    """Leave silence out where nobody can say what happened in it."""
    before_ms, after_ms = cells.track.epoch_ms[:-1], cells.track.epoch_ms[1:]
    way_ms, spare_ms = _ways(cells, rules)
    restless = (cells.is_out[:-1] | cells.is_out[1:]) & (spare_ms > rules.spare_s * 1000)
    np.copyto(cells.end_ms[:-1], before_ms + way_ms[:-1], where=restless)
    np.copyto(cells.start_ms[1:], after_ms - way_ms[1:], where=restless)
    # Into a long silence, an exit lasts no longer than the way back to the border.
    edge_ms = rules.edge_s * 1000
    reach_ms = np.where(cells.is_out, np.minimum(way_ms, edge_ms), edge_ms)
    silent = after_ms - before_ms > rules.longest_gap_s * 1000
    half_ms = (after_ms - before_ms) // 2
    np.copyto(cells.end_ms[:-1], before_ms + np.minimum(reach_ms[:-1], half_ms), where=silent)
    np.copyto(cells.start_ms[1:], after_ms - np.minimum(reach_ms[1:], half_ms), where=silent)
    cells.start_ms[0] -= reach_ms[0]
    cells.end_ms[-1] += reach_ms[-1]


def _ways(cells: _Cells, rules: PresenceRules) -> tuple[Integers, Integers]:
    """Return the way of each fix to the border, and the time that a step has to spare."""
    way_ms = np.rint(np.abs(cells.signed_m) / rules.walking_mps * 1000).astype(np.int64)
    spare_ms: Integers = np.diff(cells.track.epoch_ms) - way_ms[:-1] - way_ms[1:]
    return way_ms, spare_ms


def _claims(cells: _Cells, rules: PresenceRules) -> Iterator[tuple[State, int, int]]:
    """Yield the stretches, start and end, of which the state is sure."""
    doubtful = cells.away_permille > round(1000 * (1 - rules.inside_p))
    sure = ~cells.is_out & ~doubtful
    parted = (cells.end_ms[:-1] != cells.start_ms[1:]) | (sure[1:] != sure[:-1])
    parted |= cells.is_out[1:] != cells.is_out[:-1]
    borders = [0, *(np.flatnonzero(parted) + 1).tolist(), len(sure)]
    for first, last in pairwise(borders):
        start_ms, end_ms = int(cells.start_ms[first]), int(cells.end_ms[last - 1])
        if sure[first]:
            yield State.INSIDE, start_ms, end_ms
        elif cells.is_out[first] and _is_exit(cells, slice(first, last), rules):
            yield State.OUTSIDE, start_ms, end_ms


def _is_exit(cells: _Cells, stretch: slice, rules: PresenceRules) -> bool:
    """Whether the stretch is sure enough, long enough and seen for long enough."""
    lasts_ms = cells.end_ms[stretch][-1] - cells.start_ms[stretch][0]
    return bool(
        cells.away_permille[stretch].max() >= round(1000 * rules.outside_p)
        and lasts_ms >= rules.shortest_exit_s * 1000
        and cells.shown_s[stretch].sum() >= rules.seen_s
    )


def _unwatched(cells: _Cells, duty: Interval, rules: PresenceRules) -> list[Interval]:
    way_ms, spare_ms = _ways(cells, rules)
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
