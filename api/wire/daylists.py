"""JSON Schema of the list of a worker's day."""

from typing import Final

from api.wire.forms import Schema, many, message, record, text, whole, words
from patrol.notices.daylist import MOST_GUIDES, MOST_TASKS, Seen, TaskKind, Why
from patrol.wire import EPOCHS_MS

_MOST_NAME_CHARS = 60
_DATE = {"type": "string", "format": "date", "description": "local day"}
_WORDS = {
    "type": "object",
    "description": "by language",
    "additionalProperties": {"type": "string", "maxLength": 240},
}
_GUIDE_PARTS = ("names", "look_at", "photograph", "climb_when")

DAY_LIST: Final[Schema] = message(
    {
        "worker_id": text("whose"),
        "day": _DATE,
        "computed_at": whole("ms since 1970, UTC", *EPOCHS_MS),
        "tasks": many(
            record(
                {
                    "kind": words(TaskKind, "what is to be done"),
                    "key": text("of the checkpoint, premises, order or facility"),
                    "name": {"type": "string", "maxLength": _MOST_NAME_CHARS},
                    "why": words(Why, "why it is on the list"),
                    "seen": words(Seen, "whether evidence shows it"),
                    "reason": text("code of a supervisor's wish"),
                    "category": text("of the guide"),
                    "lat": whole("1e-7 degree, WGS-84", -900_000_000, 900_000_000),
                    "lon": whole("1e-7 degree, WGS-84", -1_800_000_000, 1_800_000_000),
                    "leg": whole("metres from the one before, as the crow flies"),
                    "due": whole("ms since 1970, UTC", *EPOCHS_MS),
                    "last": _DATE | {"description": "local day on which it was done last"},
                },
                *("kind", "key", "name", "why", "seen"),
            ),
            MOST_TASKS,
            "in the order of walking, what is on record last",
        ),
        "left_off": whole("how many more there are"),
        "guides": {
            "type": "object",
            "description": "by category",
            "maxProperties": MOST_GUIDES,
            "additionalProperties": record(dict.fromkeys(_GUIDE_PARTS, _WORDS), *_GUIDE_PARTS),
        },
    },
    *("worker_id", "day", "computed_at", "tasks", "left_off"),
)
