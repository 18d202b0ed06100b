"""Date, place and motion, as nearly every frame of GT06 begins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from struct import Struct

from gateway.codecs.events import Located, RawFix, Value
from gateway.codecs.gt06.fields import NO_OFFSET, Fields, Report
from gateway.codecs.gt06.frames import Frame
from gateway.codecs.gt06.networks import EMPTY
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG

_CENTURY = 2000
_UNITS_PER_DEG = 1_800_000
_MOST_LAT = POLE_DEG * _UNITS_PER_DEG
_MOST_LON = ANTIMERIDIAN_DEG * _UNITS_PER_DEG
_KMH_PER_MPS = 3.6
_MOST_COURSE_DEG = 360
_SATELLITES_MASK = 0x0F
# The word of course and status; bit 13 tells differential from autonomous on some models.
_COURSE_MASK = 0x03FF
_IS_NORTH = 0x0400
_IS_WEST = 0x0800
_IS_FIXED = 0x1000
_HAS_IGNITION = 0x4000
_IGNITION = 0x8000

# Date (6), satellites, latitude, longitude, speed in km/h, course and status.
_PLACE = Struct(">6sBIIBH")
# The same in single numbers and a cell: country, net, area, cell in three bytes.
_PLACE_AND_CELL = Struct(">6BBIIBHHBHBH")
PLAIN_BYTES = _PLACE_AND_CELL.size
_MOST_NARROW_MCC = 0x7FFF
_DATE = Struct(">6B")
_ANGLES = Struct(">II")
_MOTION = Struct(">BH")
_SWAPPED_MOTION = Struct(">HH")
_WORD = Struct(">H")
_TIMED = Struct(">IBhIIBH")


def read_place(fields: Fields, report: Report) -> None:
    """Date, satellites, place, speed, course and status: 18 bytes."""
    date, count, lat, lon, kmh, flags = fields.unpack(_PLACE)
    moment = moment_of(date, report.clock_offset)
    if moment is None:
        report.attributes["raw_time"] = date.hex()
    report.fix = _fix(report, moment, (lat, lon, kmh, flags, count & _SATELLITES_MASK))


def read_plain(frame: Frame, terminal_id: str | None, offset: timedelta) -> Located | None:
    """Return what a place and a cell say, with nothing behind them and nothing strange in them.

    Nearly every report is one of these; any other is None, and is to be read part by part.
    """
    said = _PLACE_AND_CELL.unpack(frame.content)
    year, month, day, hour, minute, second, count, lat, lon, kmh, flags = said[:11]
    mcc, mnc, lac, high, low = said[11:]
    if lat > _MOST_LAT or lon > _MOST_LON or not 0 < mcc <= _MOST_NARROW_MCC or lac in EMPTY:
        return None
    try:
        moment = datetime(_CENTURY + year, month, day, hour, minute, second, 0, UTC)
    except ValueError:
        return None
    cells: list[Value] = [{"mcc": mcc, "mnc": mnc, "lac": lac, "cell": high << 16 | low}]
    attributes: dict[str, Value] = {"type": frame.kind, "course_status": flags, "cells": cells}
    if flags & _HAS_IGNITION:
        attributes["ignition"] = flags & _IGNITION != 0
    course_deg = flags & _COURSE_MASK
    # By position: epoch, latitude, longitude, altitude, speed, course, accuracy, HDOP.
    fix = RawFix(
        moment - offset if offset is not NO_OFFSET else moment,
        lat / (_UNITS_PER_DEG if flags & _IS_NORTH else -_UNITS_PER_DEG) or 0.0,
        lon / (-_UNITS_PER_DEG if flags & _IS_WEST else _UNITS_PER_DEG) or 0.0,
        None,
        kmh / _KMH_PER_MPS,
        course_deg * 1.0 if course_deg <= _MOST_COURSE_DEG else None,
        None,
        None,
        count & _SATELLITES_MASK,
        flags & _IS_FIXED != 0,
    )
    # By position: terminal, fix, late, alarms, battery, attributes.
    return Located(terminal_id, fix, False, (), None, attributes)  # noqa: FBT003 - as said


def read_place_alone(fields: Fields, report: Report) -> None:
    """Date, place, course and status: no satellites, no speed."""
    moment = _moment(report, fields.unpack(_DATE))
    lat, lon = fields.unpack(_ANGLES)
    (flags,) = fields.unpack(_WORD)
    report.fix = _fix(report, moment, (lat, lon, None, flags, None))


def read_swapped_place(fields: Fields, report: Report) -> None:
    """Date, satellites, place, course and status, speed in two bytes."""
    moment = _moment(report, fields.unpack(_DATE))
    count = fields.number(1) & _SATELLITES_MASK
    lat, lon = fields.unpack(_ANGLES)
    flags, kmh = fields.unpack(_SWAPPED_MOTION)
    report.fix = _fix(report, moment, (lat, lon, kmh, flags, count))


def read_sized_place(fields: Fields, report: Report) -> None:
    """Date, then a length that is 0 where there is no place, then the place."""
    date = fields.unpack(_DATE)
    if fields.number(1) == 0:
        note_epoch(report, date)
        return
    moment = _moment(report, date)
    count = fields.number(1) & _SATELLITES_MASK
    lat, lon = fields.unpack(_ANGLES)
    kmh, flags = fields.unpack(_MOTION)
    report.fix = _fix(report, moment, (lat, lon, kmh, flags, count))


def read_timed_place(fields: Fields, report: Report) -> None:
    """Unix time, satellites, altitude in m, place, speed, course and status."""
    seconds, count, altitude_m, lat, lon, kmh, flags = fields.unpack(_TIMED)
    moment = datetime.fromtimestamp(seconds, UTC) if seconds else None
    fix = _fix(report, moment, (lat, lon, kmh, flags, count))
    report.fix = None if fix is None else replace(fix, altitude_m=float(altitude_m))


def read_date(fields: Fields, report: Report) -> None:
    """Read a date without a place."""
    note_epoch(report, fields.unpack(_DATE))


def read_unix_time(fields: Fields, report: Report) -> None:
    """Seconds since 1970 without a place."""
    report.attributes["epoch"] = datetime.fromtimestamp(fields.number(4), UTC).isoformat()


def read_decimal_date(fields: Fields, report: Report) -> None:
    """Read a date in decimal nibbles without a place."""
    raw = fields.take(6)
    digits = raw.hex()
    if digits.isdecimal():
        note_epoch(report, [int(digits[at : at + 2]) for at in range(0, 12, 2)])
    else:
        report.attributes["raw_time"] = digits


def read_altitude(fields: Fields, report: Report) -> None:
    """Altitude in m, after the place that it belongs to."""
    altitude_m = fields.signed(2)
    if report.fix is not None:
        report.fix = replace(report.fix, altitude_m=float(altitude_m))


def note_epoch(report: Report, date: Sequence[int]) -> None:
    """Keep the time of a report that has no place."""
    moment = _moment(report, date)
    if moment is not None:
        report.attributes["epoch"] = moment.isoformat()


def moment_of(date: Sequence[int], offset: timedelta) -> datetime | None:
    """Return the instant of year (of this century), month, day, hour, minute and second."""
    year, month, day, hour, minute, second = date
    try:
        moment = datetime(_CENTURY + year, month, day, hour, minute, second, 0, UTC)
    except ValueError:
        return None
    return moment - offset if offset is not NO_OFFSET else moment


def _moment(report: Report, date: Sequence[int]) -> datetime | None:
    moment = moment_of(date, report.clock_offset)
    if moment is None:
        report.attributes["raw_time"] = bytes(date).hex()
    return moment


def _fix(
    report: Report, moment: datetime | None, said: tuple[int, int, int | None, int, int | None]
) -> RawFix | None:
    lat, lon, kmh, flags, satellites = said
    report.attributes["course_status"] = flags
    if flags & _HAS_IGNITION:
        report.attributes["ignition"] = flags & _IGNITION != 0
    lat_deg, lon_deg = lat / _UNITS_PER_DEG, lon / _UNITS_PER_DEG
    if moment is None or lat_deg > POLE_DEG or lon_deg > ANTIMERIDIAN_DEG:
        report.attributes["raw_place"] = f"{lat:08x}{lon:08x}"
        return None
    course_deg = flags & _COURSE_MASK
    # By position: epoch, latitude, longitude, altitude, speed, course, accuracy, HDOP.
    return RawFix(
        moment,
        lat_deg if flags & _IS_NORTH else -lat_deg or 0.0,
        -lon_deg or 0.0 if flags & _IS_WEST else lon_deg,
        None,
        None if kmh is None else kmh / _KMH_PER_MPS,
        course_deg * 1.0 if course_deg <= _MOST_COURSE_DEG else None,
        None,
        None,
        satellites,
        flags & _IS_FIXED != 0,
    )
