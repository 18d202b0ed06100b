"""Photos that terminals sent by their protocols: a report of each, and the picture on this disk."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import disk_usage
from typing import NamedTuple

from gateway.codecs import events
from gateway.custody.matters import moment_of, place_of, repeatable_id
from gateway.custody.spool import LEAST_FREE_BYTES, Letter
from gateway.registry import Entry
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.reports import (
    MOST_TEXT_CHARS,
    Mark,
    MediaType,
    Photo,
    PhotoReport,
    encode_report,
)
from patrol.topics import Kind
from runtime.uploads.waiting import PART, WaitingFolder, sync_folder

# What a report is about when its terminal has no words for it.
CATEGORY = "terminal.photo"
# While there is no room, nobody is to wait for the counting of who sends one after the other.
_COUNT_S = 5.0


class Picture(NamedTuple):
    """A picture of a terminal, by its SHA-256."""

    terminal_id: TerminalId
    sha256: str
    data: bytes


def report_of(
    photo: events.Photo, entry: Entry, *, received_at: datetime
) -> tuple[Picture, Letter]:
    """Return the picture and the report that announces it.

    Raises InputError for what is no picture: sound and film of somebody at work are not kept.
    """
    if photo.media_type not in list(MediaType) or not photo.data:
        raise InputError(f"{photo.media_type} of {len(photo.data)} bytes is no picture")
    picture = Picture(entry.terminal_id, sha256(photo.data).hexdigest(), photo.data)
    fix = place_of(photo.fix, entry.datum)
    taken_at = moment_of(photo.fix, received_at)
    at_ms = epoch_ms(taken_at)
    report = PhotoReport(
        # The same whenever the terminal sends the picture again.
        report_id=repeatable_id(f"{entry.terminal_id} {picture.sha256}", at_ms),
        taken_at=taken_at,
        category=CATEGORY,
        text=_name_of_place(photo),
        photos=(
            Photo(
                sha256=picture.sha256,
                bytes=len(photo.data),
                media_type=MediaType(photo.media_type),
            ),
        ),
        marks=() if fix is not None else (Mark.NO_FIX,),
        fix=fix,
    )
    letter = Letter(entry.terminal_id, str(Kind.REPORT), report.report_id, encode_report(report))
    return picture, letter


def _name_of_place(photo: events.Photo) -> str | None:
    """Return what a phone calls the place of a picture, as its owner has typed it."""
    name = photo.attributes.get("poi")
    return name.replace("\0", "")[:MOST_TEXT_CHARS] or None if isinstance(name, str) else None


class PhotoFolder(WaitingFolder):
    """The folder beside the spool, with one for each terminal."""

    def __init__(
        self, spool: Path, *, most_bytes: int, least_free_bytes: int = LEAST_FREE_BYTES
    ) -> None:
        super().__init__(spool.with_name(f"{spool.stem}-photos"))
        self._most_bytes = most_bytes
        self._least_free_bytes = least_free_bytes
        # No less than there is: what is brought to the server is noticed when they are counted.
        self._kept_bytes = most_bytes
        self._counted_s = float("-inf")

    def put(self, picture: Picture) -> None:
        """Keep a picture; raises OSError when the disk or the limit takes no more."""
        path = self.folder / picture.terminal_id / picture.sha256
        if path.exists():
            return
        if not self._has_room(len(picture.data)):
            raise OSError(
                f"{self._kept_bytes} bytes of photos wait: raise [gateway] photos_most_mb"
            )
        for folder in (self.folder, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        free_bytes = disk_usage(self.folder).free
        if free_bytes < self._least_free_bytes + len(picture.data):
            raise OSError(
                f"the disk has {free_bytes >> 20} MiB left: free space on that of [gateway] spool"
            )
        part = path.with_suffix(PART)
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(picture.data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._kept_bytes += len(picture.data)
        for folder in (path.parent, self.folder, self.folder.parent):
            sync_folder(folder)

    def _has_room(self, more_bytes: int) -> bool:
        """Return whether so much more may be kept; thousands take half a second to count."""
        is_known_to_fit = self._kept_bytes + more_bytes <= self._most_bytes
        if not is_known_to_fit and time.monotonic() - self._counted_s > _COUNT_S:
            self._kept_bytes = self.size_bytes()
            self._counted_s = time.monotonic()
        return self._kept_bytes + more_bytes <= self._most_bytes

    def files(self) -> Iterator[Path]:
        """Yield all files, those of one terminal after the other."""
        for own in super().files():
            yield from own.iterdir() if own.is_dir() else ()
