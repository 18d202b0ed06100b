"""The loops of a walk along streets: where it can have been at each step, and whole walks.

Compiled by numba; plain Python gives the same results. Of n cells of street, cell c is three
*places*: 2c and 2c + 1 are walking in it, one the other's reverse, and 2n + c is standing in
it. Who walks goes on to the places that follow, or stands; who stands goes on in either
direction.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# What is less likely than this, of all that is possible, is not followed any further.
_FORGOTTEN = 1e-4
# However fast, somebody may still be in the same cell a step later.
_MOST = 0.9
# A generator of Park and Miller's kind: the same numbers on every machine.
_MODULUS, _FACTOR, _FIRST = 2_147_483_647, 48_271, 20_011


@njit(cache=True)
def are_near(x_m: Floats, y_m: Floats, cells: Floats, near_m: float) -> Mask:
    """Return which places lie nearer than `near_m` to the middle of any cell."""
    result = np.zeros(len(x_m), np.bool_)
    for i in range(len(x_m)):
        for c in range(len(cells)):
            dx, dy = cells[c, 0] - x_m[i], cells[c, 1] - y_m[i]
            if dx * dx + dy * dy < near_m * near_m:
                result[i] = True
                break
    return result


@njit(cache=True)
def likely_places(
    steps: Floats, fixes: Floats, cells: Floats, follows: Integers, first: Integers
) -> tuple[Integers, Integers, Floats]:
    """Return which places are possible at each step, and how likely, by what was seen so far.

    At step t these are the entries from `rows[t]` to `rows[t + 1]`. `steps` has rows of metres
    walked, probabilities of stopping and of going on, and the fix seen at the end, an index
    into `fixes`, or -1; the first row is the beginning. `fixes` has rows of x, y, spread,
    weight and the least likelihood; `cells` of x, y and length, metres. Place p of a walk is
    followed by `follows[first[p]:first[p + 1]]`.
    """
    now, active = np.ones(3 * len(cells)), np.arange(3 * len(cells))
    held = len(now)
    rows = np.zeros(len(steps) + 1, np.int64)
    places, masses = np.empty(4 * held, np.int64), np.empty(4 * held)
    fit, fitted = np.empty(len(cells)), np.full(len(cells), -1)
    for t in range(len(steps)):
        if t > 0:
            ends = rows[t - 1], rows[t]
            held = _go_on(places, masses, ends, steps[t], cells, (follows, first), now, active)
        if steps[t, 3] >= 0:
            _see(now, active[:held], fixes[int(steps[t, 3])], cells, (fit, fitted), t)
        if rows[t] + held > len(places):
            places = np.concatenate((places, np.empty(len(places), np.int64)))
            masses = np.concatenate((masses, np.empty(len(masses))))
        total, end = 0.0, rows[t]
        for k in range(held):
            total += now[active[k]]
        for k in range(held):
            p = active[k]
            if now[p] > _FORGOTTEN * total:
                places[end], masses[end] = p, now[p] / total
                end += 1
            now[p] = 0.0
        rows[t + 1] = end
    return rows, places, masses


@njit(cache=True)
def _go_on(
    places: Integers,
    masses: Floats,
    ends: tuple[int, int],
    step: Floats,
    cells: Floats,
    links: tuple[Integers, Integers],
    now: Floats,
    active: Integers,
) -> int:
    """Share the masses of places among those they lead to; return how many have any."""
    follows, first = links
    go_m, stop, resume = step[0], step[1], step[2]
    standing, held = 2 * len(cells), 0
    for e in range(ends[0], ends[1]):
        p, mass = places[e], masses[e]
        if p >= standing:
            c = p - standing
            held = _put(p, mass * (1 - resume), now, active, held)
            held = _put(2 * c, mass * resume / 2, now, active, held)
            held = _put(2 * c + 1, mass * resume / 2, now, active, held)
        else:
            c = p // 2
            leave = (1 - stop) * min(_MOST, go_m / cells[c, 2])
            held = _put(standing + c, mass * stop, now, active, held)
            held = _put(p, mass * (1 - stop - leave), now, active, held)
            share = mass * leave / (first[p + 1] - first[p])
            for k in range(first[p], first[p + 1]):
                held = _put(follows[k], share, now, active, held)
    return held


@njit(cache=True)
def _see(
    now: Floats,
    active: Integers,
    fix: Floats,
    cells: Floats,
    known: tuple[Floats, Integers],
    t: int,
) -> None:
    """Weigh the active places by a fix: x, y, spread, weight and the least likelihood."""
    # The three places of a cell fit alike: `fit` holds, where `fitted` says that it is of step t.
    fit, fitted = known
    standing = 2 * len(cells)
    per_square = -0.5 / fix[2] ** 2
    for p in active:
        c = p - standing if p >= standing else p // 2
        if fitted[c] != t:
            dx, dy = cells[c, 0] - fix[0], cells[c, 1] - fix[1]
            fit[c] = (np.exp((dx * dx + dy * dy) * per_square) + fix[4]) ** fix[3]
            fitted[c] = t
        now[p] *= fit[c]


@njit(cache=True, inline="always")
def _put(p: int, mass: float, now: Floats, active: Integers, held: int) -> int:
    """Add mass to a place; return how many places have any."""
    if now[p] == 0.0:
        active[held] = p
        # Even no mass at all must not list a place twice.
        now[p] = 1e-300
        held += 1
    now[p] += mass
    return held


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
    last, standing = len(steps) - 1, 2 * len(cells)
    for walk in range(len(walked)):
        chance = chance * _FACTOR % _MODULUS
        left = chance / _MODULUS
        for e in range(rows[last], rows[last + 1]):
            if left >= 0.0:
                here[walk] = places[e]
            left -= masses[e]
    before = np.zeros(3 * len(cells))
    for t in range(last, 0, -1):
        for e in range(rows[t - 1], rows[t]):
            before[places[e]] = masses[e]
        step = steps[t]
        for walk in range(len(walked)):
            chance = chance * _FACTOR % _MODULUS
            p = here[walk]
            q = _came_from(p, chance / _MODULUS, before, step, cells, links)
            if max(p, q) < standing and q // 2 != p // 2 and piece[q // 2] == piece[p // 2]:
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
    go_m, stop, resume = step[0], step[1], step[2]
    standing = 2 * len(cells)
    if p >= standing:
        one = 2 * (p - standing)
        stayed = before[p] * (1 - resume)
        left = chance * (stayed + (before[one] + before[one + 1]) * stop) - stayed
        if left < 0.0:
            return p
        return one if left < before[one] * stop else one + 1
    here = p // 2
    same = before[p] * (1 - stop) * (1 - min(_MOST, go_m / cells[here, 2]))
    stood = before[standing + here] * resume / 2
    total = same + stood
    for k in range(first[p], first[p + 1]):
        q = leads[k]
        total += before[q] * (1 - stop) * min(_MOST, go_m / cells[q // 2, 2]) / fan[q]
    left = chance * total - same
    if left < 0.0:
        return p
    found = standing + here
    left -= stood
    for k in range(first[p], first[p + 1]):
        q = leads[k]
        if left >= 0.0:
            found = q
        left -= before[q] * (1 - stop) * min(_MOST, go_m / cells[q // 2, 2]) / fan[q]
    return found
