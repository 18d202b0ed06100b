"""Items of makers that hold more than one number, or other than a number."""

from struct import Struct

from gateway.codecs.events import Value
from gateway.codecs.jt808.items.findings import Findings, Reader
from gateway.codecs.jt808.items.nets import CELL_4G, add_cell

_TWO = Struct(">HH")
_SIGN = 1 << 15
_UNKNOWN = 0xFFFF
_LEVELS = 10
_NEAR_PCT = 15
_CELSIUS = 40
_TYRE_CELSIUS = 50
_TYRE_BYTES = 8
_PROBE_BYTES = 11
_SHOCK = 1 << 3


def text(value: bytes) -> str:
    """Return text without its padding; what is no ASCII becomes a mark."""
    return value.decode("ascii", errors="replace").strip("\0 \r\n")


def _named_text(name: str) -> Reader:
    def read(value: bytes, found: Findings) -> bool:
        found.attributes[name] = text(value)
        return bool(value)

    return read


def _temperature(name: str) -> Reader:
    def read(value: bytes, found: Findings) -> bool:
        if len(value) == 1:
            found.attributes[name] = value[0] - _CELSIUS
        return len(value) == 1

    return read


def _fuel(value: bytes, found: Findings) -> bool:
    if len(value) != 2:  # noqa: PLR2004 - one word
        return False
    word = int.from_bytes(value, "big")
    if word & _SIGN:
        found.attributes["fuel_pct"] = word - _SIGN
    else:
        found.attributes["fuel_l"] = word / 10
    return True


def _cabin_or_charge(value: bytes, found: Findings) -> bool:
    """Read a battery's level; in two bytes it is the specification's cabin temperature."""
    if len(value) == 1:
        found.charge(value[0])
    return len(value) == 1


def _two_analog(value: bytes, found: Findings) -> bool:
    if len(value) == _TWO.size:
        found.attributes["analog"] = list(_TWO.unpack(value))
    return len(value) == _TWO.size


def _temperatures(value: bytes, found: Findings) -> bool:
    """Read probes in tenths of a degree, the upper bit a sign, all bits set for none."""
    if len(value) not in {2, 16}:
        return False
    words = [word for (word,) in Struct(">H").iter_unpack(value)]
    for index, word in enumerate(words, 1):
        if word != _UNKNOWN:
            degrees = -(word - _SIGN) if word & _SIGN else word
            found.attributes[f"temperature_{index}_c"] = degrees / 10
    return True


def _levels(value: bytes, found: Findings) -> bool:
    """Read a level from 0 to 10, and percent beside it where the terminal knows them."""
    if not value:
        return False
    level = value[0] * _LEVELS if value[0] <= _LEVELS else value[0]
    exact = value[1] if len(value) > 1 else 0
    found.charge(exact if exact and abs(exact - level) < _NEAR_PCT else level)
    return True


def _motions(value: bytes, found: Findings) -> bool:
    if len(value) != 8:  # noqa: PLR2004 - a word of alarms, one of switches, four bytes more
        return False
    word = int.from_bytes(value[:2], "big")
    names = {8: "acceleration", 9: "braking", 10: "cornering"}
    found.alarms += tuple(name for bit, name in names.items() if word >> bit & 1)
    found.attributes["extended_alarm_bits"] = value.hex()
    return True


def _event(value: bytes, found: Findings) -> bool:
    if len(value) < 2:  # noqa: PLR2004 - one word
        return False
    found.attributes["event"] = int.from_bytes(value[:2], "big")
    if value[2:]:
        found.attributes["item_60"] = value.hex()
    return True


def _hundredths_of_charge(value: bytes, found: Findings) -> bool:
    if len(value) == 2:  # noqa: PLR2004 - one word
        found.charge(int.from_bytes(value, "big") / 100)
    return len(value) == 2  # noqa: PLR2004 - the same


def _driving(value: bytes, found: Findings) -> bool:
    """Read an alarm of the way of driving: serial, state, kind, and more."""
    at_kind = 5
    if len(value) <= at_kind:
        return False
    names = {1: "acceleration", 2: "braking", 3: "cornering", 0x16: "collision"}
    if value[at_kind] in names:
        found.alarms += (names[value[at_kind]],)
    found.attributes["item_70"] = value.hex()
    return True


def _tyres(value: bytes, found: Findings) -> bool:
    if not value or len(value) % _TYRE_BYTES:
        return False
    for at in range(0, len(value), _TYRE_BYTES):
        pressure = int.from_bytes(value[at + 4 : at + 6], "big") & 0x3FF
        tyre: dict[str, Value] = {"tyre": value[at], "sensor": value[at + 1 : at + 4].hex()}
        tyre |= {"pressure_bar": pressure / 40, "temperature_c": value[at + 6] - _TYRE_CELSIUS}
        found.add("tyres", tyre)
    return True


