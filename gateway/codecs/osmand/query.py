"""A report in a query: `id=…&lat=…&lon=…`, from OsmAnd and a hundred apps and modems."""

from collections.abc import Callable
from datetime import datetime

from gateway.codecs.events import Located, RawFix, Value
from gateway.codecs.nmea import read_query as read_sentence
from gateway.codecs.osmand.alarms import alarm_names
from gateway.codecs.profile import Profile, SpeedUnit
from gateway.codecs.queries import read_pairs
from gateway.codecs.readings import (
    KMH_MPS,
    KNOT_MPS,
    MPH_MPS,
    battery_pct,
    course_deg,
    epoch,
    guessed,
    is_true,
    not_below,
    number,
    place,
)

SPEED_MPS = {
    SpeedUnit.KNOTS: KNOT_MPS,
    SpeedUnit.KMH: KMH_MPS,
    SpeedUnit.MPS: 1.0,
    SpeedUnit.MPH: MPH_MPS,
}

# Names that a report's own fields have; all others become attributes.
_OWN = {
    "accuracy",
    "alarm",
    "altitude",
    "batt",
    "bearing",
    "cell",
    "deviceid",
    "gprmc",
    "hdop",
    "heading",
    "id",
    "lat",
    "location",
    "lon",
    # Lets its holder wake the phone, and says nothing about the patrol.
    "notificationToken",
    "speed",
    "timestamp",
    "valid",
    "wifi",
}
# What other protocols also tell goes by one name: a text that is never a number, and a truth.
_TEXTS = {"driverUniqueId": "driver_id"}
_TRUTHS = {"charge": "charging"}

_CELL = ("mcc", "mnc", "lac", "cell", "signal_dbm")
_CELL_LEAST = 4

_Fields = dict[str, str]


def read_query(query: str, profile: Profile, *, received_at: datetime) -> Located:
    """Return the report; its terminal is None where the query names none.

    A place or time that cannot be read leaves the fix None and stands among the attributes
    under `unreadable`. Raises InputError when there are too many fields.
    """
    pairs = read_pairs(query)
    fields = dict(pairs)
    sheet = _Sheet(fields)
    fix = _fix(sheet, profile, received_at)
    sheet.read("batt", not_below)
    attributes = _extras(fields)
    if "cell" in fields or "wifi" in fields:
        attributes |= _heard(pairs)
    attributes |= sheet.notes
    alarm = fields.get("alarm", "")
    alarms = alarm_names(alarm) if alarm else ()
    if alarm and not alarms:
        attributes["alarm"] = alarm
    return Located(
        terminal_id=fields.get("id") or fields.get("deviceid") or None,
        fix=fix,
        alarms=alarms,
        battery_pct=battery_pct(fields.get("batt")),
        attributes=attributes,
    )


class _Sheet:
    """The last value of each field, and what is to be noted of the reading."""

    def __init__(self, fields: _Fields) -> None:
        self._fields = fields
        self.notes: dict[str, Value] = {}

    def last(self, name: str) -> str:
        return self._fields.get(name, "")

    def read(self, name: str, reader: Callable[[Value], float | None]) -> float | None:
        """Return a number; text that is none is noted, -1 and the like mean "unknown"."""
        text = self._fields.get(name)
        if not text:
            return None
        found = reader(text)
        if found is None and number(text) is None:
            self.doubt(name)
        return found

    def doubt(self, name: str) -> None:
        """Note that the field cannot be read, and what it says."""
        doubts = self.notes.get("unreadable")
        said = doubts if isinstance(doubts, dict) else {}
        self.notes["unreadable"] = {**said, name: self._fields[name]}


def _fix(sheet: _Sheet, profile: Profile, received_at: datetime) -> RawFix | None:
    if sheet.last("gprmc"):
        return _fix_of_sentence(sheet, profile, received_at)
    at = _place(sheet)
    if at is None:
        return None
    when = _epoch(sheet, profile, received_at)
    if when is None:
        return None
    speed = sheet.read("speed", not_below)
    return RawFix(
        epoch=when,
        lat_deg=at[0],
        lon_deg=at[1],
        altitude_m=sheet.read("altitude", number),
        speed_mps=None if speed is None else speed * SPEED_MPS[profile.speed_unit],
        course_deg=sheet.read("bearing" if sheet.last("bearing") else "heading", course_deg),
        accuracy_m=sheet.read("accuracy", not_below),
        hdop=sheet.read("hdop", not_below),
        valid=is_true(sheet.last("valid") or True),
    )


def _place(sheet: _Sheet) -> tuple[float, float] | None:
    lat, lon = sheet.last("lat"), sheet.last("lon")
    names = ["lat", "lon"]
    if sheet.last("location"):
        names = ["location"]
        lat, _, rest = sheet.last("location").partition(",")
        lon = rest.partition(",")[0]
    found = place(lat, lon)
    if found is None:
        for name in names:
            if sheet.last(name):
                sheet.doubt(name)
    return found


def _epoch(sheet: _Sheet, profile: Profile, received_at: datetime) -> datetime | None:
    text = sheet.last("timestamp")
    if not text:
        sheet.notes["untimed"] = True
        return received_at
    when = epoch(text, clock_offset=profile.clock_offset)
    if when is None:
        sheet.doubt("timestamp")
    return when


def _fix_of_sentence(sheet: _Sheet, profile: Profile, received_at: datetime) -> RawFix | None:
    """Return the fix of a sentence of NMEA 0183, as OpenGTS's clients send it."""
    said = {"id": "0", "gprmc": sheet.last("gprmc"), "alt": sheet.last("alt")}
    found = read_sentence(said, profile, received_at=received_at)
    reports = [event for event in found if isinstance(event, Located)]
    if not reports or reports[0].fix is None:
        sheet.doubt("gprmc")
        return None
    sheet.notes |= reports[0].attributes
    return reports[0].fix


def _extras(fields: _Fields) -> dict[str, Value]:
    extras: dict[str, Value] = {}
    for name, value in fields.items():
        if name in _OWN:
            continue
        if name in _TRUTHS:
            extras[_TRUTHS[name]] = is_true(value)
        elif name in _TEXTS:
            extras[_TEXTS[name]] = value
        else:
            extras[name] = guessed(value)
    return extras


def _heard(pairs: list[tuple[str, str]]) -> dict[str, Value]:
    """Return the radio cells and access points that the terminal hears."""
    cells = [cell for name, text in pairs if name == "cell" and (cell := _cell(text))]
    points = [point for name, text in pairs if name == "wifi" and (point := _access_point(text))]
    heard: dict[str, Value] = {"cells": cells} if cells else {}
    return heard | {"wifi": points} if points else heard


def _cell(text: str) -> dict[str, Value]:
    numbers = [number(part) for part in text.split(",")[: len(_CELL)]]
    if len(numbers) < _CELL_LEAST:
        return {}
    cell = {
        name: int(value) for name, value in zip(_CELL, numbers, strict=False) if value is not None
    }
    return dict(cell) if len(cell) == len(numbers) else {}


def _access_point(text: str) -> dict[str, Value]:
    mac, _, signal = text.partition(",")
    point: dict[str, Value] = {"mac": mac.replace("-", ":").lower()}
    signal_dbm = number(signal)
    if signal_dbm is not None:
        point["signal_dbm"] = int(signal_dbm)
    return point if mac else {}
