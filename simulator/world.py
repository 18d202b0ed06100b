"""A seeded city: streets, grids, premises, a station and places to have lunch.

Everything is in metres on a plane around the city's middle; `City.plane` leads back to
WGS-84. All corners lie on whole 1e-7 degrees.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

from patrol.errors import InputError
from patrol.geodesy import LocalPlane
from simulator.buildings import HALF_STREET_M, Block, Premises, build_on, settle
from simulator.streets import Lattice, Point, Spot, StreetNet, make_corners, make_street_net

MOST_GRIDS = 200
# Nearer to a pole a metre of longitude changes too much within a city for one plane.
_MOST_LAT_DEG = 80.0
_MOST_LON_DEG = 180.0

# Blocks of streets around the district that belong to no grid.
_MARGIN = 2
_GRID_ROWS = 2
_GRID_COLUMNS = (2, 3)
_PLACE_RADIUS_M = 30.0
_PLACE_OFF_STREET_M = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere outside every grid: where it is, and the spot on the street before it."""

    place_id: str
    name: str
    kind: str
    middle: Point
    radius_m: float
    gate: Spot


@dataclass(frozen=True, slots=True)
class Grid:
    """An area of whole blocks, its edge on the middle of streets.

    `pavement` says where somebody who keeps to this grid passes each of its crossings:
    inside the edge, never on it. `border` are the crossings on the edge.
    """

    grid_id: str
    name: str
    outline: tuple[Point, ...]
    pavement: dict[int, Point]
    border: frozenset[int]
    premises: tuple[Premises, ...]


@dataclass(frozen=True, slots=True)
class City:
    """What stands still."""

    plane: LocalPlane
    net: StreetNet
    grids: tuple[Grid, ...]
    station: Place
    lunch_places: tuple[Place, ...]


class _Ground(NamedTuple):
    plane: LocalPlane
    lattice: Lattice
    net: StreetNet


class _Area(NamedTuple):
    """Columns and rows of crossings from which to which a grid reaches."""

    west: int
    south: int
    east: int
    north: int


def make_city(rng: np.random.Generator, *, grids: int, lat_deg: float, lon_deg: float) -> City:
    """Return a city of `grids` grids around a WGS-84 place.

    Raises InputError when there cannot be so many grids or such a place.
    """
    if not 1 <= grids <= MOST_GRIDS:
        raise InputError(f"a city of {grids} grids: use 1 to {MOST_GRIDS}")
    if not (abs(lat_deg) <= _MOST_LAT_DEG and abs(lon_deg) <= _MOST_LON_DEG):
        raise InputError(f"a city at {lat_deg}, {lon_deg}: use -80..80 and -180..180 degrees")
    plane = LocalPlane(lat_deg, lon_deg)
    lattice = _lay_out(grids, rng)
    net = make_street_net(lattice, make_corners(lattice, plane, rng), rng)
    ground = _Ground(plane, lattice, net)
    areas = list(_areas(lattice))[:grids]
    return City(
        plane=plane,
        net=net,
        grids=tuple(
            _make_grid(number, area, ground=ground, rng=rng)
            for number, area in enumerate(areas, start=1)
        ),
        station=_make_place("station", lattice, net, side=0),
        lunch_places=tuple(_make_place("lunch", lattice, net, side=side) for side in (1, 2, 3)),
    )


def _lay_out(grids: int, rng: np.random.Generator) -> Lattice:
    columns = max(1, round(sqrt(grids * 4 / 3)))
    rows = ceil(grids / columns)
    widths = [int(width) for width in rng.choice(_GRID_COLUMNS, size=columns)]
    column_cuts = tuple(_MARGIN + sum(widths[:count]) for count in range(columns + 1))
    row_cuts = tuple(_MARGIN + _GRID_ROWS * count for count in range(rows + 1))
    return Lattice(column_cuts[-1] + _MARGIN, row_cuts[-1] + _MARGIN, column_cuts, row_cuts)


def _areas(lattice: Lattice) -> Iterator[_Area]:
    for south, north in pairwise(lattice.row_cuts):
        for west, east in pairwise(lattice.column_cuts):
            yield _Area(west, south, east, north)


def _make_grid(number: int, area: _Area, *, ground: _Ground, rng: np.random.Generator) -> Grid:
    ring = _ring(area, ground.lattice)
    streets = frozenset(ground.net.street_of)
    shells = [
        shell
        for block in _blocks(area, ground)
        for shell in build_on(block, streets=streets, plane=ground.plane, rng=rng)
    ]
    grid_id = f"G{number:02d}"
    return Grid(
        grid_id=grid_id,
        name=f"Grid {number:02d}",
        outline=tuple(ground.net.nodes[node] for node in ring),
        pavement=_pavement(area, ground),
        border=frozenset(ring),
        premises=settle(grid_id, shells, rng),
    )


def _ring(area: _Area, lattice: Lattice) -> list[int]:
    """Return the crossings around an area, counter-clockwise."""
    south = [(column, area.south) for column in range(area.west, area.east)]
    east = [(area.east, row) for row in range(area.south, area.north)]
    north = [(column, area.north) for column in range(area.east, area.west, -1)]
    west = [(area.west, row) for row in range(area.north, area.south, -1)]
    return [lattice.node(column, row) for column, row in south + east + north + west]


def _pavement(area: _Area, ground: _Ground) -> dict[int, Point]:
    """Move the crossings on the edge inwards by half a street."""
    moved = {}
    for row in range(area.south, area.north + 1):
        for column in range(area.west, area.east + 1):
            node = ground.lattice.node(column, row)
            x, y = ground.net.nodes[node]
            east = (column == area.west) - (column == area.east)
            north = (row == area.south) - (row == area.north)
            moved[node] = (x + east * HALF_STREET_M, y + north * HALF_STREET_M)
    return moved


def _blocks(area: _Area, ground: _Ground) -> Iterator[Block]:
    node, places = ground.lattice.node, ground.net.nodes
    for row in range(area.south, area.north):
        for column in range(area.west, area.east):
            a, b = node(column, row), node(column + 1, row)
            d, c = node(column, row + 1), node(column + 1, row + 1)
            yield Block((a, b, c, d), (places[a], places[b], places[c], places[d]))


def _make_place(kind: str, lattice: Lattice, net: StreetNet, *, side: int) -> Place:
    """Return a place outside the district: west, south, east or north of its middle."""
    column, row = (
        (0, lattice.up // 2),
        (lattice.across // 2, 1),
        (lattice.across - 1, lattice.up // 2),
        (lattice.across // 2, lattice.up - 1),
    )[side]
    gate = Spot(lattice.node(column, row), lattice.node(column + 1, row), share=0.5)
    (ax, ay), (bx, by) = net.nodes[gate.a], net.nodes[gate.b]
    return Place(
        place_id=kind if kind == "station" else f"{kind}-{side}",
        name="Community station" if kind == "station" else f"Canteen {side}",
        kind=kind,
        middle=((ax + bx) / 2, (ay + by) / 2 + _PLACE_OFF_STREET_M),
        radius_m=_PLACE_RADIUS_M,
        gate=gate,
    )
