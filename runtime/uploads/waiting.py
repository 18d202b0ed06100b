"""Photos that wait for the server: files named by their SHA-256."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PART = ".part"
_NAME = re.compile(r"[0-9a-f]{64}")
_DAMAGED = ".damaged"
_UNFINISHED_S = 3600.0


class WaitingFolder:
    """The folder; a photo is there whole and on the disk, or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Return the photos that wait, the oldest first: their places in the folder."""
        return [name for _, name in sorted((one.st_mtime_ns, name) for name, one in self._all())]

    def size_bytes(self) -> int:
        """Return how much waits."""
        return sum(one.st_size for _, one in self._all())

    def path_of(self, name: str) -> Path:
        """Return the file of a photo."""
        return self.folder / name

    def forget(self, name: str) -> None:
        """Delete a photo that the server has, or that no report is about."""
        self.path_of(name).unlink(missing_ok=True)

    def is_whole(self, name: str) -> bool:
        """Return whether a photo still is what was taken; where the disk has spoilt it, set it aside."""
        path = self.path_of(name)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == path.name:
                return True
        path.replace(path.with_name(path.name + _DAMAGED))
        return False

    def clear_parts(self) -> None:
        """Delete what a process that was killed has left unfinished."""
        for part in self.folder.rglob(f"*{PART}"):
            # A younger one may be that of a command that runs now.
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < time.time() - _UNFINISHED_S:
                    part.unlink()

    def files(self) -> Iterator[Path]:
        """Yield all files, also those that are no photos, or not yet."""
        yield from self.folder.iterdir() if self.folder.is_dir() else ()

    def _all(self) -> Iterator[tuple[str, os.stat_result]]:
        for path in self.files():
            # The server may just have confirmed it.
            with suppress(FileNotFoundError):
                if _NAME.fullmatch(path.name):
                    yield str(path.relative_to(self.folder)), path.stat()


def sync_folder(folder: Path) -> None:
    """Have on the disk which files a folder holds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
