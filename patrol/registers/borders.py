"""Where neighbouring grids leave ground to nobody, or to two of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from patrol.geodesy import LocalPlane
from patrol.geofence import Area

# What is wider between two grids is a street, a river or a park that none of them is to have.
MOST_GAP_M = 50.0
_MITRE = 2
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class BorderFault:
    """Ground of nobody (`gap`) or of two grids (`overlap`), m2, with an outline in GeoJSON."""

    kind: str
    grid_ids: tuple[str, ...]
    area_m2: float
    geometry: Mapping[str, Any]


def find_faults(grids: Mapping[str, Area], *, least_m2: float) -> list[BorderFault]:
    """Return overlaps and gaps of at least `least_m2` between the grids, by their ids.

    A gap is enclosed by grids, or at most `MOST_GAP_M` wide between two of them.
    """
    if not grids:
        return []
    plane = LocalPlane(*next(iter(grids.values())).centre())
    names = sorted(grids)
    shapes = [grids[name].shape_in(plane) for name in names]
    found = [
        BorderFault("overlap", (names[first], names[second]), part.area, _geojson(part, plane))
        for first, second in _near(shapes)
        for part in _polygons(shapes[first].intersection(shapes[second]))
        if part.area >= least_m2
    ]
    for gap in _gaps(shapes):
        around = [
            name
            for name, shape in zip(names, shapes, strict=True)
            if shape.distance(gap) <= 1e-3  # noqa: PLR2004 - a millimetre: it touches
        ]
        if gap.area >= least_m2 and len(around) > 1:
            found.append(BorderFault("gap", tuple(around), gap.area, _geojson(gap, plane)))
    return sorted(found, key=lambda one: (one.kind, one.grid_ids, one.area_m2))


def _gaps(shapes: Sequence[Any]) -> Iterator[Any]:
    whole = _joined(shapes)
    # What is narrow closes when all grow and shrink again; corners stay as they are.
    grown = whole.buffer(MOST_GAP_M / 2, join_style=_MITRE)
    closed = grown.buffer(-MOST_GAP_M / 2, join_style=_MITRE)
    for part in _polygons(whole):
        for ring in part.interiors:
            closed = closed.union(type(part)(ring))
    yield from _polygons(closed.difference(whole))


def _near(shapes: Sequence[Any]) -> Iterator[tuple[int, int]]:
    boxes = np.array([shape.bounds for shape in shapes])
    for first, box in enumerate(boxes):
        others = boxes[first + 1 :]
        near = (others[:, :2] <= box[2:]).all(axis=1) & (others[:, 2:] >= box[:2]).all(axis=1)
        for behind in np.flatnonzero(near).tolist():
            yield first, first + 1 + behind


def _joined(shapes: Sequence[Any]) -> Any:  # noqa: ANN401 - the library has no types
    # By halves: what is joined to all at once again and again takes long.
    if len(shapes) == 1:
        return shapes[0]
    half = len(shapes) // 2
    return _joined(shapes[:half]).union(_joined(shapes[half:]))


def _polygons(shape: Any) -> Iterator[Any]:  # noqa: ANN401 - the library has no types
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon" and not part.is_empty:
            yield part


def _geojson(part: Any, plane: LocalPlane) -> Mapping[str, Any]:  # noqa: ANN401 - the same
    rings = [part.exterior, *part.interiors]
    return {"type": "Polygon", "coordinates": [_ring(ring, plane) for ring in rings]}


def _ring(ring: Any, plane: LocalPlane) -> list[list[float]]:  # noqa: ANN401 - the same
    x_m, y_m = np.array(ring.coords).T
    lat_deg, lon_deg = plane.to_degrees(x_m, y_m)
    return [
        [round(lon, _DIGITS), round(lat, _DIGITS)]
        for lon, lat in zip(lon_deg.tolist(), lat_deg.tolist(), strict=True)
    ]
