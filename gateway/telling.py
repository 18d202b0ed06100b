"""Events as the JSON objects that people read."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import assert_never

from gateway.codecs.events import (
    Alive,
    Attributes,
    Event,
    Happened,
    Identified,
    Located,
    Photo,
    RawFix,
    Refused,
    Reply,
    Value,
)

# Further digits of a degree are below a tenth of a millimetre.
_DEGREE_DIGITS = 9
_DIGITS = 6

# What readers of JSON take for a whole number.
_INTEGER_LIMIT = 2**63

Plain = dict[str, object]


def as_json(event: Event) -> Plain:
    """Return `event` as it is printed; docs/reference/gateway.md has the keys."""
    if isinstance(event, Located | Alive):
        return _located(event) if isinstance(event, Located) else _alive(event)
    if isinstance(event, Identified | Happened):
        return _happened(event)
    if isinstance(event, Photo):
        return _photo(event)
    if isinstance(event, Reply):
        return {"event": "reply", "hex": event.data.hex()}
    if isinstance(event, Refused):
        return {"event": "refused", "reason": event.reason}
    assert_never(event)


def _located(event: Located) -> Plain:
    return {
        "event": "located",
        "terminal_id": event.terminal_id,
        "fix": _fix(event.fix),
        "late": event.late,
        "alarms": list(event.alarms),
        "battery_pct": event.battery_pct,
        "attributes": _attributes(_with_hdop(event)),
    }


def _alive(event: Alive) -> Plain:
    return {
        "event": "alive",
        "terminal_id": event.terminal_id,
        "alarms": list(event.alarms),
        "battery_pct": event.battery_pct,
        "attributes": _attributes(event.attributes),
    }


def _happened(event: Identified | Happened) -> Plain:
    kind = {"kind": event.kind} if isinstance(event, Happened) else {}
    return {
        "event": "event" if kind else "identified",
        "terminal_id": event.terminal_id,
        **kind,
        "attributes": _attributes(event.attributes),
    }


def _photo(event: Photo) -> Plain:
    return {
        "event": "photo",
        "terminal_id": event.terminal_id,
        "media_type": event.media_type,
        "size": len(event.data),
        "sha256": sha256(event.data).hexdigest(),
        "fix": _fix(event.fix),
        "attributes": _attributes(event.attributes),
    }


def _fix(fix: RawFix | None) -> Plain | None:
    if fix is None:
        return None
    return {
        "epoch": _epoch(fix.epoch),
        "lat_deg": round(fix.lat_deg, _DEGREE_DIGITS),
        "lon_deg": round(fix.lon_deg, _DEGREE_DIGITS),
        "altitude_m": _rounded(fix.altitude_m),
        "speed_mps": _rounded(fix.speed_mps),
        "course_deg": _rounded(fix.course_deg),
        "accuracy_m": _rounded(fix.accuracy_m),
        "satellites": fix.satellites,
        "valid": fix.valid,
    }


def _with_hdop(event: Located) -> Attributes:
    if event.fix is None or event.fix.hdop is None:
        return event.attributes
    return {"hdop": event.fix.hdop, **event.attributes}


def _epoch(epoch: datetime) -> str:
    return epoch.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _attributes(attributes: Attributes) -> Plain:
    return {str(name): _plain(value) for name, value in attributes.items()}


def _plain(value: Value) -> object:
    """Return `value` as JSON can carry it: no NaN, no infinity, no number beyond 64 bits."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _INTEGER_LIMIT else hex(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _attributes(value)
    return _listed(value)


def _listed(values: Sequence[Value]) -> object:
    if isinstance(values, bytes | bytearray):
        return values.hex()
    return [_plain(value) for value in values]
