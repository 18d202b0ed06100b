"""Fields of sentences: times, dates, angles and numbers, as senders really write them."""

import math
import re
from datetime import UTC, date, datetime, timedelta

from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG

MPS_PER_KNOT = 1852 / 3600
MPS_PER_KMH = 1 / 3.6
# RMC has no century. GPS time begins in 1980, so a year from 80 on is of the last one.
_PIVOT_YEAR = 80
_TURN_DEG = 360
# The circle that holds 68 % of a circular normal error: sqrt(-2 ln(1 - 0.6827)).
_RADIUS_68_PER_SIGMA = 1.515
_DAY = timedelta(days=1)

_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9]|60)(?:\.([0-9]*))?")
_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
# The minutes have two digits before the dot; the degrees have what stands before them.
_ANGLE = re.compile(r"([0-9]{1,3})([0-5][0-9](?:\.[0-9]*)?)")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)")


def time_of(text: str) -> timedelta | None:
    """Return the time of day of hhmmss.sss, None for an empty field; raises ValueError."""
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"time is {text!r}")
    hours, minutes, seconds, fraction = found.groups("0")
    return timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        milliseconds=int(fraction[:3].ljust(3, "0")),
    )


def date_of(text: str) -> date | None:
    """Return the day of ddmmyy, None for an empty field; raises ValueError."""
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"date is {text!r}")
    day, month, year = map(int, found.groups())
    return date((1900 if year >= _PIVOT_YEAR else 2000) + year, month, day)


def place_of(fields: list[str]) -> tuple[float, float] | None:
    """Return degrees of four fields, ddmm.mmmm and dddmm.mmmm with their hemispheres.

    None where they are empty; raises ValueError where they are no place.
    """
    lat, north, lon, east = fields
    if not lat and not lon:
        return None
    return _angle(lat, north, "NS", POLE_DEG), _angle(lon, east, "EW", ANTIMERIDIAN_DEG)


def decimal_place_of(lat: str, lon: str) -> tuple[float, float]:
    """Return degrees that are written as such; raises ValueError where they are no place."""
    lat_deg, lon_deg = number_of(lat), number_of(lon)
    if lat_deg is None or lon_deg is None or abs(lat_deg) > POLE_DEG:
        raise ValueError(f"place is {lat!r}, {lon!r}")
    if abs(lon_deg) > ANTIMERIDIAN_DEG:
        raise ValueError(f"longitude is {lon!r}")
    return lat_deg, lon_deg


def number_of(text: str) -> float | None:
    """Return a number, None for what is none."""
    return float(text) if _NUMBER.fullmatch(text) else None


def amount_of(text: str, unit: float = 1.0) -> float | None:
    """Return a number from 0 on times `unit`, None for what is none."""
    number = number_of(text)
    return number * unit if number is not None and number >= 0 else None


def count_of(text: str) -> int | None:
    """Return a whole number from 0 on, None for what is none."""
    amount = amount_of(text)
    return None if amount is None else int(amount)


def course_of(text: str) -> float | None:
    """Return a course in degrees, None for what is none."""
    course = number_of(text)
    return course if course is not None and 0 <= course <= _TURN_DEG else None


def accuracy_of(sigma_lat: str, sigma_lon: str) -> float | None:
    """Return the 68 % radius in m of two standard deviations; both 0 is "not computed"."""
    lat_m, lon_m = amount_of(sigma_lat), amount_of(sigma_lon)
    if lat_m is None or lon_m is None:
        return None
    return _RADIUS_68_PER_SIGMA * math.hypot(lat_m, lon_m) / math.sqrt(2) or None


def moment_of(day: date, time: timedelta) -> datetime:
    """Return the UTC instant of a time of day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + time


def nearest(time: timedelta, received_at: datetime) -> datetime:
    """Return the instant of a time of day that is nearest to `received_at`."""
    today = moment_of(received_at.date(), time)
    return min((today - _DAY, today, today + _DAY), key=lambda moment: abs(moment - received_at))


def _angle(text: str, hemisphere: str, signs: str, most_deg: int) -> float:  # noqa: PLR0917 - both of a kind
    found = _ANGLE.fullmatch(text)
    if found is None or len(hemisphere) != 1 or hemisphere not in signs:
        raise ValueError(f"angle is {text!r} {hemisphere!r}")
    angle_deg = int(found[1]) + float(found[2]) / 60
    if angle_deg > most_deg:
        raise ValueError(f"angle {text!r} is more than {most_deg} degrees")
    return angle_deg if hemisphere == signs[0] else -angle_deg or 0.0
