"""Photos that are kept, written down in the database: many at once, and each before its answer."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from api.photos.statements import RECORD
from api.photos.store import Stored
from api.views import Asking, Views

_ASKING = Asking("photos")


@dataclass(slots=True)
class _Batch:
    """What is written next, in one statement, for all who wait for it."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None


class Recorder:
    """Writes down which photos are kept; those that end at the same moment share a transaction."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._next = _Batch()
        self._turn = asyncio.Lock()

    async def record(self, stored: Stored) -> None:
        """Return when it is committed; psycopg.Error when it cannot be."""
        batch = self._next
        batch.rows[stored.sha256] = {
            "sha256": stored.sha256,
            "bytes": stored.bytes,
            "media_type": stored.media_type,
            "exif": None if stored.camera is None else dict(stored.camera),
        }
        if batch.task is None:
            batch.task = asyncio.create_task(self._write(batch))
        # Whoever has begun it may leave: it is written for the others.
        await asyncio.shield(batch.task)

    async def _write(self, batch: _Batch) -> None:
        async with self._turn:
            if batch is self._next:
                self._next = _Batch()
            async with self._views.change(_ASKING) as change:
                await change.write(RECORD, rows=Jsonb(list(batch.rows.values())))
