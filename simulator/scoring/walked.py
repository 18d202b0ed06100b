"""Which pieces of street a worker truly walked on duty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, dist
from typing import TypeAlias

import numpy as np

from patrol.geodesy import Floats
from simulator.scenario import WorkerDay
from simulator.streets import Edge, StreetNet
from simulator.tracks import OUTDOORS, Bools, Span, Track
from simulator.world import City, Grid

Shares: TypeAlias = tuple[float, float]

_LONGEST_M = 25.0
_MOST_OF_IT = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreetPieces:
    """Straight pieces of street from start to end, WGS-84, and which of them were walked."""

    start_lat_deg: Floats
    start_lon_deg: Floats
    end_lat_deg: Floats
    end_lon_deg: Floats
    length_m: Floats
    is_covered: Bools

    def __len__(self) -> int:
        return len(self.length_m)

    @property
    def covered_share(self) -> float:
        """The walked part of the length of all pieces."""
        return float(self.length_m[self.is_covered].sum() / self.length_m.sum())


def streets_walked(one: WorkerDay, city: City) -> StreetPieces:
    """Return the streets in and around the own grid, in pieces of at most 25 m.

    A piece counts as covered when at least half of it was walked on duty, outdoors and on
    foot; a way that was ridden covers nothing.
    """
    grid = next(grid for grid in city.grids if grid.grid_id == one.day.grid_id)
    walked: dict[Edge, list[Shares]] = {edge: [] for edge in _streets(city, grid)}
    for window in one.day.duty:
        for edge, shares in _walks(one.day.track, window, city.net):
            if edge in walked:
                walked[edge].append(shares)
    rows = [row for edge, shares in walked.items() for row in _cut(edge, shares, city.net)]
    ax, ay, bx, by, length_m, share = np.array(rows).T
    start_lat_deg, start_lon_deg = city.plane.to_degrees(ax, ay)
    end_lat_deg, end_lon_deg = city.plane.to_degrees(bx, by)
    return StreetPieces(
        start_lat_deg=start_lat_deg,
        start_lon_deg=start_lon_deg,
        end_lat_deg=end_lat_deg,
        end_lon_deg=end_lon_deg,
        length_m=length_m,
        is_covered=share >= _MOST_OF_IT,
    )


def _streets(city: City, grid: Grid) -> list[Edge]:
    """Return the pieces of the net between two crossings of the grid, its edge included."""
    return [edge for edge in city.net.street_of if all(node in grid.pavement for node in edge)]


def _walks(track: Track, within: Span, net: StreetNet) -> Iterator[tuple[Edge, Shares]]:
    """Yield the stretches walked along streets, as shares of the way between their nodes."""
    inner = (track.at_ms > within.start_ms) & (track.at_ms < within.end_ms)
    at_ms = np.concatenate([[within.start_ms], track.at_ms[inner], [within.end_ms]])
    points = list(zip(*(axis.tolist() for axis in track.places(at_ms)), strict=True))
    pieces = track.pieces(at_ms[:-1])
    on_foot = (track.stay_of[pieces] == OUTDOORS) & ~track.is_ridden()[pieces]
    for index in np.flatnonzero(on_foot).tolist():
        edge = track.edges[int(track.edge_of[pieces[index]])]
        (ax, ay), (bx, by) = (net.nodes[node] for node in edge)
        dx, dy = bx - ax, by - ay
        one, two = (
            min(max(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0.0), 1.0)
            for x, y in points[index : index + 2]
        )
        if one != two:
            yield edge, (min(one, two), max(one, two))


def _cut(edge: Edge, walked: Sequence[Shares], net: StreetNet) -> Iterator[tuple[float, ...]]:
    """Yield the pieces of an edge: two ends in metres, length, and the share that was walked."""
    (ax, ay), (bx, by) = (net.nodes[node] for node in edge)
    length_m = dist((ax, ay), (bx, by))
    count = ceil(length_m / _LONGEST_M)
    for number in range(count):
        low, high = number / count, (number + 1) / count
        yield (
            *(ax + (bx - ax) * low, ay + (by - ay) * low),
            *(ax + (bx - ax) * high, ay + (by - ay) * high),
            length_m / count,
            _covered(walked, low, high) / (high - low),
        )


def _covered(walked: Sequence[Shares], low: float, high: float) -> float:
    """Return how much of low..high lies in any of the stretches."""
    reached, found = low, 0.0
    for start, end in sorted(walked):
        start, end = max(start, reached), min(end, high)  # noqa: PLW2901 - clipped to what is new
        if end > start:
            found += end - start
            reached = end
    return found
