"""The street net: 100 m blocks with jittered corners, and the way from place to place."""

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist
from typing import NamedTuple, TypeAlias

import numpy as np

from patrol.geodesy import LocalPlane

Point: TypeAlias = tuple[float, float]
Edge: TypeAlias = tuple[int, int]

BLOCK_M = 100.0
_JITTER_M = 10.0
_CANYON_SHARE = 0.35
_CANYON_BIAS_M = 12.0
# Some streets within a grid were never built, so that not every block has four neighbours.
_MISSING_SHARE = 0.15
_NOWHERE = -1


class Spot(NamedTuple):
    """A place on a street: between nodes `a` < `b`, at `share` of the way from `a`."""

    a: int
    b: int
    share: float

    @property
    def edge(self) -> Edge:
        """The piece of street on which the spot lies."""
        return (self.a, self.b)


@dataclass(frozen=True, slots=True)
class Street:
    """A street between two crossings of main streets.

    In a canyon all positions are shifted by `bias_m` across the street, by reflections
    that stay the same for hours.
    """

    is_canyon: bool
    bias_m: float


@dataclass(frozen=True, slots=True)
class Lattice:
    """`across` x `up` blocks; main streets run at the columns and rows of the cuts."""

    across: int
    up: int
    column_cuts: tuple[int, ...]
    row_cuts: tuple[int, ...]

    def node(self, column: int, row: int) -> int:
        """Return the number of the crossing at `column` and `row`."""
        return row * (self.across + 1) + column

    def place(self, node: int) -> tuple[int, int]:
        """Return the column and row of a crossing."""
        row, column = divmod(node, self.across + 1)
        return column, row

    def edges(self) -> list[Edge]:
        """Return every piece of street between neighbouring crossings, in order."""
        found = []
        for row in range(self.up + 1):
            for column in range(self.across + 1):
                here = self.node(column, row)
                if column < self.across:
                    found.append((here, self.node(column + 1, row)))
                if row < self.up:
                    found.append((here, self.node(column, row + 1)))
        return found

    def is_main(self, edge: Edge) -> bool:
        """Return whether a piece of street can be the edge of a grid."""
        column, row = self.place(edge[0])
        along = self.row_cuts if self._runs_east(edge) else self.column_cuts
        return (row if self._runs_east(edge) else column) in along

    def street_key(self, edge: Edge) -> tuple[bool, int, int]:
        """Return what all pieces of one street have in common."""
        column, row = self.place(edge[0])
        if self._runs_east(edge):
            return True, row, bisect_right(self.column_cuts, column)
        return False, column, bisect_right(self.row_cuts, row)

    def is_within(self, node: int) -> bool:
        """Return whether a crossing lies on or within the outermost main streets."""
        column, row = self.place(node)
        return (
            self.column_cuts[0] <= column <= self.column_cuts[-1]
            and self.row_cuts[0] <= row <= self.row_cuts[-1]
        )

    def _runs_east(self, edge: Edge) -> bool:
        return edge[1] == edge[0] + 1


@dataclass(frozen=True, slots=True)
class StreetNet:
    """Crossings in metres, the pieces of street between them, and the streets they belong to."""

    nodes: tuple[Point, ...]
    street_of: Mapping[Edge, int]
    streets: tuple[Street, ...]


def make_street_net(
    lattice: Lattice, corners: tuple[Point, ...], rng: np.random.Generator
) -> StreetNet:
    """Return the net over crossings at `corners`: a few streets missing, some of them canyons."""
    edges = _built(lattice, rng)
    keys = sorted({lattice.street_key(edge) for edge in edges})
    number = {key: index for index, key in enumerate(keys)}
    streets = []
    for _ in keys:
        is_canyon = bool(rng.random() < _CANYON_SHARE)
        bias_m = float(rng.normal(0, _CANYON_BIAS_M))
        streets.append(Street(is_canyon, round(bias_m, 2) if is_canyon else 0.0))
    street_of = {edge: number[lattice.street_key(edge)] for edge in edges}
    return StreetNet(corners, street_of, tuple(streets))


def make_corners(
    lattice: Lattice, plane: LocalPlane, rng: np.random.Generator
) -> tuple[Point, ...]:
    """Return the crossings in metres, the middle of the district at (0, 0)."""
    middle_x = (lattice.column_cuts[0] + lattice.column_cuts[-1]) / 2
    middle_y = (lattice.row_cuts[0] + lattice.row_cuts[-1]) / 2
    corners = [
        (
            (column - middle_x) * BLOCK_M + float(rng.uniform(-_JITTER_M, _JITTER_M)),
            (row - middle_y) * BLOCK_M + float(rng.uniform(-_JITTER_M, _JITTER_M)),
        )
        for row in range(lattice.up + 1)
        for column in range(lattice.across + 1)
    ]
    return on_whole_units(plane, corners)