def _shocks(value: bytes, found: Findings) -> bool:
    if len(value) != 4:  # noqa: PLR2004 - a double word
        return False
    word = int.from_bytes(value, "big")
    found.attributes["user_bits"] = word
    if word & _SHOCK:
        found.alarms += ("vibration",)
    return True


def _charge_and_volts(value: bytes, found: Findings) -> bool:
    if len(value) < 4:  # noqa: PLR2004 - reserved, level, a word
        return False
    found.charge(value[1])
    found.attributes["battery_v"] = int.from_bytes(value[2:4], "big") / 100
    return True


def _charging_and_charge(value: bytes, found: Findings) -> bool:
    if len(value) != 2:  # noqa: PLR2004 - state, level
        return False
    if not value[0]:
        found.attributes["charging"] = True
    found.charge(value[1])
    return True


def _moving(value: bytes, found: Findings) -> bool:
    if len(value) == 1:
        found.attributes["motion"] = value[0] == 1
    return len(value) == 1


def _probes(value: bytes, found: Findings) -> bool:
    """Read probes: index, address, degrees and humidity with 255ths for fractions; or OBD text."""
    if value.startswith(b"$OBD"):
        found.attributes["obd"] = text(value)
        return True
    if not value or len(value) % _PROBE_BYTES:
        return False
    for at in range(0, len(value), _PROBE_BYTES):
        found.attributes[f"temperature_{value[at]}_c"] = _fraction(value[at + 7 : at + 9])
        found.attributes[f"humidity_{value[at]}_pct"] = _fraction(value[at + 9 : at + 11])
    return True


def _fraction(value: bytes) -> float:
    whole = int.from_bytes(value[:1], "big", signed=True)
    parts = value[1] / 255
    return whole - parts if whole < 0 else whole + parts


def _handheld_alarms(value: bytes, found: Findings) -> bool:
    if len(value) != 8:  # noqa: PLR2004 - a word of alarms and more
        return False
    word = int.from_bytes(value[:2], "big")
    found.attributes["extended_alarm_bits"] = value.hex()
    if word & 1:
        found.alarms += ("vibration",)
    if word & 0b1110:
        found.alarms += ("sos",)
    return True


def _volts_and_satellites(value: bytes, found: Findings) -> bool:
    """Read signal, two voltages and satellites; in ten bytes it is a cell."""
    if len(value) == CELL_4G.size:
        add_cell(found, CELL_4G.unpack(value))
        return True
    if len(value) != 6:  # noqa: PLR2004 - named in the line above
        return False
    main, battery = _TWO.unpack_from(value, 1)
    found.attributes |= {"signal": value[0], "power_v": main / 1000, "battery_v": battery / 1000}
    found.satellites = value[5]
    return True


def _iccid(value: bytes, found: Findings) -> bool:
    if len(value) in {19, 20}:
        found.attributes["iccid"] = text(value)
        return True
    return False


def _battery_pack(value: bytes, found: Findings) -> bool:
    """Read millivolts, then perhaps whether it is charged, then perhaps its level."""
    if len(value) < 4:  # noqa: PLR2004 - a double word
        return False
    found.attributes["battery_v"] = int.from_bytes(value[:4], "big") / 1000
    if value[4:5] in {b"\2", b"\3"}:
        found.attributes["charging"] = True
    if value[5:6]:
        found.charge(value[5])
    return True


MAKERS_READERS: dict[int, Reader] = {
    0x02: _fuel,
    0x06: _cabin_or_charge,
    0x2B: _two_analog,
    0x51: _temperatures,
    0x56: _levels,
    0x57: _motions,
    0x60: _event,
    0x68: _hundredths_of_charge,
    0x70: _driving,
    0x71: _iccid,
    0x77: _tyres,
    0x84: _temperature("coolant_c"),
    0x86: _temperature("intake_c"),
    0x8B: _named_text("vin"),
    0x94: _named_text("vin"),
    0xA0: _named_text("trouble_codes"),
    0xA7: _two_analog,
    0xBC: _named_text("driver"),
    0xBD: _named_text("driver_id"),
    0xCC: _iccid,
    0xD0: _shocks,
    0xE3: _charge_and_volts,
    0xE4: _charging_and_charge,
    0xE5: _moving,
    0xE6: _probes,
    0xE7: _handheld_alarms,
    0xED: _named_text("card"),
    0xEE: _volts_and_satellites,
    0xF1: _iccid,
    0xF2: _named_text("firmware"),
    0xF7: _battery_pack,
    0xFB: _named_text("container"),
}
