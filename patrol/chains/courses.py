"""The likeliest course through a star of states, and the odds of being on each of its rays.

Compiled by numba; plain Python gives the same results. A *star* is a chain of states in which
two (0, walking; 1, standing) are linked to one another and to any number of rays
(`patrol.chains.rays`), and no ray to another ray.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from patrol.chains.rays import Rays
from patrol.geodesy import Floats
from patrol.track import Integers

# Nothing is impossible: a likelihood that underflows must not make everything zero.
_TINY = 1e-290
# Walking and standing are states, too.
FIRST_RAY = 2
_BITS = 8
_STEPS = 1 << _BITS


@njit(cache=True)
def best_course(
    hub: Integers, said: Integers, rays: Rays, links: Integers, start: tuple[Integers, Integers]
) -> NDArray[np.int64]:
    """Return the likeliest state of every node (Viterbi): 0, 1, or 2 + the entry of a ray.

    Whole numbers throughout, so that every machine gives the same; ties go to the lower state.
    `hub` (nodes, 2) and `said` (entries) are the evidence; `links` (nodes, 9) the transitions
    into a node, from walking, standing and a ray (rows of 3) to the same three; `start` holds
    the three to begin with, and for each outline how likely it is entered beside the others.
    """
    prior, enter_at = start
    nodes = len(hub)
    back, scores, hub_back = np.empty_like(said), np.empty_like(said), np.zeros_like(hub)
    walk, stand = prior[0] + hub[0, 0], prior[1] + hub[0, 1]
    for entry in range(rays.begin[1]):
        scores[entry] = prior[2] + enter_at[rays.outline[entry]] + said[entry]
    for i in range(1, nodes):
        inside, inside_from = 0, -1
        for entry in range(rays.begin[i - 1], rays.begin[i]):
            if inside_from < 0 or scores[entry] > inside:
                inside, inside_from = scores[entry], entry + FIRST_RAY
        by_walk, by_stand = walk + links[i, 2], stand + links[i, 5]
        enter, enter_from = (by_walk, 0) if by_walk >= by_stand else (by_stand, 1)
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            before, new = rays.before[entry], enter + enter_at[rays.outline[entry]]
            if before >= 0 and scores[before] + links[i, 8] >= new:
                scores[entry] = scores[before] + links[i, 8] + said[entry]
                back[entry] = before + FIRST_RAY
            else:
                scores[entry], back[entry] = new + said[entry], enter_from
        came = walk, stand
        for to in range(FIRST_RAY):
            most, source = came[0] + links[i, to], 0
            if came[1] + links[i, 3 + to] > most:
                most, source = came[1] + links[i, 3 + to], 1
            if inside_from >= 0 and inside + links[i, 6 + to] > most:
                most, source = inside + links[i, 6 + to], inside_from
            hub_back[i, to] = source
            walk, stand = (most + hub[i, 0], stand) if to == 0 else (walk, most + hub[i, 1])
    return _trace((walk, stand), scores, rays.begin[nodes - 1], (back, hub_back))


@njit(cache=True)
def _trace(
    hub: tuple[int, int], scores: Integers, first: int, steps: tuple[Integers, Integers]
) -> NDArray[np.int64]:
    """Return the states that led to the best of the last ones: `hub`, or entries from `first`."""
    back, hub_back = steps
    state, most = (0, hub[0]) if hub[0] >= hub[1] else (1, hub[1])
    for entry in range(first, len(scores)):
        if scores[entry] > most:
            state, most = entry + FIRST_RAY, scores[entry]
    path = np.empty(len(hub_back), np.int64)
    for i in range(len(hub_back) - 1, -1, -1):
        path[i] = state
        state = hub_back[i, state] if state < FIRST_RAY else back[state - FIRST_RAY]
    return path


def tabled_chances(parts: int) -> Floats:
    """Return exp(-n / parts) for n up to 255, and in a second row for each multiple of 256."""
    steps = np.arange(_STEPS)
    return np.exp(-np.stack([steps, steps * _STEPS]) / parts)


@njit(cache=True)
def _chance(parts: int, table: Floats) -> float:
    # Two short tables stay where the processor is quick, and multiplying is quicker than exp.
    if parts >= _STEPS * _STEPS:
        return 0.0
    return float(table[1, parts >> _BITS] * table[0, parts & (_STEPS - 1)])


@njit(cache=True)
def course_odds(
    hub: Integers, said: Integers, rays: Rays, links: Floats, start: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the probability of each entry's state, and of any at each node (forward-backward).

    The arguments are as for `best_course`, with probabilities for `links` and `start`, which
    holds a table by `tabled_chances` for the parts of a nat in which the evidence is, too.
    """
    prior, enter_at, table = start
    ahead_hub, ahead = np.empty((len(hub), 2)), np.empty(len(said))
    likely_hub, likely = np.empty((len(hub), 2)), np.empty(len(said))
    inside = 0.0
    for i in range(len(hub)):
        most = max(hub[i, 0], hub[i, 1])
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            most = max(most, said[entry])
        for state in range(FIRST_RAY):
            likely_hub[i, state] = _chance(most - hub[i, state], table)
        walk, stand, enter, stay = prior[0], prior[1], prior[2], 0.0
        if i > 0:
            was_walk, was_stand = ahead_hub[i - 1, 0], ahead_hub[i - 1, 1]
            walk = was_walk * links[i, 0] + was_stand * links[i, 3] + inside * links[i, 6]
            stand = was_walk * links[i, 1] + was_stand * links[i, 4] + inside * links[i, 7]
            enter = was_walk * links[i, 2] + was_stand * links[i, 5]
            stay = links[i, 8]
        walk, stand = walk * likely_hub[i, 0] + _TINY, stand * likely_hub[i, 1] + _TINY
        inside = 0.0
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            likely[entry] = _chance(most - said[entry], table)
            before = rays.before[entry]
            stayed = ahead[before] * stay if before >= 0 else 0.0
            entered = enter * enter_at[rays.outline[entry]]
            ahead[entry] = (stayed + entered) * likely[entry] + _TINY
            inside += ahead[entry]
        scale = 1.0 / (walk + stand + inside)
        ahead_hub[i, 0], ahead_hub[i, 1] = walk * scale, stand * scale
        inside *= scale
        ahead[rays.begin[i] : rays.begin[i + 1]] *= scale
    _weigh_by_what_follows(ahead_hub, ahead, rays, links, (likely_hub, likely, enter_at))
    return ahead, _sums(ahead, rays)


