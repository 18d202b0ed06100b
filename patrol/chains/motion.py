"""The loop over the way made around each fix: whether somebody walks there, or does not move.

Compiled by numba; plain Python gives the same results.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Keeps the logarithm of what is all but impossible finite.
_TINY = 1e-9
_ROOT_2_PI = float(np.sqrt(2 * np.pi))


@njit(cache=True)
def neighbours(at_s: Floats, parted: Mask, half_s: float) -> tuple[Integers, Integers]:
    """Return the first and last fix within half a window of each, not beyond a parting.

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


@njit(cache=True)
def motion(
    walk: tuple[Floats, Floats, Floats, Floats, Floats],
    around: tuple[Integers, Integers],
    speeds: tuple[float, float, float, float, float],
    errors: tuple[float, float],
) -> tuple[Floats, Floats]:
    """Return for each fix the log-likelihoods of walking and of not moving.

    `walk` holds seconds, metres x and y, how long each fix stands for, and the spread of an
    axis; `around` the first and last fix within the window. `speeds` are that of walking and
    its spread, the share and the speed of those who dawdle, and the shortest way in seconds
    that tells; `errors` for how many seconds errors are related, and the share of outliers.
    """
    at_s, x_m, y_m, for_s, sigma_m = walk
    first, last = around
    pace_mps, spread_mps, dawdling, dawdle_mps, shortest_s = speeds
    memory_s, outliers = errors
    walking, still = np.zeros(len(at_s)), np.zeros(len(at_s))
    for i in range(len(at_s)):
        one, other = first[i], last[i]
        apart_s = at_s[other] - at_s[one]
        if apart_s < shortest_s:
            continue
        over_s = max(apart_s, 1.0)
        dx, dy = x_m[other] - x_m[one], y_m[other] - y_m[one]
        # Errors a minute apart are still related; right after one another they nearly cancel.
        unrelated = max(0.05, -np.expm1(-apart_s / memory_s))
        error_2 = (sigma_m[one] * sigma_m[one] + sigma_m[other] * sigma_m[other]) * unrelated
        # Exact repeats are the habit of many receivers: closer than chance is not moving, too.
        made_m = max(np.sqrt(dx * dx + dy * dy), np.sqrt(error_2) / 4)
        pace_2 = (spread_mps * over_s) ** 2 + error_2
        slow_2 = (dawdle_mps * over_s) ** 2 + error_2
        off_m = made_m - pace_mps * over_s
        brisk = np.exp(-off_m * off_m / (2 * pace_2)) / (np.sqrt(pace_2) * _ROOT_2_PI)
        slow, near = _rayleigh(made_m, slow_2), _rayleigh(made_m, error_2)
        far = _rayleigh(made_m, 9 * error_2)
        weight = min(1.0, for_s[i] / over_s)
        walking[i] = np.log((1 - dawdling) * brisk + dawdling * slow + _TINY) * weight
        still[i] = np.log((1 - outliers) * near + outliers * far + _TINY) * weight
    return walking, still


@njit(cache=True)
def _rayleigh(way_m: float, square_m2: float) -> float:
    return float(way_m / square_m2 * np.exp(-way_m * way_m / (2 * square_m2)))
