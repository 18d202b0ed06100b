"""From fixes to rows of the outbox, and what memory holds while the disk takes no more."""

from collections import deque
from collections.abc import Iterable

import structlog

from device.outbox import Outbox, OutboxFullError, since_boot_s
from device.sampling import Sampler
from patrol.fix import Fix
from patrol.messages import Position
from patrol.notices.events import Cause

log = structlog.get_logger()

# What memory holds while the disk is full: a day of fixes at one every ten seconds.
MOST_HELD = 8_640
_REMIND_S = 60.0
_ADVICE = {
    Cause.FULL: "free space on the disk of [device] outbox; trying on",
    Cause.READ_ONLY: "mount the disk of [device] outbox for writing, or replace it; trying on",
}


class Recorder:
    """Put sampled fixes into the outbox; hold them in memory while the disk takes no more."""

    def __init__(self, outbox: Outbox, sampler: Sampler) -> None:
        self._outbox = outbox
        self._sampler = sampler
        self._held: deque[Position] = deque(maxlen=MOST_HELD)
        self._is_full = False
        self._said_at_s = 0.0
        self._lost = 0

    @property
    def trouble(self) -> Cause | None:
        """Why the disk takes nothing at present; None where it does."""
        return self._outbox.trouble if self._is_full else None

    def record(self, fixes: Iterable[Fix]) -> None:
        """Keep what is due of `fixes`, and what could not be written before."""
        for fix in fixes:
            self._hold(self._sampler.sample(fix))
        self._write()

    def rest(self) -> None:
        """Keep the last fix, too, because none follows for a while."""
        self._hold(self._sampler.flush())
        self._write()

    def close(self) -> None:
        """Keep the last fix; say what is lost, if the disk takes no more to the very end."""
        self.rest()
        if self._held:
            log.error("outbox.full_at_the_end", lost=self._lost + len(self._held))

    def _hold(self, positions: Iterable[Position]) -> None:
        for position in positions:
            self._lost += len(self._held) == MOST_HELD
            self._held.append(position)

    def _write(self) -> None:
        if not self._held:
            return
        try:
            self._outbox.put(self._held, now_s=since_boot_s())
        except OutboxFullError as error:
            self._say(str(error))
        else:
            if self._is_full:
                log.info("outbox.writable_again", written=len(self._held), lost=self._lost)
            self._held.clear()
            self._is_full = False
            self._lost = 0

    def _say(self, reason: str) -> None:
        now_s = since_boot_s()
        if self._is_full and now_s - self._said_at_s < _REMIND_S:
            return
        self._is_full = True
        self._said_at_s = now_s
        log.error(
            "outbox.full",
            reason=reason,
            held_in_memory=len(self._held),
            lost=self._lost,
            advice=_ADVICE.get(self._outbox.trouble or Cause.FULL, ""),
        )
