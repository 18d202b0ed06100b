"""Places in the two datums of Chinese maps, GCJ-02 and BD-09, and back to WGS-84.

GCJ-02 shifts WGS-84 by up to some 700 m within China, by a sum of sines of the place; BD-09
shifts GCJ-02 once more. Neither has a published standard: the formulas are those that open map
libraries agree upon (eviltransform, coordtransform), and there is no closed inverse, so that it
is found by going back and forth.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from patrol.errors import InputError

# Krassowsky 1940, on which the shift is computed.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
# Each step brings it some hundred times closer, from 700 m.
_STEPS = 6
# Outside nothing is shifted.
_CHINA_LAT = (0.8293, 55.8271)
_CHINA_LON = (72.004, 137.8347)
_BAIDU_TURN = math.pi * 3000.0 / 180.0
_BAIDU_SHIFT = (0.006, 0.0065)


class Place(NamedTuple):
    """Latitude and longitude in degrees."""

    lat_deg: float
    lon_deg: float


def gcj02_of(place: Place) -> Place:
    """Return where a WGS-84 place lies in GCJ-02."""
    if not _is_in_china(place):
        return place
    x, y = place.lon_deg - 105.0, place.lat_deg - 35.0
    lat_rad = math.radians(place.lat_deg)
    bend = 1 - _ECCENTRICITY_2 * math.sin(lat_rad) ** 2
    north_m, east_m = _north(x, y), _east(x, y)
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / (bend * math.sqrt(bend))
    parallel_m = _AXIS_M / math.sqrt(bend) * math.cos(lat_rad)
    return Place(
        place.lat_deg + math.degrees(north_m / meridian_m),
        place.lon_deg + math.degrees(east_m / parallel_m),
    )


def wgs84_of_gcj02(place: Place) -> Place:
    """Return which WGS-84 place lies at a GCJ-02 one, to a millimetre."""
    return _back(place, gcj02_of)


def bd09_of(place: Place) -> Place:
    """Return where a WGS-84 place lies in BD-09."""
    y, x = gcj02_of(place)
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BAIDU_TURN)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BAIDU_TURN)
    lat_shift, lon_shift = _BAIDU_SHIFT
    return Place(radius * math.sin(angle) + lat_shift, radius * math.cos(angle) + lon_shift)


def wgs84_of_bd09(place: Place) -> Place:
    """Return which WGS-84 place lies at a BD-09 one, to a millimetre."""
    return _back(place, bd09_of)


_TO_WGS84: dict[str, Callable[[Place], Place]] = {
    "wgs84": lambda place: place,
    "gcj02": wgs84_of_gcj02,
    "bd09": wgs84_of_bd09,
}
DATUMS = tuple(_TO_WGS84)


def wgs84_of(place: Place, *, datum: str) -> Place:
    """Return the WGS-84 place of one in `datum`, which is one of DATUMS, or raise InputError."""
    if datum not in _TO_WGS84:
        raise InputError(f"datum is {datum!r}, not one of {', '.join(DATUMS)}")
    return _TO_WGS84[datum](place)


def _back(place: Place, forth: Callable[[Place], Place]) -> Place:
    guess = place
    for _ in range(_STEPS):
        there = forth(guess)
        guess = Place(
            guess.lat_deg - (there.lat_deg - place.lat_deg),
            guess.lon_deg - (there.lon_deg - place.lon_deg),
        )
    return guess


def _is_in_china(place: Place) -> bool:
    south, north = _CHINA_LAT
    west, east = _CHINA_LON
    return south < place.lat_deg < north and west < place.lon_deg < east


def _north(x: float, y: float) -> float:
    bow = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return bow + _ripples(x) + _waves(y, (20.0, 40.0), (160.0, 320.0))


def _east(x: float, y: float) -> float:
    bow = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return bow + _ripples(x) + _waves(x, (20.0, 40.0), (150.0, 300.0))


def _ripples(x: float) -> float:
    short, long = math.sin(6.0 * x * math.pi), math.sin(2.0 * x * math.pi)
    return (20.0 * short + 20.0 * long) * 2.0 / 3.0


def _waves(at: float, near: tuple[float, float], far: tuple[float, float]) -> float:
    first = near[0] * math.sin(at * math.pi) + near[1] * math.sin(at / 3.0 * math.pi)
    second = far[0] * math.sin(at / 12.0 * math.pi) + far[1] * math.sin(at * math.pi / 30.0)
    return (first + second) * 2.0 / 3.0
