"""What a wrong clock makes of a fix: counted by model here, judged by the server. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from gateway.codecs.events import RawFix
from gateway.custody.matters import moment_of, repeatable_id
from gateway.custody.spool import Letter
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.events import Cause, EventKind, TerminalEvent, encode_event
from patrol.topics import Kind

_HOUR = timedelta(hours=1)
# Receivers count weeks with ten bits.
_ROUND = timedelta(weeks=1024)
_LATEST = timedelta(days=3)
# Nearly all come in sooner.
_SOON = timedelta(minutes=30)
# As the server has them, so that both speak of the same fixes.
_MOST_AHEAD = timedelta(minutes=10)
_MOST_HOURS = 26
_NEAR_HOUR = timedelta(minutes=2)
_MILLISECOND = timedelta(milliseconds=1)


class ClockFault(StrEnum):
    """What the clock behind a fix looks like, as it is counted."""

    HOURS = "clock_hours"
    WEEKS = "clock_weeks"
    AHEAD = "clock_ahead"


def fault_of(epoch: datetime, received_at: datetime, *, is_late: bool) -> ClockFault | None:
    """Return what a fix of `epoch` says of its clock when it comes in at `received_at`.

    Whole hours are a zone that the profile does not know; only a fix that was not kept for
    want of a line can tell them.
    """
    behind = received_at - epoch
    if -_MOST_AHEAD <= behind <= _SOON:
        return None
    hours = round(behind / _HOUR)
    if not is_late and 1 <= abs(hours) <= _MOST_HOURS and abs(behind - hours * _HOUR) <= _NEAR_HOUR:
        return ClockFault.HOURS
    if behind < -_MOST_AHEAD:
        return ClockFault.AHEAD
    if -_MOST_AHEAD <= behind - _ROUND <= _LATEST:
        return ClockFault.WEEKS
    return None


def is_of_another_age(fix: RawFix | None, received_at: datetime) -> bool:
    """Return whether a fix has a time that no message can carry."""
    return fix is not None and moment_of(fix, received_at) != fix.epoch


def letter_of(terminal: TerminalId, fix: RawFix, *, received_at: datetime) -> Letter:
    """Return the event that a terminal has such a time; it has come to be so at `received_at`."""
    at_ms = epoch_ms(received_at)
    event = TerminalEvent(
        event_id=repeatable_id(f"{terminal} {EventKind.CLOCK_JUMP} {at_ms}", at_ms),
        at=received_at,
        kind=EventKind.CLOCK_JUMP,
        detail={
            "cause": str(Cause.RECEIVER_DATE),
            "step_ms": (fix.epoch - received_at) // _MILLISECOND,
        },
    )
    return Letter(terminal, str(Kind.EVENT), event.event_id, encode_event(event))
