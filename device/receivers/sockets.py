"""Receivers on a network: TCP to them, TCP from them, UDP."""

import re
import select
import socket
import time
from contextlib import suppress
from typing import Generic, TypeVar

from device.epochs import FixReader
from device.receivers.state import Condition, PortError
from device.receivers.streams import READ_BYTES, SILENCE_S, Reader

R = TypeVar("R", bound=Reader)

_CONNECT_S = 3.0
# A peer that vanished is noticed within half a minute.
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
# Another peer or sender is listened to when the first has been silent for so long.
_HOLD_S = 10.0
# A datagram is a piece of a sentence unless it begins and ends like whole ones.
_WHOLE_END = re.compile(rb"\*[0-9A-Fa-f]{2}\Z")


class TcpStream(Generic[R]):
    """A connection to a host that sends sentences, or to gpsd; `greeting` is sent at its begin."""

    is_live = True
    is_trial = False
    baud = None

    def __init__(self, host: str, port: int, *, reader: R, greeting: bytes = b"") -> None:
        self.where = f"{host}:{port}"
        self.reader = reader
        try:
            self._line = socket.create_connection((host, port), timeout=_CONNECT_S)
        except (OSError, UnicodeError) as error:
            raise PortError(
                Condition.UNREACHABLE, f"{self.where} is not reached: {error}"
            ) from error
        _watch(self._line)
        try:
            self._line.sendall(greeting)
        except OSError as error:
            self._line.close()
            raise _lost(self.where, error) from error

    @property
    def trouble(self) -> tuple[Condition, str] | None:
        """None: bytes come, or they do not."""
        return None

    def read(self) -> bytes:
        """Return what has come, nothing after a silence."""
        data = _received(self._line, self.where)
        if data == b"":
            raise PortError(Condition.LOST, f"{self.where} has closed the connection")
        return data or b""

    def close(self) -> None:
        """Let go of the connection."""
        self._line.close()


class TcpListener:
    """A door at which one receiver at a time is heard; whoever comes next is heard after it."""

    is_live = True
    is_trial = False
    baud = None

    def __init__(self, host: str, port: int) -> None:
        self.where = f"{host}:{port}"
        self.reader = FixReader()
        self._door = _bound(host, port, kind=socket.SOCK_STREAM)
        self._door.listen()
        self._peer: socket.socket | None = None
        self._heard_s = 0.0

    @property
    def trouble(self) -> tuple[Condition, str] | None:
        """That nobody is connected."""
        if self._peer is not None:
            return None
        return Condition.SILENT, f"nobody is connected to {self.where}"

    def read(self) -> bytes:
        """Return what has come, nothing after a silence or when the peer has left."""
        if self._peer is None:
            self._accept(SILENCE_S)
            return b""
        try:
            data = _received(self._peer, self.where)
        except PortError:
            data = b""
        if data:
            self._heard_s = time.monotonic()
        elif data is not None:
            self._leave()
        elif time.monotonic() - self._heard_s > _HOLD_S:
            # A peer without power never says that it has left; somebody else may be there.
            self._accept(0)
        return data or b""

    def close(self) -> None:
        """Close the door."""
        self._leave()
        self._door.close()

    def _accept(self, wait_s: float) -> None:
        if not select.select([self._door], [], [], wait_s)[0]:
            return
        # Whoever knocked may be gone again.
        with suppress(OSError):
            peer, _ = self._door.accept()
            self._leave()
            self._peer, self.reader = peer, FixReader()
            self._heard_s = time.monotonic()
            _watch(peer)

    def _leave(self) -> None:
        if self._peer is not None:
            self._peer.close()
        self._peer = None


class UdpStream:
    """Datagrams with sentences, or pieces of them, of one sender at a time."""

    is_live = True
    is_trial = False
    baud = None
    trouble = None

    def __init__(self, host: str, port: int) -> None:
        self.where = f"{host}:{port}"
        self.reader = FixReader()
        self._line = _bound(host, port, kind=socket.SOCK_DGRAM)
        self._line.settimeout(SILENCE_S)
        self._sender: object = None
        self._heard_s = 0.0

    def read(self) -> bytes:
        """Return what has come from the sender that is listened to, nothing after a silence."""
        until_s = time.monotonic() + SILENCE_S
        while time.monotonic() < until_s:
            try:
                data, sender = self._line.recvfrom(READ_BYTES)
            except TimeoutError:
                break
            except OSError as error:
                raise _lost(self.where, error) from error
            if self._is_listened_to(sender):
                return _lined(data)
        return b""

    def close(self) -> None:
        """Let go of the port."""
        self._line.close()

    def _is_listened_to(self, sender: object) -> bool:
        now_s = time.monotonic()
        if sender != self._sender:
            if self._sender is not None and now_s - self._heard_s < _HOLD_S:
                return False
            self._sender, self.reader = sender, FixReader()
        self._heard_s = now_s
        return True


def _lined(data: bytes) -> bytes:
    start = b"\n" if data.startswith(b"$") else b""
    end = b"\n" if _WHOLE_END.search(data) else b""
    return start + data + end


def _watch(line: socket.socket) -> None:
    line.settimeout(SILENCE_S)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        line.setsockopt(socket.IPPROTO_TCP, option, value)


def _received(line: socket.socket, where: str) -> bytes | None:
    """Return what has come, None after a silence, nothing when the peer has closed."""
    try:
        return line.recv(READ_BYTES)
    except TimeoutError:
        return None
    except OSError as error:
        raise _lost(where, error) from error


def _lost(where: str, error: OSError) -> PortError:
    return PortError(Condition.LOST, f"{where} is gone: {error}")


def _bound(host: str, port: int, *, kind: socket.SocketKind) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        line = socket.socket(family, kind)
    except OSError as error:
        raise PortError(Condition.UNREACHABLE, f"{host}:{port}: {error}") from error
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind is socket.SOCK_STREAM))
        line.bind(address)
    except OSError as error:
        line.close()
        is_held = isinstance(error, PermissionError)
        condition = Condition.FORBIDDEN if is_held else Condition.BUSY
        raise PortError(condition, f"{host}:{port} cannot be listened on: {error}") from error
    return line
