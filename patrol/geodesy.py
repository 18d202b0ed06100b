"""Metres on the ground around one place, without a map projection library.

Within the few kilometres of a grid the WGS-84 ellipsoid is flat to a centimetre when each
axis is scaled by its radius of curvature (Torge, Geodesy, 3rd ed., section 4.1).
"""

from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

# WGS-84: semi-major axis and first eccentricity squared.
_A_M = 6_378_137.0
_E2 = 6.694_379_990_141_316e-3
_TURN_DEG = 360.0


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A tangent plane at a WGS-84 place: x east and y north of it, in metres."""

    lat_deg: float
    lon_deg: float

    def to_metres(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Return x_m and y_m, of the same shape; right across the antimeridian too."""
        east, north = self._metres_per_degree()
        # The way round that is shorter: 179.9 and -179.9 are neighbours.
        turned = np.asarray(lon_deg) - self.lon_deg + _TURN_DEG / 2
        # Remainders take long, and only near the antimeridian there are any.
        if turned.size and not 0.0 <= turned.min() <= turned.max() < _TURN_DEG:
            turned %= _TURN_DEG
        return (turned - _TURN_DEG / 2) * east, (lat_deg - self.lat_deg) * north

    def to_degrees(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Return lat_deg and lon_deg of places in the plane, longitudes in [-180, 180)."""
        east, north = self._metres_per_degree()
        lon_deg = self.lon_deg + x_m / east
        return (
            self.lat_deg + y_m / north,
            (lon_deg + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2,
        )

    def _metres_per_degree(self) -> tuple[float, float]:
        latitude = radians(self.lat_deg)
        root = sqrt(1 - _E2 * sin(latitude) ** 2)
        prime_vertical_m = _A_M / root
        meridian_m = _A_M * (1 - _E2) / root**3
        return radians(prime_vertical_m * cos(latitude)), radians(meridian_m)