@njit(cache=True)
def _sums(each: Floats, rays: Rays) -> Floats:
    """Return the sum over the entries of each node, at most 1."""
    by_node = np.zeros(len(rays.begin) - 1)
    for i in range(len(by_node)):
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            by_node[i] += each[entry]
    return np.minimum(by_node, 1.0)


@njit(cache=True)
def _weigh_by_what_follows(
    ahead_hub: Floats,
    ahead: Floats,
    rays: Rays,
    links: Floats,
    likelihoods: tuple[Floats, Floats, Floats],
) -> None:
    """Turn probabilities given what came before into those given everything.

    `likelihoods` are those of the hub and of entries, which are used up, and how likely each
    outline is entered.
    """
    likely_hub, likely, enter_at = likelihoods
    behind_walk, behind_stand, leave, stay = 1.0, 1.0, 1.0, 0.0
    for i in range(len(ahead_hub) - 1, -1, -1):
        total = ahead_hub[i, 0] * behind_walk + ahead_hub[i, 1] * behind_stand + _TINY
        inside, entered = 0.0, 0.0
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            after = rays.after[entry]
            # `likely` of what follows already holds what follows that.
            behind = leave + (likely[after] * stay if after >= 0 else 0.0)
            ahead[entry] *= behind
            total += ahead[entry]
            likely[entry] *= behind
            inside += likely[entry]
            entered += likely[entry] * enter_at[rays.outline[entry]]
        scale = 1.0 / total
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            ahead[entry] *= scale
        walk, stand = behind_walk * likely_hub[i, 0], behind_stand * likely_hub[i, 1]
        # Only the ratios matter, and the numbers must neither vanish nor burst.
        most = 1.0 / (walk + stand + inside + _TINY)
        walk, stand, entered, stay = walk * most, stand * most, entered * most, links[i, 8] * most
        behind_walk = walk * links[i, 0] + stand * links[i, 1] + entered * links[i, 2]
        behind_stand = walk * links[i, 3] + stand * links[i, 4] + entered * links[i, 5]
        leave = links[i, 6] * walk + links[i, 7] * stand
