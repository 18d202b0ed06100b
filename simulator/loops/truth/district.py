"""The simulated district: grids side by side, the areas above them, and who works there."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from simulator.loops.truth.deeds import Person

GRIDS_OF_COMMUNITY: Final = 9
COMMUNITIES_OF_STREET: Final = 10
_GRIDS_OF_STREET: Final = GRIDS_OF_COMMUNITY * COMMUNITIES_OF_STREET

# Squares of about 550 m and 430 m, row by row.
_SIDE_E7: Final = 50_000
_GRIDS_OF_ROW: Final = 40
_SOUTH_E7: Final = 306_000_000
_WEST_E7: Final = 1_040_000_000


class Manner(NamedTuple):
    """How a department works: how slow, how often never, how often badly."""

    slowness: float
    never: float
    badly: float


# Prompt, late, never, badly, and something of all.
DEPARTMENTS: Final = {
    "lighting": Manner(0.5, 0.01, 0.05),
    "water": Manner(2.2, 0.04, 0.10),
    "roads": Manner(1.0, 0.30, 0.10),
    "gardens": Manner(0.8, 0.03, 0.45),
    "cleaning": Manner(1.2, 0.08, 0.15),
}


@dataclass(frozen=True, slots=True)
class District:
    """A district of so many grids; all names follow from their numbers, counted from 0."""

    grids: int

    @property
    def communities(self) -> int:
        """How many there are."""
        return -(-self.grids // GRIDS_OF_COMMUNITY)

    @property
    def streets(self) -> int:
        """How many there are."""
        return -(-self.grids // _GRIDS_OF_STREET)

    def corner_e7(self, grid: int) -> tuple[int, int]:
        """Return the south-western corner of a grid, latitude and longitude."""
        row, column = divmod(grid, _GRIDS_OF_ROW)
        return _SOUTH_E7 + row * _SIDE_E7, _WEST_E7 + column * _SIDE_E7

    def middle_e7(self, grid: int) -> tuple[int, int]:
        """Return the middle of a grid, latitude and longitude."""
        lat_e7, lon_e7 = self.corner_e7(grid)
        return lat_e7 + _SIDE_E7 // 2, lon_e7 + _SIDE_E7 // 2

    def outline(self, grid: int) -> list[list[float]]:
        """Return a grid's corners, GeoJSON's way."""
        lat_e7, lon_e7 = self.corner_e7(grid)
        south, west = lat_e7 / 1e7, lon_e7 / 1e7
        north, east = (lat_e7 + _SIDE_E7) / 1e7, (lon_e7 + _SIDE_E7) / 1e7
        return [[west, south], [east, south], [east, north], [west, north], [west, south]]

    def worker(self, grid: int) -> Person:
        """Return who walks a grid: what they are reported, they check."""
        name = f"{grid + 1:04d}"
        return Person(f"w{name}", frozenset({"grid", "reporter"}), worker_id=f"W{name}")

    def community(self, grid: int) -> Person:
        """Return who decides in the community of a grid."""
        parties = frozenset({"grid", "community"})
        return Person(f"community{grid // GRIDS_OF_COMMUNITY + 1:03d}", parties)

    def street(self, grid: int) -> Person:
        """Return who decides in the street of a grid."""
        parties = frozenset({"grid", "community", "street"})
        return Person(f"street{grid // _GRIDS_OF_STREET + 1:02d}", parties)

    def district(self) -> Person:
        """Return who decides in the district."""
        return Person("district", frozenset({"grid", "community", "street", "district"}))

    def department(self, department_id: str) -> Person:
        """Return who answers for a department."""
        return Person(f"of.{department_id}", frozenset({"department"}))


def grid_id(grid: int) -> str:
    """Return the name of a grid."""
    return f"G{grid + 1:04d}"


def area_of(grid: int) -> str:
    """Return the name of the community that a grid lies in."""
    return f"C{grid // GRIDS_OF_COMMUNITY + 1:03d}"


def street_of(community: int) -> str:
    """Return the name of the street that a community lies in."""
    return f"S{community // COMMUNITIES_OF_STREET + 1:02d}"


def terminal_id(grid: int) -> str:
    """Return the name of the terminal that is carried in a grid."""
    return f"T{grid + 1:04d}"
