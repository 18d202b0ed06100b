"""An order of places that walks well: as the crow flies, for streets are not known here.

Nearest neighbour first, then 2-opt and Or-opt (Croes 1958; Or 1976) until nothing gets shorter
or the rounds are over. Distances are whole decimetres and ties go to the lower index, so that
every machine finds the same way. The way is open: it ends where it ends.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from patrol.datums import Place
from patrol.geodesy import LocalPlane
from patrol.track import Integers

# From a few hundred places on, hardly anything gets shorter after so many.
_MOST_ROUNDS = 20
_LONGEST_MOVED = 3
# Where a stretch belongs is next to a place that is near to one of its ends.
_NEAREST = 8
_DECIMETRES = 10
_NEVER = int(np.iinfo(np.int64).max)

_Way: TypeAlias = list[int]


def walk(start: Place, places: Sequence[Place]) -> list[int]:
    """Return the indices of `places` in the order in which to walk from `start`."""
    if not places:
        return []
    distances = distances_dm([start, *places])
    way = _nearest_first(distances)
    before, length, rounds = _NEVER, _length(distances, way), 0
    while length < before and rounds < _MOST_ROUNDS:
        way = _or_opt(distances, _two_opt(distances, way))
        before, length, rounds = length, _length(distances, way), rounds + 1
    return [index - 1 for index in way[1:]]


def distances_dm(places: Sequence[Place]) -> Integers:
    """Return the distance of each from each, in decimetres."""
    plane = LocalPlane(places[0].lat_deg, places[0].lon_deg)
    lat_deg, lon_deg = (np.array(column) for column in zip(*places, strict=True))
    x_m, y_m = plane.to_metres(lat_deg, lon_deg)
    apart_m = np.hypot(x_m[:, None] - x_m[None, :], y_m[:, None] - y_m[None, :])
    distances: Integers = np.rint(apart_m * _DECIMETRES).astype(np.int64)
    return distances


def _nearest_first(distances: Integers) -> _Way:
    way, open_ = [0], np.ones(len(distances), dtype=bool)
    open_[0] = False
    while len(way) < len(distances):
        nearest = int(np.where(open_, distances[way[-1]], _NEVER).argmin())
        way.append(nearest)
        open_[nearest] = False
    return way


def _length(distances: Integers, way: _Way) -> int:
    return int(distances[way[:-1], way[1:]].sum())


def _two_opt(distances: Integers, way: _Way) -> _Way:
    """Turn round each stretch behind a place once, where that makes the way shorter."""
    stops = np.array(way)
    last = len(stops) - 1
    for before in range(last - 1):
        here, first = stops[before], stops[before + 1]
        ends = stops[before + 2 :]
        gain = distances[here, first] - distances[here, ends]
        # Behind the end of the way there is nothing to come to.
        behind = stops[before + 3 :]
        gain[:-1] += distances[ends[:-1], behind] - distances[first, behind]
        best = int(gain.argmax())
        if gain[best] > 0:
            end = before + 2 + best
            stops[before + 1 : end + 1] = stops[before + 1 : end + 1][::-1].copy()
    return [int(one) for one in stops]


class _Ground(NamedTuple):
    """How far each place is from each, in decimetres, and which are nearest to each."""

    apart: list[list[int]]
    near: list[list[int]]

    def added(self, ends: tuple[int, int], before: int, after: _Way) -> int:
        """Return by how much a stretch makes the way longer behind `before`."""
        head, tail = ends
        behind = sum(self.apart[tail][one] - self.apart[before][one] for one in after)
        return self.apart[before][head] + behind


def _or_opt(distances: Integers, way: _Way) -> _Way:
    """Move each stretch of one to three places to where it costs least, either way round."""
    near = np.argsort(distances, axis=1, kind="stable")[:, : _NEAREST + 1]
    ground = _Ground(distances.tolist(), near.tolist())
    for length in range(1, _LONGEST_MOVED + 1):
        for first in range(1, len(way) - length + 1):
            way = _moved(ground, way, (first, first + length))
    return way


def _moved(ground: _Ground, way: _Way, stretch: tuple[int, int]) -> _Way:
    first, end = stretch
    head, tail = way[first], way[end - 1]
    saved = ground.added((head, tail), way[first - 1], way[end : end + 1])
    rest = way[:first] + way[end:]
    best = (saved, 0, head, tail)
    for place in _places_near(rest, {*ground.near[head], *ground.near[tail]}):
        after = rest[place + 1 : place + 2]
        for ends in ((head, tail), (tail, head)):
            best = min(best, (ground.added(ends, rest[place], after), place + 1, *ends))
    added, place, begin, _ = best
    if added >= saved:
        return way
    put = way[first:end] if begin == head else way[first:end][::-1]
    return rest[:place] + put + rest[place:]


def _places_near(rest: _Way, near: set[int]) -> list[int]:
    """Return behind which places of a way one is near: behind those themselves, and before them."""
    found = [place for place, one in enumerate(rest) if one in near]
    return sorted({*found, *(place - 1 for place in found if place)})
