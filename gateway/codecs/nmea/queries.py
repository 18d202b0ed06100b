"""A sentence in the query of a web request, as OpenGTS has it: `?id=...&gprmc=$GPRMC,...`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from gateway.codecs.events import Event, Located, RawFix, Refused, Value
from gateway.codecs.nmea.codec import NmeaCodec
from gateway.codecs.nmea.fields import amount_of, number_of
from gateway.codecs.profile import Profile

_NAMES = ("id", "imei", "dev")
_SENTENCES = ("gprmc", "rmc")
_MOST_PCT = 100


def read_query(
    parameters: Mapping[str, str], profile: Profile, *, received_at: datetime
) -> list[Event]:
    """Return what a request says: one report, or why it is refused.

    `parameters` are decoded. The names of OpenGTS beside `id` and `gprmc` are `alt` in m,
    `batt` as a share or in per cent, and `code`; all others are kept as they are.
    """
    name = next((parameters[key] for key in _NAMES if parameters.get(key)), None)
    text = next((parameters[key] for key in _SENTENCES if parameters.get(key)), None)
    if name is None or text is None:
        reason = "a request without `id` or without `gprmc` is left out"
        return [Refused(reason=reason, code="query")]
    codec = NmeaCodec(profile, peer=name)
    events = codec.receive(text.encode("latin-1", "replace") + b"\n", received_at=received_at)
    events += codec.close()
    return [_told(event, name, parameters) for event in events if _is_answer(event)]


def _is_answer(event: Event) -> bool:
    return isinstance(event, Located | Refused)


def _told(event: Event, name: str, parameters: Mapping[str, str]) -> Event:
    if not isinstance(event, Located):
        return event
    others: dict[str, Value] = {
        key: value
        for key, value in parameters.items()
        if key not in {*_NAMES, *_SENTENCES, "alt", "batt"}
    }
    battery = amount_of(parameters.get("batt", ""))
    if battery is not None and battery <= 1:
        battery *= _MOST_PCT
    return replace(
        event,
        terminal_id=name,
        fix=_raised(event.fix, number_of(parameters.get("alt", ""))),
        battery_pct=int(battery) if battery is not None and battery <= _MOST_PCT else None,
        attributes={**others, **event.attributes},
    )


def _raised(fix: RawFix | None, altitude_m: float | None) -> RawFix | None:
    return fix if fix is None or altitude_m is None else replace(fix, altitude_m=altitude_m)
