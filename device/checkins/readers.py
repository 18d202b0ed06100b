"""Readers of tags: one that types as a keyboard does, and one that speaks on a serial line."""

import fcntl
import os
import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import serial

from device.checkins.keys import KeyLines
from device.checkins.settings import CheckInSettings
from patrol.errors import InputError

# _IOW('E', 0x90, int): nobody else, no screen and no shell, gets what the reader types.
_GRAB = 0x40044590
_READ_BYTES = 4096
_MOST_LINE_BYTES = 512
_WAIT_S = 0.5


class Reader(Protocol):
    """A reader that is open."""

    def read(self) -> list[str]:
        """Return the lines that have come, none after half a second; OSError when it is gone."""


class ByteLines:
    """Lines that end with CR, LF or both; of a line without end 512 bytes are held."""

    def __init__(self) -> None:
        self._rest = b""

    def receive(self, data: bytes) -> list[str]:
        """Return the lines that end within `data`, whichever way it is cut."""
        *whole, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        # One byte more than may be tells later that this line is too long.
        self._rest = rest[: _MOST_LINE_BYTES + 1]
        return [
            line.decode("ascii", "replace") for line in whole if 0 < len(line) <= _MOST_LINE_BYTES
        ]


@contextmanager
def opened_reader(settings: CheckInSettings) -> Iterator[Reader]:
    """Open the reader of the settings; InputError says why it cannot be, to be tried again."""
    path = settings.path
    with ExitStack() as stack:
        try:
            if settings.way == "evdev":
                handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                stack.callback(os.close, handle)
                fcntl.ioctl(handle, _GRAB, 1)
                receive: Callable[[bytes], list[str]] = KeyLines().receive
            else:
                line = serial.Serial(path, settings.tag_baud, timeout=0, exclusive=True)
                stack.callback(line.close)
                handle = line.fileno()
                receive = ByteLines().receive
        except (OSError, ValueError) as error:
            raise InputError(f"reader of tags {path} cannot be opened: {error}") from error
        yield _Opened(handle, receive)


class _Opened:
    def __init__(self, handle: int, receive: Callable[[bytes], list[str]]) -> None:
        self._handle = handle
        self._receive = receive

    def read(self) -> list[str]:
        ready, _, _ = select.select([self._handle], [], [], _WAIT_S)
        if not ready:
            return []
        data = os.read(self._handle, _READ_BYTES)
        if not data:
            raise OSError("it was unplugged")
        return self._receive(data)
