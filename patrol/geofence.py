"""Grids, premises and authorised places as areas on the ground.

GeoJSON (RFC 7946) comes in, distances in metres come out; nothing else in the project
touches the geometry library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG
from patrol.geodesy import Floats, LocalPlane
from patrol.ids import GridId, PlaceId, PremisesId

# A responsibility area of a few hundred households, however rural: beyond this the
# coordinates are wrong, or the plane around it would no longer be flat.
_MAX_EXTENT_M = 100_000.0
_SHAPES = ("Polygon", "MultiPolygon")


class Area:
    """A piece of ground: an outline, or a point with a radius; boundaries belong to it."""

    def __init__(self, plane: LocalPlane, shape_m: BaseGeometry, radius_m: float = 0.0) -> None:
        self.plane = plane
        self.radius_m = radius_m
        self._shape_m = shape_m
        shapely.prepare(shape_m)

    def outside_m(self, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Return how far each place lies outside, in metres; 0 within."""
        x_m, y_m = self.plane.to_metres(lat_deg, lon_deg)
        away_m = np.zeros(len(x_m))
        # Being inside is a hundred times cheaper to tell than a distance, and the usual case.
        out = ~shapely.contains_xy(self._shape_m, x_m, y_m)
        away_m[out] = shapely.distance(self._shape_m, shapely.points(x_m[out], y_m[out]))
        result: Floats = np.maximum(away_m - self.radius_m, 0.0)
        return result

    @cached_property
    def edges(self) -> Floats:
        """The outline's edges in the area's own plane."""
        return self.edges_in(self.plane)

    def edges_in(self, plane: LocalPlane) -> Floats:
        """Return the outline's edges in another plane: rows of x, y, next x, next y, metres.

        A point is an edge of no length.
        """
        rings = [shapely.get_coordinates(ring) for ring in _rings(self.shape_in(plane))]
        # A ring ends where it begins.
        return np.concatenate(
            [np.hstack([xy[:-1], xy[1:]] if len(xy) > 1 else [xy, xy]) for xy in rings]
        )

    def shape_in(self, plane: LocalPlane) -> BaseGeometry:
        """Return the outline in another plane, metres, without its radius."""
        return shapely.transform(self._shape_m, lambda xy: _move(xy, self.plane, plane))

    def box_deg(self, margin_m: float) -> tuple[float, float, float, float]:
        """Return west, south, east and north of the area with a margin, degrees.

        West is the larger one across the antimeridian.
        """
        west, south, east, north = self._shape_m.buffer(self.radius_m + margin_m).bounds
        lat_deg, lon_deg = self.plane.to_degrees(np.array([west, east]), np.array([south, north]))
        return float(lon_deg[0]), float(lat_deg[0]), float(lon_deg[1]), float(lat_deg[1])

    def centre(self) -> tuple[float, float]:
        """Return lat_deg and lon_deg of a place that lies within."""
        return self._centre_deg

    @cached_property
    def _centre_deg(self) -> tuple[float, float]:
        inner = self._shape_m.representative_point()
        lat_deg, lon_deg = self.plane.to_degrees(np.array([inner.x]), np.array([inner.y]))
        return float(lat_deg[0]), float(lon_deg[0])


@dataclass(frozen=True, slots=True)
class Grid:
    """An area of responsibility."""

    grid_id: GridId
    area: Area


@dataclass(frozen=True, slots=True)
class Premises:
    """A building or an entrance to be visited; never a resident."""

    premises_id: PremisesId
    area: Area


@dataclass(frozen=True, slots=True)
class AuthorisedPlace:
    """A place where being outside the grid is in order."""

    place_id: PlaceId
    area: Area


class Outlines(NamedTuple):
    """Shapes as edges (x, y, next x, next y), metres; shape k has those from first[k] on.

    A point with a radius is one edge of no length.
    """

    corners: Floats
    first: NDArray[np.int64]
    radius_m: Floats


class PremisesIndex:
    """The premises of one grid, and those of others around, in one plane.

    Others' premises compete with the grid's own for what happened near its border; what they
    win is no visit of this grid. `is_own` tells which of `outlines` are the grid's.
    """

    def __init__(self, premises: Sequence[Premises], others: Sequence[Premises] = ()) -> None:
        self.own, self.others = list(premises), list(others)
        # In the order of their ids, so that a tie does not depend on who listed them.
        self._premises = sorted([*premises, *others], key=lambda one: one.premises_id)
        own = {one.premises_id for one in premises}
        self.is_own = np.array([one.premises_id in own for one in self._premises], dtype=bool)
        self._plane = self._premises[0].area.plane if self._premises else LocalPlane(0.0, 0.0)
        self._outlines = _outlines([one.area for one in self._premises], self._plane)

    def __len__(self) -> int:
        return len(self.own)

    @property
    def plane(self) -> LocalPlane:
        """The plane in which `outlines` are."""
        return self._plane

    @cached_property
    def ids(self) -> list[PremisesId]:
        """The premises in the order of `outlines`."""
        return [one.premises_id for one in self._premises]

    def joined(self, *indexes: "PremisesIndex") -> "PremisesIndex":
        """Return an index in which the own premises of each of them are own."""
        if not indexes:
            return self
        own = {one.premises_id: one for index in (self, *indexes) for one in index.own}
        others = {one.premises_id: one for index in (self, *indexes) for one in index.others}
        return PremisesIndex([*own.values()], [others[name] for name in others.keys() - own])

    def outlines(self) -> Outlines:
        """Return the shapes of all premises as plain numbers."""
        return self._outlines

    @cached_property
    def circles(self) -> Floats:
        """A circle around each of the premises: x, y, radius, metres."""
        corners, first, radius_m = self._outlines
        found = np.empty((len(radius_m), 3))
        for k, (start, end) in enumerate(pairwise(first.tolist())):
            places = corners[start:end, :2]
            middle = (places.min(axis=0) + places.max(axis=0)) / 2
            found[k, :2] = middle
            found[k, 2] = np.hypot(*(places - middle).T).max() + radius_m[k]
        return found


