"""What happens to a terminal or is done on it, and the message that says so.

The standard library alone, because handheld terminals are small. docs/reference/wire.md is the
contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from patrol import wire
from patrol.errors import InputError
from patrol.fix import epoch_ms, epoch_of
from patrol.messages import Position
from patrol.notices.lastfix import decode_last_fix, encode_last_fix


class EventKind(StrEnum):
    """What happened; `thinned` is what a terminal does when its outbox has no more room."""

    SOS = "sos"
    MOCK_LOCATION = "mock_location"
    CLOCK_JUMP = "clock_jump"
    ANTENNA = "antenna"
    STORAGE_FULL = "storage_full"
    STORAGE_DAMAGED = "storage_damaged"
    THINNED = "thinned"
    TAMPER = "tamper"


class Cause(StrEnum):
    """Why, where a kind has more than one reason."""

    OPEN = "open"
    SHORT = "short"
    FULL = "full"
    READ_ONLY = "read_only"
    LIMIT = "limit"
    SYSTEM_CLOCK = "system_clock"
    RECEIVER_DATE = "receiver_date"
    ROLLOVER = "rollover"
    SIMULATED = "simulated"
    CASE = "case"
    FILE = "file"


# Numbers that a detail may hold, with their bounds; no detail has room for words of a person.
_NUMBERS = {
    "step_ms": (-wire.EPOCHS_MS[1], wire.EPOCHS_MS[1]),
    "weeks": (-10_000, 10_000),
    "quality": (0, 8),
    "free_bytes": (0, wire.MAX_NUMBER),
    "waiting": (0, wire.MAX_NUMBER),
    "thinned": (0, wire.MAX_NUMBER),
    "first": (0, wire.MAX_NUMBER),
    "last": (0, wire.MAX_NUMBER),
    "lasted_s": (0, wire.MAX_NUMBER),
}
_OUTBOX = "outbox"
_CAUSE = "cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent:
    """An event; `fix` is the last one that the terminal had.

    `detail` holds whole numbers, a `Cause` and the id of an outbox, each under its own name.
    Raises InputError for anything else.
    """

    event_id: str
    at: datetime
    kind: EventKind
    fix: Position | None = None
    detail: Mapping[str, int | str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        unknown = self.detail.keys() - {*_NUMBERS, _OUTBOX, _CAUSE}
        if unknown:
            raise InputError(f"detail has no room for {wire.shown(min(unknown))}")
        _read_detail(self.detail)


def encode_event(event: TerminalEvent) -> bytes:
    """Return the payload of `event`."""
    at_ms = epoch_ms(event.at)
    body: dict[str, Any] = {"event_id": event.event_id, "at": at_ms, "kind": str(event.kind)}
    if event.fix is not None:
        body["fix"] = encode_last_fix(event.fix, at_ms=at_ms)
    if event.detail:
        body["detail"] = dict(event.detail)
    return wire.encode(body)


def decode_event(payload: bytes) -> TerminalEvent:
    """Return the event in `payload`, or raise InputError with the reason."""
    body = wire.decode(payload)
    at_ms = wire.number_within(body, "at", wire.EPOCHS_MS)
    detail = body.get("detail") or {}
    if not isinstance(detail, Mapping):
        raise InputError(f"detail is {wire.shown(detail)}, not an object")
    return TerminalEvent(
        event_id=wire.uuid7(body, "event_id"),
        at=epoch_of(at_ms),
        kind=wire.choice(body, "kind", EventKind),
        fix=decode_last_fix(body, at_ms=at_ms),
        detail=_read_detail(detail),
    )


def _read_detail(detail: Mapping[str, Any]) -> dict[str, int | str]:
    """Return what is known of `detail`, checked; the rest is passed over."""
    found: dict[str, int | str] = {
        name: wire.number_within(detail, name, bounds)
        for name, bounds in _NUMBERS.items()
        if name in detail
    }
    if _OUTBOX in detail:
        found[_OUTBOX] = wire.name(detail, _OUTBOX)
    if _CAUSE in detail:
        found[_CAUSE] = str(wire.choice(detail, _CAUSE, Cause))
    return found
