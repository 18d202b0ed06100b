"""0x0900, which makers fill as they like: the positions in it that captures show."""

from dataclasses import replace
from struct import Struct

from gateway.codecs.events import Event, Happened, Located, Value
from gateway.codecs.jt808.reports.location import LOCATION_BYTES, LocationReader

_NO_ALARMS = bytes(4)
_LOCATED = b"\0\0\0\x02"
_UNKNOWN_MOTION = bytes(6)
_VEHICLE, _RECORDED = 0xF0, 0xFF
_BEACONS = 0x53
_TEXTS = {0x40, 0x41}
_BEACON_BYTES = 9
_WITH_PLACE = {_BEACONS, 0x54}
_DATA, _CODES, _ALARMS, _EVENT = 1, 2, 3, 0x15
_EVENT_BYTES = 14
# By the number of an alarm of a vehicle, and of an event without a place.
_ALARM_NAMES = {
    0x01: "power_restored",
    0x02: "power_cut",
    0x0E: "idle",
    0x1A: "acceleration",
    0x1B: "braking",
    0x1C: "cornering",
    0x1D: "lane_change",
    0x1E: "lane_change",
    0x1F: "lane_change",
    0x23: "fatigue",
    0x25: "overspeed",
    0x26: "collision",
    0x27: "collision",
    0x28: "collision",
    0x31: "door",
    0x32: "door",
}
_EVENT_NAMES = {
    51: "acceleration",
    52: "braking",
    53: "cornering",
    54: "lane_change",
    56: "collision",
}
_VEHICLE_HEAD_BYTES = 10
_PLACE_BYTES = 12
_RECORDED_BYTES = 21
_CODE = Struct(">IIH")


def read_transparent(body: bytes, locations: LocationReader, *, terminal_id: str) -> Event:
    """Return a position if one is known to be in `body`, or what the body is in hex."""
    kind = body[0] if body else 0
    located = None
    if kind == _VEHICLE:
        located = _read_vehicle(body, locations, terminal_id)
    elif kind == _RECORDED and len(body) >= _RECORDED_BYTES:
        # Time, place, height, speed, course: the order is another than in a location.
        place, clock = body[7:21], body[1:7]
        located = _read(_LOCATED + place + clock, locations, terminal_id)
    elif kind in _WITH_PLACE and len(body) > LOCATION_BYTES - len(_NO_ALARMS):
        located = _read(body[1 : 1 + LOCATION_BYTES - 4], locations, terminal_id)
    attributes: dict[str, Value] = {"transparent": kind, "data": body[1:].hex()}
    if kind in _TEXTS and body.isascii():
        attributes["text"] = body[1:].decode("ascii").strip("\0 \r\n")
    if kind == _BEACONS and located is not None:
        attributes["beacons"] = _read_beacons(body[LOCATION_BYTES - 3 :])
    if located is None:
        return Happened(terminal_id=terminal_id, kind="transparent", attributes=attributes)
    return replace(located, attributes={**located.attributes, **attributes})


def _read_beacons(data: bytes) -> list[Value]:
    """Read a count, then of each beacon an index, address, signal, and its own data."""
    beacons: list[Value] = []
    at = 1
    while at + _BEACON_BYTES <= len(data):
        signal_dbm = int.from_bytes(data[at + 7 : at + 8], "big", signed=True)
        beacons.append({"mac": data[at + 1 : at + 7].hex(":"), "signal_dbm": signal_dbm})
        at += _BEACON_BYTES + data[at + 8]
    return beacons


def _read(body: bytes, locations: LocationReader, terminal_id: str) -> Located:
    return locations.read(_NO_ALARMS + body, terminal_id=terminal_id, late=False, marks={})


def _read_vehicle(body: bytes, locations: LocationReader, terminal_id: str) -> Located | None:
    """Read a time, whether it is late, a subject and its items, and a place behind them."""
    if len(body) < _VEHICLE_HEAD_BYTES + 1:
        return None
    if body[9] == _EVENT and len(body) >= _EVENT_BYTES:
        return _read_event(body, locations, terminal_id)
    at = _skip(body)
    place = body[at : at + _PLACE_BYTES]
    if at < 0 or len(place) < _PLACE_BYTES:
        return None
    located = _read(place + _UNKNOWN_MOTION + body[1:7], locations, terminal_id)
    fix = located.fix and replace(located.fix, altitude_m=None, speed_mps=None, course_deg=None)
    alarms = _alarms(body) if body[9] == _ALARMS else ()
    return replace(located, fix=fix, late=body[7] > 0, alarms=alarms)


def _read_event(body: bytes, locations: LocationReader, terminal_id: str) -> Located:
    """Read a time, whether it is late, and the number of an event that has no place."""
    event = int.from_bytes(body[10:14], "big")
    said: dict[str, Value] = {"event": event}
    epoch = locations.clock.read(body[1:7])
    said |= {"epoch": epoch.isoformat()} if epoch else {"raw_time": body[1:7].hex()}
    alarms = (_EVENT_NAMES[event],) if event in _EVENT_NAMES else ()
    return Located(
        terminal_id=terminal_id, fix=None, late=body[7] > 0, alarms=alarms, attributes=said
    )


def _alarms(body: bytes) -> tuple[str, ...]:
    """Return the names of a list of alarms, each with its number, length and value."""
    found: dict[str, None] = {}
    at = 11
    for _ in range(body[10]):
        # The place behind the list was found, so that all of it is here.
        if body[at] in _ALARM_NAMES:
            found[_ALARM_NAMES[body[at]]] = None
        at += 2 + body[at + 1]
    return tuple(found)


def _skip(body: bytes) -> int:
    """Return where the place stands, or -1 where the subject has none."""
    subject, count, at = body[9], body[10], 11
    if subject == _DATA:
        for _ in range(count):
            at += 3 + (body[at + 2] if at + 2 < len(body) else 0)
        return at
    if subject == _ALARMS:
        for _ in range(count):
            at += 2 + (body[at + 1] if at + 1 < len(body) else 0)
        return at
    if subject == _CODES:
        return _skip_codes(body)
    return -1


def _skip_codes(body: bytes) -> int:
    """Skip systems, each of four bytes and a list of trouble codes with their texts."""
    at = 12
    for _ in range(int.from_bytes(body[10:12], "big")):
        codes = int.from_bytes(body[at + 4 : at + 6], "big")
        at += 6
        if at > len(body):
            return -1
        for _ in range(codes):
            if at + _CODE.size > len(body):
                return -1
            at += _CODE.size + _CODE.unpack_from(body, at)[2]
    return at
