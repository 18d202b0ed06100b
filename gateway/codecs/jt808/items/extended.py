"""Items that hold items of their own."""

from collections.abc import Iterator
from struct import Struct

from gateway.codecs.jt808.items.findings import Findings, Reader
from gateway.codecs.jt808.items.makers import text
from gateway.codecs.jt808.items.nets import add_cell, add_cells_of_network, add_point

_CELL = Struct(">HBHI")
_HEAD = Struct(">HH")
_LEAST_MCC = 200
_MOST_MCC = 999
_REMOVED_BIT = 12
_SHAKEN_BIT = 6
_MOTION_SHIFT = 23
_MOTION_BITS = 3
_LOW_BATTERY = {3, 4}
_TELEMETRY_MARK = 0x7C
_WORD = 2
_LONGEST_NUMBER_BYTES = 8


def walk(data: bytes, *, head: str) -> Iterator[tuple[int, bytes]]:
    """Yield the id and value of each inner item, whose ids and lengths have the sizes of `head`.

    The last may be cut short; its length is not believed.
    """
    form, at = Struct(head), 0
    while at + form.size <= len(data):
        kind, size = form.unpack_from(data, at)
        at += form.size
        yield kind, data[at : at + size]
        at += size


def _extension(value: bytes, found: Findings) -> bool:
    """Read 0xEB: cells, a time zone as text, or items whose length covers their own id."""
    mcc = int.from_bytes(value[:2], "big")
    if _LEAST_MCC <= mcc <= _MOST_MCC and add_cells_of_network(found, value):
        return True
    if value and value.isascii() and text(value).isprintable():
        found.attributes["timezone"] = text(value)
        return True
    at = 0
    while at + 4 <= len(value):
        size, kind = _HEAD.unpack_from(value, at)
        _read_inner(kind, value[at + 4 : at + 2 + size], found)
        at += 2 + max(size, 2)
    return at > 0


def _read_inner(kind: int, value: bytes, found: Findings) -> None:
    reader = _INNER.get(kind)
    if reader is None or not reader(value, found):
        found.attributes[f"item_eb_{kind:04x}"] = value.hex()


def _inner_power_or_battery(value: bytes, found: Findings) -> bool:
    if len(value) not in {2, 4}:
        return False
    name = "battery_v" if len(value) == _WORD else "power_v"
    found.attributes[name] = int.from_bytes(value, "big") / 1000
    return True


def _inner_alarms(value: bytes, found: Findings) -> bool:
    """Read bits of which a cleared one is the alarm."""
    word = _four(value)
    if word is None:
        return False
    if not word & 1:
        found.alarms += ("power_off",)
    if not word >> _REMOVED_BIT & 1:
        found.alarms += ("removal",)
    return True


def _inner_motion(value: bytes, found: Findings) -> bool:
    word = _four(value)
    if word is None:
        return False
    if not word >> _SHAKEN_BIT & 1:
        found.alarms += ("vibration",)
    state = word >> _MOTION_SHIFT & _MOTION_BITS
    if state in {0, 1}:
        found.attributes["motion"] = not state
    return True


def _four(value: bytes) -> int | None:
    return int.from_bytes(value, "big") if len(value) == _WORD * 2 else None


def _inner_iccid(value: bytes, found: Findings) -> bool:
    found.attributes["iccid"] = value.hex().rstrip("f")
    return bool(value)


def _inner_points(value: bytes, found: Findings) -> bool:
    """Read a count, then addresses and signals as text."""
    words = value[1:].decode("ascii", errors="replace").strip("\0 ").split(",")
    for mac, signal in zip(words[::2], words[1::2], strict=False):
        if not signal.lstrip("-").isdecimal():
            return False
        add_point(found, mac.lower(), int(signal))
    return True


def read_level(value: bytes, found: Findings) -> bool:
    """Read a level in percent, of one byte."""
    if len(value) == 1:
        found.charge(value[0])
    return len(value) == 1


def _inner_cell(value: bytes, found: Findings) -> bool:
    if len(value) < _CELL.size:
        return False
    add_cell(found, _CELL.unpack_from(value))
    return True


