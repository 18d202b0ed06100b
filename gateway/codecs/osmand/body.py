"""A report in JSON: Traccar Client from version 9 on, and the flat form of its kin.

Speeds are m/s, and -1 is "unknown" wherever it stands.
"""

from collections.abc import Iterator
from datetime import datetime

from gateway.codecs.documents import Document, read_documents
from gateway.codecs.events import Located, RawFix, Value
from gateway.codecs.osmand.alarms import alarm_names
from gateway.codecs.readings import course_deg, epoch, is_true, not_below, number, place
from patrol.errors import InputError

REPORTS_LIMIT = 1000

_UNKNOWN = -1
_PCT = 100

# What a report's own fields are read from, beside a copy of the report as a query.
_OWN = {"_", "activity", "alarm", "battery", "coords", "extras", "timestamp"}
_OWN_COORDS = {"accuracy", "altitude", "heading", "latitude", "longitude", "speed"}
# The same things with their unit.
_NAMES = {"odometer": "odometer_m"}

_IDS = ("device_id", "deviceid", "id")


def read_body(body: bytes, *, received_at: datetime) -> list[Located]:
    """Return the reports in `body`, at least one, all of one terminal.

    It is None where none is named. Raises InputError where `body` is no JSON of this form.
    """
    found = [
        (_terminal_id(document), document, location)
        for document in read_documents(body)
        for location in _locations(document)
    ]
    if not found or len(found) > REPORTS_LIMIT or len({one[0] for one in found}) > 1:
        raise InputError(
            f"the JSON holds no location, over {REPORTS_LIMIT} or several terminals':"
            " send one report a request"
        )
    return [
        _report(document, location, terminal_id=terminal_id, received_at=received_at)
        for terminal_id, document, location in found
    ]


def _terminal_id(document: Document) -> str | None:
    for name in _IDS:
        value = document.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip() or None
    return None


def _locations(document: Document) -> Iterator[Document]:
    """Yield the locations; a document without one is a location itself if it has a place."""
    location = document.get("location")
    found = location if isinstance(location, list) else [location]
    yield from (one for one in found if isinstance(one, dict))
    if location is None and ("coords" in document or "latitude" in document):
        yield {name: value for name, value in document.items() if name not in _IDS}


def _report(
    document: Document, location: Document, *, terminal_id: str | None, received_at: datetime
) -> Located:
    nested = location.get("coords")
    coords = nested if isinstance(nested, dict) else location
    timestamp = location.get("timestamp", document.get("timestamp"))
    when = received_at if timestamp is None else epoch(timestamp)
    at = place(coords.get("latitude"), coords.get("longitude"))
    battery = location.get("battery", document.get("battery"))
    extras = location.get("extras")
    more = extras if isinstance(extras, dict) else {}
    alarm = location.get("alarm") or document.get("alarm") or more.get("alarm")
    return Located(
        terminal_id=terminal_id,
        fix=None if at is None or when is None else _fix(coords, at, when),
        alarms=alarm_names(alarm),
        battery_pct=_battery_pct(battery),
        attributes={
            **{name: value for name, value in more.items() if _is_plain(value)},
            **_attributes(coords, location),
            **_charge(battery),
            **_notes(coords, timestamp, is_read=at is not None and when is not None),
        },
    )


def _fix(coords: Document, at: tuple[float, float], when: datetime) -> RawFix:
    return RawFix(
        epoch=when,
        lat_deg=at[0],
        lon_deg=at[1],
        altitude_m=_altitude_m(coords.get("altitude")),
        speed_mps=not_below(coords.get("speed")),
        course_deg=course_deg(coords.get("heading")),
        accuracy_m=not_below(coords.get("accuracy")),
    )


def _notes(coords: Document, timestamp: Value, *, is_read: bool) -> dict[str, Value]:
    """Return whether the time of receipt stands in, and what of a place could not be read."""
    if "latitude" not in coords and "longitude" not in coords:
        return {}
    if is_read:
        return {"untimed": True} if timestamp is None else {}
    names = ("latitude", "longitude")
    return {"unreadable": {**{n: coords.get(n) for n in names}, "timestamp": timestamp}}


def _altitude_m(value: Value) -> float | None:
    found = number(value)
    return None if found == _UNKNOWN else found


def _attributes(coords: Document, location: Document) -> dict[str, Value]:
    others = {name: value for name, value in location.items() if name not in _OWN}
    others |= {name: value for name, value in coords.items() if name not in _OWN}
    attributes = {
        _NAMES.get(name, name): value
        for name, value in others.items()
        if name not in _OWN_COORDS and _is_plain(value) and value != _UNKNOWN
    }
    activity = location.get("activity")
    if isinstance(activity, dict):
        activity = activity.get("type")
    return attributes | {"activity": activity} if isinstance(activity, str) else attributes


def _battery_pct(battery: Value) -> int | None:
    """Return a charge given as a share of 1, or in percent where it is more than that."""
    level = not_below(battery.get("level") if isinstance(battery, dict) else battery)
    if level is None or level > _PCT:
        return None
    return round(level * _PCT if level <= 1 else level)


def _charge(battery: Value) -> dict[str, Value]:
    if isinstance(battery, dict) and "is_charging" in battery:
        return {"charging": is_true(battery["is_charging"])}
    return {}


def _is_plain(value: Value) -> bool:
    return isinstance(value, bool | int | float | str)
