"""How much of a fix is told to the server: bytes that nobody uses cost batteries and money."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from patrol.messages import Position

_SPEED_STEP_CMPS = 10
_ACCURACY_STEP_DM = 10


def lean(position: Position) -> Position:
    """Return what the judging of a day uses of a fix, in steps that a receiver can tell apart.

    Place and time are as they were. Altitude and course are left out, and HDOP where the
    accuracy is known; speed is in steps of 0.1 m/s, accuracy of 1 m and at least that.
    """
    speed, accuracy = position.speed_cmps, position.accuracy_dm
    return position._replace(
        altitude_dm=None,
        course_ddeg=None,
        hdop_d=position.hdop_d if accuracy is None else None,
        speed_cmps=None if speed is None else _to_step(speed, _SPEED_STEP_CMPS),
        accuracy_dm=None
        if accuracy is None
        else max(_ACCURACY_STEP_DM, _to_step(accuracy, _ACCURACY_STEP_DM)),
    )


def full(position: Position) -> Position:
    """Return all that the receiver said."""
    return position


DETAILS: Mapping[str, Callable[[Position], Position]] = MappingProxyType(
    {"lean": lean, "full": full}
)


def _to_step(value: int, step: int) -> int:
    return (value + step // 2) // step * step
