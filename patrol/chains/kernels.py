"""The loops of a chain of two states: its likeliest path, and its odds.

Compiled by numba; plain Python gives the same results.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask


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