def on_whole_units(plane: LocalPlane, points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points moved to whole 1e-7 degrees, a centimetre at most.

    So the shapes in the files are the very shapes that the truth was decided with.
    """
    x_m, y_m = np.array(points).T
    lat_deg, lon_deg = plane.to_degrees(x_m, y_m)
    x_m, y_m = plane.to_metres(np.round(lat_deg, 7), np.round(lon_deg, 7))
    return tuple((float(x), float(y)) for x, y in zip(x_m, y_m, strict=True))


def _built(lattice: Lattice, rng: np.random.Generator) -> list[Edge]:
    """Leave out some inner streets, never two at one crossing: so the net stays connected."""
    touched: set[int] = set()
    built = []
    for edge in lattice.edges():
        is_inner = (
            not lattice.is_main(edge) and lattice.is_within(edge[0]) and lattice.is_within(edge[1])
        )
        if is_inner and touched.isdisjoint(edge) and rng.random() < _MISSING_SHARE:
            touched.update(edge)
        else:
            built.append(edge)
    return built


class WalkNet:
    """The street net as one worker walks it: along the pavements of the own grid.

    `moved` gives the crossings that this worker passes elsewhere than at their middle.
    """

    def __init__(self, net: StreetNet, moved: Mapping[int, Point]) -> None:
        self._nodes = [moved.get(node, point) for node, point in enumerate(net.nodes)]
        self._next: dict[int, list[int]] = {node: [] for node in range(len(net.nodes))}
        for a, b in net.street_of:
            self._next[a].append(b)
            self._next[b].append(a)

    def point(self, spot: Spot) -> Point:
        """Return where a spot is, in metres."""
        (ax, ay), (bx, by) = self._nodes[spot.a], self._nodes[spot.b]
        return ax + (bx - ax) * spot.share, ay + (by - ay) * spot.share

    def length_m(self, edge: Edge) -> float:
        """Return how long a piece of street is."""
        return dist(self._nodes[edge[0]], self._nodes[edge[1]])

    def route_m(self, start: Spot, route: Sequence[Spot]) -> float:
        """Return how long the way from `start` along a route is."""
        return sum(dist(self.point(one), self.point(two)) for one, two in pairwise([start, *route]))

    def next_to(self, node: int) -> list[int]:
        """Return the crossings one piece of street away."""
        return self._next[node]

    def route(self, start: Spot, end: Spot, *, within: Iterable[int] | None = None) -> list[Spot]:
        """Return the spots to walk to one after the other, the last of them `end`.

        Each lies on the same piece of street as the one before it, or ends that piece.
        The shortest way (Dijkstra); with `within` it passes only these crossings, of which
        `start` must lie at one.
        """
        if start.edge == end.edge:
            return [end]
        came_from = self._search(start, frozenset(within) if within is not None else None)
        last = min(
            (node for node in end.edge if node in came_from),
            key=lambda node: came_from[node][0] + self._to_node_m(end, node),
        )
        nodes = [last]
        while (before := came_from[nodes[-1]][1]) != _NOWHERE:
            nodes.append(before)
        nodes.reverse()
        return [*self._steps(start, nodes), end]

    def _steps(self, start: Spot, nodes: list[int]) -> list[Spot]:
        steps, edge = [], start.edge
        for index, node in enumerate(nodes):
            if index:
                before = nodes[index - 1]
                edge = (min(before, node), max(before, node))
            steps.append(Spot(*edge, share=0.0 if node == edge[0] else 1.0))
        return steps

    def _search(self, start: Spot, within: frozenset[int] | None) -> dict[int, tuple[float, int]]:
        waiting: list[tuple[float, int, int]] = [
            (self._to_node_m(start, node), node, _NOWHERE)
            for node in start.edge
            if within is None or node in within
        ]
        heapq.heapify(waiting)
        done: dict[int, tuple[float, int]] = {}
        while waiting:
            length_m, node, before = heapq.heappop(waiting)
            if node in done:
                continue
            done[node] = (length_m, before)
            for neighbour in self._next[node]:
                if neighbour not in done and (within is None or neighbour in within):
                    edge = (min(node, neighbour), max(node, neighbour))
                    heapq.heappush(waiting, (length_m + self.length_m(edge), neighbour, node))
        return done

    def _to_node_m(self, spot: Spot, node: int) -> float:
        return self.length_m(spot.edge) * (spot.share if node == spot.a else 1 - spot.share)
