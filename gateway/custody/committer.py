"""Writes to the spool: whatever came since the last transaction goes into the next one.

Terminals by the thousand share one fsync. A disk that takes no more holds their answers back,
and they send again.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import structlog

from gateway.custody.photos import PhotoFolder, Picture
from gateway.custody.spool import LEAST_FREE_BYTES, Kept, Letter, Spool

log = structlog.get_logger()

# Fixes in one transaction at most; more would make the first ones wait.
_MOST = 2_000
_RETRY_S = 1.0
_CLOSE_S = 5.0
# What comes within this is far less than what is left free.
_ROOM_S = 0.5

Done: TypeAlias = Callable[[bool], None]


class Deed(NamedTuple):
    """What is to be on disk before `done` is called, with whether it is.

    It is called by `Committer.tell`, for all that were written together.
    """

    kept: tuple[Kept, ...] = ()
    letters: tuple[Letter, ...] = ()
    pictures: tuple[Picture, ...] = ()
    strangers: tuple[tuple[str, str, str, str], ...] = ()
    done: Done | None = None


def call_all(told: Sequence[tuple[Done, bool]]) -> None:
    """Tell each of them."""
    for done, is_kept in told:
        try:
            done(is_kept)
        except Exception:
            # The others must hear of theirs.
            log.exception("gateway.answer_failed")


@dataclass(slots=True)
class Committer:
    """Writes deeds in their order, in a thread of its own."""

    path: Path
    most_bytes: int
    photos: PhotoFolder
    tell: Callable[[Sequence[tuple[Done, bool]]], None] = call_all
    is_writable: bool = True
    least_free_bytes: int = LEAST_FREE_BYTES
    # Fixes and messages that the spool held at the start, and that came since.
    kept: int = 0
    failure: Exception | None = None
    _deeds: "queue.SimpleQueue[Deed | None]" = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    # Not before this is it asked again how much room there is.
    _look_for_room_s: float = 0.0

    def start(self) -> None:
        """Open the spool and begin; raises InputError when it cannot be used."""
        # Opened here first: a spool that cannot be used is the caller's to hear of.
        with Spool(self.path) as spool:
            self.kept = sum(spool.count())
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def hand_over(self, deed: Deed) -> None:
        """Have `deed` written; returns at once."""
        self._deeds.put(deed)

    def close(self) -> None:
        """Write what was handed over, and end."""
        self._deeds.put(None)
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        try:
            with Spool(self.path) as spool:
                while (deeds := self._gather()) is not None:
                    self._write(spool, deeds)
        except Exception as error:
            log.exception("gateway.committer_failed")
            self.failure = error

    def _gather(self) -> list[Deed] | None:
        """Return what is there, None when it is time to end."""
        first = self._deeds.get()
        if first is None:
            return None
        deeds, size = [first], len(first.kept)
        while size < _MOST:
            try:
                deed = self._deeds.get_nowait()
            except queue.Empty:
                break
            if deed is None:
                # For the next time.
                self._deeds.put(None)
                break
            deeds.append(deed)
            size += len(deed.kept)
        return deeds

    def _write(self, spool: Spool, deeds: list[Deed]) -> None:
        # Whoever sends a picture too many is alone refused, and before the others are written.
        pictured = [self._keep_pictures(deed) for deed in deeds]
        sound = [deed for deed, is_sound in zip(deeds, pictured, strict=True) if is_sound]
        is_kept = self._try(spool, sound)
        told = [
            (deed.done, is_sound and (is_kept or not (deed.kept or deed.letters)))
            for deed, is_sound in zip(deeds, pictured, strict=True)
            if deed.done is not None
        ]
        if told:
            self.tell(told)

    def _keep_pictures(self, deed: Deed) -> bool:
        try:
            for picture in deed.pictures:
                self.photos.put(picture)
        except OSError as error:
            log.warning("gateway.photo_not_kept", reason=str(error))
            return False
        return True

    def _try(self, spool: Spool, deeds: list[Deed]) -> bool:
        try:
            spool.check_file()
            kept = [one for deed in deeds for one in deed.kept]
            if kept and time.monotonic() >= self._look_for_room_s:
                self._check_room(spool)
            spool.begin()
            spool.put(kept)
            letters = spool.put_letters([one for deed in deeds for one in deed.letters])
            strangers = [one for deed in deeds for one in deed.strangers]
            if strangers:
                spool.note_strangers(strangers)
            spool.commit()
        except sqlite3.Error as error:
            spool.roll_back()
            self._say(error)
            return False
        self.kept += len(kept) + letters
        if not self.is_writable:
            log.info("gateway.spool_writable_again")
        self.is_writable = True
        return True

    def _check_room(self, spool: Spool) -> None:
        if spool.size_bytes() > self.most_bytes:
            raise sqlite3.OperationalError(f"the spool has {self.most_bytes >> 20} MiB")
        if spool.room_bytes() < self.least_free_bytes:
            spool.make_room()
        if spool.room_bytes() < self.least_free_bytes:
            raise sqlite3.OperationalError(
                f"the disk has less than {self.least_free_bytes >> 20} MiB left"
            )
        self._look_for_room_s = time.monotonic() + _ROOM_S

    def _say(self, error: sqlite3.Error) -> None:
        if self.is_writable:
            log.error(
                "gateway.spool_full",
                reason=str(error),
                advice="terminals are not answered and will send again: free space on the disk "
                "of [gateway] spool, raise spool_most_mb, or bring the broker back",
            )
        self.is_writable = False
