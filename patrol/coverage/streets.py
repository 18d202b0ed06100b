"""Streets as lines on the ground, cut wherever they meet.

GeoJSON (RFC 7946) comes in, lines in metres come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from patrol.chains import outlines
from patrol.chains.routes import Net, make_net
from patrol.errors import InputError
from patrol.geodesy import Floats, LocalPlane
from patrol.geofence import Grid, read_position
from patrol.ids import GridId
from patrol.track import Mask

_LINE, _LINES = "LineString", "MultiLineString"
# Lines that pass one another nearer than this meet.
_UNIT_M = 0.1
# Less is a slip of the pen between two lines, and no street.
_LEAST_M = 1.0
# Of a street on the edge of a grid the middle may lie on either side of it.
_ON_EDGE_M = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Street:
    """A street as lines (rows of longitude and latitude, degrees), and whose it is, if said."""

    lines_deg: tuple[Floats, ...]
    grid_id: GridId | None = None


class Streets:
    """The streets of a district, in one plane."""

    def __init__(self, streets: Sequence[Street]) -> None:
        self.streets = streets
        self._nets: dict[float, Net] = {}
        # Not the first one: the plane must not depend on the order in which streets are listed.
        corners = [line.min(axis=0) for street in streets for line in street.lines_deg]
        lon_deg, lat_deg = min(map(tuple, corners), default=(0.0, 0.0))
        self.plane = LocalPlane(float(lat_deg), float(lon_deg))

    @cached_property
    def lines_m(self) -> list[Floats]:
        """The lines (rows of x and y, metres) between two meetings or ends, in a fixed order."""
        lines = [
            shapely.LineString(self._in_metres(line))
            for street in self.streets
            for line in street.lines_deg
        ]
        cut = shapely.get_parts(shapely.unary_union(lines, grid_size=_UNIT_M))
        joined = [shapely.normalize(line) for line in cut if line.length >= _LEAST_M]
        return sorted((shapely.get_coordinates(line) for line in joined), key=np.ndarray.tolist)

    def net(self, piece_m: float) -> Net:
        """Return the streets cut into pieces of at most `piece_m`."""
        # Days are many and streets the same.
        if piece_m not in self._nets:
            self._nets[piece_m] = make_net(self.lines_m, piece_m)
        return self._nets[piece_m]

    def is_of(self, grid: Grid, x_m: Floats, y_m: Floats) -> Mask:
        """Return which places on these streets count for `grid`.

        Those of streets that name it, and of streets that name none what lies in it.
        """
        signed_m = outlines.signed_m(grid.area, *self.plane.to_degrees(x_m, y_m))
        within = signed_m <= _ON_EDGE_M
        if not any(street.grid_id for street in self.streets):
            return within
        within[within] = self._are_on(None, x_m[within], y_m[within])
        return within | self._are_on(grid.grid_id, x_m, y_m)

    def _are_on(self, grid_id: GridId | None, x_m: Floats, y_m: Floats) -> Mask:
        """Return which places are on streets that name `grid_id`."""
        lines = [
            self._in_metres(line)
            for street in self.streets
            if street.grid_id == grid_id
            for line in street.lines_deg
        ]
        # The distance from no line at all is not a number, which is not near.
        away_m = shapely.distance(shapely.MultiLineString(lines), shapely.points(x_m, y_m))
        result: Mask = away_m <= _LEAST_M
        return result

    def _in_metres(self, line_deg: Floats) -> Floats:
        return np.column_stack(self.plane.to_metres(line_deg[:, 1], line_deg[:, 0]))


def read_lines(geometry: Mapping[str, Any] | None) -> tuple[Floats, ...]:
    """Return the lines (rows of longitude and latitude) of a GeoJSON geometry.

    Raises InputError that says what is wrong with it.
    """
    if not isinstance(geometry, Mapping):
        raise InputError("geometry is missing")
    kind, given = geometry.get("type"), geometry.get("coordinates")
    if kind not in (_LINE, _LINES):
        raise InputError(f"geometry is a {kind!r}: use LineString or MultiLineString")
    try:
        parts: list[Any] = [given] if kind == _LINE else list(given or ())
        lines = [[read_position(xy) for xy in part] for part in parts]
    except TypeError as error:
        raise InputError("coordinates are not lists of positions") from error
    if not lines or any(len(set(line)) < 2 for line in lines):  # noqa: PLR2004 - two ends
        raise InputError("a line needs at least 2 positions that differ")
    return tuple(np.array(line) for line in lines)
