"""Days that repeat an earlier one step by step: errors of a receiver never come twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from patrol.anomalies.findings import Finding, FindingKind, LikenessRules, spanning
from patrol.intervals import Interval, merge
from patrol.messages import SCALE_E7
from patrol.track import Integers, Track, is_within

_TURN_E7 = 3_600_000_000
# So many steps in a row make one mark; standing still makes none.
_STEPS = 6
_LEAST_DIFFERENT = 5
_LONGEST_STEP_S = 120
# One mark in so many is kept, the same ones on all days.
_KEPT_ONE_IN = 4
# Odd numbers that spread neighbouring values (MurmurHash3's finaliser uses the second one).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_HALF = np.uint64(33)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Steps:
    """The marks of a day's steps, and when each began; sorted by mark, none twice."""

    day: date
    mark: Integers
    at_ms: Integers


def make_steps(day: date, track: Track, duty: Sequence[Interval], *, rules: LikenessRules) -> Steps:
    """Return the marks of a track on duty; positions written with few digits have none."""
    track = track.at(is_within(track.epoch_ms, duty))
    north = np.diff(_e7(track.lat_deg))
    east = (np.diff(_e7(track.lon_deg)) + _TURN_E7 // 2) % _TURN_E7 - _TURN_E7 // 2
    step_s = np.rint(np.diff(track.epoch_ms) / 1000).astype(np.int64)
    digit = int(np.gcd.reduce(np.concatenate([north, east]))) if len(north) else 0
    if len(north) < _STEPS or not 0 < digit <= rules.replay_digit_e7:
        none = np.array([], dtype=np.int64)
        return Steps(day=day, mark=none, at_ms=none)
    marks = _marks(north, east, step_s)
    moving = _windows(step_s).max(axis=1) <= _LONGEST_STEP_S
    moving &= _different(_marks(north, east, step_s, steps=1)) >= _LEAST_DIFFERENT
    kept = np.flatnonzero(moving & (marks % np.uint64(_KEPT_ONE_IN) == 0))
    mark, first = np.unique(marks[kept].view(np.int64), return_index=True)
    return Steps(day=day, mark=mark, at_ms=track.epoch_ms[kept[first]])


def find_replay(
    steps: Steps, earlier: Sequence[Steps], *, rules: LikenessRules
) -> Iterator[Finding]:
    """Yield where a day makes the very steps of an earlier one of the same worker."""
    for before in earlier:
        _, now, then = np.intersect1d(
            steps.mark, before.mark, assume_unique=True, return_indices=True
        )
        if len(now) < rules.replay_matches:
            continue
        at_ms = steps.at_ms[now]
        shift_s = np.rint((at_ms - before.at_ms[then]) / 1000).astype(np.int64)
        shifts, counts = np.unique(shift_s, return_counts=True)
        most = int(shifts[np.argmax(counts)])
        same_ms = np.sort(at_ms[shift_s == most])
        spans = merge(
            (spanning(one, one) for one in same_ms.tolist()),
            bridge=timedelta(seconds=rules.replay_bridge_s),
        )
        lasting_s = sum(span.length.total_seconds() for span in spans)
        enough = len(same_ms) >= rules.replay_matches and abs(most) >= rules.replay_shift_s
        if enough and lasting_s >= rules.replay_s:
            yield Finding(
                kind=FindingKind.REPLAYED_DAY,
                interval=spanning(same_ms[0], same_ms[-1]),
                evidence={
                    "other_day": before.day.isoformat(),
                    "shift_s": most,
                    "lasting_s": round(lasting_s),
                    "matches": len(same_ms),
                },
            )


def _e7(degrees: NDArray[np.float64]) -> Integers:
    return np.rint(degrees * SCALE_E7).astype(np.int64)


def _marks(
    north: Integers, east: Integers, step_s: Integers, *, steps: int = _STEPS
) -> NDArray[np.uint64]:
    """Return one number for each row of steps; the same steps give the same number."""
    count = len(north) - steps + 1
    marks = np.zeros(count, dtype=np.uint64)
    for offset in range(steps):
        own = slice(offset, offset + count)
        for column in (north, east, step_s):
            marks = (marks ^ column[own].view(np.uint64)) * _SPREAD
            marks ^= marks >> _HALF
    marks = marks * _MIX
    return marks ^ (marks >> _HALF)


def _windows(values: Integers | NDArray[np.uint64]) -> NDArray[np.int64]:
    result: NDArray[np.int64] = np.lib.stride_tricks.sliding_window_view(values, _STEPS)
    return result


def _different(marks: NDArray[np.uint64]) -> Integers:
    """Return how many different steps each row has."""
    ordered = np.sort(_windows(marks), axis=1)
    result: Integers = 1 + np.count_nonzero(np.diff(ordered.view(np.int64), axis=1), axis=1)
    return result