def _inner_battery_alarm(value: bytes, found: Findings) -> bool:
    if len(value) != 1:
        return False
    if value[0] in _LOW_BATTERY:
        found.alarms += ("low_battery",)
    return True


def number(name: str, per: int, size: int = 2) -> Reader:
    """Return a reader of a number of at least `size` bytes, divided by `per`."""

    def read(value: bytes, found: Findings) -> bool:
        if len(value) < size:
            return False
        whole = int.from_bytes(value[:size], "big")
        found.attributes[name] = whole if per == 1 else whole / per
        return True

    return read


def _inner_cell_text(value: bytes, found: Findings) -> bool:
    """Read country, network, area and cell as decimal text."""
    words = text(value).split(";")
    if len(words) < 4 or not all(word.isdecimal() for word in words):  # noqa: PLR2004 - named above
        return False
    add_cell(found, tuple(int(word) for word in words))
    return True


def _inner_satellites(value: bytes, found: Findings) -> bool:
    if len(value) == 1:
        found.satellites = value[0]
    return len(value) == 1


def _named_text(name: str) -> Reader:
    def read(value: bytes, found: Findings) -> bool:
        found.attributes[name] = text(value)
        return bool(value)

    return read


_INNER: dict[int, Reader] = {
    0x0001: number("fuel_1", 10),
    0x0023: _named_text("fuel_2"),
    0x0024: _inner_cell_text,
    0x002D: _inner_power_or_battery,
    0x0030: number("signal", 1, size=1),
    0x0031: _inner_satellites,
    0x0089: _inner_alarms,
    0x00A8: read_level,
    0x00B2: _inner_iccid,
    0x00B9: _inner_points,
    0x00C5: _inner_motion,
    0x00C6: _inner_battery_alarm,
    0x00CE: number("power_v", 100),
    0x00D5: _named_text("imei"),
    0x00D8: _inner_cell,
    0x00E1: read_level,
    0x00FB: _named_text("iccid"),
}


def _inner_items(names: dict[int, tuple[str, int]], *, head: str, skip: int) -> Reader:
    """Return a reader of inner items that are numbers; others, and longer ones, stay in hex."""

    def read(value: bytes, found: Findings) -> bool:
        for kind, inner in walk(value[skip:], head=head):
            name, per = names.get(kind, ("", 1))
            if name and 0 < len(inner) <= _LONGEST_NUMBER_BYTES:
                whole = int.from_bytes(inner, "big")
                found.attributes[name] = whole if per == 1 else whole / per
            elif inner:
                found.attributes[f"inner_{kind:04x}"] = inner.hex()
        return len(value) > skip

    return read


_ENVIRONMENT = {
    0x13: ("illuminance", 1),
    0x14: ("air_pressure", 1),
    0x15: ("humidity_pct", 10),
}
_ENGINE = {
    0x0002: ("obd_speed_kmh", 10),
    0x0003: ("rpm", 1),
    0x0004: ("power_v", 1000),
    0x0007: ("fuel_consumption", 10),
    0x0008: ("engine_load_pct", 10),
    0x0100: ("trip_km", 10),
    0x0102: ("trip_fuel_l", 10),
}


def _telemetry(value: bytes, found: Findings) -> bool:
    """Read 0xFE: a battery's level in one byte, or telemetry behind the mark of its maker."""
    if len(value) == 1:
        found.charge(value[0])
        return True
    if not value or value[0] != _TELEMETRY_MARK:
        return False
    names = {0: "acceleration", 1: "braking", 2: "cornering", 3: "collision", 4: "tampering"}
    for kind, inner in walk(value[1:], head=">BB"):
        if kind == 1 and len(inner) == _WORD * 2:
            word = int.from_bytes(inner, "big")
            found.alarms += tuple(name for bit, name in names.items() if word >> bit & 1)
    return True


EXTENDED_READERS: dict[int, Reader] = {
    0xEA: _inner_items(_ENVIRONMENT, head=">BB", skip=1),
    0xEB: _extension,
    0xF3: _inner_items(_ENGINE, head=">HB", skip=0),
    0xFE: _telemetry,
}
