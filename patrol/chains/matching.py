"""The loops of a walk along streets: where it can have been at each step, and whole walks.

Compiled by numba; plain Python gives the same results. A *place* is a cell of a street and
the direction in which it is walked: cell c has the places 2c and 2c + 1, one the other's
reverse. From each place one may stay, turn, or go on to those that follow it.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# What is less likely than this, of all that is possible, is not followed any further.
_FORGOTTEN = 1e-6
# However fast, somebody may still be in the same cell a step later.
_MOST = 0.9
# A generator of Park and Miller's kind: the same numbers on every machine.
_MODULUS, _FACTOR, _FIRST = 2_147_483_647, 48_271, 20_011


@njit(cache=True)
def likely_places(
    steps: Floats, fixes: Floats, cells: Floats, follows: Integers, first: Integers
) -> tuple[Integers, Integers, Floats]:
    """Return which places are possible at each step, and how likely, by what was seen so far.

    At step t these are the entries from `rows[t]` to `rows[t + 1]`. `steps` has rows of metres
    gone, probability of turning, and the fix seen at the end, an index into `fixes`, or -1;
    the first row is the beginning. `fixes` has rows of x, y, spread, weight and the least
    likelihood; `cells` of x, y and length, metres. Place p is followed by
    `follows[first[p]:first[p + 1]]`.
    """
    count = 2 * len(cells)
    now = np.ones(count)
    rows = np.zeros(len(steps) + 1, np.int64)
    places, masses = np.empty(4 * count, np.int64), np.empty(4 * count)
    for t in range(len(steps)):
        if t > 0:
            now[:] = 0.0
            for e in range(rows[t - 1], rows[t]):
                p, mass = places[e], masses[e]
                leave = min(_MOST, steps[t, 0] / cells[p // 2, 2])
                now[p] += mass * (1 - leave) * (1 - steps[t, 1])
                now[p ^ 1] += mass * (1 - leave) * steps[t, 1]
                share = mass * leave / (first[p + 1] - first[p])
                for k in range(first[p], first[p + 1]):
                    now[follows[k]] += share
        if steps[t, 2] >= 0:
            _see(now, fixes[int(steps[t, 2])], cells)
        if rows[t] + count > len(places):
            places = np.concatenate((places, np.empty(len(places), np.int64)))
            masses = np.concatenate((masses, np.empty(len(masses))))
        total, end = now.sum(), rows[t]
        for p in range(count):
            if now[p] > _FORGOTTEN * total:
                places[end], masses[end] = p, now[p] / total
                end += 1
        rows[t + 1] = end
    return rows, places, masses


@njit(cache=True)
def _see(now: Floats, fix: Floats, cells: Floats) -> None:
    """Weigh the places by a fix: x, y, spread, weight and the least likelihood."""
    double = 2 * fix[2] * fix[2]
    for c in range(len(cells)):
        if now[2 * c] + now[2 * c + 1] > 0.0:
            dx, dy = cells[c, 0] - fix[0], cells[c, 1] - fix[1]
            likely = (np.exp(-(dx * dx + dy * dy) / double) + fix[4]) ** fix[3]
            now[2 * c] *= likely
            now[2 * c + 1] *= likely


@njit(cache=True)
def draw_walks(
    likely: tuple[Integers, Integers, Floats],
    steps: Floats,
    cells: Floats,
    links: tuple[Integers, Integers, Integers],
    piece: Integers,
    walked: Mask,
) -> None:
    """Draw as many walks as `walked` (walks, pieces) has rows, and mark what they walked.

    `likely` is what `likely_places` returned for `steps` and `cells`. `links` are leads, first
    and fan: place p is led to by `leads[first[p]:first[p + 1]]`, and `fan[q]` places follow q.
    `piece` is the piece of street of each cell; a piece has two cells, and who goes from one
    to the other has walked it.
    """
    rows, places, masses = likely
    chance = _FIRST
    here = np.zeros(len(walked), np.int64)
    last = len(steps) - 1
    for walk in range(len(walked)):
        chance = chance * _FACTOR % _MODULUS
        left = chance / _MODULUS
        for e in range(rows[last], rows[last + 1]):
            if left >= 0.0:
                here[walk] = places[e]
            left -= masses[e]
    before = np.zeros(2 * len(cells))
    for t in range(last, 0, -1):
        for e in range(rows[t - 1], rows[t]):
            before[places[e]] = masses[e]
        for walk in range(len(walked)):
            chance = chance * _FACTOR % _MODULUS
            p = here[walk]
            q = _came_from(p, chance / _MODULUS, before, steps[t], cells, links)
            if q // 2 != p // 2 and piece[q // 2] == piece[p // 2]:
                walked[walk, piece[p // 2]] = True
            here[walk] = q
        for e in range(rows[t - 1], rows[t]):
            before[places[e]] = 0.0


@njit(cache=True)
def _came_from(
    p: int,
    chance: float,
    before: Floats,
    step: Floats,
    cells: Floats,
    links: tuple[Integers, Integers, Integers],
) -> int:
    """Return the place before p: `chance`, from 0 to 1, of all the ways that lead to it."""
    leads, first, fan = links
    go_m, turn = step[0], step[1]
    stay = 1 - min(_MOST, go_m / cells[p // 2, 2])
    same = before[p] * stay * (1 - turn)
    other = before[p ^ 1] * stay * turn
    total = same + other
    for k in range(first[p], first[p + 1]):
        q = leads[k]
        total += before[q] * min(_MOST, go_m / cells[q // 2, 2]) / fan[q]
    left = chance * total - same
    if left < 0.0:
        return p
    found = p ^ 1
    left -= other
    for k in range(first[p], first[p + 1]):
        q = leads[k]
        if left >= 0.0:
            found = q
        left -= before[q] * min(_MOST, go_m / cells[q // 2, 2]) / fan[q]
    return found
