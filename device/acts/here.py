"""Where and when something is done on the terminal, and whether its worker is on duty then."""

from datetime import datetime
from typing import Any, NamedTuple

from device.acts.refusals import UnacceptableError
from device.duty import Duty, DutyState, Reason
from device.window.board import Board
from patrol.fix import epoch_ms
from patrol.messages import Position
from patrol.notices.lastfix import OLDEST_FIX_MS, encode_last_fix

# By so much the terminal's clock may be behind the receiver's.
_MOST_AHEAD_MS = 60_000

_OFF_DUTY = {
    Reason.OFF_DUTY: "the worker is off duty",
    Reason.BREAK: "it is a break",
    Reason.PAUSED: "duty is paused: resume it first",
    Reason.NO_PLAN: "the server has told no plan of duty yet",
    Reason.CLOCK: "the clock is wrong",
}


class Here(NamedTuple):
    """A moment by the clock that decides about duty; `fix` is the last one of this duty, if any."""

    at: datetime
    fix: Position | None
    duty: DutyState


def on_board(board: Board, duty: Duty, at: datetime) -> Here:
    """Return what the running agent knows at `at`."""
    pinned = board.last_fix()
    return Here(at, None if pinned is None else fix_before(pinned.position, at), duty.state(at))


def tell_here(here: Here) -> dict[str, Any]:
    """Return what `ask_here` is answered."""
    at_ms = epoch_ms(here.at)
    fix = None if here.fix is None else encode_last_fix(here.fix, at_ms=at_ms)
    return {"now": at_ms, "fix": fix}


def check_on_duty(here: Here, what: str) -> None:
    """Raise InputError with the reason unless the worker is on duty."""
    if not here.duty.is_on_duty:
        reason = here.duty.reason
        raise UnacceptableError(
            f"{what} is taken on duty alone, and {_OFF_DUTY[reason]}", code=f"duty_{reason}"
        )


def fix_before(fix: Position, at: datetime) -> Position | None:
    """Return `fix` as the last one before `at`, None where it is too old or from after it."""
    at_ms = epoch_ms(at)
    if not -OLDEST_FIX_MS <= fix.epoch_ms - at_ms <= _MOST_AHEAD_MS:
        return None
    return fix._replace(epoch_ms=min(fix.epoch_ms, at_ms))
