"""Which premises come into question when, and what fixes and silences say for each.

The loops are compiled by numba; plain Python gives the same results. Nothing here knows what a
visit is: a *ray* is an outline for a run of nodes, in all of which somebody may be inside it.
Its *entries*, one for each of these nodes, lie in the order of the nodes.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Nothing is impossible: a likelihood that underflows must not make everything zero.
_TINY = 1e-290
# Fixes are looked at so many at a time while they are far from an outline.
_CHUNK = 8
# Steps of a spread, and of the ratio of two, in which the evidence of a place is tabled.
_STEPS, _FARTHEST, _RATIOS = 32, 12, 64


class Rays(NamedTuple):
    """Entries of rays: those at node i are `begin[i]` to `begin[i + 1]`.

    Each entry has its outline and where the same ray is at the node before and at the next one,
    -1 where it is not.
    """

    begin: Integers
    outline: Integers
    before: Integers
    after: Integers


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
    boxes = _boxes(x_m, y_m)
    found, count = np.empty((64, 3), np.int64), 0
    for k in range(len(circles)):
        cx, cy, radius_m = circles[k]
        out_2, near_2 = (radius_m + reach_m) ** 2, (radius_m + near_m) ** 2
        begin, end, near, sure = -1, -1, 0, False
        for chunk in range(len(boxes)):
            if _apart_2(boxes[chunk], cx, cy) > out_2:
                continue
            start, stop = chunk * _CHUNK, min(len(x_m), chunk * _CHUNK + _CHUNK)
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
                near += away_2 < near_2
                sure = sure or at_silence[i] or near >= near_fixes
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


@njit(cache=True)
def _apart_2(box: Floats, x_m: float, y_m: float) -> float:
    dx = max(0.0, box[0] - x_m, x_m - box[1])
    dy = max(0.0, box[2] - y_m, y_m - box[3])
    return float(dx * dx + dy * dy)


@njit(cache=True)
def _boxes(x_m: Floats, y_m: Floats) -> Floats:
    """Return the least and most x and y of each chunk of fixes."""
    chunks = (len(x_m) + _CHUNK - 1) // _CHUNK
    boxes = np.empty((chunks, 4))
    for chunk in range(chunks):
        start = chunk * _CHUNK
        boxes[chunk, 0] = boxes[chunk, 1] = x_m[start]
        boxes[chunk, 2] = boxes[chunk, 3] = y_m[start]
        for i in range(start + 1, min(len(x_m), start + _CHUNK)):
            boxes[chunk, 0] = min(boxes[chunk, 0], x_m[i])
            boxes[chunk, 1] = max(boxes[chunk, 1], x_m[i])
            boxes[chunk, 2] = min(boxes[chunk, 2], y_m[i])
            boxes[chunk, 3] = max(boxes[chunk, 3], y_m[i])
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
def list_entries(
    outline: Integers, first: Integers, last: Integers, nodes: int
) -> tuple[Integers, Integers, Integers, Integers]:
    """Return the entries of rays that exist at the nodes from `first` to `last`, as `Rays`."""
    begin = np.zeros(nodes + 1, np.int64)
    for r in range(len(first)):
        for i in range(first[r], last[r] + 1):
            begin[i + 1] += 1
    for i in range(nodes):
        begin[i + 1] += begin[i]
    outlines = np.empty(begin[nodes], np.int64)
    before = np.full(begin[nodes], -1)
    after = np.full(begin[nodes], -1)
    filled = begin[:-1].copy()
    for r in range(len(first)):
        previous = -1
        for i in range(first[r], last[r] + 1):
            entry = filled[i]
            filled[i] += 1
            outlines[entry] = outline[r]
            before[entry] = previous
            if previous >= 0:
                after[previous] = entry
            previous = entry
    return begin, outlines, before, after


@njit(cache=True)
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
    x_m, y_m = places_m
    corners, first, radius_m = shapes
    along = np.empty((len(corners), 3))
    for e in range(len(corners)):
        dx, dy = corners[e, 2] - corners[e, 0], corners[e, 3] - corners[e, 1]
        along[e, 0], along[e, 1], along[e, 2] = dx, dy, 1.0 / (dx * dx + dy * dy + _TINY)
    away_m = np.empty(len(rays.outline))
    for i in range(len(fix)):
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            k = rays.outline[entry]
            away = np.inf
            for at in range(fix[i], fix[i] + 1 + is_gap[i]):
                ex, ey = x_m[at] - circles[k, 0], y_m[at] - circles[k, 1]
                within = ex * ex + ey * ey <= circles[k, 2] * circles[k, 2]
                for e in range(first[k], first[k + 1]):
                    dx, dy = along[e, 0], along[e, 1]
                    px, py = x_m[at] - corners[e, 0], y_m[at] - corners[e, 1]
                    share = min(1.0, max(0.0, (px * dx + py * dy) * along[e, 2]))
                    px, py = px - share * dx, py - share * dy
                    away = min(away, px * px + py * py)
                if within and _is_within(x_m[at], y_m[at], corners[first[k] : first[k + 1]]):
                    away = 0.0
            away_m[entry] = max(0.0, np.sqrt(away) - radius_m[k])
    return away_m


@njit(cache=True)
def _is_within(px: float, py: float, edges: Floats) -> bool:
    within = False
    for e in range(len(edges)):
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if (ay > py) != (by > py) and px < (bx - ax) * (py - ay) / (by - ay) + ax:
            within = not within
    return within


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


@njit(cache=True)
def entry_evidence(
    rays: Rays,
    away_m: Floats,
    nodes: tuple[Mask, Floats, Floats, Floats],
    door: Floats,
    tabled: tuple[Floats, float, float, float, int],
) -> Integers:
    """Return what speaks for being inside the outline of each entry, in parts of a nat.

    `nodes` holds for each whether it is a silence, the spread of an axis in metres, how much
    of a witness it is, and what else speaks for being inside, in nats; `door` what being at
    each outline says; `tabled` a table by `tabled_places`, by how many metres outliers are
    wider, how many nats the place of a silence says at most and what share counts, and the parts
    of a nat.
    """
    is_gap, spread_m, weight, inside = nodes
    table, wider_m, most_nats, share, parts = tabled
    said = np.empty(len(away_m), np.int64)
    for i in range(len(is_gap)):
        row = table[int(spread_m[i] / (spread_m[i] + wider_m) * _RATIOS)]
        for entry in range(rays.begin[i], rays.begin[i + 1]):
            spreads = away_m[entry] / spread_m[i]
            if is_gap[i]:
                nats = inside[i] - min(spreads * spreads / 2, most_nats) * share
            else:
                place = min(spreads, 1.0 * _FARTHEST) * _STEPS
                step = int(place)
                place = row[step] + (row[step + 1] - row[step]) * (place - step)
                nats = inside[i] + (place + door[rays.outline[entry]]) * weight[i]
            said[entry] = int(np.rint(nats * parts))
    return said
