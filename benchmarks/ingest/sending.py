"""Publishing what was made ready, at full width or by the clock, in a process of its own."""

import multiprocessing
import selectors
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized

from benchmarks.ingest import packets

_LOOPBACK = "127.0.0.1"
_MOST_UNANSWERED = 2_000
_AT_ONCE = 100
_READ_BYTES = 1 << 18
_TICK_S = 0.001
# The packets are there already when the process begins.
_FORK = multiprocessing.get_context("fork")


class Line:
    """A connection that publishes with QoS 1 and counts the answers."""

    def __init__(self, port: int, client_id: str) -> None:
        self._socket = open_line(port, client_id)
        self._socket.settimeout(60.0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._answered_bytes = 0
        self.sent = 0

    @property
    def unanswered(self) -> int:
        """How many messages the broker has not acknowledged yet."""
        return self.sent - self._answered_bytes // packets.PUBACK_BYTES

    def send(self, messages: Sequence[bytes]) -> None:
        """Publish `messages`."""
        self._socket.sendall(b"".join(messages))
        self.sent += len(messages)

    def listen(self, *, wait_s: float) -> None:
        """Take the answers that are there, or come within `wait_s`."""
        if self._selector.select(wait_s):
            received = len(self._socket.recv(_READ_BYTES))
            if not received:
                raise ConnectionError("the broker hung up on the load")
            self._answered_bytes += received


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Messages to publish, each ready as a packet.

    With `ahead`, no more of them are sent than that many beyond what is `done`.
    """

    port: int
    messages: Sequence[bytes]
    done: "Synchronized[int]"
    ahead: int = 1 << 60


def counter() -> "Synchronized[int]":
    """Return a number that processes share, 0."""
    return _FORK.Value("q", 0)


@contextmanager
def flooding(load: Load) -> Iterator[BaseProcess]:
    """Publish as fast as the broker answers, while the block runs."""
    process = _FORK.Process(target=_flood, args=(load,), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


@contextmanager
def pacing(load: Load, *, rate: float, sent_at: Sequence[float]) -> Iterator[BaseProcess]:
    """Publish `rate` messages a second; `sent_at`, a shared array, takes the time of each."""
    process = _FORK.Process(target=_pace, args=(load, rate, sent_at), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


class Listener:
    """Hears what terminals are told to forget, as they would, and counts it in the end."""

    def __init__(self, port: int, topics: str) -> None:
        self._socket = open_line(port, "bench-listener")
        self._socket.sendall(packets.subscribe(topics))
        _take(self._socket, packets.SUBACK_BYTES)
        self._received: list[bytes] = []
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def count(self) -> int:
        """Return how many fixes were reported as stored so far."""
        return packets.count_stored(b"".join(self._received))

    def close(self) -> None:
        """Hang up."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _hear(self) -> None:
        while data := self._socket.recv(_READ_BYTES):
            self._received.append(data)


def open_line(port: int, client_id: str) -> socket.socket:
    """Return a connection that the broker has accepted."""
    line = socket.create_connection((_LOOPBACK, port), timeout=10.0)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(packets.connect(client_id))
    if _take(line, packets.CONNACK_BYTES)[-1]:
        raise ConnectionError("the broker does not accept the load")
    line.settimeout(None)
    return line


def _take(line: socket.socket, count: int) -> bytes:
    taken = line.recv(count, socket.MSG_WAITALL)
    if len(taken) < count:
        raise ConnectionError("the broker hung up")
    return taken


def _flood(load: Load) -> None:
    line = Line(load.port, "bench-load")
    total = len(load.messages)
    while line.sent < total or line.unanswered:
        room = min(
            _AT_ONCE,
            total - line.sent,
            _MOST_UNANSWERED - line.unanswered,
            load.ahead - (line.sent - load.done.value),
        )
        if room > 0:
            line.send(load.messages[line.sent : line.sent + room])
        line.listen(wait_s=0.0 if room > 0 else _TICK_S)


def _pace(load: Load, rate: float, sent_at: list[float]) -> None:
    line = Line(load.port, "bench-load")
    total = len(load.messages)
    began = time.monotonic()
    while line.sent < total or line.unanswered:
        now = time.monotonic()
        due = min(total, int((now - began) * rate) + 1)
        if due > line.sent:
            sent_at[line.sent : due] = [now] * (due - line.sent)
            line.send(load.messages[line.sent : due])
        next_s = began + due / rate - time.monotonic()
        line.listen(wait_s=min(_TICK_S, max(0.0, next_s)))
