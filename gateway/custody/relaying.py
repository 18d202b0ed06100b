"""The relay in a process of its own, so that those who answer terminals do not wait for it.

It is told to end, or finds that nobody is left to relay for, by one end of a pipe; through the
other it tells how it is.
"""

import multiprocessing
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import structlog

from gateway.custody.flight import Flight
from gateway.custody.relay import Relay, manner_of
from gateway.custody.spool import Spool
from patrol.errors import StateError
from patrol.topics import Topics
from runtime.logs import start_logging
from runtime.mqtt import BrokerSettings, Session

log = structlog.get_logger()

_TELL_S = 0.5
_GOODBYE_S = 4.0
# It may wait for the disk, or for the committer's transaction.
_QUIET_S = 15.0


class Orders(NamedTuple):
    """What the relay is to do."""

    spool: Path
    client_id: str
    window: int
    resend_s: float
    broker: BrokerSettings


class Standing(NamedTuple):
    """How the relay is."""

    is_connected: bool = False
    sent: int = 0
    forgotten: int = 0
    stuck: int = 0


@dataclass(slots=True)
class Relaying:
    """The process, as seen from the one that started it."""

    orders: Orders
    standing: Standing = field(default_factory=Standing)
    _process: BaseProcess | None = None
    _line: Connection | None = None
    _heard_s: float = field(default_factory=time.monotonic)

    @property
    def is_telling(self) -> bool:
        """Whether it goes on telling how it is, twice a second."""
        return time.monotonic() - self._heard_s < _QUIET_S

    def start(self) -> None:
        """Begin to relay; InputError when the broker's settings cannot be used."""
        _session_of(self.orders)
        # A fork would share locks and threads that were never meant to be in two processes.
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(
            target=relay_until_told, args=(self.orders, other), name="relay", daemon=True
        )
        self._process.start()
        other.close()

    def look(self) -> None:
        """Take in what the relay has told; StateError when it has ended by itself."""
        assert self._line is not None  # noqa: S101 - `start` comes first, for mypy
        try:
            while self._line.poll():
                self.standing = self._line.recv()
                self._heard_s = time.monotonic()
        except (EOFError, OSError) as error:
            raise StateError(
                f"the relay has ended by itself{self._exit_code()}: see what was said before"
            ) from error

    def _exit_code(self) -> str:
        if self._process is None:
            return ""
        self._process.join(1.0)
        return f" (exit code {self._process.exitcode}; below 0 it is a signal)"

    def stop(self) -> None:
        """Have it end, and wait for that."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.join(_GOODBYE_S)
            if self._process.is_alive():
                log.warning("gateway.relay_killed", waited_s=_GOODBYE_S)
                self._process.kill()


def relay_until_told(orders: Orders, line: Connection) -> None:
    """Relay until the other end of `line` is closed."""
    # Whoever stops the gateway means the process that started this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    start_logging()
    relay = Relay(
        session=_session_of(orders),
        topics=Topics(orders.broker.topic_root),
        window=orders.window,
        flight=Flight(orders.resend_s),
    )
    try:
        with Spool(orders.spool, answers=False) as spool:
            relay.run(spool, _Telling(relay, spool, line))
    except Exception:
        log.exception("gateway.relay_failed")
        raise


def _session_of(orders: Orders) -> Session:
    return Session(orders.broker, manner_of(orders.client_id, Topics(orders.broker.topic_root)))


@dataclass(slots=True)
class _Telling:
    """Tells now and then how the relay is, and whether it is over."""

    relay: Relay
    spool: Spool
    line: Connection
    _told_s: float = 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self._told_s < _TELL_S:
            return False
        self._told_s = time.monotonic()
        self.spool.tidy()
        relay = self.relay
        standing = Standing(
            relay.session.is_connected, relay.sent, relay.forgotten, relay.flight.stuck
        )
        try:
            self.line.send(standing)
            # Nothing is ever said from there: what can be read is that it has closed.
            return self.line.poll()
        except OSError:
            return True
