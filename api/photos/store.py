"""Photos on their way: what is kept of them under its SHA-256 is whole and on the disk.

A photo that is on its way is a file of its terminal's in `partial/`; nobody else writes to it.
Whole, it goes to where photos are kept for good.
"""

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

from api.photos.objects import Objects, ObjectsError
from api.photos.pictures import Camera, look_at
from patrol.errors import InputError

_PARTIAL: Final = "partial"
# An upload that nobody has gone on with for so long begins anew.
ABANDONED_S: Final = 14 * 86_400.0


class OffsetError(Exception):
    """The piece does not begin where what is there ends."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes are there: go on at {offset}")
        self.offset = offset


class BusyError(Exception):
    """Another request writes to the same photo."""


class DiffersError(Exception):
    """What came is not what was announced; it is gone."""


class NotKeptError(Exception):
    """The disk or the object store does not take it now."""


class Stored(NamedTuple):
    """A photo that is kept: by SHA-256 in hexadecimal, with what it is."""

    sha256: str
    bytes: int
    media_type: str | None
    camera: Camera | None


class PhotoStore:
    """Photos of at most `most_bytes` each, on their way in `folder` and kept in `objects`."""

    def __init__(self, folder: Path, objects: Objects, *, most_bytes: int) -> None:
        self._folder = folder
        self.objects = objects
        self.most_bytes = most_bytes

    def prepare(self) -> None:
        """Make the folder and clear away what was given up, or raise InputError."""
        partial = self._folder / _PARTIAL
        try:
            partial.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not os.access(partial, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            self.objects.prepare()
        except OSError as error:
            raise InputError(
                f"[api] photo_folder {self._folder} cannot be written: {error.strerror}"
            ) from error
        self.clear()

    def clear(self, *, is_dry: bool = False) -> int:
        """Clear away uploads that nobody has gone on with; return how many they were."""
        oldest = time.time() - ABANDONED_S
        cleared = 0
        for path in (self._folder / _PARTIAL).iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    cleared += 1
                    if not is_dry:
                        path.unlink()
        return cleared

    def received(self, terminal: str, sha256: str, *, size: int) -> int | None:
        """Return how many bytes of a photo have come; None: it is kept, whole."""
        try:
            return self._partial(terminal, sha256).stat().st_size
        except FileNotFoundError:
            return None if self._is_kept(sha256, size) else 0

    def go_on(self, terminal: str, sha256: str, *, offset: int, size: int) -> "Incoming | None":
        """Return the photo to be gone on with, which nobody else writes to.

        None where it is kept already. Raises OffsetError, BusyError, and NotKeptError where the
        disk takes no more.
        """
        path = self._partial(terminal, sha256)
        try:
            if offset == 0 and not path.exists() and self._is_kept(sha256, size):
                return None
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _not_kept(error) from error
        file = FileIO(handle, "r+b")
        try:
            _seize(file, path)
            _check_offset(file, offset)
        except BaseException:
            file.close()
            raise
        return Incoming(file, path, sha256=sha256, objects=self.objects)

    def look(self, sha256: str) -> Stored | None:
        """Return a photo that is kept, read from beginning to end; None where it is not there.

        Raises DiffersError when it is another one.
        """
        data = self.objects.read(sha256)
        if data is None:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DiffersError
        return Stored(sha256, len(data), *look_at(data))

    def _is_kept(self, sha256: str, size: int) -> bool:
        try:
            return self.objects.size(sha256) == size
        except (OSError, ObjectsError) as error:
            raise _not_kept(error) from error

    def _partial(self, terminal: str, sha256: str) -> Path:
        return self._folder / _PARTIAL / f"{terminal}.{sha256}"


class Incoming:
    """A photo on its way; closed, it stays as far as it has come."""

    def __init__(self, file: FileIO, path: Path, *, sha256: str, objects: Objects) -> None:
        self._file = file
        self._path = path
        self._sha256 = sha256
        self._objects = objects
        self.size = file.tell()
        # What was there before is read once more at the end.
        self._digest = hashlib.sha256() if self.size == 0 else None

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append `pieces`; NotKeptError where the disk takes no more."""
        for piece in pieces:
            try:
                self._append(piece)
            except OSError as error:
                raise _not_kept(error) from error

    def finish(self, pieces: Iterable[bytes] = ()) -> Stored:
        """Append `pieces` and keep the photo under its SHA-256 for good.

        Raises DiffersError when it is another one, NotKeptError when it cannot be kept now.
        """
        self.write(pieces)
        try:
            if self._hexdigest() != self._sha256:
                self._path.unlink(missing_ok=True)
                raise DiffersError
            os.fsync(self._file.fileno())
            looked = look_at(self._file)
            self._objects.keep(self._path, self._sha256)
        except (OSError, ObjectsError) as error:
            raise _not_kept(error) from error
        return Stored(self._sha256, self.size, *looked)

    def close(self) -> None:
        """Let others go on."""
        self._file.close()

    def _append(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(piece)
        if self._digest is not None:
            self._digest.update(piece)

    def _hexdigest(self) -> str:
        if self._digest is not None:
            return self._digest.hexdigest()
        self._file.seek(0)
        return hashlib.file_digest(self._file, "sha256").hexdigest()


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


def _not_kept(error: Exception) -> NotKeptError:
    return NotKeptError(getattr(error, "strerror", None) or str(error))
