"""What terminals and the server say to one another, version 1 of the wire.

Plain frozen values of integers and the JSON that carries them; the standard library
alone, because handheld terminals are small. docs/reference/wire.md is the contract.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from patrol import wire
from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, Fix, epoch_ms

MAX_FIXES = 500
SCALE_E7 = 10_000_000


class Flag:
    """Bits of a position's `flags`."""

    MOCK = 1
    CHARGING = 2
    MOVING = 4
    LATE = 8
    SOS = 16
    AFTER_GAP = 32


class Position(NamedTuple):
    """One fix in the canonical integers of wire and storage; None is "not known"."""

    epoch_ms: int
    lat_e7: int
    lon_e7: int
    altitude_dm: int | None = None
    speed_cmps: int | None = None
    course_ddeg: int | None = None
    hdop_d: int | None = None
    accuracy_dm: int | None = None
    satellites: int | None = None
    quality: int | None = 1
    battery_pct: int | None = None
    flags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBatch:
    """Consecutive positions of one terminal.

    `seq` is the number of the first one in the terminal's outbox, `outbox` that outbox's id.
    """

    seq: int
    source: str
    positions: tuple[Position, ...]
    outbox: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is committed on the server, so that the terminal may forget it.

    `fixes` holds closed ranges of `seq` within `outbox`; `ids` those of other messages.
    """

    outbox: str | None = None
    fixes: tuple[tuple[int, int], ...] = ()
    ids: tuple[str, ...] = ()


class State(StrEnum):
    """What a terminal, or the broker in its last will, says about its connection."""

    ONLINE = "online"
    OFFLINE = "offline"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a terminal is: connection, and what became of the fixes written to its outbox.

    Some wait; of the others, those `thinned` were given up by rule because it was full.
    """

    state: State
    outbox: str | None = None
    written: int | None = None
    waiting: int | None = None
    thinned: int | None = None


def position_of(fix: Fix, *, battery_pct: int | None = None, flags: int = 0) -> Position:
    """Return `fix` in wire integers, rounded to nearest; values beyond a column are left out."""
    return Position(
        epoch_ms(fix.epoch),
        round(fix.lat_deg * SCALE_E7),
        round(fix.lon_deg * SCALE_E7),
        _scaled(fix.altitude_m, 10, "alt"),
        _scaled(fix.speed_mps, 100, "spd"),
        _scaled(fix.course_deg, 10, "crs"),
        _scaled(fix.hdop, 10, "hdop"),
        _scaled(fix.accuracy_m, 10, "acc"),
        _scaled(fix.satellites, 1, "sat"),
        None if fix.quality is None else int(fix.quality),
        battery_pct,
        flags,
    )


def encode_position(batch: PositionBatch, *, is_packed: bool = True) -> bytes:
    """Return the payload of `batch`, compressed where that is smaller unless not `is_packed`."""
    columns = [list(column) for column in zip(*batch.positions, strict=True)]
    body: dict[str, Any] = {"seq": batch.seq, "source": batch.source}
    if batch.outbox is not None:
        body["outbox"] = batch.outbox
    for name, column in zip(COLUMNS, columns, strict=True):
        if name in DELTAS:
            body[name] = [column[0], *(b - a for a, b in pairwise(column))]
        elif any(value != COLUMNS[name].absent for value in column):
            body[name] = column
    return wire.encode(body, is_packed=is_packed)


def decode_position(payload: bytes) -> PositionBatch:
    """Return the batch in `payload`, or raise InputError with the reason: all or nothing."""
    body = wire.decode(payload)
    first = body.get("t")
    if not isinstance(first, list) or not 1 <= len(first) <= MAX_FIXES:
        raise InputError(f"column t must be a list of 1 to {MAX_FIXES} epochs")
    columns = [_read_column(body, name, len(first)) for name in COLUMNS]
    return PositionBatch(
        seq=wire.number(body, "seq"),
        source=wire.name(body, "source"),
        positions=tuple(map(Position._make, zip(*columns, strict=True))),
        outbox=wire.optional_name(body, "outbox"),
    )


