"""What is marked on a report because the camera and the terminal disagree; nothing is refused."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from patrol.messages import SCALE_E7, Position
from patrol.notices.reports import Exif, Mark, Photo

MOST_APART_M = 200.0
MOST_APART = timedelta(minutes=10)

# Mean radius of the Earth (IUGG R1); the WGS-84 ellipsoid is nowhere off by 0.6 %.
_EARTH_M = 6_371_008.8


def marks_of(photos: Sequence[Photo], fix: Position | None, taken_at: datetime) -> tuple[Mark, ...]:
    """Return what somebody who looks at these photos should know of them."""
    found = set()
    if fix is None:
        found.add(Mark.NO_FIX)
    for photo in photos:
        exif = photo.exif
        if exif is None:
            found.add(Mark.NO_EXIF)
            continue
        if exif.taken_at is not None and abs(exif.taken_at - taken_at) > MOST_APART:
            found.add(Mark.EXIF_TIME_DIFFERS)
        if fix is not None and (_distance_m(exif, fix) or 0.0) > MOST_APART_M:
            found.add(Mark.EXIF_PLACE_DIFFERS)
    return tuple(mark for mark in Mark if mark in found)


def _distance_m(exif: Exif, fix: Position) -> float | None:
    """Return the way between both places on a sphere (haversine), None where one is missing."""
    if exif.lat_e7 is None or exif.lon_e7 is None:
        return None
    lat, lon = math.radians(exif.lat_e7 / SCALE_E7), math.radians(exif.lon_e7 / SCALE_E7)
    fix_lat, fix_lon = math.radians(fix.lat_e7 / SCALE_E7), math.radians(fix.lon_e7 / SCALE_E7)
    half_chord = (
        math.sin((lat - fix_lat) / 2) ** 2
        + math.cos(lat) * math.cos(fix_lat) * math.sin((lon - fix_lon) / 2) ** 2
    )
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half_chord)))
