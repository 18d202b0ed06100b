"""A chain of two states in continuous time: here (inside) and away (outside).

Evidence for each node is a whole number of 1/1024 nats in favour of being away, and so is the
price of a change between two nodes; the best path is therefore the same on every machine.
"""

from functools import cache
from statistics import NormalDist

import numpy as np

from patrol.chains.kernels import two_state_odds, two_state_path
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Steps of one nat.
_NAT = 1024
# Steps of one standard deviation, in which the evidence of a fix is tabled.
_SPREAD = 64


def log_odds_beyond(spreads: Floats, *, stray_share: float) -> Integers:
    """Return the log odds of being beyond a line, seen so many standard deviations beyond it.

    As a share `stray_share` of fixes is wrong altogether, no fix is surer than that.
    """
    table = _log_odds_table(stray_share)
    most = len(table) // 2
    steps = np.clip(np.rint(spreads * _SPREAD), -most, most).astype(np.int64)
    result: Integers = table[steps + most]
    return result


def switch_shares(steps_s: Floats, *, switches_per_h: float) -> Floats:
    """Return for each step the probability that the state at its end is the other one."""
    result: Floats = -np.expm1(-2 * switches_per_h / 3600 * steps_s) / 2
    return result


def switch_prices(shares: Floats) -> Integers:
    """Return what a change costs in each step, against none: 0 when both are as likely."""
    return _rounded(_NAT * np.log((1 - shares) / shares))


def is_away(evidence: Integers, prices: Integers) -> Mask:
    """Return the likeliest course of states (Viterbi); where both are as likely, here.

    `prices[i]` is the price of a change between nodes i and i + 1.
    """
    result: Mask = two_state_path(evidence, prices)
    return result


def probability_away(evidence: Integers, shares: Floats) -> Integers:
    """Return for each node, in thousandths, how probable being away is (forward-backward).

    `shares[i]` is the probability of a change between nodes i and i + 1.
    """
    return permille(two_state_odds(np.exp(evidence / _NAT), shares))


def filter_odds(evidence: Integers, shares: Floats, *, before: float | None = None) -> Floats:
    """Return the odds of being away by each node and those before it.

    `before` are the odds of the first node, where they are known: its evidence is in them.
    """
    ratios = np.exp(evidence / _NAT).tolist()
    odds = [ratios[0] if before is None else before]
    for ratio, change in zip(ratios[1:], shares.tolist(), strict=True):
        last = odds[-1]
        odds.append(ratio * (last * (1 - change) + change) / (last * change + 1 - change))
    return np.array(odds)


def permille(odds: Floats) -> Integers:
    """Return odds as thousandths of a probability."""
    # Rounded so far that the last bits of a processor's arithmetic do not show.
    return _rounded(1000 * odds / (1 + odds))


@cache
def _log_odds_table(stray_share: float) -> Integers:
    normal = NormalDist()
    most = round(normal.inv_cdf(1 - stray_share) * _SPREAD)
    shares = np.array([normal.cdf(step / _SPREAD) for step in range(-most, most + 1)])
    return _rounded(_NAT * np.log(shares / (1 - shares)))


def _rounded(numbers: Floats) -> Integers:
    result: Integers = np.rint(numbers).astype(np.int64)
    return result
