"""JSON Schema (2020-12) of each message of the wire; names of kinds are those of the code."""

from collections.abc import Mapping
from typing import Final

from api.wire.daylists import DAY_LIST
from api.wire.forms import Schema, column, differences, many, message, record, text, whole, words
from patrol.messages import State
from patrol.notices.checkins import CheckInKind, Phase
from patrol.notices.events import Cause, EventKind
from patrol.notices.reports import Mark, MediaType
from patrol.notices.today import Grade
from patrol.topics import Kind
from patrol.wire import EPOCHS_MS

_SPAN_S: Final = {"type": "integer", "minimum": 1, "maximum": 3600, "description": "seconds"}
_UUID_7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_VERDICTS = ("met", "not_met", "undetermined")


_AT = whole("ms since 1970, UTC", *EPOCHS_MS)
_ID = {"type": "string", "pattern": _UUID_7, "description": "UUID of version 7"}
_TERMINAL_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_FIX = record(
    {
        "age": whole("ms before the act, at most a day", 0, 86_400_000),
        "lat": whole("1e-7 degree, WGS-84", -900_000_000, 900_000_000),
        "lon": whole("1e-7 degree, WGS-84", -1_800_000_000, 1_800_000_000),
        "acc": whole("0.1 m, 68 % horizontally", 0, 1_000_000),
    },
    "age",
    "lat",
    "lon",
    text="the last fix",
)

_POSITION = message(
    {
        "seq": whole("number of the first fix in the outbox"),
        "source": text("what made the fixes"),
        "outbox": text("id of the outbox"),
        "t": differences("ms since 1970, from the receiver"),
        "lat": differences("1e-7 degree, WGS-84"),
        "lon": differences("1e-7 degree, WGS-84"),
        "alt": column("0.1 m", -10_000, 1_000_000),
        "spd": column("cm/s", 0, 32_767),
        "crs": column("0.1 degree", 0, 3_600),
        "hdop": column("0.1", 0, 32_767),
        "acc": column("0.1 m, 68 % horizontally", 0, 1_000_000),
        "sat": column("satellites", 0, 255),
        "q": column("quality of NMEA's GGA", 0, 8),
        "bat": column("battery, percent", 0, 100),
        "flg": column(
            "bits: 1 mock location, 2 charging, 4 moving, 8 late, 16 sos, 32 first after a gap",
            0,
            63,
            nulls=False,
        ),
    },
    *("seq", "source", "t", "lat", "lon"),
)
_CHECKIN = message(
    {
        "checkin_id": _ID,
        "at": _AT,
        "kind": words(CheckInKind, "by what"),
        "phase": words(Phase, "begin or end of a visit, or that nobody was there"),
        "token": text("what the tag holds, opaque", 200),
        "premises_id": text("what the terminal takes for the premises"),
        "fix": _FIX,
    },
    *("checkin_id", "at", "kind", "phase"),
)
_EVENT = message(
    {
        "event_id": _ID,
        "at": _AT,
        "kind": words(EventKind, "what happened"),
        "fix": _FIX,
        "detail": record(
            {"cause": words(Cause, "why"), "outbox": text("id of an outbox")},
            text="whole numbers, a cause, an outbox; no words of people",
        ),
    },
    *("event_id", "at", "kind"),
)
_PHOTO = record(
    {
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "of the file"},
        "bytes": whole("length of the file", 1, 1 << 30),
        "media_type": words(MediaType, "what the file is"),
        "width": whole("pixels", 1),
        "height": whole("pixels", 1),
        "exif": record(
            {
                "taken_at": _AT,
                "lat_e7": whole("1e-7 degree", -900_000_000, 900_000_000),
                "lon_e7": whole("1e-7 degree", -1_800_000_000, 1_800_000_000),
                "make": text("of the camera"),
                "model": text("of the camera"),
            },
            text="what the camera wrote; nothing else of it is told",
        ),
    },
    *("sha256", "bytes", "media_type"),
)
_REPORT = message(
    {
        "report_id": _ID,
        "taken_at": _AT,
        "category": {
            "type": "string",
            "pattern": "^[a-z0-9][a-z0-9_.-]{0,63}$",
            "description": "a code of the deployment's list",
        },
        "text": text("about the place", 500),
        "fix": _FIX,
        "photos": many(_PHOTO, 10, "which are to come, to the API"),
        "marks": many(words(Mark, "what to know when looking"), len(Mark)),
        "facility_id": text("the thing that it is about, where that is known"),
    },
    *("report_id", "taken_at", "category"),
)
_STATUS = message(
    {
        "state": words(State, "lost is said by the broker, in the last will"),
        "outbox": text("the outbox that the numbers count"),
        "written": whole("fixes ever written to it"),
        "waiting": whole("fixes not yet reported as stored"),
        "thinned": whole("fixes given up by rule"),
    },
    "state",
)
_STORED = message(
    {
        "outbox": text("which outbox the ranges belong to"),
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
_DUTY = message(
    {
        "plan": whole("its number, greater than that of the one before"),
        "windows": many(
            record(
                {
                    "start": _AT,
                    "end": _AT,
                    "breaks": many(many(_AT, 2, "start and end"), 20, "within, in order"),
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
        "checkpoints": many(text("checkpoint_id"), 500),
        "notice": record(
            {
                "days": whole("for how long positions are kept", 1),
                "purposes": many(text("a code"), 100),
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
_DAY = message(
    {
        "worker_id": text("whose"),
        "day": {"type": "string", "format": "date", "description": "on which duty begins, local"},
        "computed_at": _AT,
        "provisional": {"type": "boolean", "description": "while duty lasts or facts wait"},
        "presence": record({name: whole("seconds") for name in _SECONDS}, *_SECONDS),
        "visit_time": record(
            {name: whole("seconds") for name in ("visit_s", "low_s", "high_s")},
            *("visit_s", "low_s", "high_s"),
        ),
        "visits": many(
            record(
                {
                    "start": _AT,
                    "end": _AT,
                    "grade": words(Grade, "by what it is known"),
                    "premises_id": text("where known"),
                },
                *("start", "end", "grade"),
            ),
            400,
        ),
        "verdicts": {
            "type": "object",
            "description": "of presence, visit and coverage, as far as judged",
            "additionalProperties": record(
                {
                    "verdict": {"type": "string", "enum": list(_VERDICTS)},
                    "code": text("of the reason"),
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
    Kind.LIST: ("DayList", DAY_LIST),
}