def encode_stored(stored: Stored) -> bytes:
    """Return the payload of `stored`."""
    body: dict[str, Any] = {}
    if stored.outbox is not None:
        body["outbox"] = stored.outbox
    if stored.fixes:
        body["fixes"] = [list(span) for span in stored.fixes]
    if stored.ids:
        body["ids"] = list(stored.ids)
    return wire.encode(body)


def decode_stored(payload: bytes) -> Stored:
    """Return what the server says is stored, or raise InputError with the reason."""
    body = wire.decode(payload)
    spans = wire.items(body, "fixes")
    ids = wire.items(body, "ids")
    return Stored(
        outbox=wire.optional_name(body, "outbox"),
        fixes=tuple(_span(span) for span in spans),
        ids=tuple(wire.name({"ids": one}, "ids") for one in ids),
    )


def encode_status(status: Status) -> bytes:
    """Return the payload of `status`."""
    body: dict[str, Any] = {"state": str(status.state)}
    for name in ("outbox", "written", "waiting", "thinned"):
        value = getattr(status, name)
        if value is not None:
            body[name] = value
    return wire.encode(body)


def decode_status(payload: bytes) -> Status:
    """Return a terminal's status, or raise InputError with the reason."""
    body = wire.decode(payload)
    state = body.get("state")
    if state not in list(State):
        raise InputError(f"state is {wire.shown(state)}, not one of {', '.join(State)}")
    return Status(
        state=State(state),
        outbox=wire.optional_name(body, "outbox"),
        written=wire.optional_number(body, "written"),
        waiting=wire.optional_number(body, "waiting"),
        thinned=wire.optional_number(body, "thinned"),
    )


class Range(NamedTuple):
    """Least and greatest value of a column, and what its absence means."""

    low: int
    high: int
    absent: int | None = None


DELTAS = {
    "t": Range(*wire.EPOCHS_MS),
    "lat": Range(-POLE_DEG * SCALE_E7, POLE_DEG * SCALE_E7),
    "lon": Range(-ANTIMERIDIAN_DEG * SCALE_E7, ANTIMERIDIAN_DEG * SCALE_E7),
}
_VALUES = {
    "alt": Range(-10_000, 1_000_000),
    "spd": Range(0, 32_767),
    "crs": Range(0, 3_600),
    "hdop": Range(0, 32_767),
    "acc": Range(0, 1_000_000),
    "sat": Range(0, 255),
    "q": Range(0, 8, absent=1),
    "bat": Range(0, 100),
    "flg": Range(0, 63, absent=0),
}
# In the order of Position's fields.
COLUMNS = {**DELTAS, **_VALUES}


def _scaled(value: float | None, scale: int, column: str) -> int | None:
    if value is None:
        return None
    number = round(value * scale)
    allowed = COLUMNS[column]
    return number if allowed.low <= number <= allowed.high else None


def _read_column(body: dict[str, Any], name: str, length: int) -> Sequence[int | None]:
    allowed = COLUMNS[name]
    column = body.get(name)
    if column is None:
        if name in DELTAS:
            raise InputError(f"column {name} is missing")
        return [allowed.absent] * length
    if not isinstance(column, list) or len(column) != length:
        raise InputError(f"column {name} must be a list as long as t, {length}")
    required = name in DELTAS or name == "flg"
    for index, value in enumerate(column):
        if type(value) is not int and (value is not None or required):
            raise InputError(f"{name}[{index}] is {wire.shown(value)}, not a whole number")
    values: Iterable[int | None] = accumulate(column) if name in DELTAS else column
    return _within(list(values), name, allowed)


def _within(values: list[int | None], name: str, allowed: Range) -> list[int | None]:
    for index, value in enumerate(values):
        if value is not None and not allowed.low <= value <= allowed.high:
            raise InputError(
                f"{name}[{index}] comes to {wire.shown(value)}, "
                f"outside {allowed.low}..{allowed.high}"
            )
    return values


def _span(span: object) -> tuple[int, int]:
    if not isinstance(span, list) or len(span) != 2:  # noqa: PLR2004 - first and last
        raise InputError("each of fixes must be [first, last]")
    first, last = (wire.number({"fixes": value}, "fixes") for value in span)
    if last < first:
        raise InputError(f"fixes [{first}, {last}] end before they begin")
    return first, last
