"""The small loops: a chain of two states, what is sure beside a border, words on accuracy.

Compiled by numba; plain Python gives the same results.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# What is sure of a cell; neither is 0.
INSIDE, OUTSIDE = 1, 2
# No word on an accuracy says more, in nats.
_MOST_NATS = 3.0


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


class Limits(NamedTuple):
    """How sure an exit must be, how long it lasts, is seen, and how far out parts of it lead."""

    sure_permille: int
    shortest_ms: float
    seen_ms: float
    far_m: float


class Watched(NamedTuple):
    """The columns of cells, and which are surely inside."""

    is_out: Mask
    is_sure: Mask
    start_ms: Integers
    end_ms: Integers
    signed_m: Floats
    shown_ms: Floats
    away_permille: Integers
    limits: Limits


@njit(cache=True)
def find_claims(cells: Watched) -> Integers:
    """Return rows of what is sure: 1 inside or 2 outside, the number of the run, begin, end; ms.

    A run has a row for each of its stretches, which silence parts.
    """
    found, count, run, first = np.empty((len(cells.is_out), 4), np.int64), 0, 0, 0
    while first < len(cells.is_out):
        end, state = first + 1, _state(cells, first)
        while end < len(cells.is_out) and _state(cells, end) == state:
            end += 1
        if state:
            added = _put_stretches(cells, (first, end), found[count:])
            found[count : count + added, 0], found[count : count + added, 1] = state, run
            count += added
        first, run = end, run + 1
    return found[:count]


@njit(cache=True)
def _state(cells: Watched, at: int) -> int:
    """Return INSIDE, OUTSIDE, or 0 where neither is sure."""
    if cells.is_out[at]:
        return OUTSIDE
    return INSIDE if cells.is_sure[at] else 0


@njit(cache=True)
def _put_stretches(cells: Watched, run: tuple[int, int], found: Integers) -> int:
    """Write begin and end of each stretch of a run that counts; return how many do."""
    count, first = 0, run[0]
    is_out = cells.is_out[first]
    surest, lasts_ms, seen_ms = 0, 0, 0.0
    for at in range(run[0], run[1]):
        if at + 1 < run[1] and cells.end_ms[at] == cells.start_ms[at + 1]:
            continue
        # What somebody was doing before a silence is no exit because of what came after it.
        is_part = first > run[0] or at + 1 < run[1]
        far_m = cells.limits.far_m if is_part else -np.inf
        if not is_out or _is_clear(cells, (first, at + 1), far_m):
            found[count, 2], found[count, 3] = cells.start_ms[first], cells.end_ms[at]
            count += 1
            for one in range(first, at + 1):
                surest = max(surest, cells.away_permille[one])
                lasts_ms += cells.end_ms[one] - cells.start_ms[one]
                seen_ms += cells.shown_ms[one]
        first = at + 1
    limits = cells.limits
    is_exit = surest >= limits.sure_permille
    is_exit &= lasts_ms >= limits.shortest_ms and seen_ms >= limits.seen_ms
    return count if is_exit or not is_out else 0


@njit(cache=True)
def _is_clear(cells: Watched, stretch: tuple[int, int], far_m: float) -> bool:
    """Return whether most fixes of a stretch are clearly out, and one farther than `far_m`.

    If only one is clearly out, it must be twice as far.
    """
    clear, farthest_m = 0, -np.inf
    for at in range(stretch[0], stretch[1]):
        clear += cells.shown_ms[at] > 0
        farthest_m = max(farthest_m, cells.signed_m[at])
    is_far = farthest_m > (far_m if clear > 1 else 2 * far_m)
    return is_far and 2 * clear > stretch[1] - stretch[0]


class Moments(NamedTuple):
    """Mean and spread of some words, and how many witnesses they count for."""

    mean: float
    spread: float
    weight: float


@njit(cache=True, error_model="numpy")
def moments(word: Floats, share: Floats, before: tuple[float, float, float]) -> Moments:
    """Return those of words, each counting for its share, and of what was known `before` them.

    A word is NaN where nothing was said. `before` holds mean, spread and weight.
    """
    known_mean, known_spread, known = before
    weight, total = known, known * known_mean
    for i in range(len(word)):
        if not np.isnan(word[i]):
            weight += share[i]
            total += share[i] * word[i]
    mean = total / max(weight, 1e-300)
    square = known * (known_spread * known_spread + (known_mean - mean) * (known_mean - mean))
    for i in range(len(word)):
        if not np.isnan(word[i]):
            square += share[i] * (word[i] - mean) * (word[i] - mean)
    return Moments(mean, np.sqrt(square / max(weight, 1e-300)), weight)


@njit(cache=True, error_model="numpy")
def word_nats(
    told: tuple[Floats, Floats], indoors: tuple[float, float], outdoors: tuple[float, float]
) -> Floats:
    """Return what each word says for being inside, as much as it is a new witness; 0 without.

    `told` holds the words and how much of a witness each is, the others mean and spread.
    """
    word, weight = told
    says, wider = np.zeros(len(word)), np.log(outdoors[1] / indoors[1])
    for i in range(len(word)):
        if not np.isnan(word[i]):
            out = (word[i] - outdoors[0]) / outdoors[1]
            inner = (word[i] - indoors[0]) / indoors[1]
            ratio = out * out / 2 - inner * inner / 2 + wider
            says[i] = min(max(ratio, -_MOST_NATS), _MOST_NATS) * weight[i]
    return says
