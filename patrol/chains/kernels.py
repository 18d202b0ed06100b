"""The loops that would be slow in Python: distances, and the paths of two states.

Compiled by numba; plain Python gives the same results.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Nothing is impossible: a likelihood that underflows must not make everything zero.
_TINY = 1e-290


@njit(cache=True)
def outline_distances(
    x_m: Floats, y_m: Floats, corners: Floats, first: Integers, radius_m: Floats
) -> Floats:
    """Return the distance of each place (rows) to each outline (columns), metres; 0 within.

    `corners` holds edges as rows x, y, next x, next y; outline k has the edges from
    `first[k]` to `first[k + 1]`, those of holes among them. A point is one edge of length 0.
    """
    outlines = len(first) - 1
    away_m = np.empty((len(x_m), outlines))
    for k in range(outlines):
        for i in range(len(x_m)):
            px, py = x_m[i], y_m[i]
            within = False
            least = np.inf
            for e in range(first[k], first[k + 1]):
                ax, ay, bx, by = corners[e, 0], corners[e, 1], corners[e, 2], corners[e, 3]
                if (ay > py) != (by > py) and px < (bx - ax) * (py - ay) / (by - ay) + ax:
                    within = not within
                dx, dy = bx - ax, by - ay
                square = dx * dx + dy * dy
                share = 0.0
                if square > 0.0:
                    share = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / square))
                ex, ey = px - ax - share * dx, py - ay - share * dy
                least = min(least, ex * ex + ey * ey)
            away_m[i, k] = 0.0 if within else max(0.0, np.sqrt(least) - radius_m[k])
    return away_m


@njit(cache=True)
def two_state_path(evidence: Integers, prices: Integers) -> Mask:
    """Return where the likeliest course of two states is in the second one; ties are not.

    `evidence` is in favour of the second state, and `prices[i]` is that of a change between
    nodes i and i + 1; a price is not negative.
    """
    # Only the difference of the two scores matters, and the price of a change bounds it.
    ahead = np.empty_like(evidence)
    lead = 0
    for i in range(len(evidence)):
        if i > 0:
            lead = min(max(lead, -prices[i - 1]), prices[i - 1])
        lead += evidence[i]
        ahead[i] = lead
    second = np.empty(len(evidence), np.bool_)
    current = False
    for i in range(len(evidence) - 1, -1, -1):
        price = prices[i] if i < len(prices) else 0
        if ahead[i] > price:
            current = True
        elif ahead[i] <= -price:
            current = False
        second[i] = current
    return second


@njit(cache=True)
def two_state_odds(ratios: Floats, shares: Floats) -> Floats:
    """Return the odds of the second of two states at every node (forward-backward).

    `ratios` are the likelihood ratios in its favour, and `shares[i]` is the probability of
    a change between nodes i and i + 1.
    """
    odds = np.empty_like(ratios)
    ahead = 1.0
    for i in range(len(ratios)):
        if i > 0:
            change = shares[i - 1]
            ahead = (ahead * (1 - change) + change) / (ahead * change + 1 - change)
        ahead *= ratios[i]
        odds[i] = ahead
    behind = 1.0
    for i in range(len(ratios) - 2, -1, -1):
        change = shares[i]
        behind *= ratios[i + 1]
        behind = (behind * (1 - change) + change) / (behind * change + 1 - change)
        odds[i] *= behind
    return odds
