"""What a worker may do today, in an order that walks well, and the message that says so.

An aid, never a verdict: what nobody has seen may have been done. Facts about places and things
alone; there is no field for who lives at a place, and none may get one. The standard library
alone, because handheld terminals are small. docs/reference/wire.md is the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from patrol import ids, wire
from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, epoch_ms, epoch_of
from patrol.ids import WorkerId
from patrol.messages import SCALE_E7
from patrol.reasons import LANGUAGES, Language

MAX_PLAIN_BYTES: Final = 1 << 17
MOST_TASKS: Final = 200
MOST_GUIDES: Final = 40

_MOST_NAME_CHARS = 60
_MOST_GUIDE_CHARS = 240
_LATS_E7 = (-POLE_DEG * SCALE_E7, POLE_DEG * SCALE_E7)
_LONS_E7 = (-ANTIMERIDIAN_DEG * SCALE_E7, ANTIMERIDIAN_DEG * SCALE_E7)
_DATE_CHARS = 10

Words: TypeAlias = Mapping[Language, str]
T = TypeVar("T")


class TaskKind(StrEnum):
    """What is to be done: pass, visit, verify an order, settle one, look at a facility."""

    PATROL = "patrol"
    VISIT = "visit"
    VERIFY = "verify"
    SETTLE = "settle"
    CHECK = "check"


class Why(StrEnum):
    """Why something is on the list."""

    WISHED = "wished"
    TO_VERIFY = "to_verify"
    TO_SETTLE = "to_settle"
    PATROL_DUE = "patrol_due"
    CHECK_DUE = "check_due"
    NEVER_VISITED = "never_visited"
    LONGEST_NOT_VISITED = "longest_not_visited"


class Seen(StrEnum):
    """Whether evidence shows that it was done; where evidence is missing nobody knows."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Spot:
    """A WGS-84 place, in 1e-7 degree."""

    lat_e7: int
    lon_e7: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing on the list; `key` names the checkpoint, premises, order or facility.

    `reason` is the code of a supervisor's wish, `category` that of the guide, `leg_m` how far it
    is from the one before as the crow flies, `last_on` the day on which it was last done.
    """

    kind: TaskKind
    key: str
    name: str
    why: Why
    seen: Seen
    reason: str | None = None
    category: str | None = None
    spot: Spot | None = None
    leg_m: int | None = None
    due_at: datetime | None = None
    last_on: date | None = None


class Guide(NamedTuple):
    """How to go about matters of a category, by language."""

    names: Words
    look_at: Words
    photograph: Words
    climb_when: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class DayList:
    """The tasks of a worker-day in the order of walking; `left_off` is how many more there are."""

    worker_id: WorkerId
    day: date
    computed_at: datetime
    tasks: tuple[Task, ...] = ()
    left_off: int = 0
    guides: Mapping[str, Guide] = field(default_factory=lambda: MappingProxyType({}))


def encode_list(daylist: DayList) -> bytes:
    """Return the payload of `daylist`; what is beyond the limits is left off, and counted."""
    kept = _shortened(daylist, MOST_TASKS)
    payload = wire.encode(_body(kept))
    # Long names, and guides in every language: what comes first is enough for now.
    while len(wire.plain_of(payload)) > MAX_PLAIN_BYTES:
        kept = _shortened(kept, len(kept.tasks) * 3 // 4)
        payload = wire.encode(_body(kept))
    return payload


def decode_list(payload: bytes) -> DayList:
    """Return the list in `payload`, or raise InputError with the reason."""
    length = len(wire.plain_of(payload))
    if length > MAX_PLAIN_BYTES:
        raise InputError(f"a list of {length} bytes is larger than {MAX_PLAIN_BYTES}")
    body = wire.decode(payload)
    tasks, guides = wire.items(body, "tasks"), body.get("guides", {})
    if not isinstance(guides, Mapping) or len(guides) > MOST_GUIDES:
        raise InputError(f"guides is {wire.shown(guides)}, not at most {MOST_GUIDES} by category")
    return DayList(
        worker_id=ids.worker_id(wire.name(body, "worker_id")),
        day=_required(_day(body, "day"), "day"),
        computed_at=epoch_of(wire.number_within(body, "computed_at", wire.EPOCHS_MS)),
        tasks=tuple(_task(one) for one in tasks[:MOST_TASKS]),
        left_off=wire.number(body, "left_off") + len(tasks[MOST_TASKS:]),
        guides={str(category): _guide(one) for category, one in guides.items()},
    )


def _shortened(daylist: DayList, most: int) -> DayList:
    tasks = daylist.tasks[:most]
    used = {one.category for one in tasks}
    return replace(
        daylist,
        tasks=tasks,
        left_off=daylist.left_off + len(daylist.tasks) - len(tasks),
        guides={code: guide for code, guide in daylist.guides.items() if code in used},
    )


def _body(kept: DayList) -> dict[str, Any]:
    guides = sorted(kept.guides.items())[:MOST_GUIDES]
    return {
        "worker_id": kept.worker_id,
        "day": kept.day.isoformat(),
        "computed_at": epoch_ms(kept.computed_at),
        "tasks": [_task_body(one) for one in kept.tasks],
        "left_off": kept.left_off,
        "guides": {
            code: {
                name: {language: text[:_MOST_GUIDE_CHARS] for language, text in words.items()}
                for name, words in guide._asdict().items()
            }
            for code, guide in guides
        },
    }


def _task_body(task: Task) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": str(task.kind),
        "key": task.key,
        "name": task.name[:_MOST_NAME_CHARS],
        "why": str(task.why),
        "seen": str(task.seen),
    }
    optional = {
        "reason": task.reason,
        "category": task.category,
        "lat": None if task.spot is None else task.spot.lat_e7,
        "lon": None if task.spot is None else task.spot.lon_e7,
        "leg": task.leg_m,
        "due": None if task.due_at is None else epoch_ms(task.due_at),
        "last": None if task.last_on is None else task.last_on.isoformat(),
    }
    return {**body, **{name: value for name, value in optional.items() if value is not None}}


def _task(value: object) -> Task:
    if not isinstance(value, Mapping):
        raise InputError(f"a task is {wire.shown(value)}, not an object")
    name = value.get("name")
    if not isinstance(name, str):
        raise InputError(f"name is {wire.shown(name)}, not text")
    due = value.get("due")
    return Task(
        kind=wire.choice(value, "kind", TaskKind),
        key=wire.name(value, "key"),
        name=name[:_MOST_NAME_CHARS],
        why=wire.choice(value, "why", Why),
        seen=wire.choice(value, "seen", Seen),
        reason=wire.optional_name(value, "reason"),
        category=wire.optional_name(value, "category"),
        spot=_spot(value),
        leg_m=wire.optional_number(value, "leg"),
        due_at=None if due is None else epoch_of(wire.number_within(value, "due", wire.EPOCHS_MS)),
        last_on=_day(value, "last"),
    )


def _spot(body: Mapping[str, Any]) -> Spot | None:
    if body.get("lat") is None:
        return None
    return Spot(
        wire.number_within(body, "lat", _LATS_E7), wire.number_within(body, "lon", _LONS_E7)
    )


def _day(body: Mapping[str, Any], key: str) -> date | None:
    value = body.get(key)
    if value is None:
        return None
    try:
        if not isinstance(value, str) or len(value) != _DATE_CHARS:
            raise ValueError(value)  # noqa: TRY301 - as a date that is none
        return date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{key} is {wire.shown(value)}, not a date as 2026-11-20") from error


def _required(value: T | None, key: str) -> T:
    if value is None:
        raise InputError(f"{key} is missing")
    return value


def _guide(value: object) -> Guide:
    if not isinstance(value, Mapping):
        raise InputError(f"a guide is {wire.shown(value)}, not an object")
    return Guide(*(_words(value.get(name)) for name in Guide._fields))


def _words(value: object) -> Words:
    if not isinstance(value, Mapping):
        raise InputError(f"words are {wire.shown(value)}, not texts by language")
    texts = {language: value.get(language, "") for language in LANGUAGES}
    if not all(isinstance(text, str) for text in texts.values()):
        raise InputError("words are not texts by language")
    return {language: text[:_MOST_GUIDE_CHARS] for language, text in texts.items()}
