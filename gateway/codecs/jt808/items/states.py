"""Items of camera makers, and of those whose values are named by a mask of bits."""

from struct import Struct, calcsize

from gateway.codecs.events import Value
from gateway.codecs.jt808.items.extended import number, read_level, walk
from gateway.codecs.jt808.items.findings import Findings, Reader

_WORD = 2
_IMEI_BYTES = 8
_FIRST_STATE_BYTES = 19
_STATES_OF_CHARGE = 6

# The masked values of 0xF6 and 0xF9, by bit: a name, or none where nobody needs them.
Masked = tuple[tuple[str, str, int], ...]
_SENSORS: Masked = (
    ("light", ">H", 1),
    ("temperature_1_c", ">h", 10),
    ("humidity_pct", ">h", 10),
    ("acceleration", ">hhh", 1),
    ("", ">10x", 1),
    ("air_pressure", ">H", 1),
)
_POSITIONING: Masked = (
    ("", ">4x", 1),
    ("", ">4x", 1),
    ("hdop", ">H", 10),
    ("", ">6x", 1),
    ("", ">0x", 1),
    ("", ">8x", 1),
    ("temperature_3_c", ">h4x", 10),
)


def _masked(value: bytes, mask: int, kinds: Masked) -> dict[str, Value] | None:
    """Return the values whose bits are set, or None unless they fill `value`."""
    chosen = [kind for bit, kind in enumerate(kinds) if mask >> bit & 1]
    if mask >> len(kinds) or sum(calcsize(form) for _, form, _ in chosen) != len(value):
        return None
    read: dict[str, Value] = {}
    at = 0
    for name, form, per in chosen:
        words = Struct(form).unpack_from(value, at)
        at += calcsize(form)
        if name:
            read[name] = list(words) if len(words) > 1 else words[0] / per
    return read


def _sensors(value: bytes, found: Findings) -> bool:
    """Read 0xF6: an IMEI, or an event, a mask and the sensors that it names."""
    digits = value.hex()
    if len(value) == _IMEI_BYTES and digits.isdecimal() and digits.startswith("0"):
        found.attributes["imei"] = digits[1:]
        return True
    read = _masked(value[2:], value[1], _SENSORS) if len(value) > _WORD else None
    if read is None:
        return False
    found.attributes |= read | {"event": value[0]}
    return True


def _positioning(value: bytes, found: Findings) -> bool:
    read = _masked(value[2:], int.from_bytes(value[:2], "big"), _POSITIONING)
    if read is None:
        return False
    hdop = read.pop("hdop", 0.0)
    if isinstance(hdop, float) and hdop > 0:
        found.hdop = hdop
    found.attributes |= read
    return True


def _first_state(value: bytes, found: Findings) -> bool:
    """Read 0xF8 as it comes once after start: mode, IMEI, ICCID, model."""
    if len(value) < _FIRST_STATE_BYTES:
        return False
    found.attributes |= {"imei": value[1:9].hex()[1:], "iccid": value[9:19].hex()}
    return True


_DASHCAM_ALARMS = {
    0x0001: "fault",
    0x0400: "acceleration",
    0x0401: "braking",
    0x0402: "cornering",
    0x0403: "overspeed",
    0x0405: "collision",
    0x0406: "vibration",
    0x0407: "tow",
    0x0408: "fence_enter",
    0x0409: "fence_exit",
    0x040C: "door",
    0x0412: "acceleration",
    0x0413: "braking",
    0x0414: "cornering",
    0x0415: "lane_change",
    0x0416: "collision",
    0x0417: "collision",
    0x0C01: "sos",
    0x0C02: "low_power",
    0x0C0E: "power_cut",
    0x0C0F: "low_battery",
    0x0C10: "power_off",
    0x0C12: "tampering",
}


def _dashcam(value: bytes, found: Findings) -> bool:
    """Read 0xE8 of camera makers: an id of two bytes, which is an alarm or a state."""
    kind = int.from_bytes(value[:2], "big")
    if kind in _DASHCAM_ALARMS:
        found.alarms += (_DASHCAM_ALARMS[kind],)
        return True
    reader = {0x2003: _dashcam_power, 0x2005: _dashcam_states}.get(kind)
    return reader is not None and reader(value[3:], found)


def _dashcam_power(value: bytes, found: Findings) -> bool:
    if len(value) < 7:  # noqa: PLR2004 - charging, level, volts, signal, volts
        return False
    found.attributes |= {
        "charging": value[0] == 1,
        "battery_v": int.from_bytes(value[2:4], "big") / 100,
        "signal": value[4],
        "power_v": int.from_bytes(value[5:7], "big") / 100,
    }
    if 1 <= value[1] <= _STATES_OF_CHARGE:
        found.charge(value[1] * 100 // _STATES_OF_CHARGE)
    return True


def _dashcam_states(value: bytes, found: Findings) -> bool:
    readers: dict[int, Reader] = {
        0x0001: number("battery_v", 100),
        0x0003: read_level,
        0x2001: number("power_v", 10),
    }
    for kind, inner in walk(value, head=">HB"):
        reader = readers.get(kind)
        if reader is None or not reader(inner, found):
            found.attributes[f"item_e8_{kind:04x}"] = inner.hex()
    return True


STATES_READERS: dict[int, Reader] = {
    0xE8: _dashcam,
    0xF6: _sensors,
    0xF8: _first_state,
    0xF9: _positioning,
}
