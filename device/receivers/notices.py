"""What a receiver does that the server is to know of: wrong dates, a broken antenna.

A wrong date is told and never corrected: whoever knows better keeps what was really said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from device.epochs import Receipt
from device.sky import Antenna
from patrol.fix import FixQuality
from patrol.notices.events import Cause, EventKind

# GPS counts weeks with ten bits: a receiver that knows no better is wrong by a multiple of it.
ROLLOVER = timedelta(weeks=1024)

_ROLLOVER_WEEKS = 1024
_TOLERANCE = timedelta(hours=12)
# The system's clock may be a zone away from the truth.
_SLACK = timedelta(days=1)
# Nobody had this program before.
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_REPEAT_S = 600.0


class Notice(NamedTuple):
    """What is to be told, in the words of a TerminalEvent."""

    kind: EventKind
    detail: Mapping[str, int | str]


class DateWatch:
    """Compares the receiver's dates with the system's clock and with what it said before."""

    def __init__(self) -> None:
        self._cause: Cause | None = None
        self._off = timedelta(0)
        self._last: tuple[datetime, float] | None = None

    @property
    def cause(self) -> Cause | None:
        """What is wrong now: None, or which of the two clocks, in which way."""
        return self._cause

    def look(self, epoch: datetime, receipt: Receipt) -> Notice | None:
        """Take in an epoch and when it came; return what is new about it."""
        off = epoch - receipt.now
        cause = _cause_of(epoch, receipt.now)
        is_smooth = self._goes_on(epoch, receipt.steady_s)
        self._last = epoch, receipt.steady_s
        is_new = cause is not self._cause or abs(off - self._off) > _TOLERANCE
        self._cause, self._off = cause, off
        if cause is None or not is_new:
            return None
        # A receiver that goes on as before has changed nothing: the system's clock was set,
        # and whoever watches that one tells it.
        if is_smooth and cause is not Cause.ROLLOVER and epoch >= _EARLIEST:
            return None
        detail: dict[str, int | str] = {"cause": str(cause), "step_ms": off // _MILLISECOND}
        if cause is Cause.ROLLOVER:
            detail["weeks"] = _ROLLOVER_WEEKS * round(off / ROLLOVER)
        return Notice(EventKind.CLOCK_JUMP, detail)

    def _goes_on(self, epoch: datetime, steady_s: float) -> bool:
        if self._last is None:
            return False
        last, last_s = self._last
        return abs((epoch - last) - timedelta(seconds=steady_s - last_s)) <= _TOLERANCE


class AntennaWatch:
    """Tells of an antenna that is broken, not at each sentence that says so."""

    def __init__(self) -> None:
        self._told: Antenna | None = None
        self._told_s = 0.0

    def look(self, antenna: Antenna | None, steady_s: float) -> Notice | None:
        """Take in what the receiver says; return what is new about it."""
        if antenna is None or antenna is Antenna.OK:
            return None
        if antenna is self._told and steady_s - self._told_s < _REPEAT_S:
            self._told_s = steady_s
            return None
        self._told, self._told_s = antenna, steady_s
        return Notice(EventKind.ANTENNA, {"cause": str(antenna)})


class MadeUpWatch:
    """Tells of positions that a receiver has made up, and not at each of them."""

    def __init__(self) -> None:
        self._told_s: float | None = None

    def look(self, quality: FixQuality | None, steady_s: float) -> Notice | None:
        """Take in the quality of what is made up, if it is; return what is new about it."""
        if quality is None:
            return None
        is_new = self._told_s is None or steady_s - self._told_s >= _REPEAT_S
        self._told_s = steady_s
        if not is_new:
            return None
        detail: dict[str, int | str] = {"cause": str(Cause.SIMULATED), "quality": int(quality)}
        return Notice(EventKind.MOCK_LOCATION, detail)


def _cause_of(epoch: datetime, now: datetime) -> Cause | None:
    off = epoch - now
    if abs(off) <= _TOLERANCE:
        return None
    if now < _EARLIEST <= epoch:
        return Cause.SYSTEM_CLOCK
    turns = round(off / ROLLOVER)
    is_turned = turns != 0 and abs(off - turns * ROLLOVER) <= _SLACK
    return Cause.ROLLOVER if is_turned else Cause.RECEIVER_DATE
