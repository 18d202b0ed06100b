"""Check-ins: workers' own acts at premises, and the message that carries one.

The standard library alone, because handheld terminals are small. docs/reference/wire.md is the
contract.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from patrol import ids, wire
from patrol.fix import epoch_ms, epoch_of
from patrol.ids import PremisesId
from patrol.messages import Position
from patrol.notices.lastfix import decode_last_fix, encode_last_fix


class CheckInKind(StrEnum):
    """By what a check-in was made: a tag at the door, a photo, or a statement alone."""

    TAG = "tag"
    PHOTO = "photo"
    DECLARED = "declared"


class Phase(StrEnum):
    """What a check-in says of a visit; with nobody at home there was none."""

    BEGIN = "begin"
    END = "end"
    NOBODY_HOME = "nobody_home"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A check-in; `premises_id` is None where it is not known.

    `token` is what a tag holds, `fix` the last one that the terminal had; rules use neither.
    """

    checkin_id: str
    at: datetime
    kind: CheckInKind
    phase: Phase
    premises_id: PremisesId | None = None
    token: str | None = None
    fix: Position | None = None


class Elsewhere(NamedTuple):
    """A check-in that so many fixes around it contradict, the nearest of them so far away."""

    checkin: CheckIn
    distance_m: float
    fixes: int


def encode_checkin(checkin: CheckIn) -> bytes:
    """Return the payload of `checkin`."""
    body: dict[str, Any] = {
        "checkin_id": checkin.checkin_id,
        "at": epoch_ms(checkin.at),
        "kind": str(checkin.kind),
        "phase": str(checkin.phase),
    }
    if checkin.token is not None:
        body["token"] = checkin.token
    if checkin.premises_id is not None:
        body["premises_id"] = checkin.premises_id
    if checkin.fix is not None:
        body["fix"] = encode_last_fix(checkin.fix, at_ms=epoch_ms(checkin.at))
    return wire.encode(body)


def decode_checkin(payload: bytes) -> CheckIn:
    """Return the check-in in `payload`, or raise InputError with the reason."""
    body = wire.decode(payload)
    at_ms = wire.number_within(body, "at", wire.EPOCHS_MS)
    kind = wire.choice(body, "kind", CheckInKind)
    premises = wire.optional_name(body, "premises_id")
    return CheckIn(
        checkin_id=wire.uuid7(body, "checkin_id"),
        at=epoch_of(at_ms),
        kind=kind,
        phase=wire.choice(body, "phase", Phase),
        premises_id=None if premises is None else ids.premises_id(premises),
        # Without its token a tag is no better than a statement.
        token=wire.name(body, "token") if kind is CheckInKind.TAG else None,
        fix=decode_last_fix(body, at_ms=at_ms),
    )
