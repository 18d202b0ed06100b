"""A pseudo-terminal for each simulated receiver, played at any speed.

Who reads a port sees a serial line in raw mode. Nothing is dropped: a port writes when
somebody has opened it and has read what went before, however slowly.
"""

import asyncio
import os
import select
import termios
import tty
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from itertools import islice
from pathlib import Path

from patrol.errors import InputError

# How often a port is looked at while nobody has it open, and while the rest is being read.
_LOOK_EVERY_S = 0.02
# Programs throw away what is in the buffer when they open a port, so let them do that first.
_SETTLE_S = 0.5
# A read that waits for more bytes loses those that it has when the port goes away under it.
_LINGER_S = 1.0
# At high speed several epochs share a write: this many times a second is fast enough.
_WRITES_PER_S = 10
_EPOCHS_A_WRITE = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """The sentences of one epoch: when they are due in simulated seconds from the start."""

    due_s: float
    data: bytes


class Port:
    """The receiver's end of a pseudo-terminal."""

    def __init__(self, master: int, name: str) -> None:
        self._master = master
        self._name = name

    def has_reader(self) -> bool:
        """Return whether somebody has the other end open."""
        poll = select.poll()
        poll.register(self._master, 0)
        return not poll.poll(0)

    async def wait_for_reader(self) -> None:
        """Return when somebody has the other end open, and has had time to set it up."""
        is_ready = self.has_reader()
        while not is_ready:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self.has_reader():
                await asyncio.sleep(_SETTLE_S)
                is_ready = self.has_reader()

    async def write(self, data: bytes) -> None:
        """Return when all of `data` is in the line's buffer, which holds a few KiB."""
        rest = memoryview(data)
        while rest:
            await self.wait_for_reader()
            try:
                rest = rest[os.write(self._master, rest) :]
            except BlockingIOError:
                await self._wait_for_room()

    async def drain(self) -> None:
        """Return when the reader has taken everything that was written."""
        looked = 0
        # What is on its way into the line's buffer is not counted, so look twice.
        while looked < 2:  # noqa: PLR2004 - see above
            looked = looked + 1 if self._unread_bytes() == 0 else 0
            await asyncio.sleep(_LOOK_EVERY_S)
        for _ in range(round(_LINGER_S / _LOOK_EVERY_S)):
            if not self.has_reader():
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _wait_for_room(self) -> None:
        """Return when there is room in the buffer, or nobody is there any more."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        loop.add_writer(self._master, changed.set)
        try:
            await changed.wait()
        finally:
            loop.remove_writer(self._master)

    def _unread_bytes(self) -> int:
        other = os.open(self._name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            count = array("i", [0])
            ioctl(other, termios.FIONREAD, count)
            return count[0]
        finally:
            os.close(other)


@contextmanager
def open_port(path: Path) -> Iterator[Port]:
    """Open a pseudo-terminal, and `path` as a symbolic link to the end to read from.

    Both are gone afterwards. Raises InputError when there is something else at `path`.
    """
    master, other = os.openpty()
    try:
        tty.setraw(other)
        name = os.ttyname(other)
        os.set_blocking(master, False)
    finally:
        # Only while nobody has this end open can the other one tell whether a reader is there.
        os.close(other)
    try:
        _link(path, name)
        try:
            yield Port(master, name)
        finally:
            if path.is_symlink() and str(path.readlink()) == name:
                path.unlink()
    finally:
        os.close(master)


async def play(port: Port, pieces: Iterable[Piece], *, speed_up: float) -> int:
    """Write every piece when it is due and return how many there were.

    `speed_up` is in simulated seconds a real second; 0 is as fast as the reader takes it.
    The clock starts with the first reader.
    """
    await port.wait_for_reader()
    loop = asyncio.get_running_loop()
    start_s, played = loop.time(), 0
    for group in _groups(pieces, span_s=speed_up / _WRITES_PER_S):
        if speed_up > 0:
            await asyncio.sleep(start_s + group[-1].due_s / speed_up - loop.time())
        await port.write(b"".join(piece.data for piece in group))
        played += len(group)
    await port.drain()
    return played


def _groups(pieces: Iterable[Piece], *, span_s: float) -> Iterable[Sequence[Piece]]:
    """Yield the pieces in groups that share a write; without a span, of a fixed size."""
    waiting = iter(pieces)
    if span_s <= 0:
        while group := list(islice(waiting, _EPOCHS_A_WRITE)):
            yield group
        return
    group = []
    for piece in waiting:
        if group and piece.due_s - group[0].due_s > span_s:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _link(path: Path, name: str) -> None:
    try:
        if path.is_symlink():
            # Left behind by a process that was killed.
            path.unlink()
        path.symlink_to(name)
    except OSError as error:
        raise InputError(
            f"port {path} cannot be made: {error.strerror}; name a free path in a folder of yours"
        ) from error
