"""From sentences of NMEA 0183 to readings.

Versions 2.0 to 4.11, as receivers really send them; docs/reference/device.md says which
sentences are read and how.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

import pynmea2

from device.framing import Refusal, SentenceError
from patrol.fix import ANTIMERIDIAN_DEG, MEASURED, POLE_DEG, FixQuality

_MPS_PER_KNOT = 1852 / 3600
# sqrt(-2 ln(1 - 0.6827)): the circle that holds 68 % of a circular normal error.
_RADIUS_68_PER_SIGMA = 1.515
# RMC has no century. GPS time begins in 1980, so a year from 80 on is of the last one.
_PIVOT_YEAR = 80
_TURN_DEG = 360


class Place(NamedTuple):
    """A position on WGS-84."""

    lat_deg: float
    lon_deg: float


class Rmc(NamedTuple):
    """Recommended minimum data; `epoch` and `place` are None without a solution."""

    time: timedelta
    epoch: datetime | None = None
    place: Place | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    quality: FixQuality | None = None


class Gga(NamedTuple):
    """Fix data; `place` is None without a measured solution."""

    time: timedelta
    quality: FixQuality
    place: Place | None = None
    satellites: int | None = None
    hdop: float | None = None
    altitude_m: float | None = None


class Gns(NamedTuple):
    """Fix data of several constellations, in the words of GGA."""

    gga: Gga


class Gll(NamedTuple):
    """Position and time; `place` is None without a measured solution."""

    time: timedelta
    place: Place | None = None
    quality: FixQuality | None = None


class Vtg(NamedTuple):
    """Speed and course; belongs to the epoch among whose sentences it comes."""

    speed_mps: float | None
    course_deg: float | None


class Gst(NamedTuple):
    """Error statistics."""

    time: timedelta
    accuracy_m: float | None


class Gsa(NamedTuple):
    """Dilution of precision; belongs to the epoch among whose sentences it comes."""

    hdop: float | None


class Zda(NamedTuple):
    """Date and time."""

    moment: datetime


Reading: TypeAlias = Rmc | Gga | Gns | Gll | Vtg | Gst | Gsa | Zda


def read_sentence(line: bytes) -> Reading | None:
    """Return what a sentence says; None for one that is of no use here or says nothing yet.

    Raises SentenceError when the checksum is wrong or missing, or when a field that decides
    about time, validity or place cannot be read. Other unreadable fields are "not known".
    """
    read = _READERS.get(line[3:6].upper())
    if read is None:
        return None
    text = line.decode("latin-1")
    try:
        pynmea2.parse(text, check=True)
        # pynmea2 takes a talker that begins with P for a proprietary type, and gives 0.0 for
        # a hemisphere that is missing, so the fields are read here.
        fields = text[: text.rindex("*")].split(",")[1:]
        return read([*fields, *[""] * _MOST_FIELDS])
    except pynmea2.ChecksumError as error:
        raise SentenceError(Refusal.CHECKSUM, f"checksum of {text!r} does not hold") from error
    except ValueError as error:
        raise SentenceError(Refusal.MALFORMED, f"sentence {text!r}: {error}") from error


def accuracy_of(sigma_lat_m: float | None, sigma_lon_m: float | None) -> float | None:
    """Return the 68 % horizontal radius of two standard deviations, None if not known.

    r68 = 1.515 * sqrt((sigma_lat^2 + sigma_lon^2) / 2): exact for a circular normal error
    (Rayleigh distribution, 1.515 = sqrt(-2 ln 0.3173)) and on the careful side, up to 7 %
    too large, for an elongated one. Both zero is how some receivers say "not computed".
    """
    if sigma_lat_m is None or sigma_lon_m is None:
        return None
    radius_m = _RADIUS_68_PER_SIGMA * math.hypot(sigma_lat_m, sigma_lon_m) / math.sqrt(2)
    return radius_m or None


# Modes of RMC that are measured; the others are N none, E estimated, M manual, S simulator.
_QUALITY_OF_MODE = {
    "A": FixQuality.GNSS,
    "D": FixQuality.DIFFERENTIAL,
    "P": FixQuality.PPS,
    "R": FixQuality.RTK_FIXED,
    "F": FixQuality.RTK_FLOAT,
}
_MOST_FIELDS = 17
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9]|60)(?:\.([0-9]*))?")
_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
# The minutes have two digits before the dot; the degrees have what stands before them.
_ANGLE = re.compile(r"([0-9]{1,3})([0-5][0-9](?:\.[0-9]*)?)([NSEW])")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)")


def _read_rmc(fields: list[str]) -> Rmc | None:
    time, status, *_ = fields
    mode = fields[11]
    # The navigational status behind the mode says nothing about the position: many
    # receivers send V, "not provided", with good ones.
    if status != "A" or (mode and mode not in _QUALITY_OF_MODE):
        return Rmc(_time(time)) if time else None
    day, month, year = map(int, _match(_DATE, fields[8], "date").groups())
    century = 1900 if year >= _PIVOT_YEAR else 2000
    return Rmc(
        time=_time(time),
        epoch=datetime(century + year, month, day, tzinfo=UTC) + _time(time),
        place=_place(fields[2:6]),
        speed_mps=_at_least_0(_number(fields[6]), _MPS_PER_KNOT),
        course_deg=_course(fields[7]),
        quality=_QUALITY_OF_MODE.get(mode),
    )


def _read_gga(fields: list[str]) -> Gga | None:
    if not fields[0]:
        return None
    time = _time(fields[0])
    quality = FixQuality(int(fields[5] or "0"))
    if quality not in MEASURED:
        return Gga(time, quality)
    satellites = _at_least_0(_number(fields[6]))
    return Gga(
        time=time,
        quality=quality,
        place=_place(fields[1:5]),
        satellites=None if satellites is None else int(satellites),
        hdop=_at_least_0(_number(fields[7])),
        altitude_m=_number(fields[8]),
    )


def _read_gns(fields: list[str]) -> Gns | None:
    # A letter for each constellation; the first that has measured counts.
    modes = [_QUALITY_OF_MODE[mode] for mode in fields[5] if mode in _QUALITY_OF_MODE]
    if not modes:
        return None
    gga = _read_gga([*fields[:5], str(int(modes[0])), *fields[6:]])
    return None if gga is None else Gns(gga)


def _read_gll(fields: list[str]) -> Gll | None:
    if not fields[4]:
        return None
    status, mode = fields[5:7]
    if status != "A" or (mode and mode not in _QUALITY_OF_MODE):
        return Gll(_time(fields[4]))
    return Gll(_time(fields[4]), _place(fields[:4]), _QUALITY_OF_MODE.get(mode))


def _read_vtg(fields: list[str]) -> Vtg | None:
    mode = fields[8]
    if mode and mode not in _QUALITY_OF_MODE:
        return None
    return Vtg(_at_least_0(_number(fields[4]), _MPS_PER_KNOT), _course(fields[0]))


def _read_gst(fields: list[str]) -> Gst | None:
    if not fields[0]:
        return None
    sigmas = (_at_least_0(_number(field)) for field in fields[5:7])
    return Gst(_time(fields[0]), accuracy_of(*sigmas))


def _read_gsa(fields: list[str]) -> Gsa:
    return Gsa(_at_least_0(_number(fields[15])))


def _read_zda(fields: list[str]) -> Zda | None:
    if not all(fields[:4]):
        return None
    day, month = map(int, fields[1:3])
    year = int(_match(_YEAR, fields[3], "year")[0])
    return Zda(datetime(year, month, day, tzinfo=UTC) + _time(fields[0]))


_READERS: dict[bytes, Callable[[list[str]], Reading | None]] = {
    b"RMC": _read_rmc,
    b"GGA": _read_gga,
    b"GNS": _read_gns,
    b"GLL": _read_gll,
    b"VTG": _read_vtg,
    b"GST": _read_gst,
    b"GSA": _read_gsa,
    b"ZDA": _read_zda,
}


def _match(pattern: re.Pattern[str], text: str, what: str) -> re.Match[str]:
    if found := pattern.fullmatch(text):
        return found
    raise ValueError(f"{what} is {text!r}")


def _time(text: str) -> timedelta:
    hours, minutes, seconds, fraction = _match(_TIME, text, "time").groups("0")
    return timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        milliseconds=int(fraction[:3].ljust(3, "0")),
    )


def _place(fields: list[str]) -> Place:
    lat, north, lon, east = fields
    return Place(
        _angle(f"{lat}{north}", "NS", POLE_DEG),
        _angle(f"{lon}{east}", "EW", ANTIMERIDIAN_DEG),
    )


def _angle(text: str, signs: str, most_deg: int) -> float:
    degrees, minutes, hemisphere = _match(_ANGLE, text, "angle").groups()
    angle_deg = int(degrees) + float(minutes) / 60
    if hemisphere not in signs or angle_deg > most_deg:
        raise ValueError(f"angle {text!r} is none of 0 to {most_deg} degrees {signs}")
    return angle_deg if hemisphere == signs[0] else -angle_deg


def _course(text: str) -> float | None:
    course_deg = _number(text)
    return course_deg if course_deg is not None and 0 <= course_deg <= _TURN_DEG else None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _at_least_0(number: float | None, unit: float = 1.0) -> float | None:
    return number * unit if number is not None and number >= 0 else None
