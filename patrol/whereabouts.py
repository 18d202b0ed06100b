"""Where a worker may be, how far each fix lies from there, and what that says of this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import NamedTuple

import numpy as np

from patrol.chains import outlines
from patrol.chains.crossings import PresenceRules, weigh_each
from patrol.chains.reflections import undo_reflections
from patrol.chains.two_state import filter_odds, permille, switch_shares
from patrol.days import DayFacts, Rules
from patrol.duty import DutyWindow
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.ids import GridId
from patrol.intervals import Interval
from patrol.presence import State
from patrol.track import Integers, Mask, Track, build_track

_EVEN_PERMILLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What the filter knew when it had passed a fix: nothing that comes later changes it.

    `odds` are those of being outside at `at_ms`; since `leaning_ms` that side has been the
    likelier one, and since `unsure_ms` neither was sure, None where one is.
    """

    at_ms: int
    odds: float
    leaning_ms: int
    unsure_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What is known of a worker on duty at a moment; fixes to come may change it.

    `epoch` and `inside_p`, the probability of being inside then, are those of the last fix.
    From `passed` on, and without the fixes before it, the same is found.
    """

    grid_id: GridId
    state: State
    since: datetime
    epoch: datetime | None = None
    inside_p: float | None = None
    passed: Passed | None = None


class _Course(NamedTuple):
    """The filter at each fix of a track: odds of being outside, and since when they are so."""

    track: Track
    odds: Floats
    leaning_ms: Integers
    # Where one side is sure, the fix itself.
    unsure_ms: Integers
    states: Integers
    is_moved: Mask

    def passed(self, index: int) -> Passed:
        return Passed(
            at_ms=int(self.track.epoch_ms[index]),
            odds=float(self.odds[index]),
            leaning_ms=int(self.leaning_ms[index]),
            unsure_ms=None if self.states[index] else int(self.unsure_ms[index]),
        )


def find_live_state(
    facts: DayFacts, rules: Rules, *, now: datetime, passed: Passed | None = None
) -> LiveState | None:
    """Return the state by the fixes of the duty up to `now`, or None when no duty is owed then.

    A chain of two states is run forward to the last fix. With `passed`, of an earlier answer in
    the same duty, it is run on from there; the fix that was passed is to be among the facts.
    """
    window = next((w for w in facts.windows if w.interval.start <= now < w.interval.end), None)
    if window is None:
        return None
    whole = build_track(facts.fixes, rules.track)
    from_ms = epoch_ms(window.interval.start) if passed is None else passed.at_ms
    to_ms = epoch_ms(now)
    track = whole.at((whole.epoch_ms >= from_ms) & (whole.epoch_ms <= to_ms))
    if not len(track):
        return LiveState(grid_id=window.grid_id, state=State.UNKNOWN, since=window.interval.start)
    asked = rules.presence
    course = _run(track, beyond_m(window, track, facts), asked, passed=passed)
    last_ms = int(track.epoch_ms[-1])
    state, since_ms = _tell(course, asked)
    if to_ms - last_ms > asked.longest_gap_s * 1000:
        state, since_ms = State.UNKNOWN, last_ms
    return LiveState(
        grid_id=window.grid_id,
        state=state,
        since=epoch_of(since_ms),
        epoch=epoch_of(last_ms),
        inside_p=round(1 - int(permille(course.odds[-1:])[0]) / 1000, 3),
        passed=_settled(course, asked) or passed,
    )


def _run(track: Track, signed_m: Floats, rules: PresenceRules, *, passed: Passed | None) -> _Course:
    undone_m = undo_reflections(track, signed_m, border_m=rules.border_m, rules=rules.reflections)
    steps_s = np.diff(track.epoch_ms) / 1000
    # Nothing was heard before the first fix: it is a new witness.
    since_s = np.concatenate([[rules.memory_s], steps_s])
    odds = filter_odds(
        weigh_each(track, undone_m, since_s, rules=rules),
        switch_shares(steps_s, switches_per_h=rules.switches_per_h),
        before=None if passed is None else passed.odds,
    )
    away = permille(odds)
    states = (away >= 1000 * rules.outside_p) * 1 - (away <= 1000 * (1 - rules.inside_p)) * 1
    is_late = steps_s > rules.longest_gap_s
    leaning_ms = _begun(track, away > _EVEN_PERMILLE, is_late)
    unsure_ms = _begun(track, states != 0, is_late)
    if passed is not None:
        leaning_ms[leaning_ms == passed.at_ms] = passed.leaning_ms
        if passed.unsure_ms is not None:
            unsure_ms[unsure_ms == passed.at_ms] = passed.unsure_ms
    return _Course(track, odds, leaning_ms, unsure_ms, states, undone_m != signed_m)


def _begun(track: Track, sides: Mask, is_late: Mask) -> Integers:
    """Return for each fix when the run of one side, without a long silence, began."""
    begins = np.append(True, (sides[1:] != sides[:-1]) | is_late)
    result: Integers = track.epoch_ms[
        np.maximum.accumulate(np.where(begins, np.arange(len(track)), 0))
    ]
    return result


def _tell(course: _Course, rules: PresenceRules) -> tuple[State, int]:
    """Return the state at the last fix, and since when it has lasted, in milliseconds."""
    state = (State.INSIDE, State.UNKNOWN, State.OUTSIDE)[int(course.states[-1]) + 1]
    since_ms = int((course.leaning_ms if course.states[-1] else course.unsure_ms)[-1])
    lasts_ms = int(course.track.epoch_ms[-1]) - since_ms
    if state is State.OUTSIDE and lasts_ms < rules.shortest_exit_s * 1000:
        state = State.UNKNOWN
    return state, since_ms


def _settled(course: _Course, rules: PresenceRules) -> Passed | None:
    """Return the last fix that nothing to come can move, or put in another light."""
    reflections = rules.reflections
    settled_s = reflections.longest_s + reflections.longest_step_s
    epochs_ms = course.track.epoch_ms
    is_settled = epochs_ms <= epochs_ms[-1] - round(settled_s * 1000)
    indexes = np.flatnonzero(is_settled & ~course.is_moved)
    return course.passed(int(indexes[-1])) if indexes.size else None


def beyond_m(window: DutyWindow, track: Track, facts: DayFacts) -> Floats:
    """Return how far each fix lies from where the worker may be then, negative within."""
    return beyond_each([window], track, facts)[0]


def beyond_each(windows: Sequence[DutyWindow], track: Track, facts: DayFacts) -> list[Floats]:
    """Return the same for each of some windows."""
    base: dict[GridId, Floats] = {}
    places = [outlines.signed_m(one.area, track.lat_deg, track.lon_deg) for one in facts.places]
    for grid in dict.fromkeys(window.grid_id for window in windows):
        here_m = outlines.signed_m(facts.grids[grid].area, track.lat_deg, track.lon_deg)
        base[grid] = reduce(np.minimum, places, here_m)
    return [_covering(window, track, facts, near_m=base[window.grid_id]) for window in windows]


def _covering(window: DutyWindow, track: Track, facts: DayFacts, *, near_m: Floats) -> Floats:
    """Return distances with those to the grids that are covered meanwhile, where they are less."""
    signed_m = near_m.copy()
    for cover in facts.covers:
        first, last = _fixes_in(cover.interval, window, track)
        part = track.at(slice(first, last))
        there_m = outlines.signed_m(facts.grids[cover.grid_id].area, part.lat_deg, part.lon_deg)
        signed_m[first:last] = np.minimum(signed_m[first:last], there_m)
    return signed_m


def _fixes_in(span: Interval, window: DutyWindow, track: Track) -> tuple[int, int]:
    """Return the first fix of a span and that after the last one.

    A span as long as duty has the fixes around it, too, which help to judge its edges.
    """
    duty = window.interval
    edges_ms = [epoch_ms(span.start), epoch_ms(span.end)]
    first, last = np.searchsorted(track.epoch_ms, edges_ms).tolist()
    return 0 if span.start <= duty.start else first, len(track) if span.end >= duty.end else last
