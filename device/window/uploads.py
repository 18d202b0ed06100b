"""Photos that the page has sent and that no report has taken yet."""

import re
import time
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol

from device.acts.refusals import UnacceptableError
from device.window.door import RefusedError
from patrol.errors import InputError, StateError

# The largest photo that a camera of such a terminal makes, twice.
MOST_BYTES = 40 << 20

_NAME = re.compile(r"[0-9a-f]{32}")
_PIECE_BYTES = 1 << 16
_KEPT_S = 3600.0
# One report with as many photos as it may have, and another one that was given up.
_MOST_WAITING = 16


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


class Uploads:
    """Files in one folder; those of a report that never came go away after an hour."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, source: Source, length: int) -> str:
        """Write `length` bytes of `source` into a file and return its name.

        Raises RefusedError when there are too many, InputError when they end too soon,
        StateError when the disk takes no more.
        """
        if not 0 < length <= MOST_BYTES:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"a photo has 1 byte to {MOST_BYTES >> 20} MiB, and this has {length} bytes",
                code="photo_large" if length else "photo_empty",
            )
        name = uuid.uuid4().hex
        path = self._folder / name
        try:
            self._tidy()
            with path.open("xb") as file:
                path.chmod(0o600)
                _copy(source, file, length)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise StateError(f"the photo cannot be kept: {error.strerror}") from error
        except InputError:
            path.unlink(missing_ok=True)
            raise
        return name

    def path_of(self, name: object) -> Path:
        """Return the file of that name, or raise InputError where there is none."""
        path = self._folder / name if isinstance(name, str) and _NAME.fullmatch(name) else None
        if path is None or not path.is_file():
            raise UnacceptableError(
                "a photo of this report is not there any more: choose it again", code="photo_gone"
            )
        return path

    def _tidy(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
        oldest = time.time() - _KEPT_S
        for index, path in enumerate(waiting):
            if index + 1 >= _MOST_WAITING or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _copy(source: Source, file: BinaryIO, length: int) -> None:
    while length:
        piece = source.read(min(_PIECE_BYTES, length))
        if not piece:
            raise InputError("the photo was cut off on its way: send it again")
        file.write(piece)
        length -= len(piece)
