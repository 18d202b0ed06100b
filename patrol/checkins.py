"""Check-ins: workers' own acts at premises, and the message that carries one.

The standard library alone, because handheld terminals are small. docs/reference/wire.md is the
contract.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from patrol import ids, wire
from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, epoch_ms, epoch_of
from patrol.ids import PremisesId
from patrol.messages import SCALE_E7, Position

# Version 7 of RFC 9562, in lower case: made on the terminal, in the order of time.
_CHECKIN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
# Years 2000 to 2099, as with fixes.
_EPOCHS_MS = (946_684_800_000, 4_102_444_799_999)
_OLDEST_FIX_MS = timedelta(days=1) // timedelta(milliseconds=1)
_ACCURACY_DM = (0, 1_000_000)


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
        fix = checkin.fix
        age_ms = epoch_ms(checkin.at) - fix.epoch_ms
        body["fix"] = {"age": age_ms, "lat": fix.lat_e7, "lon": fix.lon_e7}
        if fix.accuracy_dm is not None:
            body["fix"]["acc"] = fix.accuracy_dm
    return wire.encode(body)


def decode_checkin(payload: bytes) -> CheckIn:
    """Return the check-in in `payload`, or raise InputError with the reason."""
    body = wire.decode(payload)
    at_ms = wire.number_within(body, "at", _EPOCHS_MS)
    kind = CheckInKind(_choice(body, "kind", CheckInKind))
    premises = wire.optional_name(body, "premises_id")
    return CheckIn(
        checkin_id=_checkin_id(body),
        at=epoch_of(at_ms),
        kind=kind,
        phase=Phase(_choice(body, "phase", Phase)),
        premises_id=None if premises is None else ids.premises_id(premises),
        # Without its token a tag is no better than a statement.
        token=wire.name(body, "token") if kind is CheckInKind.TAG else None,
        fix=_fix(body, at_ms),
    )


def _checkin_id(body: Mapping[str, Any]) -> str:
    value = body.get("checkin_id")
    if not isinstance(value, str) or not _CHECKIN_ID.fullmatch(value):
        raise InputError(f"checkin_id is {wire.shown(value)}, not a UUID of version 7")
    return value


def _choice(body: Mapping[str, Any], key: str, allowed: type[StrEnum]) -> str:
    value = body.get(key)
    if not isinstance(value, str) or value not in list(allowed):
        raise InputError(f"{key} is {wire.shown(value)}, not one of {', '.join(allowed)}")
    return value


def _fix(body: Mapping[str, Any], at_ms: int) -> Position | None:
    fix = body.get("fix")
    if fix is None:
        return None
    if not isinstance(fix, Mapping):
        raise InputError(f"fix is {wire.shown(fix)}, not an object")
    accuracy = fix.get("acc")
    return Position(
        at_ms - wire.number_within(fix, "age", (0, _OLDEST_FIX_MS)),
        wire.number_within(fix, "lat", (-POLE_DEG * SCALE_E7, POLE_DEG * SCALE_E7)),
        wire.number_within(fix, "lon", (-ANTIMERIDIAN_DEG * SCALE_E7, ANTIMERIDIAN_DEG * SCALE_E7)),
        accuracy_dm=None if accuracy is None else wire.number_within(fix, "acc", _ACCURACY_DM),
    )
