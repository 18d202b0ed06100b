"""JSON Schema (2020-12) of each message of the wire; names of kinds are those of the code."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from patrol.messages import MAX_FIXES, State
from patrol.notices.checkins import CheckInKind, Phase
from patrol.notices.events import Cause, EventKind
from patrol.notices.reports import Mark, MediaType
from patrol.notices.today import Grade
from patrol.topics import Kind
from patrol.wire import EPOCHS_MS, MAX_NUMBER

Schema = dict[str, Any]

_SPAN_S: Final = {"type": "integer", "minimum": 1, "maximum": 3600, "description": "seconds"}
_UUID_7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_VERDICTS = ("met", "not_met", "undetermined")


def _whole(text: str, least: int = 0, most: int = MAX_NUMBER) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "description": text}


def _words(kinds: type[StrEnum], text: str) -> Schema:
    return {"type": "string", "enum": [str(one) for one in kinds], "description": text}


def _text(text: str, most: int = 64) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most, "description": text}


def _list(items: Schema, most: int, text: str = "") -> Schema:
    return {"type": "array", "items": items, "maxItems": most, "description": text}


def _object(fields: Mapping[str, Schema], *required: str, text: str = "") -> Schema:
    found: Schema = {"type": "object", "properties": dict(fields), "required": list(required)}
    return found | ({"description": text} if text else {})


def _message(fields: Mapping[str, Schema], *required: str) -> Schema:
    version = {"const": 1, "description": "version of the wire"}
    return _object({"v": version, **fields}, "v", *required)


def _column(text: str, least: int, most: int, *, nulls: bool = True) -> Schema:
    kind = ["integer", "null"] if nulls else "integer"
    item = {"type": kind, "minimum": least, "maximum": most}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_FIXES} | {
        "description": text
    }


def _differences(text: str) -> Schema:
    item = {"type": "integer"}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_FIXES} | {
        "description": f"{text}; the first value, then differences"
    }


_AT = _whole("ms since 1970, UTC", *EPOCHS_MS)
_ID = {"type": "string", "pattern": _UUID_7, "description": "UUID of version 7"}
_TERMINAL_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_FIX = _object(
    {
        "age": _whole("ms before the act, at most a day", 0, 86_400_000),
        "lat": _whole("1e-7 degree, WGS-84", -900_000_000, 900_000_000),
        "lon": _whole("1e-7 degree, WGS-84", -1_800_000_000, 1_800_000_000),
        "acc": _whole("0.1 m, 68 % horizontally", 0, 1_000_000),
    },
    "age",
    "lat",
    "lon",
    text="the last fix",
)

_POSITION = _message(
    {
        "seq": _whole("number of the first fix in the outbox"),
        "source": _text("what made the fixes"),
        "outbox": _text("id of the outbox"),
        "t": _differences("ms since 1970, from the receiver"),
        "lat": _differences("1e-7 degree, WGS-84"),
        "lon": _differences("1e-7 degree, WGS-84"),
        "alt": _column("0.1 m", -10_000, 1_000_000),
        "spd": _column("cm/s", 0, 32_767),
        "crs": _column("0.1 degree", 0, 3_600),
        "hdop": _column("0.1", 0, 32_767),
        "acc": _column("0.1 m, 68 % horizontally", 0, 1_000_000),
        "sat": _column("satellites", 0, 255),
        "q": _column("quality of NMEA's GGA", 0, 8),
        "bat": _column("battery, percent", 0, 100),
        "flg": _column(
            "bits: 1 mock location, 2 charging, 4 moving, 8 late, 16 sos, 32 first after a gap",
            0,
            63,
            nulls=False,
        ),
    },
    *("seq", "source", "t", "lat", "lon"),
)
_CHECKIN = _message(
    {
        "checkin_id": _ID,
        "at": _AT,
        "kind": _words(CheckInKind, "by what"),
        "phase": _words(Phase, "begin or end of a visit, or that nobody was there"),
        "token": _text("what the tag holds, opaque", 200),
        "premises_id": _text("what the terminal takes for the premises"),
        "fix": _FIX,
    },
    *("checkin_id", "at", "kind", "phase"),
)
_EVENT = _message(
    {
        "event_id": _ID,
        "at": _AT,
        "kind": _words(EventKind, "what happened"),
        "fix": _FIX,
        "detail": _object(
            {"cause": _words(Cause, "why"), "outbox": _text("id of an outbox")},
            text="whole numbers, a cause, an outbox; no words of people",
        ),
    },
    *("event_id", "at", "kind"),
)
_PHOTO = _object(
    {
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "of the file"},
        "bytes": _whole("length of the file", 1, 1 << 30),
        "media_type": _words(MediaType, "what the file is"),
        "width": _whole("pixels", 1),
        "height": _whole("pixels", 1),
        "exif": _object(
            {
                "taken_at": _AT,
                "lat_e7": _whole("1e-7 degree", -900_000_000, 900_000_000),
                "lon_e7": _whole("1e-7 degree", -1_800_000_000, 1_800_000_000),
                "make": _text("of the camera"),
                "model": _text("of the camera"),
            },
            text="what the camera wrote; nothing else of it is told",
        ),
    },
    *("sha256", "bytes", "media_type"),
)
_REPORT = _message(
    {
        "report_id": _ID,
        "taken_at": _AT,
        "category": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9_.-]{0,63}$",
            "description": "a code of the deployment's list",
        },
        "text": _text("about the place", 500),
        "fix": _FIX,
        "photos": _list(_PHOTO, 10, "which are to come, to the API"),
        "marks": _list(_words(Mark, "what to know when looking"), len(Mark)),
    },
    *("report_id", "taken_at", "category"),
)
_STATUS = _message(
    {
        "state": _words(State, "lost is said by the broker, in the last will"),
        "outbox": _text("the outbox that the numbers count"),
        "written": _whole("fixes ever written to it"),
        "waiting": _whole("fixes not yet reported as stored"),
        "thinned": _whole("fixes given up by rule"),
    },
    "state",
)
_STORED = _message(
    {
        "outbox": _text("which outbox the ranges belong to"),
        "fixes": {
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0},
                "minItems": 2,
                "maxItems": 2,
            },
            "description": "closed ranges of seq",
        },
        "ids": {"type": "array", "items": {"type": "string"}, "description": "of other messages"},
    }
)
_DUTY = _message(
    {
        "plan": _whole("its number, greater than that of the one before"),
        "windows": _list(
            _object(
                {
                    "start": _AT,
                    "end": _AT,
                    "breaks": _list(_list(_AT, 2, "start and end"), 20, "within, in order"),
                },
                "start",
                "end",
            ),
            100,
            "spans of duty in order",
        ),
        "moving_s": _SPAN_S,
        "standing_s": _SPAN_S,
        "heartbeat_s": _SPAN_S,
        "checkpoints": _list(_text("checkpoint_id"), 500),
        "notice": _object(
            {
                "days": _whole("for how long positions are kept", 1),
                "purposes": _list(_text("a code"), 100),
            },
            "days",
            "purposes",
            text="what the worker is told",
        ),
        "sig": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "HMAC-SHA256"},
    },
    *("plan", "moving_s", "standing_s", "heartbeat_s", "notice", "sig"),
)
_SECONDS = ("duty_s", "excused_s", "proven_s", "plausible_s", "outside_s", "unknown_s")
_DAY = _message(
    {
        "worker_id": _text("whose"),
        "day": {"type": "string", "format": "date", "description": "on which duty begins, local"},
        "computed_at": _AT,
        "provisional": {"type": "boolean", "description": "while duty lasts or facts wait"},
        "presence": _object({name: _whole("seconds") for name in _SECONDS}, *_SECONDS),
        "visit_time": _object(
            {name: _whole("seconds") for name in ("visit_s", "low_s", "high_s")},
            *("visit_s", "low_s", "high_s"),
        ),
        "visits": _list(
            _object(
                {
                    "start": _AT,
                    "end": _AT,
                    "grade": _words(Grade, "by what it is known"),
                    "premises_id": _text("where known"),
                },
                *("start", "end", "grade"),
            ),
            400,
        ),
        "verdicts": {
            "type": "object",
            "description": "of presence, visit and coverage, as far as judged",
            "additionalProperties": _object(
                {
                    "verdict": {"type": "string", "enum": list(_VERDICTS)},
                    "code": _text("of the reason"),
                    "values": {"type": "object", "description": "that the reason names"},
                },
                *("verdict", "code", "values"),
            ),
        },
    },
    *("worker_id", "day", "computed_at", "provisional", "presence", "visit_time", "verdicts"),
)

TERMINAL_ID: Final = _TERMINAL_ID
PAYLOADS: Final[Mapping[Kind, tuple[str, Schema]]] = {
    Kind.POSITION: ("PositionBatch", _POSITION),
    Kind.REPORT: ("PhotoReport", _REPORT),
    Kind.CHECKIN: ("CheckIn", _CHECKIN),
    Kind.EVENT: ("TerminalEvent", _EVENT),
    Kind.STATUS: ("Status", _STATUS),
    Kind.STORED: ("Stored", _STORED),
    Kind.DUTY: ("DutyPlan", _DUTY),
    Kind.DAY: ("Today", _DAY),
}
