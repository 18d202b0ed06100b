"""Alarms of apps by the names that the gateway has for them."""

import re

from gateway.codecs.events import Value

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,39}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[ _-]+")

# Traccar's names, in words of this gateway.
_NAMES = {
    "accident": "collision",
    "fall_down": "fall",
    "fatigue_driving": "fatigue",
    "geofence": "fence",
    "geofence_enter": "fence_enter",
    "geofence_exit": "fence_exit",
    "gps_antenna_cut": "antenna_cut",
    "hard_acceleration": "acceleration",
    "hard_braking": "braking",
    "hard_cornering": "cornering",
    "panic": "sos",
    "removing": "removal",
}


def alarm_names(value: Value) -> tuple[str, ...]:
    """Return the names in `value`, which commas part, each once; what is no name is left out."""
    found: dict[str, None] = {}
    if isinstance(value, str):
        for word in value.split(","):
            if _NAME.fullmatch(word.strip()):
                plain = _BETWEEN.sub("_", _HUMP.sub("_", word.strip())).lower()
                found[_NAMES.get(plain, plain)] = None
    return tuple(found)
