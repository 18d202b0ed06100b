"""What an outbox has to say of itself to the server, as letters in it."""

from datetime import datetime
from typing import NamedTuple

from device.outbox.letters import Letter, LetterKind
from device.outbox.thinning import GivenUp
from patrol.fix import epoch_ms, epoch_of
from patrol.notices.events import Cause, EventKind, TerminalEvent, encode_event
from patrol.wire import EPOCHS_MS
from runtime.uuids import uuid7


class Trouble(NamedTuple):
    """The disk takes no more, why, and since when."""

    cause: Cause
    since_s: float

    def over(self, at_ms: int, now_s: float, waiting: int) -> Letter:
        """Return what is said when it is over."""
        lasted_s = max(0, round(now_s - self.since_s))
        detail: dict[str, int | str] = {
            "cause": str(self.cause),
            "lasted_s": lasted_s,
            "waiting": waiting,
        }
        return _letter(EventKind.STORAGE_FULL, detail, at_ms)


def thinned(outbox: str, given_up: GivenUp, *, at_ms: int) -> Letter:
    """Return what is said of numbers under which nothing more will come."""
    detail: dict[str, int | str] = {"cause": str(Cause.LIMIT), "outbox": outbox}
    detail |= given_up._asdict()
    return _letter(EventKind.THINNED, detail, at_ms)


def damaged(outbox: str, *, at: datetime) -> Letter:
    """Return what is said when a file was set aside; `outbox` is the new one."""
    return _letter(EventKind.STORAGE_DAMAGED, {"outbox": outbox}, epoch_ms(at))


def _letter(kind: EventKind, detail: dict[str, int | str], at_ms: int) -> Letter:
    # The clock of a terminal may be at 1970, which no message can carry.
    at_ms = min(max(at_ms, EPOCHS_MS[0]), EPOCHS_MS[1])
    identity = uuid7(now_ms=at_ms)
    event = TerminalEvent(event_id=identity, at=epoch_of(at_ms), kind=kind, detail=detail)
    return Letter(LetterKind.EVENT, identity, encode_event(event))
