"""Frames made of modules, each behind its number and length."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.codecs.gt06.fields import Fields, Part, Report, ShortError
from gateway.codecs.gt06.networks import Widths, cell_of
from gateway.codecs.gt06.places import read_timed_place
from gateway.codecs.gt06.status import MODULE_ALARMS, event_of, read_battery_pct
from gateway.codecs.gt06.values import digits_of, flag_of, hex_of, value_of

_VOLT = 0.01


def modules_of(known: Mapping[int, tuple[Part, ...]], *, size_bytes: int) -> Part:
    """Return the part that reads modules to the end: number (2), length, content.

    Each is read by its declared length, whatever its parts take. One without meaning is kept
    among `modules` in hex, by its number.
    """

    def read(fields: Fields, report: Report) -> None:
        strange: dict[str, str] = {}
        while fields.left > size_bytes + 1:
            number = fields.number(2)
            content = fields.take(fields.number(size_bytes))
            if not _is_read(known.get(number, ()), content, report):
                strange[f"{number:04x}"] = content.hex()
        if strange:
            report.attributes["modules"] = strange

    return read


def _is_read(parts: tuple[Part, ...], content: bytes, report: Report) -> bool:
    fields = Fields(content)
    try:
        for part in parts:
            part(fields, report)
    except ShortError:
        return False
    return bool(parts)


def read_accuracy(fields: Fields, report: Report) -> None:
    """How well the place is known, in 0.01 m; 0 is not known."""
    accuracy_m = fields.number(2) / 100
    if report.fix is not None and accuracy_m:
        report.fix = replace(report.fix, accuracy_m=accuracy_m)


def read_little_odometer(fields: Fields, report: Report) -> None:
    """Read the way so far in m, the lowest byte first."""
    report.attributes["odometer_m"] = int.from_bytes(fields.take(4), "little")


def read_doors(fields: Fields, report: Report) -> None:
    """Doors in the lower half of a byte, tampering in the upper."""
    state = fields.number(1)
    report.attributes["door"] = state & 0x0F > 0
    report.attributes["tampered"] = state >> 4 > 0


def read_moving(fields: Fields, report: Report) -> None:
    """Whether the terminal moves: 2 and 4 do."""
    report.attributes["moving"] = fields.number(1) in {2, 4}


# Behind the place of 0x37 and 0x38, and behind the state of 0x36 and 0x39.
TAIL = modules_of(
    {
        0x0018: (value_of("battery_v", 2, scale=_VOLT),),
        0x0027: (value_of("power_v", 2, scale=_VOLT),),
        0x002E: (value_of("odometer_m", 4),),
        0x0032: (value_of("start_state"),),
        0x003B: (read_accuracy,),
        0x006A: (read_battery_pct,),
    },
    size_bytes=1,
)

# 0x70: containers and boxes.
CONTAINER = modules_of(
    {
        0x0003: (digits_of("iccid", 10),),
        0x0009: (value_of("satellites"),),
        0x000A: (value_of("satellites_visible"),),
        0x0011: (cell_of(Widths(mnc=2)), value_of("cell_signal")),
        0x0018: (value_of("battery_v", 2, scale=_VOLT),),
        0x0028: (value_of("hdop", scale=0.1),),
        0x0029: (value_of("index", 4),),
        0x002A: (read_doors,),
        0x002B: (value_of("start_reason"),),
        0x002E: (read_little_odometer,),
        0x0033: (read_timed_place,),
        0x0034: (event_of(MODULE_ALARMS),),
        0x007F: (
            hex_of("tag_id", 6),
            value_of("tag_battery_v", 2, scale=0.001),
            value_of("tag_battery_pct"),
            value_of("tag_temperature_c", 2, scale=0.1, is_signed=True),
            value_of("tag_humidity_pct", 2, is_signed=True),
            value_of("tag_state"),
        ),
    },
    size_bytes=2,
)

# 0xF1: the terminal's own state.
STATE = modules_of(
    {
        0x0001: (read_moving,),
        0x0002: (flag_of("armed"),),
        0x0004: (flag_of("ignition"),),
        0x0005: (value_of("power_v", 2, scale=_VOLT),),
        0x0007: (flag_of("charging"),),
        0x000A: (value_of("charge_v", 2),),
        0x000B: (value_of("battery_temperature_c", 2, scale=0.1),),
    },
    size_bytes=1,
)


def read_peripherals(fields: Fields, report: Report) -> None:
    """0xF2: number (2), length in one byte, or behind a 0 in the next, content."""
    found: dict[str, str] = {}
    while fields.left > 3:  # noqa: PLR2004 - number and length
        number = fields.number(2)
        content = fields.take(fields.number(1) or fields.number(1))
        found[f"{number:04x}"] = content.hex()
    report.attributes["modules"] = found
