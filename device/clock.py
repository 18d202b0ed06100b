"""What time it is for a terminal: what its receiver said last, else the system's clock.

The system's clock may be set by anybody, lose its battery, or jump; the receiver's epochs are
carried on by the time since the machine was started, which nobody sets.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from device.outbox import since_boot_s
from runtime.clock import utc_now

log = structlog.get_logger()

# Epochs that go on as the machine's own time does, for so long, are believed, and then hold.
_BELIEVED_AFTER_S = 5.0
_HOLD_S = 86_400.0
# What of a difference is delay on the line, and what is a step of the system's clock.
_DELAY = timedelta(seconds=2)
_STEP = timedelta(seconds=5)


class Clock:
    """The time by which duty is decided; any thread may ask.

    That of a played day is what it is, whatever its receiver tells.
    """

    def __init__(
        self,
        system: Callable[[], datetime] = utc_now,
        passed_s: Callable[[], float] = since_boot_s,
        *,
        is_played: bool = False,
    ) -> None:
        self._system = system
        self._passed_s = passed_s
        self._is_played = is_played
        self._lock = threading.Lock()
        # The moment of the machine's start by each clock.
        self._by_receiver: datetime | None = None
        self._heard_s = 0.0
        self._tried: datetime | None = None
        self._tried_s = 0.0
        self._by_system = self._start_by(system())

    def now(self) -> datetime:
        """Return the time."""
        with self._lock:
            passed_s = self._passed_s()
            if self._by_receiver is None or passed_s - self._heard_s > _HOLD_S:
                return self._system()
            return self._by_receiver + timedelta(seconds=passed_s)

    def system_now(self) -> datetime:
        """Return what the system's clock says, whatever the receiver has told."""
        return self._system()

    def hear(self, epoch: datetime, *, not_before: datetime) -> None:
        """Take in an epoch that the receiver has just told; earlier ones cannot be true."""
        if epoch < not_before or self._is_played:
            return
        with self._lock:
            passed_s = self._passed_s()
            start = epoch - timedelta(seconds=passed_s)
            if self._tried is None or abs(start - self._tried) > _DELAY:
                self._tried, self._tried_s = start, passed_s
            if passed_s - self._tried_s >= _BELIEVED_AFTER_S:
                self._by_receiver, self._heard_s = start, passed_s

    def read_step(self) -> timedelta | None:
        """Return by how much the system's clock was set since the last call, if it was."""
        with self._lock:
            start = self._start_by(self._system())
            step = start - self._by_system
            if abs(step) <= _STEP or self._is_played:
                return None
            self._by_system = start
            log.warning("clock.stepped", by_s=round(step.total_seconds(), 1))
            return step

    def _start_by(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self._passed_s())
