"""Names of the bits of 0x0200's alarm word.

Bits 0 to 14 and 19 to 31 are the specification's, where the main supply of a handheld terminal is its battery. Bits 15 to 18 are what handheld and wireless
terminals mean by them, which the specification of 2013 leaves free; the one of 2019 has illegal
driving, tyre pressure, blind zone and fatigue there. A profile's `alarm_bits` overrides any.
"""

from gateway.codecs.profile import Profile

ALARM_BITS = {
    0: "sos",
    1: "overspeed",
    2: "fatigue",
    3: "danger",
    4: "fault",
    5: "antenna_cut",
    6: "antenna_short",
    7: "low_battery",
    8: "power_off",
    9: "fault",
    10: "fault",
    11: "fault",
    12: "fault",
    13: "overspeed_warning",
    14: "fatigue_warning",
    15: "vibration",
    16: "tampering",
    17: "tampering",
    18: "low_battery",
    19: "parking",
    20: "fence",
    21: "route",
    22: "road_time",
    23: "route",
    24: "fault",
    25: "fuel",
    26: "theft",
    27: "ignition",
    28: "movement",
    29: "collision",
    30: "collision",
    31: "door",
}


def alarm_names(profile: Profile) -> dict[int, str]:
    """Return what each bit means to this model; an empty name silences a bit."""
    names = ALARM_BITS | profile.alarm_bits
    return {bit: name for bit, name in sorted(names.items()) if name}


def alarms_in(word: int, names: dict[int, str]) -> tuple[str, ...]:
    """Return the names of the bits that are set, each once, lowest bit first."""
    return tuple(dict.fromkeys(name for bit, name in names.items() if word >> bit & 1))