def _outlines(areas: Sequence[Area], plane: LocalPlane) -> Outlines:
    edges = [area.edges_in(plane) for area in areas]
    first = np.cumsum([0, *(len(one) for one in edges)])
    corners = np.concatenate([np.empty((0, 4)), *edges])
    return Outlines(corners, first, np.array([area.radius_m for area in areas], dtype=float))


def read_area(geometry: Mapping[str, Any] | None, *, radius_m: float | None = None) -> Area:
    """Return the area of a GeoJSON geometry: a polygon, or a point with `radius_m`.

    Raises InputError that says what is wrong with it, and where on the ground.
    """
    if not isinstance(geometry, Mapping):
        raise InputError("geometry is missing")
    kind = geometry.get("type")
    if kind == "Point":
        return _read_circle(geometry, radius_m)
    if kind not in _SHAPES:
        raise InputError(f"geometry is a {kind!r}: use Polygon, MultiPolygon or Point")
    return _read_outline(geometry)


def _read_circle(geometry: Mapping[str, Any], radius_m: float | None) -> Area:
    if radius_m is None or not 0 < radius_m < _MAX_EXTENT_M:
        raise InputError("a Point needs radius_m, in metres and above 0")
    lon_deg, lat_deg = read_position(geometry.get("coordinates"))
    return Area(LocalPlane(lat_deg, lon_deg), shapely.Point(0.0, 0.0), radius_m)


def _read_outline(geometry: Mapping[str, Any]) -> Area:
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    try:
        rings = [[[read_position(xy) for xy in ring] for ring in part] for part in parts or ()]
        lon_deg, lat_deg = rings[0][0][0]
    except (TypeError, IndexError) as error:
        raise InputError("coordinates are not lists of rings of positions") from error
    plane = LocalPlane(lat_deg, lon_deg)
    shape = _polygons(rings, plane)
    _check_shape(shape, plane)
    return Area(plane, shape)


def _polygons(rings: list[list[list[tuple[float, float]]]], plane: LocalPlane) -> BaseGeometry:
    if not all(rings):
        raise InputError("a polygon has no ring")
    for ring in (ring for part in rings for ring in part):
        if len(ring) < 4 or ring[0] != ring[-1]:  # noqa: PLR2004 - a triangle, closed
            raise InputError("a ring needs at least 4 positions and must end where it begins")
    polygons = []
    for part in rings:
        shell, *holes = ([*zip(*_project(ring, plane), strict=True)] for ring in part)
        polygons.append(shapely.Polygon(shell, holes))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _project(ring: list[tuple[float, float]], plane: LocalPlane) -> tuple[Floats, Floats]:
    lon_deg, lat_deg = np.array(ring).T
    return plane.to_metres(lat_deg, lon_deg)


def _check_shape(shape: BaseGeometry, plane: LocalPlane) -> None:
    if not shape.is_valid:
        raise InputError(f"outline is not valid: {_explain(shape, plane)}")
    west, south, east, north = shape.bounds
    extent_m = max(east - west, north - south)
    if extent_m > _MAX_EXTENT_M:
        raise InputError(
            f"outline is {extent_m / 1000:.0f} km across: are the coordinates right, "
            "longitude first, in degrees?"
        )


def _explain(shape: BaseGeometry, plane: LocalPlane) -> str:
    # GEOS says e.g. "Self-intersection[12.5 7.1]", in metres of the plane.
    reason, _, place = str(shapely.is_valid_reason(shape)).partition("[")
    words = place.rstrip("]").split()
    if len(words) < 2:  # noqa: PLR2004 - x and y
        return reason
    lat_deg, lon_deg = plane.to_degrees(np.array([float(words[0])]), np.array([float(words[1])]))
    return f"{reason} near lon {lon_deg[0]:.6f}, lat {lat_deg[0]:.6f}"


def read_position(position: object) -> tuple[float, float]:
    """Return longitude and latitude in degrees, in GeoJSON's order."""
    if not isinstance(position, Sequence) or len(position) < 2:  # noqa: PLR2004 - x and y
        raise InputError("a position must be [longitude, latitude]")
    lon_deg, lat_deg = position[0], position[1]
    if not all(type(value) in (int, float) and abs(value) < inf for value in (lon_deg, lat_deg)):
        raise InputError(f"position {str(position)[:60]} is not two numbers")
    if abs(lat_deg) > POLE_DEG >= abs(lon_deg):
        raise InputError(
            f"position [{lon_deg}, {lat_deg}] has its axes swapped: GeoJSON has longitude first"
        )
    if abs(lat_deg) > POLE_DEG or abs(lon_deg) > ANTIMERIDIAN_DEG:
        raise InputError(
            f"position [{lon_deg}, {lat_deg}] is not longitude and latitude in degrees"
        )
    return float(lon_deg), float(lat_deg)


def _rings(shape: BaseGeometry) -> list[BaseGeometry]:
    if shape.geom_type == "Point":
        return [shape]
    return [ring for part in shapely.get_parts(shape) for ring in shapely.get_rings(part)]


def _move(xy: Floats, source: LocalPlane, target: LocalPlane) -> Floats:
    lat_deg, lon_deg = source.to_degrees(xy[:, 0], xy[:, 1])
    return np.column_stack(target.to_metres(lat_deg, lon_deg))
