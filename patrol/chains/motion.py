"""The way made around each fix: whether somebody walks there, or does not move."""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Keeps the logarithm of what is all but impossible finite.
_TINY = 1e-9
_ROOT_2_PI = float(np.sqrt(2 * np.pi))


class Ways(NamedTuple):
    """For each fix the ends of the way made around it, its length, and the seconds it took.

    `unrelated` is how much of the errors of its ends is not the same; `weight` how much of a
    witness the fix is, 0 where the way is too short to tell.
    """

    start: Integers
    end: Integers
    made_m: Floats
    took_s: Floats
    unrelated: Floats
    weight: Floats


@njit(cache=True)
def neighbours(at_s: Floats, parted: Mask, half_s: float) -> tuple[Integers, Integers]:
    """Return the first and last fix within half a window of each, not beyond a parting.

    Compiled by numba; plain Python gives the same.
    `parted` is for each fix but the last whether what follows it tells nothing of it.
    """
    count = len(at_s)
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    begin = 0
    for i in range(count):
        if i > 0 and parted[i - 1]:
            begin = i
        while at_s[begin] < at_s[i] - half_s:
            begin += 1
        first[i] = begin
    end = count - 1
    for i in range(count - 1, -1, -1):
        if i < count - 1 and parted[i]:
            end = i
        while at_s[end] > at_s[i] + half_s:
            end -= 1
        last[i] = end
    return first, last


def find_ways(
    walk: tuple[Floats, Floats, Floats, Floats],
    around: tuple[Integers, Integers],
    *,
    shortest_s: float,
    memory_s: float,
) -> Ways:
    """Return the ways made around fixes.

    `walk` holds seconds, metres x and y, and how long each fix stands for; `around` the first
    and last fix within the window. A way shorter than `shortest_s` tells nothing, and errors are
    related for `memory_s`.
    """
    at_s, x_m, y_m, for_s = walk
    start, end = around
    apart_s = at_s[end] - at_s[start]
    dx, dy = x_m[end] - x_m[start], y_m[end] - y_m[start]
    took_s = np.maximum(apart_s, 1.0)
    weight = np.minimum(1.0, for_s / took_s)
    weight[apart_s < shortest_s] = 0.0
    return Ways(
        start,
        end,
        made_m=np.sqrt(dx * dx + dy * dy),
        took_s=took_s,
        # Errors a minute apart are still related; right after one another they nearly cancel.
        unrelated=np.maximum(0.05, -np.expm1(-apart_s / memory_s)),
        weight=weight,
    )


def walking(ways: Ways, sigma_m: Floats, speeds: tuple[float, float, float, float]) -> Floats:
    """Return for each fix the log-likelihood of walking, by the spread of an axis.

    `speeds` are that of walking and its spread, and the share and the speed of those who dawdle.
    """
    pace_mps, spread_mps, dawdling, dawdle_mps = speeds
    made_m, error_m2 = _seen(ways, sigma_m)
    pace_m2 = np.square(spread_mps * ways.took_s) + error_m2
    off_m = made_m - pace_mps * ways.took_s
    brisk = np.exp(off_m * off_m / (-2 * pace_m2)) / (np.sqrt(pace_m2) * _ROOT_2_PI)
    slow = _rayleigh(made_m, np.square(dawdle_mps * ways.took_s) + error_m2)
    result: Floats = np.log((1 - dawdling) * brisk + dawdling * slow + _TINY) * ways.weight
    return result


def still(ways: Ways, sigma_m: Floats, *, outliers: float) -> Floats:
    """Return for each fix the log-likelihood of not moving, by the spread of an axis."""
    made_m, error_m2 = _seen(ways, sigma_m)
    near, far = _rayleigh(made_m, error_m2), _rayleigh(made_m, 9 * error_m2)
    result: Floats = np.log((1 - outliers) * near + outliers * far + _TINY) * ways.weight
    return result


def _seen(ways: Ways, sigma_m: Floats) -> tuple[Floats, Floats]:
    """Return the lengths of ways, and the squares of the errors of each axis in them."""
    square_m2 = sigma_m * sigma_m
    error_m2 = (square_m2[ways.start] + square_m2[ways.end]) * ways.unrelated
    # Exact repeats are the habit of many receivers: closer than chance is not moving, too.
    return np.maximum(ways.made_m, np.sqrt(error_m2) / 4), error_m2


def _rayleigh(way_m: Floats, square_m2: Floats) -> Floats:
    result: Floats = way_m / square_m2 * np.exp(way_m * way_m / (-2 * square_m2))
    return result
