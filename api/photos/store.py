"""The folder of photos: what is there under its SHA-256 is whole and on the disk.

A photo that is on its way is a file of its terminal's in `partial/`; nobody else writes to it.
"""

import errno
import fcntl
import hashlib
import os
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path

import structlog

from patrol.errors import InputError

log = structlog.get_logger()

_PARTIAL = "partial"
# An upload that nobody has gone on with for so long begins anew.
_ABANDONED_S = 14 * 86_400.0


class OffsetError(Exception):
    """The piece does not begin where what is there ends."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes are there: go on at {offset}")
        self.offset = offset


class BusyError(Exception):
    """Another request writes to the same photo."""


class DiffersError(Exception):
    """What came is not what was announced; it is gone."""


class PhotoStore:
    """Photos in one folder, of at most `most_bytes` each."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder = folder
        self.most_bytes = most_bytes

    def prepare(self) -> None:
        """Make the folder and clear away what was given up, or raise InputError."""
        partial = self._folder / _PARTIAL
        try:
            partial.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(partial, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise InputError(
                f"[api] photo_folder {self._folder} cannot be written: {error.strerror}"
            ) from error
        oldest = time.time() - _ABANDONED_S
        for path in partial.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def path_of(self, sha256: str) -> Path:
        """Return where a photo is, or will be."""
        return self._folder / sha256[:2] / sha256

    def is_stored(self, sha256: str) -> bool:
        """Return whether a photo is there, whole."""
        return self.path_of(sha256).is_file()

    def received(self, terminal: str, sha256: str) -> int:
        """Return how many bytes of a photo a terminal has brought so far."""
        try:
            return self._partial(terminal, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def go_on(self, terminal: str, sha256: str, *, offset: int) -> "Incoming":
        """Return the photo to be gone on with, which nobody else writes to.

        Raises OffsetError, BusyError, and OSError where the disk takes no more.
        """
        path = self._partial(terminal, sha256)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = FileIO(handle, "r+b")
        try:
            _seize(file, path)
            _check_offset(file, offset)
        except BaseException:
            file.close()
            raise
        return Incoming(file, path, self.path_of(sha256))

    def _partial(self, terminal: str, sha256: str) -> Path:
        return self._folder / _PARTIAL / f"{terminal}.{sha256}"


class Incoming:
    """A photo on its way; closed, it stays as far as it has come."""

    def __init__(self, file: FileIO, path: Path, target: Path) -> None:
        self._file = file
        self._path = path
        self._target = target
        self.size = file.tell()

    def write(self, piece: bytes) -> None:
        """Append `piece`; OSError where the disk takes no more."""
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(piece)

    def finish(self) -> None:
        """Keep the photo under its SHA-256 for good, or raise DiffersError when it is another."""
        self._file.seek(0)
        if hashlib.file_digest(self._file, "sha256").hexdigest() != self._target.name:
            self._path.unlink(missing_ok=True)
            raise DiffersError
        os.fsync(self._file.fileno())
        self._target.parent.mkdir(exist_ok=True, mode=0o700)
        self._path.replace(self._target)
        for folder in (self._target.parent, self._target.parent.parent):
            _sync(folder)

    def close(self) -> None:
        """Let others go on."""
        self._file.close()


def _seize(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError from error
    # Whoever had it may just have finished, or thrown it away.
    if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
        raise BusyError


def _check_offset(file: FileIO, offset: int) -> None:
    size = file.seek(0, os.SEEK_END)
    if size != offset:
        raise OffsetError(size)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
