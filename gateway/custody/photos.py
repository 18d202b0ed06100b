"""Photos that terminals sent by their protocols: a report of each, and the picture on this disk."""

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from gateway.codecs import events
from gateway.custody.matters import moment_of, place_of, repeatable_id
from gateway.custody.spool import Letter
from gateway.registry import Entry
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.notices.reports import Mark, MediaType, Photo, PhotoReport, encode_report
from patrol.topics import Kind

# What a report is about when its terminal has no words for it.
CATEGORY = "terminal.photo"


class Picture(NamedTuple):
    """A picture by its SHA-256."""

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
    picture = Picture(sha256(photo.data).hexdigest(), photo.data)
    fix = place_of(photo.fix, entry.datum)
    taken_at = moment_of(photo.fix, received_at)
    at_ms = epoch_ms(taken_at)
    report = PhotoReport(
        # The same whenever the terminal sends the picture again.
        report_id=repeatable_id(f"{entry.terminal_id} {picture.sha256}", at_ms),
        taken_at=taken_at,
        category=CATEGORY,
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


class PhotoFolder:
    """The folder beside the spool; a picture is there whole and on the disk, or not at all."""

    def __init__(self, spool: Path, *, most_bytes: int) -> None:
        self._folder = spool.with_name(f"{spool.stem}-photos")
        self._most_bytes = most_bytes

    def put(self, picture: Picture) -> None:
        """Keep a picture; raises OSError when the disk or the limit takes no more."""
        path = self._folder / picture.sha256
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = sum(one.stat().st_size for one in self._folder.iterdir())
        if kept + len(picture.data) > self._most_bytes:
            raise OSError(f"{kept} bytes of photos wait: raise [gateway] photos_most_mb")
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(picture.data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
