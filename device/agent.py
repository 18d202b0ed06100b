"""The agent: one thread from the receiver to the outbox, one from there to the server."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from device.outbox import Outbox, OutboxFullError, since_boot_s
from device.receiver import Receiver
from device.sampling import Sampler
from device.sender import Sender
from device.settings import DeviceSettings
from patrol.errors import StateError
from patrol.fix import Fix
from patrol.messages import Position
from runtime.lifecycle import stop_on_signals
from runtime.mqtt import BrokerSettings

log = structlog.get_logger()

# What memory holds while the disk is full: a day of fixes at one every ten seconds.
MOST_HELD = 8_640
_REMIND_S = 60.0


def run_agent(settings: DeviceSettings, broker: BrokerSettings) -> None:
    """Read, keep and send until a signal asks to stop.

    Raises InputError when a setting cannot be used, StateError when a part has failed.
    """
    stop = stop_on_signals()
    sender = Sender(settings, broker)
    with Outbox(settings.outbox) as outbox:
        log.info("agent.started", terminal_id=settings.terminal_id, **outbox.count()._asdict())
    recorded = threading.Event()
    reading = _Part("reading", lambda: _read(settings, stop), ended=recorded)
    # The sender ends after the reader, so that the last fixes are sent, too.
    sending = _Part("sending", lambda: sender.run(recorded), ended=stop)
    for part in (reading, sending):
        part.start()
    # Joining, not waiting for `stop`: the signal handler, which runs in this very thread,
    # sets it and would wait for itself.
    for part in (sending, reading):
        part.join()
    for part in (reading, sending):
        if part.failure is not None:
            raise StateError(f"the agent's {part.name} failed: {part.failure}") from part.failure
    log.info("agent.stopped")


class Recorder:
    """Put sampled fixes into the outbox; hold them in memory while the disk takes no more."""

    def __init__(self, outbox: Outbox, sampler: Sampler) -> None:
        self._outbox = outbox
        self._sampler = sampler
        self._held: deque[Position] = deque(maxlen=MOST_HELD)
        self._is_full = False
        self._said_at_s = 0.0
        self._lost = 0

    def record(self, fixes: Iterable[Fix]) -> None:
        """Keep what is due of `fixes`, and what could not be written before."""
        for fix in fixes:
            position = self._sampler.sample(fix)
            if position is not None:
                self._lost += len(self._held) == MOST_HELD
                self._held.append(position)
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

    def close(self) -> None:
        """Say what is lost, if the disk takes no more to the very end."""
        if self._held:
            log.error("outbox.full_at_the_end", lost=self._lost + len(self._held))

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
            advice="free space on the disk of [device] outbox; trying on",
        )


class _Part(threading.Thread):
    """A thread whose end is told, and whose failure is kept."""

    def __init__(self, name: str, work: Callable[[], None], *, ended: threading.Event) -> None:
        # A daemon: a second signal ends the process even if this one hangs.
        super().__init__(name=name, daemon=True)
        self.failure: Exception | None = None
        self._work = work
        self._ended = ended

    def run(self) -> None:
        """Work, and tell the other part that this one has ended."""
        try:
            self._work()
        except Exception as error:
            log.exception("agent.part_failed", part=self.name)
            self.failure = error
        finally:
            self._ended.set()


def _read(settings: DeviceSettings, stop: threading.Event) -> None:
    receiver = Receiver(settings.port, baud=settings.baud, stop=stop)
    with Outbox(settings.outbox) as outbox:
        recorder = Recorder(outbox, Sampler(settings.interval_s))
        for fixes in receiver.fixes():
            recorder.record(fixes)
        recorder.close()
