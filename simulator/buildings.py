"""Blocks cut into lots, and the buildings on them: outline, door, households."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from patrol.geodesy import LocalPlane
from simulator.streets import BLOCK_M, Edge, Point, Spot, on_whole_units

Corners: TypeAlias = tuple[Point, Point, Point, Point]

HALF_STREET_M = 4.0
_LOT_M = 15.0
_LOTS_A_SIDE = 6
_SIDE_GAP_M = 1.0
_SETBACK_M = (3.0, 20.0)
_DEPTH_M = (9.0, 13.0)
_VACANT_SHARE = 0.08
_FLATS_SHARE = 0.15
_LEAST_IN_FLATS = 8
_IN_A_HOUSE = (1, 1, 1, 2, 3)
_IN_A_GRID = (300, 400)


@dataclass(frozen=True, slots=True)
class Premises:
    """A building: outline (front left, front right, back right, back left), street spot."""

    premises_id: str
    name: str
    households: int
    outline: Corners
    gate: Spot

    @property
    def door(self) -> Point:
        """The middle of the front."""
        return self.inside(0.5, 0.0)

    def inside(self, along: float, deep: float) -> Point:
        """Return the point at these shares of the width and of the depth."""
        return _blend(self.outline, along, deep)


class Block(NamedTuple):
    """The crossings of a block, counter-clockwise from the south-west, and where they are."""

    nodes: tuple[int, int, int, int]
    corners: Corners

    def edges(self) -> tuple[Edge, Edge, Edge, Edge]:
        """Return its streets: south, north, west, east."""
        a, b, c, d = self.nodes
        return (a, b), (d, c), (a, d), (b, c)

    def point(self, side: int, along_m: float, deep_m: float) -> Point:
        """Return a point by its way along a side and its depth behind it."""
        along, deep = along_m / BLOCK_M, deep_m / BLOCK_M
        east, north = ((along, deep), (along, 1 - deep), (deep, along), (1 - deep, along))[side]
        return _blend(self.corners, east, north)


class Shell(NamedTuple):
    """A building before it has a name."""

    is_flats: bool
    outline: Corners
    gate: Spot


class _Lot(NamedTuple):
    side: int
    start_m: float
    width_m: float


def build_on(
    block: Block, *, streets: frozenset[Edge], plane: LocalPlane, rng: np.random.Generator
) -> Iterator[Shell]:
    """Yield a building on every lot that lies at one of the `streets`."""
    edges = block.edges()
    for lot in _lots(rng):
        front_m = HALF_STREET_M + float(rng.uniform(*_SETBACK_M))
        back_m = front_m + float(rng.uniform(*_DEPTH_M))
        if edges[lot.side] not in streets:
            continue
        left_m, right_m = lot.start_m + _SIDE_GAP_M, lot.start_m + lot.width_m - _SIDE_GAP_M
        sides = ((left_m, front_m), (right_m, front_m), (right_m, back_m), (left_m, back_m))
        outline = [block.point(lot.side, along_m, deep_m) for along_m, deep_m in sides]
        fl, fr, br, bl = on_whole_units(plane, outline)
        gate = Spot(*edges[lot.side], share=(left_m + right_m) / 2 / BLOCK_M)
        yield Shell(lot.width_m > _LOT_M, (fl, fr, br, bl), gate)


def settle(grid_id: str, shells: Sequence[Shell], rng: np.random.Generator) -> tuple[Premises, ...]:
    """Name the buildings and give each its households: 300 to 400 in all, most in flats."""
    flats = [index for index, shell in enumerate(shells) if shell.is_flats] or [0]
    households = [int(number) for number in rng.choice(_IN_A_HOUSE, size=len(shells))]
    in_houses = sum(number for index, number in enumerate(households) if index not in flats)
    wanted = int(rng.integers(_IN_A_GRID[0], _IN_A_GRID[1], endpoint=True))
    rest = max(0, wanted - in_houses - _LEAST_IN_FLATS * len(flats))
    more = rng.multinomial(rest, [1 / len(flats)] * len(flats))
    for index, extra in zip(flats, more, strict=True):
        households[index] = _LEAST_IN_FLATS + int(extra)
    return tuple(
        Premises(
            premises_id=f"{grid_id}-P{index + 1:03d}",
            name=f"{'Flats' if index in flats else 'House'} {index + 1}",
            households=households[index],
            outline=shell.outline,
            gate=shell.gate,
        )
        for index, shell in enumerate(shells)
    )


def _lots(rng: np.random.Generator) -> Iterator[_Lot]:
    """Cut the sides of a block into lots: rows south and north, one between at each end."""
    first_m = (BLOCK_M - _LOTS_A_SIDE * _LOT_M) / 2
    for side in (0, 1):
        index = 0
        while index < _LOTS_A_SIDE:
            start_m = first_m + index * _LOT_M
            chance = float(rng.random())
            if chance < _FLATS_SHARE and index < _LOTS_A_SIDE - 1:
                yield _Lot(side, start_m, 2 * _LOT_M)
                index += 2
                continue
            if chance < 1 - _VACANT_SHARE:
                yield _Lot(side, start_m, _LOT_M)
            index += 1
    for side in (2, 3):
        yield _Lot(side, (BLOCK_M - _LOT_M) / 2, _LOT_M)


def _blend(corners: Corners, along: float, deep: float) -> Point:
    """Map the unit square onto a quadrilateral, straight lines to straight lines."""
    weights = ((1 - along) * (1 - deep), along * (1 - deep), along * deep, (1 - along) * deep)
    return (
        sum(weight * x for weight, (x, _) in zip(weights, corners, strict=True)),
        sum(weight * y for weight, (_, y) in zip(weights, corners, strict=True)),
    )
