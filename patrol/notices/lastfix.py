"""The last fix that a terminal had when something happened, as messages about it carry it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from patrol import wire
from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG
from patrol.messages import SCALE_E7, Position

OLDEST_FIX_MS = timedelta(days=1) // timedelta(milliseconds=1)
_ACCURACY_DM = (0, 1_000_000)


def encode_last_fix(fix: Position, *, at_ms: int) -> dict[str, int]:
    """Return what a message of `at_ms` says of the last fix: its age in ms, where, how sharp."""
    body = {"age": at_ms - fix.epoch_ms, "lat": fix.lat_e7, "lon": fix.lon_e7}
    if fix.accuracy_dm is not None:
        body["acc"] = fix.accuracy_dm
    return body


def decode_last_fix(body: Mapping[str, Any], *, at_ms: int) -> Position | None:
    """Return the fix at `fix` of a message of `at_ms`, None where there is none.

    Raises InputError with the reason when it cannot be one.
    """
    fix = body.get("fix")
    if fix is None:
        return None
    if not isinstance(fix, Mapping):
        raise InputError(f"fix is {wire.shown(fix)}, not an object")
    accuracy = fix.get("acc")
    return Position(
        at_ms - wire.number_within(fix, "age", (0, OLDEST_FIX_MS)),
        wire.number_within(fix, "lat", (-POLE_DEG * SCALE_E7, POLE_DEG * SCALE_E7)),
        wire.number_within(fix, "lon", (-ANTIMERIDIAN_DEG * SCALE_E7, ANTIMERIDIAN_DEG * SCALE_E7)),
        accuracy_dm=None if accuracy is None else wire.number_within(fix, "acc", _ACCURACY_DM),
    )
