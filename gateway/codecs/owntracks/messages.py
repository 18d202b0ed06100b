"""What each type of message says."""

from gateway.codecs.documents import Document
from gateway.codecs.events import Event, Happened, Located, Photo, RawFix, Refused, Value
from gateway.codecs.owntracks.pictures import read_picture
from gateway.codecs.readings import (
    KMH_MPS,
    battery_pct,
    course_deg,
    epoch,
    not_below,
    number,
    place,
)
from patrol.errors import InputError

TEXT_LIMIT = 4096

UNREADABLE_IMAGE = "unreadable_image"

LOCATION = "location"
_KINDS = {
    "beacon",
    "card",
    "cmd",
    "lwt",
    "request",
    "status",
    "steps",
    "transition",
    "waypoint",
    "waypoints",
}
# It may hold the passwords of the phone's owner.
_CONFIGURATION = {"configuration", "dump"}

_OWN = {"_type", "acc", "alt", "batt", "cog", "image", "lat", "lon", "topic", "tst", "vel"}
_NAMES = {
    "bs": "battery_state",
    "conn": "connection",
    "m": "monitoring",
    "odometer": "odometer_km",
    "p": "pressure_kpa",
    "rad": "radius_m",
    "t": "trigger",
    "vac": "vertical_accuracy_m",
}
_WORDS: dict[str, dict[Value, str]] = {
    "bs": {0: "unknown", 1: "unplugged", 2: "charging", 3: "full"},
    "conn": {"w": "wifi", "m": "mobile", "o": "offline"},
    "m": {1: "significant", 2: "move"},
}
# Of trackers that speak this protocol by a bridge; phones use other letters.
_ALARMS = {
    "!": "tow",
    "1": "power_on",
    "9": "low_battery",
    "E": "power_restored",
    "e": "power_cut",
    "s": "overspeed",
}
_HARSH = {0: "braking", 3: "braking", 1: "acceleration", 4: "acceleration"} | {
    2: "cornering",
    5: "cornering",
}
_IGNITION = {"i": True, "I": False}

# The answer to a question from outside: the phone tells its last place under the present time.
_PING = "p"


def read_message(document: Document, terminal_id: str | None) -> list[Event]:
    """Return what `document` says; raises InputError where its type is not known."""
    kind = document.get("_type", LOCATION if "lat" in document else None)
    if kind == LOCATION:
        return _located(document, terminal_id)
    if not isinstance(kind, str):
        raise InputError("the message has no type: send it as the phone gave it")
    if kind in _CONFIGURATION:
        names: list[Value] = list(document)
        return [_happened(terminal_id, "configuration", {"names": names})]
    if kind in _KINDS:
        return [_happened(terminal_id, kind, _said(document))]
    raise InputError(f"a message of type {kind[:40]!r} is not known: leave it out")


def _located(document: Document, terminal_id: str | None) -> list[Event]:
    fix = _fix(document)
    attributes = _attributes(document)
    if fix is None:
        attributes["unreadable"] = {name: document.get(name) for name in ("lat", "lon", "tst")}
    located = Located(
        terminal_id=terminal_id,
        fix=fix,
        late=document.get("conn") == "o",
        alarms=_alarms(document),
        battery_pct=battery_pct(document.get("batt")),
        attributes=attributes,
    )
    return [located, *_photo(document, located)]


def _fix(document: Document) -> RawFix | None:
    at = place(document.get("lat"), document.get("lon"))
    when = epoch(document.get("tst"))
    if at is None or when is None:
        return None
    speed_kmh = not_below(document.get("vel"))
    accuracy_m = number(document.get("acc"))
    return RawFix(
        epoch=when,
        lat_deg=at[0],
        lon_deg=at[1],
        altitude_m=number(document.get("alt")),
        speed_mps=None if speed_kmh is None else speed_kmh * KMH_MPS,
        course_deg=course_deg(document.get("cog")),
        accuracy_m=not_below(accuracy_m),
        # A negative accuracy is iOS's way to say that there is no place.
        valid=document.get("t") != _PING and (accuracy_m is None or accuracy_m >= 0),
    )


def _attributes(document: Document) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for name, value in _said(document).items():
        if name in _OWN:
            continue
        if name in _WORDS and isinstance(value, str | int):
            value = _WORDS[name].get(value, value)  # noqa: PLW2901 - the same thing in words
        attributes[_NAMES.get(name, name)] = value
    trigger = document.get("t")
    if isinstance(trigger, str) and trigger in _IGNITION:
        attributes["ignition"] = _IGNITION[trigger]
    return attributes


def _alarms(document: Document) -> tuple[str, ...]:
    trigger = document.get("t")
    if trigger == "h":
        kind = number(document.get("rty"))
        name = _HARSH.get(int(kind)) if kind is not None else None
    else:
        name = _ALARMS.get(trigger) if isinstance(trigger, str) else None
    return (name,) if name else ()


def _photo(document: Document, located: Located) -> list[Photo | Refused]:
    image = document.get("image")
    if not isinstance(image, str):
        return []
    try:
        picture = read_picture(image)
    except InputError as error:
        return [Refused(reason=str(error), code=UNREADABLE_IMAGE)]
    names = ("imagename", "poi", "tag")
    return [
        Photo(
            terminal_id=located.terminal_id,
            media_type=picture.media_type,
            data=picture.data,
            fix=located.fix,
            attributes={name: document[name] for name in names if name in document},
        )
    ]


def _happened(terminal_id: str | None, kind: str, attributes: dict[str, Value]) -> Happened:
    return Happened(terminal_id=terminal_id, kind=kind, attributes=attributes)


def _said(document: Document) -> dict[str, Value]:
    """Return all fields but long texts, e.g. a portrait; `left_out` names those."""
    said: dict[str, Value] = {}
    left_out: list[Value] = []
    for name, value in document.items():
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            left_out.append(name)
        elif name not in {"_type", "topic", "face"}:
            said[name] = value
    return said | {"left_out": left_out} if left_out else said
