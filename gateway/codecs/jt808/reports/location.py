"""The body of 0x0200: where a terminal was, when, and how it fared."""

from collections.abc import Mapping
from datetime import datetime
from struct import Struct
from typing import Any, NamedTuple

from gateway.codecs.events import Located, RawFix, Value
from gateway.codecs.jt808.items import Findings, are_items, read_items
from gateway.codecs.jt808.reports.alarms import alarm_names, alarms_in
from gateway.codecs.jt808.reports.clock import Clock
from gateway.codecs.profile import Profile

LOCATION_BYTES = 28
# One maker's fixed tail instead of items.
_TAIL_BYTES = 18

_REPORT = Struct(">8sIIhHH6s")
_TAIL = Struct(">IIHIB")
_ANGLES = Struct(">II")
_WORDS = Struct(">II")
_MOST_WORDS = 64

_IGNITION = 1
_LOCATED = 1 << 1
_SOUTH = 1 << 2
_WEST = 1 << 3
_FLAGS = {"oil_cut": 1 << 10, "power_cut": 1 << 11, "charging": 1 << 26}

_MICRODEGREES = 1_000_000
_TENTHS_KMH_PER_MPS = 36
_WRAP = 1 << 32
_LAT_LIMIT_DEG = 90
_LON_LIMIT_DEG = 180
_MOST_LAT = _LAT_LIMIT_DEG * _MICRODEGREES
_MOST_LON = _LON_LIMIT_DEG * _MICRODEGREES
_FULL_CIRCLE_DEG = 360


class Words(NamedTuple):
    """What the first eight bytes say, which are the same for hours."""

    alarms: tuple[str, ...]
    attributes: dict[str, Value]
    located: bool
    lat_sign: int
    lon_sign: int


class LocationReader:
    """Reads locations of one model; remembers at most 64 pairs of alarm and status words."""

    def __init__(self, profile: Profile) -> None:
        self.clock = Clock(profile)
        self._names = alarm_names(profile)
        self._words: dict[bytes, Words] = {}

    def read(
        self, body: bytes, *, terminal_id: str, late: bool, marks: Mapping[str, bool]
    ) -> Located:
        """Return the report in `body`, of at least LOCATION_BYTES."""
        said = _REPORT.unpack_from(body)
        words = self._words.get(said[0]) or self._remember(said[0])
        attributes = words.attributes.copy()
        found = Findings(attributes)
        if marks:
            attributes.update(marks)
        tail = body[LOCATION_BYTES:]
        if len(tail) == _TAIL_BYTES and not are_items(tail):
            _read_tail(tail, found)
        elif tail:
            read_items(tail, found)
        alarms = words.alarms
        if found.alarms:
            alarms = tuple(dict.fromkeys((*alarms, *found.alarms)))
        fix = self._read_fix(said, words, found)
        # By position: terminal, fix, late, alarms, battery, attributes.
        return Located(terminal_id, fix, late, alarms, found.battery_pct, attributes)

    def _remember(self, data: bytes) -> Words:
        if len(self._words) >= _MOST_WORDS:
            self._words.clear()
        alarm_word, status = _WORDS.unpack(data)
        attributes: dict[str, Value] = {"alarm_bits": alarm_word, "status_bits": status}
        attributes["ignition"] = bool(status & _IGNITION)
        attributes |= {name: True for name, bit in _FLAGS.items() if status & bit}
        words = self._words[data] = Words(
            alarms=alarms_in(alarm_word, self._names),
            attributes=attributes,
            located=bool(status & _LOCATED),
            lat_sign=-1 if status & _SOUTH else 1,
            lon_sign=-1 if status & _WEST else 1,
        )
        return words

    def _read_fix(self, said: tuple[Any, ...], words: Words, found: Findings) -> RawFix | None:
        """Return the place and time, or None, with what there is of them in the attributes."""
        _, lat, lon, altitude_m, speed, course_deg, shown = said
        epoch = self.clock.read(shown)
        lat_deg = words.lat_sign * lat / _MICRODEGREES
        lon_deg = words.lon_sign * lon / _MICRODEGREES
        if epoch is None:
            _keep(found.attributes, said, epoch)
            return None
        if lat > _MOST_LAT or lon > _MOST_LON:
            lat_deg, lon_deg = _as_signed(lat, lat_deg), _as_signed(lon, lon_deg)
            if abs(lat_deg) > _LAT_LIMIT_DEG or abs(lon_deg) > _LON_LIMIT_DEG:
                _keep(found.attributes, said, epoch)
                return None
        # By position: epoch, latitude, longitude, altitude, speed, course, accuracy, HDOP.
        return RawFix(
            epoch,
            lat_deg,
            lon_deg,
            altitude_m * 1.0,
            speed / _TENTHS_KMH_PER_MPS,
            course_deg * 1.0 if course_deg <= _FULL_CIRCLE_DEG else None,
            None,
            found.hdop,
            found.satellites,
            # A place of 0, 0 is none, whatever the terminal says of it.
            words.located and (lat or lon) != 0,
        )


def _as_signed(number: int, degrees: float) -> float:
    """Return the degrees of a number with its own sign, which some terminals write instead."""
    return (number - _WRAP) / _MICRODEGREES if number >= _WRAP // 2 else degrees


def _read_tail(tail: bytes, found: Findings) -> None:
    """Read one maker's fixed tail: odometer in km, volts, an area, the signal."""
    _, odometer_km, decivolts, area_id, signal = _TAIL.unpack_from(tail)
    found.attributes |= {
        "odometer_m": odometer_km * 1000,
        "battery_v": decivolts / 10,
        "area_id": area_id,
        "signal": signal,
    }


def _keep(attributes: dict[str, Value], said: tuple[Any, ...], epoch: datetime | None) -> None:
    """Keep what is known of a report without a place or without a time."""
    _, lat, lon, *_, shown = said
    if epoch is None:
        attributes["raw_time"] = shown.hex()
    else:
        attributes["epoch"] = epoch.isoformat()
    if lat or lon:
        attributes["raw_place"] = _ANGLES.pack(lat, lon).hex()
