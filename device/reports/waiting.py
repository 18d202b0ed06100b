"""Photos are kept for the server, in a folder beside the outbox."""

import hashlib
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from device.acts.refusals import NoRoomError, UnacceptableError
from patrol.errors import InputError, StateError
from runtime.uploads.waiting import PART, WaitingFolder, sync_folder

_PIECE_BYTES = 1 << 16
# More than every camera's EXIF takes, its thumbnail included; the sizes stand behind it.
HEAD_BYTES = 1 << 18


class Taken(NamedTuple):
    """A photo that is kept: its name, its length and how it begins; `is_new` if it was not there."""

    sha256: str
    size_bytes: int
    head: bytes
    is_new: bool


class WaitingPhotos(WaitingFolder):
    """The folder, and how a photo comes into it."""

    def __init__(self, outbox: Path, *, most_bytes: int) -> None:
        super().__init__(outbox.with_name("photos"))
        self._most_bytes = most_bytes

    def take(self, path: Path, *, most_bytes: int) -> Taken:
        """Copy the photo at `path`, hashed as it is written.

        Raises InputError when it is not a file of 1 to `most_bytes` bytes, StateError when the
        disk takes no more or too many wait.
        """
        part = self.folder / f"{uuid.uuid4().hex}{PART}"
        with _opened(path) as source:
            size = _size_of(source, path, most_bytes)
            self._check_room(size)
            try:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                taken = self._copy(source, part, size)
            except OSError as error:
                # Where nothing can be written, nothing can be taken away, either.
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise StateError(f"photo {path} cannot be kept: {error.strerror}") from error
        if taken is None:
            part.unlink(missing_ok=True)
            raise InputError(f"photo {path} changed while it was read: try again")
        return taken

    def _check_room(self, size: int) -> None:
        waiting = self.size_bytes()
        if waiting + size > self._most_bytes:
            raise NoRoomError(
                f"photos of {waiting} bytes wait for the server already: bring the terminal where "
                "there is a network, or allow more by [reports] waiting_bytes"
            )

    def _copy(self, source: BinaryIO, part: Path, size: int) -> Taken | None:
        digest, head, written = hashlib.sha256(), b"", 0
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            while written <= size and (piece := source.read(_PIECE_BYTES)):
                digest.update(piece)
                target.write(piece)
                written += len(piece)
                if len(head) < HEAD_BYTES:
                    head += piece[: HEAD_BYTES - len(head)]
            target.flush()
            os.fsync(target.fileno())
        if written != size:
            return None
        path = self.path_of(digest.hexdigest())
        is_new = not path.exists()
        part.replace(path)
        sync_folder(self.folder)
        return Taken(path.name, size, head, is_new)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Without waiting: a pipe of that name must not hold up whoever takes a photo.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise InputError(f"photo {path} cannot be read: {error.strerror}") from error
    with file:
        yield file


def _size_of(source: BinaryIO, path: Path, most_bytes: int) -> int:
    found = os.fstat(source.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"photo {path} is not a file")
    if found.st_size == 0:
        raise UnacceptableError(f"photo {path} is empty: take it again", code="photo_empty")
    if found.st_size > most_bytes:
        raise UnacceptableError(
            f"photo {path} has {found.st_size} bytes: {most_bytes} are allowed "
            "([reports] photo_bytes)",
            code="photo_large",
        )
    return found.st_size
