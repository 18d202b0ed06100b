"""How a long-running process is, told over HTTP on 127.0.0.1: `/live`, `/ready`, `/metrics`."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import structlog

from patrol.errors import InputError

log = structlog.get_logger()

_HOST = "127.0.0.1"
# A client that says nothing for so long is hung up on.
_PATIENCE_S = 5.0
# A transaction may take some seconds, and waiting for the database ten.
_READY_S = 15.0
_LIVE_S = 60.0


class Exposition(NamedTuple):
    """Metrics as they are served: their MIME type and bytes."""

    mime: str
    body: bytes


@dataclass(slots=True)
class Vitals:
    """How a process is, as it says itself: one thread tells, others may ask.

    It is live while its main loop goes round, and ready while that does so without delay and
    everything that it needs is there.
    """

    _beat_s: float = field(default_factory=time.monotonic)
    _needs: dict[str, Callable[[], bool]] = field(default_factory=dict)

    def beat(self) -> None:
        """Say that the main loop goes round."""
        self._beat_s = time.monotonic()

    def note(self, need: str, *, is_up: bool) -> None:
        """Say that what is needed is there, or is not."""
        self.ask(need, lambda: is_up)

    def ask(self, need: str, is_up: Callable[[], bool]) -> None:
        """Let `is_up()` tell from now on whether what is needed is there."""
        self._needs[need] = is_up

    def is_up(self, need: str) -> bool:
        """Return whether what is needed is there; what nobody told of is not."""
        return need in self._needs and self._needs[need]()

    @property
    def stands_s(self) -> float:
        """Seconds since the main loop went round."""
        return time.monotonic() - self._beat_s

    def why_not_live(self) -> str | None:
        """Return why the process should be started anew, or None."""
        stands_s = self.stands_s
        return None if stands_s <= _LIVE_S else f"the main loop stands for {stands_s:.0f} s"

    def why_not_ready(self) -> str | None:
        """Return why the process does not do its work just now, or None."""
        away = [f"no {need}" for need in self._needs.copy() if not self.is_up(need)]
        if self.stands_s > _READY_S:
            away.append(f"the main loop stands for {self.stands_s:.0f} s")
        return ", ".join(away) or None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    vitals: Vitals
    expose: Callable[[], Exposition]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE_S

    def do_GET(self) -> None:
        """Answer one of the three paths."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, *self.server.expose())
        elif path == "/live":
            self._tell(self.server.vitals.why_not_live())
        elif path == "/ready":
            self._tell(self.server.vitals.why_not_ready())
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/live, /ready or /metrics\n")

    def log_message(self, *_said: object) -> None:
        """Say nothing: who looks every few seconds is no event."""

    def _tell(self, fault: str | None) -> None:
        status = HTTPStatus.OK if fault is None else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, "text/plain", f"{fault or 'ok'}\n".encode())

    def _answer(self, status: HTTPStatus, mime: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(port: int, vitals: Vitals, expose: Callable[[], Exposition]) -> Iterator[int]:
    """Answer on `port` until the block ends, and yield the port; 0 answers nobody.

    Raises InputError where the port cannot be had.
    """
    if not port:
        yield port
        return
    try:
        server = _Server((_HOST, port), _Handler)
    except OSError as error:
        raise InputError(
            f"health_port {port} cannot be had: {error.strerror}; give another one, or 0 for none"
        ) from error
    server.vitals, server.expose = vitals, expose
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    log.info("health.served", port=port)
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
