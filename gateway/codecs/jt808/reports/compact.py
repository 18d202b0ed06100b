"""0x5501 and 0x5502 of one maker of locks: a shorter report in decimal digits."""

from struct import Struct

from gateway.codecs.events import Located, RawFix
from gateway.codecs.jt808.items import Findings
from gateway.codecs.jt808.reports.clock import Clock

COMPACT_BYTES = 35

_STATE = Struct(">BBIBIHBHH")
_MPS_PER_KNOT = 1852 / 3600
_LOCATED, _NORTH, _EAST = 1, 2, 4
_CHARGING = {0xAA, 0xAB}
_ALTITUDE, _CARD, _TILT = 0x02, 0x0B, 0x0C
_FULL_CIRCLE_DEG = 360
# By the product's number.
_ALARMS = {
    1: {0: "low_power"},
    2: {0: "low_power"},
    3: {
        0: "overspeed",
        1: "low_power",
        2: "vibration",
        3: "low_battery",
        5: "fence_enter",
        6: "fence_exit",
    },
}


def read_compact(body: bytes, clock: Clock, *, terminal_id: str, late: bool) -> Located:
    """Return the report in `body`, of at least COMPACT_BYTES; its clock shows UTC."""
    signal, satellites, km, level, cell, lac, product, status, alarm = _STATE.unpack_from(body, 17)
    found = Findings({"signal": signal, "odometer_m": km * 1000, "product": product})
    found.attributes |= {"status_bits": status, "alarm_bits": alarm}
    found.satellites = satellites
    found.charge(level)
    if level in _CHARGING:
        found.attributes["charging"] = True
    if lac and cell:
        found.add("cells", {"lac": lac, "cell": cell})
    altitude_m = _read_items(body[COMPACT_BYTES:], found)
    names = _ALARMS.get(product, {})
    return Located(
        terminal_id=terminal_id,
        fix=_read_fix(body, clock, found, altitude_m=altitude_m),
        late=late,
        alarms=tuple(name for bit, name in names.items() if alarm >> bit & 1),
        battery_pct=found.battery_pct,
        attributes=found.attributes,
    )


def _read_fix(
    body: bytes, clock: Clock, found: Findings, *, altitude_m: float | None
) -> RawFix | None:
    digits = body[6:16].hex()
    epoch = clock.read_utc(body[:6])
    if epoch is None or not digits[:17].isdecimal() or not digits[18:].isdecimal():
        found.attributes["raw_time"] = body[:6].hex()
        found.attributes["raw_place"] = body[6:15].hex()
        return None
    flags = int(digits[17], 16)
    lat_deg = int(digits[:2]) + int(digits[2:8]) / 10_000 / 60
    lon_deg = int(digits[8:11]) + int(digits[11:17]) / 10_000 / 60
    course_deg = body[16] * 2.0
    return RawFix(
        epoch=epoch,
        lat_deg=lat_deg if flags & _NORTH else -lat_deg,
        lon_deg=lon_deg if flags & _EAST else -lon_deg,
        altitude_m=altitude_m,
        speed_mps=int(digits[18:]) * _MPS_PER_KNOT,
        course_deg=course_deg if course_deg <= _FULL_CIRCLE_DEG else None,
        satellites=found.satellites,
        valid=bool(flags & _LOCATED),
    )


def _read_items(data: bytes, found: Findings) -> float | None:
    """Read the items behind the report; return the altitude if it is among them."""
    altitude_m = None
    at = 0
    while at + 2 <= len(data):
        kind, size = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + size]
        at += 2 + size
        if kind == _ALTITUDE and len(value) == 2:  # noqa: PLR2004 - one word
            altitude_m = float(int.from_bytes(value, "big", signed=True))
        elif kind == _TILT and len(value) == 6:  # noqa: PLR2004 - three words
            axes = (value[:2], value[2:4], value[4:])
            found.attributes["tilt"] = [int.from_bytes(axis, "big", signed=True) for axis in axes]
        else:
            found.attributes[f"item_{kind:02x}"] = value.hex()
    return altitude_m
