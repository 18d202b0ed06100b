"""Where photos are kept for good: a folder of this machine, or a bucket that speaks S3.

A photo lies under `<first two digits>/<SHA-256>`, its small picture under `thumbnails/`. What has
its name is whole. Everything here waits for a disk or a line: not for the event loop.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_PAGE: Final = 1000
THUMBNAILS: Final = "thumbnails"
# The first digits of all names there can be.
SHELVES: Final = tuple(f"{number:02x}" for number in range(256))


class ObjectsError(Exception):
    """The object store does not do what it is asked; to be tried again."""


class Kept(NamedTuple):
    """An object: its name, how long it is, and when it was put there."""

    name: str
    size: int
    at: datetime


class Objects:
    """Photos by SHA-256; `folder` is given where they are files of this machine."""

    def __init__(self, store: "LocalStore | S3Store", *, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def prepare(self) -> None:
        """Make the shelves of a folder, so that no photo has to wait for one; OSError."""
        if self._folder is not None:
            for shelf in SHELVES:
                (self._folder / shelf).mkdir(exist_ok=True, mode=0o700)
            sync(self._folder)

    def keep(self, part: Path, name: str) -> None:
        """Put the file `part`, which is on the disk, there as `name`, and take it away.

        When this returns, it outlives a power cut. OSError or ObjectsError when it is not so.
        """
        if self._folder is None:
            self._put(key_of(name), part)
            part.unlink()
            return
        target = self._folder / key_of(name)
        # A folder of before has no shelves of names that it never had.
        if not target.parent.is_dir():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            sync(self._folder)
        part.replace(target)
        sync(target.parent)

    def size(self, name: str) -> int | None:
        """Return how long a photo is that is there, else None."""
        if self._folder is not None:
            try:
                return (self._folder / key_of(name)).stat().st_size
            except FileNotFoundError:
                return None
        try:
            return int(obstore.head(self._store, key_of(name))["size"])
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _failed(error) from error

    def read(self, name: str, *, is_thumbnail: bool = False) -> bytes | None:
        """Return all of a photo, or its small picture; None where it is not there."""
        key = thumbnail_key_of(name) if is_thumbnail else key_of(name)
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _failed(error) from error

    def put_thumbnail(self, name: str, data: bytes) -> None:
        """Keep a small picture; lost, it is made again."""
        self._put(thumbnail_key_of(name), data)

    def drop(self, name: str) -> None:
        """Take a photo and its small picture away; what is not there is no error."""
        for key in (thumbnail_key_of(name), key_of(name)):
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
            except BaseError as error:
                raise _failed(error) from error

    def on_shelf(self, shelf: str) -> Iterator[Kept]:
        """Yield the photos whose names begin with `shelf`, in no order."""
        try:
            for page in obstore.list(self._store, prefix=shelf, chunk_size=_PAGE):
                for one in page:
                    name = one["path"].rpartition("/")[2]
                    if _NAME.fullmatch(name):
                        yield Kept(name, one["size"], one["last_modified"])
        except BaseError as error:
            raise _failed(error) from error

    def _put(self, key: str, data: "bytes | Path") -> None:
        try:
            obstore.put(self._store, key, data)
        except (BaseError, OSError) as error:
            # A bucket that is not there is told as a file that is not.
            raise _failed(error) from error


def key_of(name: str) -> str:
    """Return under which key a photo lies."""
    return f"{name[:2]}/{name}"


def thumbnail_key_of(name: str) -> str:
    """Return under which key its small picture lies."""
    return f"{THUMBNAILS}/{name[:2]}/{name}"


def sync(folder: Path) -> None:
    """Write to the disk which files a folder has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(error: Exception) -> ObjectsError:
    # What a store says at length may hold addresses and keys of whoever asked.
    return ObjectsError(f"{type(error).__name__} of the object store")
