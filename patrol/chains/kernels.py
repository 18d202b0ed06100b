"""The loops that would be slow in Python: distances, best paths, and their odds.

Compiled by numba; plain Python gives the same results. Nothing here knows what a visit is:
a *star* is a chain of states in which two (0, walking; 1, standing) are linked to one
another and to any number of rays (2 and up), and no ray to another ray.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
def best_path(hub: Integers, rays: Integers, links: Integers, start: Integers) -> NDArray[np.int64]:
    """Return the likeliest state of every node (Viterbi); ties go to the lower state.

    Whole numbers throughout, so that every machine gives the same. `hub` (nodes, 2) and
    `rays` (nodes, K) are the evidence; `links` (nodes, 9) the transitions into a node, from
    walking, standing and a ray (rows of 3) to the same three; `start` (3) the prior.
    """
    nodes, count = rays.shape
    back = np.zeros((nodes, count + 2), np.int64)
    scores = np.empty(count + 2, np.int64)
    scores[0], scores[1] = start[0] + hub[0, 0], start[1] + hub[0, 1]
    scores[2:] = start[2] + rays[0]
    for i in range(1, nodes):
        _step(scores, back[i], hub[i], rays[i], links[i])
    path = np.empty(nodes, np.int64)
    state = np.argmax(scores)
    for i in range(nodes - 1, -1, -1):
        path[i] = state
        state = back[i, state]
    return path


@njit(cache=True)
def _step(scores: Integers, back: Integers, hub: Integers, rays: Integers, link: Integers) -> None:
    """Move `scores` on by one node and note in `back` where each state came from."""
    walk, stand = scores[0], scores[1]
    by_walk, by_stand = walk + link[2], stand + link[5]
    enter, enter_from = (by_walk, 0) if by_walk >= by_stand else (by_stand, 1)
    inside, inside_from = walk, -1
    for k in range(2, len(scores)):
        if inside_from < 0 or scores[k] > inside:
            inside, inside_from = scores[k], k
        stay = scores[k] + link[8]
        if stay >= enter:
            scores[k], back[k] = stay + rays[k - 2], k
        else:
            scores[k], back[k] = enter + rays[k - 2], enter_from
    for state in range(2):
        most, source = walk + link[state], 0
        if stand + link[3 + state] > most:
            most, source = stand + link[3 + state], 1
        if inside_from >= 0 and inside + link[6 + state] > most:
            most, source = inside + link[6 + state], inside_from
        scores[state], back[state] = most + hub[state], source


@njit(cache=True)
def odds(hub: Floats, rays: Floats, links: Floats, start: Floats) -> Floats:
    """Return the probability of each ray at every node (forward-backward).

    The arguments are as for `best_path`, but likelihoods and probabilities instead of logs.
    """
    nodes, count = rays.shape
    ahead = np.zeros((nodes, count + 2))
    ahead[0, 0], ahead[0, 1] = start[0] * hub[0, 0], start[1] * hub[0, 1]
    ahead[0, 2:] = start[2] * rays[0]
    for i in range(1, nodes):
        link, before, now = links[i], ahead[i - 1], ahead[i]
        total = before.sum() + _TINY
        walk, stand, inside = before[0] / total, before[1] / total, before[2:].sum() / total
        now[0] = (walk * link[0] + stand * link[3] + inside * link[6]) * hub[i, 0] + _TINY
        now[1] = (walk * link[1] + stand * link[4] + inside * link[7]) * hub[i, 1] + _TINY
        enter = walk * link[2] + stand * link[5]
        for k in range(count):
            now[2 + k] = (before[2 + k] / total * link[8] + enter) * rays[i, k] + _TINY
    behind = np.ones(count + 2)
    each = np.zeros((nodes, count))
    for i in range(nodes - 1, -1, -1):
        both = ahead[i] * behind
        total = both.sum() + _TINY
        each[i] = both[2:] / total
        link = links[i]
        walk, stand = behind[0] * hub[i, 0], behind[1] * hub[i, 1]
        inside = 0.0
        for k in range(count):
            behind[2 + k] *= rays[i, k]
            inside += behind[2 + k]
        leave = link[6] * walk + link[7] * stand
        for k in range(count):
            behind[2 + k] = behind[2 + k] * link[8] + leave
        behind[0] = walk * link[0] + stand * link[1] + inside * link[2]
        behind[1] = walk * link[3] + stand * link[4] + inside * link[5]
        behind /= behind.sum() + _TINY
    return each


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
