"""A walk: the fixes of a day's duty in a plane, and the silences between them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from patrol.geodesy import Floats
from patrol.track import Integers, Mask, median

# No receiver in a pocket is better than the first, and one worse than the second says nothing.
_SPREADS_M = (3.0, 80.0)
# A fix stands for so long at least, and at most.
_STANDS_FOR_S = (1.0, 60.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Walk:
    """Fixes in the order of time: seconds, metres; stretches are parts that tell of each other.

    `for_s` is how long each fix stands for: the shorter of the steps to its neighbours. `is_gap`
    is for each fix but the last whether a silence follows it within its stretch.
    """

    at_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats
    sigma_m: Floats
    for_s: Floats
    stretch: Integers
    is_gap: Mask
    usual_s: float

    def __len__(self) -> int:
        return len(self.at_s)


class Nodes(NamedTuple):
    """Fixes and gaps in the order of time, seconds: spans that tile each stretch.

    `fix` is the fix of a node, or the one before a gap; `place` the node of each fix; `step_s`
    the time since the node before, for a gap and behind it that between two usual fixes: its own
    time is evidence.
    """

    start_s: Floats
    end_s: Floats
    is_gap: Mask
    fix: Integers
    place: Integers
    stretch: Integers
    step_s: Floats

    def of_fixes(self, first: Integers, last: Integers) -> tuple[Integers, Integers]:
        """Return the first and last nodes of runs of fixes, with the silences at their ends."""
        gap = np.concatenate([[False], self.is_gap, [False]])
        begin, end = self.place[first], self.place[last]
        return begin - gap[begin], end + gap[end + 2]


def make_walk(
    at_s: Floats,
    places_m: tuple[Floats, Floats],
    words: tuple[Floats, Floats],
    *,
    stretch: Integers,
    gap_from: tuple[float, float, float],
) -> Walk:
    """Return fixes as a walk; `words` are what the receiver says of its accuracy and its spread.

    A silence is longer than `gap_from`: seconds, and usual intervals between fixes, unless these
    come to more seconds than the third: a terminal that is seldom heard is mostly silent.
    """
    steps_s = at_s[1:] - at_s[:-1]
    within = stretch[1:] == stretch[:-1]
    usual_s = median(steps_s[within]) if within.any() else gap_from[0]
    accuracy_m, sigma_m = words
    around_s = np.concatenate([[usual_s], steps_s, [usual_s]])
    shorter_s = np.minimum(around_s[1:], around_s[:-1])
    return Walk(
        at_s=at_s,
        x_m=places_m[0],
        y_m=places_m[1],
        accuracy_m=accuracy_m,
        sigma_m=np.minimum(np.maximum(sigma_m, _SPREADS_M[0]), _SPREADS_M[1]),
        for_s=np.minimum(np.maximum(shorter_s, _STANDS_FOR_S[0]), _STANDS_FOR_S[1]),
        stretch=stretch,
        is_gap=within & (steps_s > max(gap_from[0], min(gap_from[1] * usual_s, gap_from[2]))),
        usual_s=usual_s,
    )


def make_nodes(walk: Walk) -> Nodes:
    """Return the nodes of a walk; fixes meet half way, gaps reach from fix to fix."""
    steps_s = walk.at_s[1:] - walk.at_s[:-1]
    place = np.arange(len(walk)) + np.concatenate([[0], np.cumsum(walk.is_gap)])
    is_gap = np.ones(int(place[-1]) + 1, dtype=bool)
    is_gap[place] = False
    joined = ~walk.is_gap & (walk.stretch[1:] == walk.stretch[:-1])
    half_s = np.where(joined, steps_s / 2, 0.0)
    start_s, end_s = walk.at_s.copy(), walk.at_s.copy()
    start_s[1:] -= half_s
    end_s[:-1] += half_s
    fix = np.cumsum(~is_gap) - 1
    starts, ends = start_s[fix], end_s[fix]
    starts[is_gap], ends[is_gap] = walk.at_s[fix[is_gap]], walk.at_s[fix[is_gap] + 1]
    step_s = np.concatenate([[walk.usual_s], steps_s])[fix]
    step_s[is_gap] = walk.usual_s
    step_s[1:][is_gap[:-1]] = walk.usual_s
    return Nodes(starts, ends, is_gap, fix, place, walk.stretch[fix], step_s)
