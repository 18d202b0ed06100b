"""What the agent's threads pin up for whoever looks through the window."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from device.outbox import since_boot_s
from device.sending import Calls, SenderState
from patrol.errors import InputError
from patrol.fix import Fix
from patrol.messages import Position, position_of
from patrol.notices.daylist import DayList
from patrol.notices.today import Today, decode_today
from runtime.clock import utc_now

log = structlog.get_logger()

# A position older than this says nothing about where a report or a call for help comes from.
_OLD_S = 86_400.0


def _no_trouble() -> None:
    return None


class Pinned(NamedTuple):
    """A fix; when it was heard, in seconds since the machine was started.

    `ahead_s` is by how much the system's clock was ahead of the fix's own time.
    """

    position: Position
    heard_s: float
    ahead_s: float


@dataclass(slots=True, eq=False)
class Board:
    """The newest word of each thread; each word is replaced whole, so that no lock is needed.

    `line` tells how the line to the server is, `receiver` how the receiver is, `counts` what became
    of the fixes that this run has read, as names and values, and `storage` why the disk takes
    nothing. `calls` are those for help that are not on the disk.
    """

    line: Callable[[], SenderState] | None = None
    receiver: Callable[[], dict[str, object]] = dict
    counts: Callable[[], dict[str, int]] = dict
    storage: Callable[[], str | None] = _no_trouble
    calls: Calls = field(default_factory=Calls)
    today: Today | None = None
    daylist: DayList | None = None
    read_s: float = field(default_factory=time.monotonic)
    _pinned: Pinned | None = None

    def beat(self) -> None:
        """Note that the reader goes round."""
        self.read_s = time.monotonic()

    def note_fix(self, fix: Fix) -> None:
        """Keep the newest fix in mind."""
        ahead_s = (utc_now() - fix.epoch).total_seconds()
        self._pinned = Pinned(position_of(fix), since_boot_s(), ahead_s)

    def forget_fix(self) -> None:
        """Keep no fix in mind, because duty is off."""
        self._pinned = None

    def last_fix(self) -> Pinned | None:
        """Return the last fix of this stretch of duty, none older than a day."""
        pinned = self._pinned
        if pinned is None or since_boot_s() - pinned.heard_s > _OLD_S:
            return None
        return pinned

    def take_day(self, payload: bytes) -> None:
        """Show the worker's day in `payload`; an empty one takes it away."""
        if not payload:
            self.today = None
            return
        try:
            self.today = decode_today(payload)
        except InputError as error:
            log.warning("window.day_refused", reason=str(error))
