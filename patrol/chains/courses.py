"""The likeliest course through a star of states, and the odds of being on each of its rays.

Compiled by numba; plain Python gives the same results. A *star* is a chain of states in which
two (0, walking; 1, standing) are linked to one another and to any number of rays
(`patrol.chains.rays`), and no ray to another ray.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from patrol.chains.rays import NOWHERE, Rays
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
    evidence: tuple[Integers, Integers],
    rays: Rays,
    links: Integers,
    start: tuple[Integers, Integers],
    scores: Integers,
) -> NDArray[np.int64]:
    """Return the likeliest state of every node (Viterbi): 0, 1, or 2 + the number of a ray.

    Whole numbers throughout, so that every machine gives the same; ties go to the lower state.
    `evidence` is that of the hub (nodes, 2) and the rows of rays; `links` (nodes, 9) the
    transitions into a node, from walking, standing and a ray (rows of 3) to the same three;
    `start` holds the three to begin with, and for each lane how likely its rays are entered
    beside the others. `scores` is room for rows.
    """
    hub, said = evidence
    prior, enter_at = start
    hubs, inside = np.empty_like(hub), np.empty(len(hub), np.int64)
    came, was = np.full(len(rays.kind), NOWHERE), 0
    for i in range(len(hub)):
        walk, stand, enter, stay = prior[0], prior[1], prior[2], 2 * NOWHERE
        if i > 0:
            one, two, most = hubs[i - 1, 0], hubs[i - 1, 1], inside[i - 1]
            walk = max(one + links[i, 0], two + links[i, 3], most + links[i, 6])
            stand = max(one + links[i, 1], two + links[i, 4], most + links[i, 7])
            enter, stay = max(one + links[i, 2], two + links[i, 5]), links[i, 8]
        hubs[i, 0], hubs[i, 1] = walk + hub[i, 0], stand + hub[i, 1]
        begin, end, most = rays.row[i], rays.row[i + 1], 2 * NOWHERE
        told, row = said[begin:end], scores[begin:end]
        for lane in range(len(row)):
            here = max(came[lane] + stay, enter + enter_at[lane]) + told[lane]
            came[lane], row[lane] = here, here
            most = max(most, here)
        came[len(row) : was] = 2 * NOWHERE
        inside[i], was = most, len(row)
    return _trace(hubs, (scores, inside), rays, links, enter_at)


@njit(cache=True)
def _trace(
    hubs: Integers,
    scored: tuple[Integers, Integers],
    rays: Rays,
    links: Integers,
    enter_at: Integers,
) -> NDArray[np.int64]:
    """Return the states that led to the best of the last ones, by the scores of all nodes."""
    scores, inside = scored
    path = np.empty(len(hubs), np.int64)
    state = 0 if hubs[-1, 0] >= hubs[-1, 1] else 1
    if inside[-1] > hubs[-1, state]:
        state = _best_ray(scores, inside, rays, len(hubs) - 1)
    for i in range(len(hubs) - 1, 0, -1):
        path[i] = state
        came = hubs[i - 1, 0], hubs[i - 1, 1]
        if state < FIRST_RAY:
            source = 0 if came[0] + links[i, state] >= came[1] + links[i, 3 + state] else 1
            most = came[source] + links[i, 3 * source + state]
            if inside[i - 1] + links[i, 6 + state] > most:
                source = _best_ray(scores, inside, rays, i - 1)
            state = source
            continue
        lane = rays.lane[state - FIRST_RAY]
        by_walk, by_stand = came[0] + links[i, 2], came[1] + links[i, 5]
        if (
            rays.first[state - FIRST_RAY] == i
            or scores[rays.row[i - 1] + lane] + links[i, 8]
            < max(by_walk, by_stand) + enter_at[lane]
        ):
            state = 0 if by_walk >= by_stand else 1
    path[0] = state
    return path


@njit(cache=True)
def _best_ray(scores: Integers, inside: Integers, rays: Rays, node: int) -> int:
    """Return the state of the first ray that has the best score at a node."""
    ray = 0
    while not (
        rays.first[ray] <= node <= rays.last[ray]
        and scores[rays.row[node] + rays.lane[ray]] == inside[node]
    ):
        ray += 1
    return ray + FIRST_RAY


def tabled_chances(parts: int) -> Floats:
    """Return exp(-n / parts) for n up to 255, and in a second row for each multiple of 256.

    Of as many multiples there are the last one stands for all that is impossible.
    """
    steps = np.arange(_STEPS + 1)
    tabled = np.exp(-np.stack([steps, steps * _STEPS]) / parts)
    tabled[1, _STEPS] = 0.0
    return tabled


@njit(cache=True)
def _chance(parts: int, table: Floats) -> float:
    # Two short tables stay where the processor is quick, and multiplying is quicker than exp.
    known = min(parts, _STEPS * _STEPS)
    return float(table[1, known >> _BITS] * table[0, known & (_STEPS - 1)])


@njit(cache=True)
def tell_chances(said: Integers, row: Integers, table: Floats, likely: Floats) -> Integers:
    """Write how likely what is said is beside the best of its row; return the best of each.

    `row` are the rows of rays; `table` is one by `tabled_chances` for the parts of a nat in
    which it is said.
    """
    best = np.full(len(row) - 1, NOWHERE)
    for i in range(len(best)):
        told, chances, most = said[row[i] : row[i + 1]], likely[row[i] : row[i + 1]], NOWHERE
        for lane in range(len(told)):
            most = max(most, told[lane])
        for lane in range(len(told)):
            chances[lane] = _chance(most - told[lane], table)
        best[i] = most
    return best


@njit(cache=True)
def _chances_at(hub: Integers, best: Integers, table: Floats) -> Floats:
    """Return how likely walking, standing and the best ray are beside the best of the three."""
    chances = np.empty((len(hub), 3))
    for i in range(len(hub)):
        most = max(hub[i, 0], hub[i, 1], best[i])
        for state, parts in enumerate((hub[i, 0], hub[i, 1], best[i])):
            chances[i, state] = _chance(most - parts, table)
    return chances


# Sums may be taken in any order: so the processor adds several lanes at once.
@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def course_odds(
    evidence: tuple[Integers, Integers, Floats],
    rays: Rays,
    links: Floats,
    start: tuple[Floats, Floats, Floats],
    ahead: Floats,
) -> Floats:
    """Write the rows of the probabilities of rays; return that of any (forward-backward).

    The arguments are as for `best_course`, with probabilities for `links` and `start`, which
    holds a table by `tabled_chances`, too. `evidence` is that of the hub, and what
    `tell_chances` returned and wrote for that of the rays.
    """
    hub, best, likely = evidence
    prior, enter_at, table = start
    ahead_hub, chances = np.empty(hub.shape), _chances_at(hub, best, table)
    came, was = np.zeros(len(rays.kind)), 0
    walk, stand, inside, scale = 0.0, 0.0, 0.0, 1.0
    for i in range(len(hub)):
        if i == 0:
            walk, stand, enter, stay = prior[0], prior[1], prior[2], 0.0
        else:
            enter, stay = (walk * links[i, 2] + stand * links[i, 5]) * scale, links[i, 8] * scale
            walk, stand = (
                (walk * links[i, 0] + stand * links[i, 3] + inside * links[i, 6]) * scale,
                (walk * links[i, 1] + stand * links[i, 4] + inside * links[i, 7]) * scale,
            )
        walk, stand = walk * chances[i, 0] + _TINY, stand * chances[i, 1] + _TINY
        enter, stay, inside = enter * chances[i, 2], stay * chances[i, 2], 0.0
        begin, end = rays.row[i], rays.row[i + 1]
        told, row = likely[begin:end], ahead[begin:end]
        for lane in range(len(row)):
            chance = (came[lane] * stay + enter * enter_at[lane]) * told[lane] + _TINY
            came[lane], row[lane] = chance, chance
            inside += chance
        came[len(row) : was], was = 0.0, len(row)
        # The numbers must not vanish: the next node scales them.
        scale = 1.0 / (walk + stand + inside)
        ahead_hub[i, 0], ahead_hub[i, 1] = walk, stand
    return _weigh_by_what_follows((ahead_hub, ahead), (chances, likely), rays, links, enter_at)


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def _weigh_by_what_follows(
    aheads: tuple[Floats, Floats],
    likelihoods: tuple[Floats, Floats],
    rays: Rays,
    links: Floats,
    enter_at: Floats,
) -> Floats:
    """Turn likelihoods by what came before into probabilities by everything.

    Returns the sum of each row. `likelihoods` are those of walking, of standing and of the best
    ray, and the rows of those of rays beside it.
    """
    (ahead_hub, ahead), (chances, likely) = aheads, likelihoods
    by_node, after, was = np.empty(len(ahead_hub)), np.zeros(len(rays.kind)), 0
    behind_walk, behind_stand, leave, stay = 1.0, 1.0, 1.0, 0.0
    for i in range(len(ahead_hub) - 1, -1, -1):
        hubs = ahead_hub[i, 0] * behind_walk + ahead_hub[i, 1] * behind_stand + _TINY
        any_ray, inside, entered = 0.0, 0.0, 0.0
        own = slice(rays.row[i], rays.row[i + 1])
        told, row = likely[own], ahead[own]
        for lane in range(len(row)):
            # `after` holds how likely what follows is, with all that follows that.
            behind = leave + after[lane] * stay
            row[lane] = chance = row[lane] * behind
            after[lane] = behind = behind * told[lane]
            any_ray += chance
            inside += behind
            entered += behind * enter_at[lane]
        after[len(row) : was], was = 0.0, len(row)
        by_node[i] = any_ray / (any_ray + hubs)
        row *= 1.0 / (any_ray + hubs)
        walk, stand, best = behind_walk * chances[i, 0], behind_stand * chances[i, 1], chances[i, 2]
        # Only the ratios matter, and the numbers must neither vanish nor burst.
        most = 1.0 / (walk + stand + inside * best + _TINY)
        walk, stand, best = walk * most, stand * most, best * most
        entered, stay = entered * best, links[i, 8] * best
        behind_walk = walk * links[i, 0] + stand * links[i, 1] + entered * links[i, 2]
        behind_stand = walk * links[i, 3] + stand * links[i, 4] + entered * links[i, 5]
        leave = links[i, 6] * walk + links[i, 7] * stand
    return by_node
