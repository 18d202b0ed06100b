"""Many terminals in one process: they call, log in, and send by the clock; answers are timed."""

import selectors
import socket
import time
from dataclasses import dataclass, field

from benchmarks.gateway.frames import FIXES, LOGINS, gt06_alive, is_answered

_LOOPBACK = "127.0.0.1"
_READ_BYTES = 4_096
_LOGIN_S = 120.0
_TICK_S = 0.001
_WAIT_S = 10.0


@dataclass(slots=True)
class Terminal:
    """A line, what is still to be answered on it, and since when."""

    number: int
    line: socket.socket
    sent: int = 0
    # Reports since the last answer: on a line, what is answered was read after all before it.
    unanswered: int = 0
    waits_since_s: float = 0.0


@dataclass(slots=True)
class Load:
    """Terminals of one protocol with a gateway."""

    protocol: str
    port: int
    terminals: list[Terminal] = field(default_factory=list)
    answers_ms: list[float] = field(default_factory=list)
    skipped: int = 0
    taken: int = 0
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def call(self, count: int) -> None:
        """Open `count` lines and log in on each; return when all are answered."""
        for number in range(count):
            line = socket.create_connection((_LOOPBACK, self.port), timeout=30.0)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(LOGINS[self.protocol](number))
            line.settimeout(0.0)
            terminal = Terminal(number, line, waits_since_s=time.monotonic())
            self.terminals.append(terminal)
            self._selector.register(line, selectors.EVENT_READ, terminal)
            self._take(wait_s=0)
        until = time.monotonic() + _LOGIN_S
        while any(one.waits_since_s for one in self.terminals):
            self._take(wait_s=0.1)
            if time.monotonic() > until:
                raise RuntimeError("not every terminal was answered")
        self.answers_ms.clear()

    def send(self, *, rate: float, seconds: float) -> int:
        """Send `rate` reports a second by turns; return how many were taken, as answers tell."""
        frames = [
            [FIXES[self.protocol](one.number, count) for count in range(_laps(rate, seconds, self))]
            for one in self.terminals
        ]
        began, sent = time.monotonic(), 0
        total = round(rate * seconds)
        while sent < total:
            due = min(total, round((time.monotonic() - began) * rate))
            while sent < due:
                terminal = self.terminals[sent % len(self.terminals)]
                sent += 1
                if terminal.waits_since_s:
                    # It has had no answer yet, and terminals send nothing else until then.
                    self.skipped += 1
                    continue
                terminal.line.sendall(frames[terminal.number][terminal.sent])
                if is_answered(self.protocol, terminal.number + terminal.sent):
                    terminal.waits_since_s = time.monotonic()
                terminal.sent += 1
                terminal.unanswered += 1
            self._take(wait_s=_TICK_S)
        self._wait()
        self._ask_for_the_last()
        return self.taken

    def _ask_for_the_last(self) -> None:
        """Hear of the reports behind the last that was answered; it is no answer to be timed."""
        timed = len(self.answers_ms)
        for terminal in self.terminals:
            if terminal.unanswered:
                terminal.line.sendall(gt06_alive(terminal.sent))
                terminal.waits_since_s = time.monotonic()
        self._wait()
        del self.answers_ms[timed:]

    def _wait(self) -> None:
        until = time.monotonic() + _WAIT_S
        while any(one.waits_since_s for one in self.terminals) and time.monotonic() < until:
            self._take(wait_s=0.1)

    def hang_up(self) -> None:
        """Close every line."""
        for one in self.terminals:
            one.line.close()
        self.terminals.clear()

    def _take(self, *, wait_s: float) -> None:
        for key, _ in self._selector.select(wait_s):
            terminal: Terminal = key.data
            if not terminal.line.recv(_READ_BYTES):
                raise ConnectionError(f"the gateway hung up on {self.protocol} {terminal.number}")
            if terminal.waits_since_s:
                self.answers_ms.append((time.monotonic() - terminal.waits_since_s) * 1000)
                terminal.waits_since_s = 0.0
                self.taken += terminal.unanswered
                terminal.unanswered = 0


def _laps(rate: float, seconds: float, load: Load) -> int:
    return int(rate * seconds / len(load.terminals)) + 2
