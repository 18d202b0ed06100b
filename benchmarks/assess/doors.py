"""Whether a place is near premises: what turns a stop anywhere into a home visit."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from patrol.geodesy import Floats, LocalPlane
from patrol.track import Integers, Mask

# What people take for a visit: a stop, or a fix, so near to premises.
NEAR_M = 30.0


class Doors:
    """The premises of one grid in a tree, as one would look them up without this engine."""

    def __init__(self, geometries: Iterable[Mapping[str, Any]], plane: LocalPlane) -> None:
        shapes = [shapely.from_geojson(json.dumps(geometry)) for geometry in geometries]
        self._plane = plane
        self._tree = shapely.STRtree([shapely.transform(one, self._to_metres) for one in shapes])

    def are_near(self, lat_deg: Floats, lon_deg: Floats) -> Mask:
        """Return for each place whether it is within or at most `NEAR_M` from premises."""
        near = np.zeros(len(lat_deg), dtype=np.bool_)
        near[self.near(lat_deg, lon_deg)[0]] = True
        return near

    def near(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Integers, Integers]:
        """Return which place is near which premises, pair by pair, as two columns of numbers."""
        places = shapely.points(*self._plane.to_metres(lat_deg, lon_deg))
        place, door = self._tree.query(places, predicate="dwithin", distance=NEAR_M)
        return place, door

    def _to_metres(self, lon_lat: Floats) -> Floats:
        return np.column_stack(self._plane.to_metres(lon_lat[:, 1], lon_lat[:, 0]))
