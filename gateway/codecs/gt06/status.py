"""The terminal's own state: ignition, battery, signal, and what it is alarmed about."""

from collections.abc import Mapping

from gateway.codecs.gt06.fields import Fields, Part, Report

# What the code behind the state means on most models; the profile may say otherwise.
ALARMS = {
    0x01: "sos",
    0x02: "power_cut",
    0x03: "vibration",
    0x04: "fence_enter",
    0x05: "fence_exit",
    0x06: "overspeed",
    0x09: "vibration",
    0x0C: "tampering",
    0x0E: "low_battery",
    0x0F: "low_battery",
    0x11: "power_off",
    0x13: "tampering",
    0x14: "door",
    0x15: "low_battery",
    0x18: "removal",
    0x19: "low_battery",
    0x1A: "braking",
    0x1B: "cornering",
    0x23: "fall",
    0x25: "tampering",
    0x26: "acceleration",
    0x27: "braking",
    0x28: "braking",
    0x29: "acceleration",
    0x2A: "cornering",
    0x2B: "cornering",
    0x2C: "collision",
    0x2E: "cornering",
    0x30: "jamming",
    0x32: "tampering",
    0x33: "lock",
    0x34: "unlock",
    0x53: "fuel_leak",
    0x5B: "temperature",
    0x5C: "temperature",
    0xC9: "idle",
    0xF0: "acceleration",
    0xF1: "braking",
    0xF2: "collision",
    0x0107: "jamming",
    0x010B: "jamming",
}
# One tracker of cars says these otherwise.
ALARMS_OF_CARS = {0x09: "fence", 0x0E: "low_power"}
# The camera's own codes.
CAMERA_ALARMS = {
    0x0E: "low_power",
    0x76: "temperature",
    0x80: "vibration",
    0x87: "overspeed",
    0x88: "power_cut",
    0x90: "acceleration",
    0x91: "braking",
    0x92: "cornering",
    0x93: "collision",
}
# The codes of lockers and doors.
DOOR_ALARMS = {0xA2: "low_battery", 0xA3: "low_battery", 0xA4: "general", 0xA5: "door"}
# The codes of containers' modules.
MODULE_ALARMS = {
    0x10: "door",
    0x12: "removal",
    0x14: "fence_enter",
    0x15: "fence_exit",
    0x16: "temperature",
    0x1A: "low_battery",
    0x1B: "overspeed",
    0x1C: "power_on",
    0x1D: "power_off",
    0x20: "vibration",
    0x21: "power_cut",
    0x23: "tampering",
}
_IGNITION_CODES = {0xFE: True, 0xFF: False}
# Bits 3 to 5 of the state.
_STATE_ALARMS = {
    1: "vibration",
    2: "power_cut",
    3: "low_battery",
    4: "sos",
    6: "fence",
    7: "removal",
}
_MOST_LEVEL = 6
# Then its upper half is no part of the code.
_NO_LANGUAGE = 0xFF
_MOST_PCT = 100


def note_alarm(report: Report, code: int, meanings: Mapping[int, str]) -> None:
    """Keep an alarm by the profile's name, else by `meanings`, and its code in any case.

    A name that is empty in the profile silences the code.
    """
    if code == 0:
        return
    report.attributes["alarm_code"] = code
    if name := report.names.get(code, meanings.get(code)):
        report.alarm(name)
    elif code in _IGNITION_CODES:
        report.attributes["ignition"] = _IGNITION_CODES[code]


def read_state(fields: Fields, report: Report) -> None:
    """One byte of bits: ignition, charging, alarm, and whether oil and power are cut off."""
    _read_state(fields, report, _STATE_ALARMS)


def read_state_of_cars(fields: Fields, report: Report) -> None:
    """Read the same where 7 is overspeed."""
    _read_state(fields, report, {**_STATE_ALARMS, 7: "overspeed"})


def _read_state(fields: Fields, report: Report, meanings: Mapping[int, str]) -> None:
    state = fields.number(1)
    report.attributes["state"] = state
    report.attributes["ignition"] = state & 0x02 != 0
    report.attributes["charging"] = state & 0x04 != 0
    report.attributes["cut_off"] = state & 0x80 != 0
    if name := meanings.get(state >> 3 & 7):
        report.alarm(name)


def read_battery(fields: Fields, report: Report) -> None:
    """Read the battery as a level from 0 to 6, or in per cent."""
    level = fields.number(1)
    report.attributes["battery_level"] = level
    if level <= _MOST_LEVEL:
        report.battery_pct = level * 100 // _MOST_LEVEL
    elif level <= _MOST_PCT:
        report.battery_pct = level


def read_battery_pct(fields: Fields, report: Report) -> None:
    """Read the battery in per cent."""
    level = fields.number(1)
    report.battery_pct = level if level <= _MOST_PCT else None


def read_signal(fields: Fields, report: Report) -> None:
    """Read the mobile network's signal, from 0, or in per cent, by model."""
    report.attributes["gsm_level"] = fields.number(1)


def alarm_of(
    meanings: Mapping[int, str] = ALARMS, *, is_wide: bool = False, languages: int = 256
) -> Part:
    """Return the part that reads an alarm's code and the language behind it.

    Where it `is_wide` the upper half of the language is the third digit of the code. Where
    the language is none of so many `languages` the two bytes are something else.
    """

    def read(fields: Fields, report: Report) -> None:
        code = fields.number(1)
        language = fields.number(1) if fields.left else 0
        if is_wide and language != _NO_LANGUAGE:
            code |= language >> 4 << 8
        report.attributes["language"] = language
        if language < languages:
            note_alarm(report, code, meanings)
        else:
            report.attributes["alarm_code"] = code

    return read


def alarm_alone_of(meanings: Mapping[int, str]) -> Part:
    """Return the part that reads an alarm's code."""

    def read(fields: Fields, report: Report) -> None:
        note_alarm(report, fields.number(1), meanings)

    return read


def event_of(meanings: Mapping[int, str]) -> Part:
    """Return the part that reads an event's code, which is an alarm if it is in `meanings`."""

    def read(fields: Fields, report: Report) -> None:
        code = fields.number(1)
        report.attributes["event"] = code
        if name := report.names.get(code, meanings.get(code)):
            report.alarm(name)

    return read


# State, battery, signal, alarm and language: 5 bytes that end many frames.
STATUS: tuple[Part, ...] = (read_state, read_battery, read_signal, alarm_of())
STATUS_BYTES = 5
