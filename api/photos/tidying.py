"""Photos and what is known of them, brought together again: after a kill, a restore, and in time.

What is there and announced, and not written down, is written down. What is written down and not
there is told aloud, and stays written down. What nothing names goes after a while, and what is
kept no longer at once. Every step may be cut off anywhere and is taken again by the next run.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import Final

import structlog
from anyio.to_thread import run_sync
from pydantic import BaseModel

from api.photos.objects import SHELVES, Kept
from api.photos.recording import Recorder
from api.photos.statements import (
    ANNOUNCED,
    DROPPED,
    DUE,
    FORGET,
    FORGET_ANNOUNCED,
    MISSING,
    NAMED,
    ON_SHELF,
    ORPHANS,
    TAKE_TURN,
)
from api.photos.store import DiffersError, PhotoStore
from api.views import Asking, Views
from runtime.clock import utc_now

log = structlog.get_logger()

_ASKING: Final = Asking("photos")
_LOT: Final = 200
# Whoever stores a photo just now writes it down a moment after it is there.
_JUST_NOW: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Tidied:
    """What one run has found and done, in photos."""

    # Uploads that nobody has gone on with.
    given_up: int = 0
    # There, announced and not written down: written down now.
    taken_up: int = 0
    # Named by nothing any longer.
    orphans: int = 0
    # Kept no longer.
    dropped: int = 0
    # Written down, and not there: for somebody to look at.
    missing: int = 0
    # There again.
    found_again: int = 0
    # What is there under the name of another photo: for somebody to look at.
    spoilt: int = 0


class _Name(BaseModel):
    sha256: str


class _Known(BaseModel):
    sha256: str
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidier:
    """Tidies one store; a dry run changes nothing."""

    views: Views
    store: PhotoStore
    orphan_days: int
    is_dry: bool = False

    async def tidy(self) -> Tidied | None:
        """Do what is due; None when somebody else is at it. What was found is logged."""
        async with self.views.change(_ASKING) as turn:
            if not await turn.truth(TAKE_TURN):
                return None
            tidied = Tidied()
            tidied.given_up = await run_sync(lambda: self.store.clear(is_dry=self.is_dry))
            await self._drop_due(tidied)
            await self._drop_orphans(tidied)
            for shelf in SHELVES:
                await self._compare(shelf, tidied)
                # Whoever brings photos comes first.
                await asyncio.sleep(0)
        told = {name: count for name, count in asdict(tidied).items() if count}
        log.info("api.photos_tidied", is_dry=self.is_dry, **told)
        return tidied

    async def _drop_due(self, tidied: Tidied) -> None:
        """Take away what is kept no longer; that it was there stays written down."""
        while due := await self._names(DUE):
            tidied.dropped += len(due)
            if self.is_dry:
                break
            for name in due:
                await run_sync(self.store.objects.drop, name)
                async with self.views.change(_ASKING) as change:
                    await change.write(DROPPED, sha256=name)

    async def _drop_orphans(self, tidied: Tidied) -> None:
        """Take away what nothing names any longer, with what is known of it."""
        if not self.is_dry:
            async with self.views.change(_ASKING) as change:
                await change.write(NAMED, days=self.orphan_days)
                await change.write(FORGET_ANNOUNCED, days=self.orphan_days)
        while orphans := await self._names(ORPHANS, days=self.orphan_days):
            tidied.orphans += len(orphans)
            if self.is_dry:
                break
            for name in orphans:
                async with self.views.change(_ASKING) as change:
                    # The object goes while the row is held: who announces it now waits, and is
                    # then told that it has not come.
                    if await change.write(FORGET, sha256=name):
                        await run_sync(self.store.objects.drop, name)

    async def _compare(self, shelf: str, tidied: Tidied) -> None:
        """Compare what is there with what is written down, of names that begin alike."""
        known = await self._known(shelf)
        there = {one.name: one for one in await run_sync(self._on_shelf, shelf)}
        await self._say_missing([name for name in known if name not in there], tidied)
        back = [name for name, is_missing in known.items() if is_missing and name in there]
        tidied.found_again += len(back)
        await self._mark(back, is_missing=False)
        strange = [one for name, one in there.items() if name not in known]
        for at in range(0, len(strange), _LOT):
            await self._settle(strange[at : at + _LOT], tidied)

    async def _say_missing(self, names: Sequence[str], tidied: Tidied) -> None:
        # One that was dropped or stored since its shelf was looked at is none.
        gone = [name for name in names if await run_sync(self.store.objects.size, name) is None]
        tidied.missing += len(gone)
        for name in gone:
            log.error(
                "api.photo_missing",
                sha256=name,
                advice="it had been stored and is gone: look at the object store and its backups",
            )
        await self._mark(gone, is_missing=True)

    async def _mark(self, names: Sequence[str], *, is_missing: bool) -> None:
        if names and not self.is_dry:
            digests = [bytes.fromhex(name) for name in names]
            async with self.views.change(_ASKING) as change:
                await change.write(MISSING, digests=digests, is_missing=is_missing)

    async def _settle(self, strange: Sequence[Kept], tidied: Tidied) -> None:
        """Write down what is announced; take away what is not, after a while."""
        digests = [bytes.fromhex(one.name) for one in strange]
        async with self.views.snapshot(_ASKING) as snapshot:
            rows = await snapshot.rows(_Name, ANNOUNCED, digests=digests)
        announced = {one.sha256 for one in rows}
        now = utc_now()
        for one in strange:
            age = now - one.at.astimezone(UTC)
            if one.name in announced and age > _JUST_NOW:
                await self._take_up(one.name, tidied)
            elif one.name not in announced and age > timedelta(days=self.orphan_days):
                tidied.orphans += 1
                if not self.is_dry:
                    await run_sync(self.store.objects.drop, one.name)

    async def _take_up(self, name: str, tidied: Tidied) -> None:
        try:
            stored = await run_sync(self.store.look, name)
        except DiffersError:
            tidied.spoilt += 1
            _say_spoilt(name)
            return
        if stored is not None:
            tidied.taken_up += 1
            if not self.is_dry:
                await Recorder(self.views).record(stored)

    async def _known(self, shelf: str) -> dict[str, bool]:
        first = bytes.fromhex(shelf) + bytes(31)
        last = bytes.fromhex(shelf) + b"\xff" * 31
        async with self.views.snapshot(_ASKING) as snapshot:
            rows = await snapshot.rows(_Known, ON_SHELF, first=first, last=last)
        return {one.sha256: one.is_missing for one in rows}

    async def _names(self, sql: str, **values: int) -> list[str]:
        async with self.views.snapshot(_ASKING) as snapshot:
            rows = await snapshot.rows(_Name, sql, most=_LOT, **values)
        return [one.sha256 for one in rows]

    def _on_shelf(self, shelf: str) -> list[Kept]:
        return list(self.store.objects.on_shelf(shelf))


def _say_spoilt(name: str) -> None:
    log.error("api.photo_spoilt", sha256=name, advice="look at the disk; it is not used")
