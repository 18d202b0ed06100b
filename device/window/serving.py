"""The window's two ways in: HTTP on 127.0.0.1 for a browser, and on a Unix socket."""

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseServer, TCPServer, ThreadingMixIn, UnixStreamServer
from typing import Any

import structlog

from device.window.answers import Handler
from device.window.door import Door
from device.window.looks import Parts
from device.window.sockets import socket_of
from device.window.uploads import Uploads
from patrol.errors import InputError

log = structlog.get_logger()

HOST = "127.0.0.1"
# A browser opens six connections at most; each may cost a thread.
_MOST_CONNECTIONS = 8
_SOCKET_MODE = 0o660
_GOODBYE_S = 1.0


class _Bounded(ThreadingMixIn, BaseServer):
    """A server that answers a few at once and hangs up on more."""

    daemon_threads = True
    parts: Parts
    uploads: Uploads
    door: Door | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - of either server
        self._rooms = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(*arguments, **named)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - a socket
        """Answer in a thread of its own, if there is room for one."""
        if not self._rooms.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._rooms.release()

    def handle_error(self, *_of: object) -> None:
        """Log what nobody foresaw; the window goes on."""
        log.error("window.request_failed", exc_info=sys.exception())


class _TcpServer(_Bounded, TCPServer):
    allow_reuse_address = True


class _UnixServer(_Bounded, UnixStreamServer):
    def server_bind(self) -> None:
        """Make the socket for its owner and group alone, from its first moment."""
        path = Path(str(self.server_address))
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path)
        os.fchmod(self.socket.fileno(), _SOCKET_MODE)
        super().server_bind()
        # The mask of the process may have taken something away from it.
        path.chmod(_SOCKET_MODE)


class Window:
    """The window, open from `open` to `close`; what cannot be had is said, and the rest goes on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._uploads = Uploads(parts.settings.outbox.with_name("photos-chosen"))
        self._opened: list[tuple[_TcpServer | _UnixServer, threading.Thread]] = []
        self._closing = threading.Event()

    def open(self) -> None:
        """Begin to answer on the port of the settings and on the socket beside the outbox."""
        settings = self._parts.settings
        if settings.page_port:
            self._try(self._at_port, f"{HOST}:{settings.page_port}")
        self._try(self._at_socket, str(socket_of(settings.outbox)))

    def close(self) -> None:
        """Answer no more."""
        self._closing.set()
        for server, thread in self._opened:
            # Whoever waits for a connection looks up when one comes.
            with socket.socket(server.address_family) as poke, suppress(OSError):
                poke.connect(server.server_address)
            thread.join(_GOODBYE_S)
            server.server_close()
        self._opened.clear()

    def _try(self, make: Callable[[], _TcpServer | _UnixServer], where: str) -> None:
        try:
            server = make()
        except (OSError, InputError) as error:
            log.warning(
                "window.not_opened",
                where=where,
                reason=str(error),
                advice="tracking goes on; set [device] page_port to another port, or 0 for none",
            )
            return
        server.parts, server.uploads = self._parts, self._uploads
        thread = threading.Thread(target=self._answer, args=(server,), daemon=True)
        thread.start()
        self._opened.append((server, thread))
        log.info("window.opened", where=where)

    def _answer(self, server: BaseServer) -> None:
        """Answer until the window closes; without a clock that would wake the machine."""
        while not self._closing.is_set():
            server.handle_request()

    def _at_port(self) -> _TcpServer:
        port = self._parts.settings.page_port
        server = _TcpServer((HOST, port), Handler)
        server.door = Door(port, secrets.token_urlsafe(24))
        return server

    def _at_socket(self) -> _UnixServer:
        return _UnixServer(str(socket_of(self._parts.settings.outbox)), Handler)


@contextmanager
def opened(parts: Parts) -> Iterator[None]:
    """Keep the window open until the block ends."""
    window = Window(parts)
    window.open()
    try:
        yield
    finally:
        window.close()


def _clear(path: Path) -> None:
    """Take away the socket that an agent has left behind, unless one still answers there."""
    with socket.socket(socket.AF_UNIX) as other:
        try:
            other.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise InputError(f"another agent answers at {path}")
