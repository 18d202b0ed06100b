"""Which premises come into question when, and what fixes and silences say for each.

The loops are compiled by numba; plain Python gives the same results. Nothing here knows what a
visit is: a *ray* is an outline for a run of nodes, in all of which somebody may be inside it.
Rays lie in *lanes*, one behind the other: what is said at a node of its rays is a row.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrol.chains.outlines import is_within, squares_to
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# What is said where a lane holds no ray: no score reaches down to it.
NOWHERE = -(1 << 40)
# Fixes are looked at so many at a time while they are far from an outline.
_CHUNK = 8
# The processor does several lanes at once.
_ABREAST = 4
# Steps of a spread, and of the ratio of two, in which the evidence of a place is tabled.
_STEPS, _FARTHEST, _RATIOS = 32, 12, 64


class Rays(NamedTuple):
    """Rays: an outline, its first and last node, and the lane.

    What is told of each ray at each of its nodes are entries: of ray r those from `begin[r]` on.
    What is told of all lanes at node i is a row, from `row[i]` to `row[i + 1]`: beyond its end no
    lane holds any ray. A lane holds rays of one `kind`, and between two of them there is a node
    at which it holds none.
    """

    outline: Integers
    first: Integers
    last: Integers
    begin: Integers
    lane: Integers
    row: Integers
    kind: Integers


@njit(cache=True)
def find_rays(
    walk: tuple[Floats, Floats, Floats, Integers, Mask],
    circles: Floats,
    limits: tuple[float, float, int, float],
) -> Integers:
    """Return rows (outline, first fix, last fix): when a walk was near which outline.

    `walk` holds seconds, metres x and y, the stretch of each fix, and whether a silence touches
    it; `circles` x, y and radius around outlines. `limits`: within how many metres of its circle
    an outline comes into question; within how many it must have been seen how often, unless a
    silence touched it; how many seconds away do not end it.
    """
    at_s, x_m, y_m, stretch, at_silence = walk
    reach_m, near_m, near_fixes, bridge_s = limits
    boxes = _boxes(x_m, y_m, _CHUNK * _CHUNK), _boxes(x_m, y_m, _CHUNK)
    chunks, found, count = np.empty(len(boxes[1]), np.int64), np.empty((64, 3), np.int64), 0
    for k in range(len(circles)):
        cx, cy, radius_m = circles[k, 0], circles[k, 1], circles[k, 2]
        out_2, near_2 = (radius_m + reach_m) ** 2, (radius_m + near_m) ** 2
        begin, end, near, sure = -1, -1, 0, False
        for own in range(_find_near(boxes, (cx, cy, out_2), chunks)):
            start = chunks[own] * _CHUNK
            stop = min(len(x_m), start + _CHUNK)
            # What comes into question anyway does so for the whole chunk.
            if sure and end == start - 1 and stretch[stop - 1] == stretch[end]:
                end = stop - 1
                continue
            for i in range(start, stop):
                away_2 = (x_m[i] - cx) ** 2 + (y_m[i] - cy) ** 2
                if away_2 > out_2:
                    continue
                if begin >= 0 and (stretch[i] != stretch[end] or at_s[i] - at_s[end] > bridge_s):
                    found, count = _put(found, count, (k, begin, end if sure else -1))
                    begin, near, sure = -1, 0, False
                begin, end = (begin if begin >= 0 else i), i
                if not sure:
                    near += away_2 < near_2
                    sure = at_silence[i] or near >= near_fixes
        found, count = _put(found, count, (k, begin, end if sure else -1))
    return found[:count]


@njit(cache=True)
def count_around(circles: Floats, within_m: float) -> Integers:
    """Return how many circles have their middle around that of each, itself among them."""
    found = np.zeros(len(circles), np.int64)
    for k in range(len(circles)):
        for other in range(len(circles)):
            dx, dy = circles[k, 0] - circles[other, 0], circles[k, 1] - circles[other, 1]
            found[k] += dx * dx + dy * dy <= within_m * within_m
    return found


@njit(cache=True, error_model="numpy")
def _find_near(
    boxes: tuple[Floats, Floats], circle: tuple[float, float, float], found: Integers
) -> int:
    """Write which boxes a part of may lie within a circle: x, y, square of the radius.

    `boxes` are wide ones, and those that lie in these; returns how many were found.
    """
    wide, narrow = boxes
    count = 0
    for outer in range(len(wide)):
        if _away_2(wide[outer], circle) > circle[2]:
            continue
        for box in range(outer * _CHUNK, min(len(narrow), outer * _CHUNK + _CHUNK)):
            found[count] = box
            count += _away_2(narrow[box], circle) <= circle[2]
    return count


@njit(cache=True, error_model="numpy")
def _away_2(box: Floats, circle: tuple[float, float, float]) -> float:
    """Return the square of the distance from the middle of a circle to a box, m²."""
    dx = max(0.0, box[0] - circle[0], circle[0] - box[1])
    dy = max(0.0, box[2] - circle[1], circle[1] - box[3])
    return float(dx * dx + dy * dy)


@njit(cache=True)
def _boxes(x_m: Floats, y_m: Floats, size: int) -> Floats:
    """Return rows of the least and most x, and the least and most y, of so many fixes each."""
    boxes = np.empty(((len(x_m) + size - 1) // size, 4))
    for box in range(len(boxes)):
        start, stop = box * size, box * size + size
        boxes[box, 0], boxes[box, 1] = x_m[start:stop].min(), x_m[start:stop].max()
        boxes[box, 2], boxes[box, 3] = y_m[start:stop].min(), y_m[start:stop].max()
    return boxes


@njit(cache=True)
def _put(found: Integers, count: int, row: tuple[int, int, int]) -> tuple[Integers, int]:
    """Return the rows with one more, unless it has no end."""
    if row[2] < 0:
        return found, count
    if count == len(found):
        more = np.empty((2 * count, 3), np.int64)
        more[:count] = found
        found = more
    found[count, 0], found[count, 1], found[count, 2] = row
    return found, count + 1


@njit(cache=True)
def lay_out(
    outline: Integers, runs: tuple[Integers, Integers], kinds: Integers, nodes: int
) -> Rays:
    """Return rays in lanes; `runs` are first and last nodes, `kinds` that of each outline."""
    first, last = runs
    lane, begin = np.empty_like(first), np.zeros(len(first) + 1, np.int64)
    kind, free_from, lanes = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64), 0
    for r in _in_order(first, nodes):
        own, k = 0, kinds[outline[r]]
        while own < lanes and (free_from[own] > first[r] or kind[own] != k):
            own += 1
        lanes = max(lanes, own + 1)
        # One node apart: what a lane holds at the node before is the same ray or none.
        lane[r], kind[own], free_from[own] = own, k, last[r] + 2
    row = np.zeros(nodes + 1, np.int64)
    for r in range(len(first)):
        begin[r + 1] = begin[r] + last[r] + 1 - first[r]
        least = (lane[r] // _ABREAST + 1) * _ABREAST
        for i in range(first[r] + 1, last[r] + 2):
            row[i] = max(row[i], least)
    for i in range(nodes):
        row[i + 1] += row[i]
    spare = np.zeros(-lanes % _ABREAST, np.int64)
    return Rays(outline, first, last, begin, lane, row, np.concatenate((kind[:lanes], spare)))


@njit(cache=True)
def _in_order(first: Integers, nodes: int) -> Integers:
    """Return the rays in the order of their first nodes, those of one node in their own."""
    place, order = np.zeros(nodes + 1, np.int64), np.empty_like(first)
    for r in range(len(first)):
        place[first[r] + 1] += 1
    for i in range(nodes):
        place[i + 1] += place[i]
    for r in range(len(first)):
        order[place[first[r]]] = r
        place[first[r]] += 1
    return order


@njit(cache=True, error_model="numpy")
def entry_distances(
    rays: Rays,
    nodes: tuple[Integers, Mask],
    places_m: tuple[Floats, Floats],
    shapes: tuple[Floats, Integers, Floats],
    circles: Floats,
) -> Floats:
    """Return how far each entry's node is from its outline, metres: a silence by its nearer end.

    `nodes` holds the fix of each node, or the one before a silence, and whether it is one;
    `shapes` outlines as in `patrol.geofence`, with a circle around each.
    """
    fix, is_gap = nodes
    corners, edge, radius_m = shapes
    away_m, room = np.empty(rays.begin[-1]), np.empty(len(places_m[0]))
    for r in range(len(rays.outline)):
        k, first, last = rays.outline[r], rays.first[r], rays.last[r]
        start, stop = fix[first], fix[last] + is_gap[last] + 1
        x_m, y_m = places_m[0][start:stop], places_m[1][start:stop]
        edges, near_m = corners[edge[k] : edge[k + 1]], room[: stop - start]
        squares_to(x_m, y_m, edges, near_m)
        cx, cy, square = circles[k, 0], circles[k, 1], circles[k, 2] * circles[k, 2]
        for i in range(len(near_m)):
            ex, ey = x_m[i] - cx, y_m[i] - cy
            if ex * ex + ey * ey <= square and is_within(x_m[i], y_m[i], edges):
                near_m[i] = 0.0
        for i in range(len(near_m)):
            near_m[i] = max(0.0, np.sqrt(near_m[i]) - radius_m[k])
        entry = rays.begin[r] - first
        for i in range(first, last + 1):
            at = fix[i] - start
            away_m[entry + i] = min(near_m[at], near_m[at + 1]) if is_gap[i] else near_m[at]
    return away_m


def tabled_places(outlier_share: float) -> Floats:
    """Return the logs of being so many spreads away, the wider part being so much wider.

    Rows are the spread as a share of that of outliers, in steps of 1/64; columns the distance
    in spreads, in steps of 1/32.
    """
    spreads = np.arange(_FARTHEST * _STEPS + 2) / _STEPS
    wide = ((np.arange(_RATIOS) + 0.5) / _RATIOS)[:, None]
    near = (1 - outlier_share) * np.exp(-(spreads**2) / 2)
    far = outlier_share * wide**2 * np.exp(-((spreads * wide) ** 2) / 2)
    result: Floats = np.log(near + far)
    return result


@njit(cache=True, error_model="numpy")
def entry_evidence(
    rays: Rays,
    away_m: Floats,
    nodes: tuple[Mask, Floats, Floats, Floats],
    tabled: tuple[Floats, Floats, float, float, float, int],
    said: Integers,
) -> None:
    """Write to the rows what speaks for being inside at the nodes of rays, in parts of a nat.

    `nodes` holds for each whether it is a silence, the spread of an axis in metres, how much
    of a witness it is, and what else speaks for being inside, in nats; `tabled` a table by
    `tabled_places`, what being at each outline says, by how many metres outliers are wider, how
    many nats the place of a silence says at most and what share counts, and the parts of a nat.
    """
    is_gap, spread_m, weight, inside = nodes
    table, door, wider_m, most_nats, share, parts = tabled
    ratio = (spread_m / (spread_m + wider_m) * _RATIOS).astype(np.int64)
    room = np.empty(len(is_gap))
    for r in range(len(rays.outline)):
        at_door, lane, first = door[rays.outline[r]], rays.lane[r], rays.first[r]
        near_m = away_m[rays.begin[r] : rays.begin[r + 1]]
        places, axes_m = room[: len(near_m)], spread_m[first : first + len(near_m)]
        # By itself: so the processor divides several at once.
        for n in range(len(near_m)):
            places[n] = near_m[n] / axes_m[n]
        for n in range(len(near_m)):
            i, spreads = first + n, places[n]
            if is_gap[i]:
                nats = inside[i] - min(spreads * spreads / 2, most_nats) * share
            else:
                place = min(spreads, 1.0 * _FARTHEST) * _STEPS
                step = int(place)
                here, beyond = table[ratio[i], step], table[ratio[i], step + 1]
                place = here + (beyond - here) * (place - step)
                nats = inside[i] + (place + at_door) * weight[i]
            said[rays.row[i] + lane] = int(np.rint(nats * parts))
