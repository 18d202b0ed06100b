"""Server-sent events of notices: one look at the database a process, however many listen."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, LiteralString

import psycopg
from psycopg_pool import PoolTimeout

from api.notices.shapes import Notice
from api.notices.statements import NEWEST, NOTICES
from api.notices.telling import Telling
from api.views import Asking, Views

_LOOK_S = 0.5
_HEARTBEAT_S = 15.0
# Then the client comes again, and shows a token that is still good.
_LIFE_S = 900.0
_MOST = 500
# So many numbers back is looked for those that come late.
_LATE = 200
_ALL: Final[Mapping[str, object]] = {
    "after": None,
    "before": None,
    "limit": _MOST,
    "open": False,
    "kind": None,
    "notice_id": None,
}


@dataclass(slots=True)
class Watch:
    """Looks for new notices as long as somebody waits for one."""

    views: Views
    # Finds the last number given, as `newest`.
    sql: LiteralString = NEWEST
    newest: int = 0
    _waiting: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _looking: "asyncio.Task[None] | None" = None

    async def wait(self, behind: int, *, within_s: float) -> bool:
        """Return whether there is a notice with a greater number, as soon as there is."""
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with self._changed:
                await asyncio.wait_for(
                    self._changed.wait_for(lambda: self.newest > behind), within_s
                )
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    async def _look(self) -> None:
        while self._waiting:
            try:
                row = await self.views.row(self.sql)
            except (psycopg.OperationalError, PoolTimeout):
                # Who listens hears nothing for so long; nothing is passed over.
                row = None
            if row is not None and row["newest"] > self.newest:
                async with self._changed:
                    self.newest = row["newest"]
                    self._changed.notify_all()
            await asyncio.sleep(_LOOK_S)


async def stream(
    watch: Watch, asking: Asking, *, telling: Telling, after: int
) -> AsyncIterator[bytes]:
    """Yield what `asking` may see of notices behind `after`, the oldest first, as it comes.

    It ends when its token would no longer be let in.
    """
    until_s = time.monotonic() + _LIFE_S
    heard, told = after, set[int]()
    yield b"retry: 2000\n\n"
    while time.monotonic() < until_s and await telling.is_good(asking):
        if not await watch.wait(heard, within_s=_HEARTBEAT_S):
            yield b": still here\n\n"
            continue
        # A lower number may be committed after a greater one.
        begin, heard = max(after, heard - _LATE), watch.newest
        async with watch.views.snapshot(asking) as snapshot:
            found = await snapshot.rows(Notice, NOTICES, **asked(after=begin))
        new = [one for one in reversed(found) if one.notice_id not in told]
        if new and not await telling.is_good(asking):
            return
        told = {one.notice_id for one in found}
        for notice in await telling.told(asking, new):
            yield event_of(notice)


def asked(**wanted: object) -> Mapping[str, object]:
    """Return the values of NOTICES, where what is not wanted narrows nothing."""
    return {**_ALL, **wanted}


def event_of(notice: Notice) -> bytes:
    """Return a notice as a server-sent event (WHATWG HTML, 9.2.6)."""
    return f"id: {notice.notice_id}\nevent: {notice.kind}\ndata: {notice.model_dump_json()}\n\n".encode()
