"""The agent: one thread from the receiver to the outbox, one from there to the server."""

import threading
from collections.abc import Callable
from functools import partial

import structlog

from device.acts.beside import BesideSettings, working_beside
from device.clock import Clock
from device.duty import Duty
from device.outbox import Outbox, mend
from device.sending import Sender
from device.settings import DeviceSettings
from device.tracking import Tracker
from device.watchdog import watched
from device.window.board import Board
from device.window.looks import Parts
from device.window.serving import opened
from device.window.tasks import KeptList
from patrol.errors import StateError
from patrol.topics import Kind
from runtime.clock import chosen_clock, utc_now
from runtime.lifecycle import stop_on_signals
from runtime.mqtt import BrokerSettings

log = structlog.get_logger()


def run_agent(settings: DeviceSettings, broker: BrokerSettings, beside: BesideSettings) -> None:
    """Read, keep and send until a signal asks to stop.

    Raises InputError when a setting cannot be used, StateError when a part has failed.
    """
    stop = stop_on_signals()
    system = chosen_clock()
    clock = Clock(system, is_played=system is not utc_now)
    duty = Duty(settings)
    board = Board()
    tracker = Tracker(settings, duty, clock, board=board)
    kept = KeptList(settings.plan_file, board)
    hears = {Kind.DUTY: duty.take, Kind.DAY: board.take_day, Kind.LIST: kept.take}
    sender = Sender(settings, broker, hears=hears, calls=board.calls)
    board.line = lambda: sender.state
    mend(settings.outbox, now=utc_now())
    with Outbox(settings.outbox) as outbox:
        log.info("agent.started", terminal_id=settings.terminal_id, **outbox.count()._asdict())
    recorded = threading.Event()
    reading = _Part("reading", lambda: tracker.run(stop), ended=recorded)
    # The sender ends after the reader, so that the last fixes are sent, too.
    sending = _Part("sending", lambda: sender.run(recorded), ended=stop)
    turned_s = partial(_turned_s, board, sender)
    parts = Parts(settings, duty, clock, board, beside.reports)
    with opened(parts), working_beside(beside, parts), watched(turned_s):
        _run_parts(reading, sending)
    for part in (reading, sending):
        if part.failure is not None:
            raise StateError(f"the agent's {part.name} failed: {part.failure}") from part.failure
    log.info("agent.stopped")


def _run_parts(reading: "_Part", sending: "_Part") -> None:
    for part in (reading, sending):
        part.start()
    # Joining, not waiting for `stop`: the signal handler, which runs in this very thread,
    # sets it and would wait for itself.
    for part in (sending, reading):
        part.join()


def _turned_s(board: Board, sender: Sender) -> float:
    """Return when the part that has had no turn for longest had one."""
    return min(board.read_s, sender.turned_s)


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
