"""What the server tells a terminal of its worker's own day, and the message that says so.

The standard library alone, because handheld terminals are small. docs/reference/wire.md is the
contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from patrol import ids, wire
from patrol.errors import InputError
from patrol.fix import epoch_ms, epoch_of
from patrol.ids import PremisesId, WorkerId
from patrol.reasons import Judgement, Reason, Value, Verdict

MAX_PLAIN_BYTES = 1 << 16
# More than a day of stays of three minutes, the shortest visit there is.
MOST_VISITS = 400

_WHAT = ("presence", "visit", "coverage")
_MOST_SECONDS = 1 << 31
_MOST_VALUES = 16
_MOST_TEXT_CHARS = 64
_MOST_NUMBER = 10**15
_DATE_CHARS = 10

_Seconds = TypeVar("_Seconds", bound="Presence | VisitTime")


class Grade(StrEnum):
    """What a visit rests on: tags at begin and end, positions, or a statement alone."""

    A = "A"
    B = "B"
    C = "C"


class TodayVisit(NamedTuple):
    """A stay at premises: from when to when, of which grade, and where if that is known."""

    start: datetime
    end: datetime
    grade: Grade
    premises_id: PremisesId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Seconds of duty: all, not owed, certainly inside, maybe inside, outside, not known."""

    duty_s: int
    excused_s: int
    proven_s: int
    plausible_s: int
    outside_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTime:
    """Seconds of home visits: the best estimate, and bounds that hold with 90 %."""

    visit_s: int
    low_s: int
    high_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """A worker-day as the server saw it at `computed_at`; `provisional` while more may come.

    `judgements` are by `presence`, `visit` and `coverage`; what is not judged is not there.
    """

    worker_id: WorkerId
    day: date
    computed_at: datetime
    provisional: bool
    presence: Presence
    visit_time: VisitTime
    visits: tuple[TodayVisit, ...] = ()
    judgements: Mapping[str, Judgement]


def encode_today(today: Today) -> bytes:
    """Return the payload of `today`; of more than `MOST_VISITS` visits the newest are told."""
    return wire.encode(
        {
            "worker_id": today.worker_id,
            "day": today.day.isoformat(),
            "computed_at": epoch_ms(today.computed_at),
            "provisional": today.provisional,
            "presence": _seconds_body(today.presence),
            "visit_time": _seconds_body(today.visit_time),
            "visits": [_visit_body(one) for one in today.visits[-MOST_VISITS:]],
            "verdicts": {what: _judgement_body(one) for what, one in today.judgements.items()},
        }
    )


def decode_today(payload: bytes) -> Today:
    """Return the worker-day in `payload`, or raise InputError with the reason."""
    length = len(wire.plain_of(payload))
    if length > MAX_PLAIN_BYTES:
        raise InputError(f"a day of {length} bytes is larger than {MAX_PLAIN_BYTES}")
    body = wire.decode(payload)
    provisional = body.get("provisional")
    if type(provisional) is not bool:
        raise InputError(f"provisional is {wire.shown(provisional)}, not true or false")
    return Today(
        worker_id=ids.worker_id(wire.name(body, "worker_id")),
        day=_day(body),
        computed_at=_moment(body, "computed_at"),
        provisional=provisional,
        presence=_seconds(body, "presence", Presence),
        visit_time=_seconds(body, "visit_time", VisitTime),
        visits=tuple(_visit(one) for one in wire.items(body, "visits")[:MOST_VISITS]),
        judgements=_judgements(body),
    )


def _seconds_body(seconds: Presence | VisitTime) -> dict[str, int]:
    return {one.name: getattr(seconds, one.name) for one in fields(seconds)}


def _visit_body(visit: TodayVisit) -> dict[str, Any]:
    body = {"start": epoch_ms(visit.start), "end": epoch_ms(visit.end), "grade": str(visit.grade)}
    return body if visit.premises_id is None else {**body, "premises_id": visit.premises_id}


def _judgement_body(judgement: Judgement) -> dict[str, Any]:
    reason = judgement.reason
    return {"verdict": str(judgement.verdict), "code": reason.code, "values": dict(reason.values)}


def _day(body: Mapping[str, Any]) -> date:
    value = body.get("day")
    try:
        if not isinstance(value, str) or len(value) != _DATE_CHARS:
            raise ValueError(value)  # noqa: TRY301 - as a date that is none
        return date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"day is {wire.shown(value)}, not a date as 2026-11-20") from error


def _moment(body: Mapping[str, Any], key: str) -> datetime:
    return epoch_of(wire.number_within(body, key, wire.EPOCHS_MS))


def _object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    if not isinstance(value, Mapping):
        raise InputError(f"{key} is {wire.shown(value)}, not an object")
    return value


def _seconds(body: Mapping[str, Any], key: str, kind: type[_Seconds]) -> _Seconds:
    value = _object(body, key)
    return kind(
        **{
            one.name: wire.number_within(value, one.name, (0, _MOST_SECONDS))
            for one in fields(kind)
        }
    )


def _visit(value: object) -> TodayVisit:
    if not isinstance(value, Mapping):
        raise InputError(f"a visit is {wire.shown(value)}, not an object")
    start, end = _moment(value, "start"), _moment(value, "end")
    if end <= start:
        raise InputError("a visit must last")
    premises = wire.optional_name(value, "premises_id")
    return TodayVisit(
        start,
        end,
        wire.choice(value, "grade", Grade),
        None if premises is None else ids.premises_id(premises),
    )


def _judgements(body: Mapping[str, Any]) -> dict[str, Judgement]:
    verdicts = _object(body, "verdicts")
    return {what: _judgement(_object(verdicts, what)) for what in _WHAT if what in verdicts}


def _judgement(body: Mapping[str, Any]) -> Judgement:
    values = _object(body, "values")
    if len(values) > _MOST_VALUES or not all(map(_is_value, values.items())):
        raise InputError(f"values are at most {_MOST_VALUES} numbers and short texts by name")
    return Judgement(
        verdict=wire.choice(body, "verdict", Verdict),
        reason=Reason(wire.name(body, "code"), dict(values)),
    )


def _is_value(item: tuple[str, Value]) -> bool:
    name, value = item
    if isinstance(value, str):
        return wire.is_name(name) and len(value) <= _MOST_TEXT_CHARS
    # Neither NaN nor the infinities that Python reads are between two numbers.
    is_number = type(value) in {int, float} and abs(value) <= _MOST_NUMBER
    return is_number and wire.is_name(name)
