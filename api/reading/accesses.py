"""Who has read what of a worker: written down before the answer leaves, or nothing leaves."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, LiteralString

import psycopg
import structlog
from fastapi import Depends, Request
from psycopg.types.json import Jsonb

from api.problems import ProblemError, invalid_parameter, unavailable
from api.views import Asking, Views
from runtime.clock import utc_now

log = structlog.get_logger()

# What can be read of a worker.
What = Literal[
    "track",
    "day",
    "presence",
    "visits",
    "photo",
    "export",
    "latest",
    "live",
    "notice",
    "order",
    "compliance",
    "checkpoints",
]

# Reader, what was read, the grid that was asked for, and what for.
_Key = tuple[str, What, str | None, str]

_UNWRITTEN: Final = (
    "the access log cannot be written, and without it nothing is told of anybody; "
    "ask again in a few seconds"
)

_READ: Final = """
-- one reading of one worker
insert into access_log (reader, role, what, worker_id, day, last_day, grid_id, purpose)
values (%(reader)s, %(role)s, %(what)s, %(worker_id)s, %(day)s, %(last_day)s, %(grid_id)s,
        %(purpose)s)
"""

_IS_PURPOSE: Final = """
-- a purpose that data are processed for now
select purpose_id
  from v1_purpose
 where purpose_id = %(purpose)s
   and since <= current_date
   and (until is null or until > current_date)
"""

_WATCHED: Final = """
-- all readings of an hour in one row, with everybody who was in an answer; of many readers at once
insert into access_log (reader, role, what, grid_id, purpose, hour, worker_ids)
select reader, role, what, grid_id, purpose, hour, worker_ids
  from jsonb_to_recordset(%(rows)s) as one (reader text, role text, what text, grid_id text,
                                            purpose text, hour timestamptz, worker_ids text[])
on conflict (reader, what, coalesce(grid_id, ''), purpose, hour) where hour is not null
do update set worker_ids = array(select distinct one
                                   from unnest(access_log.worker_ids || excluded.worker_ids) one
                                  order by one)
        where not access_log.worker_ids @> excluded.worker_ids
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What somebody is about to be told of a worker, or, without one, of all in a grid."""

    what: What
    worker_id: str | None = None
    day: date | None = None
    last_day: date | None = None
    grid_id: str | None = None


@dataclass(slots=True)
class _Batch:
    """What is written next, in one statement, for all who wait for it."""

    rows: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None


@dataclass(slots=True)
class Accesses:
    """Writes the access log; remembers of the hour what need not be written again."""

    views: Views
    _hour: datetime | None = None
    _watched: dict[_Key, frozenset[str]] = field(default_factory=dict)
    _next: _Batch = field(default_factory=_Batch)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def record(self, asking: Asking, reading: Reading) -> None:
        """Write down one reading; ProblemError (503) when it cannot be, and nothing is told.

        ProblemError (422) for a purpose that the deployment does not have.
        """
        await self.check_purpose(asking)
        await self._write(
            asking,
            _READ,
            reader=asking.reader,
            role=_role(asking),
            what=reading.what,
            worker_id=reading.worker_id,
            day=reading.day,
            last_day=reading.last_day,
            grid_id=reading.grid_id,
            purpose=asking.purpose,
        )

    async def check_purpose(self, asking: Asking) -> None:
        """Raise ProblemError (422) for a purpose that the deployment does not have now."""
        if asking.purpose and await self.views.row(_IS_PURPOSE, purpose=asking.purpose) is None:
            raise invalid_parameter(
                "Reading-Purpose", "no such purpose; /v1/purposes lists them", place="header"
            )

    async def watch(
        self, asking: Asking, what: What, workers: Iterable[str], *, grid_id: str | None
    ) -> None:
        """Write down that `workers` are about to be told: one row a reader, grid, purpose and hour.

        Who is in that row already is not written again. ProblemError as with `record`.
        """
        hour = self._begin_hour()
        key = (asking.reader, what, grid_id, asking.purpose)
        known = self._watched.get(key, frozenset())
        new = frozenset(workers) - known
        if not new:
            return
        if not known:
            await self.check_purpose(asking)
        batch = self._next
        row = batch.rows.setdefault(key, _row(asking, key, hour))
        row["worker_ids"] = sorted(new.union(row["worker_ids"]))
        if batch.task is None:
            batch.task = asyncio.create_task(self._write_batch(asking, batch))
        await asyncio.shield(batch.task)
        self._watched[key] = self._watched.get(key, frozenset()) | new

    async def _write_batch(self, asking: Asking, batch: _Batch) -> None:
        # Five hundred who come at the same moment are written down together. Whoever has begun
        # it may leave: it is written for the others.
        async with self._turn:
            if batch is self._next:
                self._next = _Batch()
            await self._write(asking, _WATCHED, rows=Jsonb(list(batch.rows.values())))

    async def _write(self, asking: Asking, sql: LiteralString, **values: object) -> None:
        try:
            async with self.views.change(asking) as change:
                await change.write(sql, **values)
        except psycopg.Error as error:
            raise _unwritten(error) from error

    def _begin_hour(self) -> datetime:
        """Return the hour that it is; of those before nothing is remembered."""
        hour = utc_now().replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self._watched = {}
        return hour


def _row(asking: Asking, key: _Key, hour: datetime) -> dict[str, Any]:
    reader, what, grid_id, purpose = key
    row = {"reader": reader, "role": _role(asking), "what": what, "grid_id": grid_id}
    return row | {"purpose": purpose, "hour": hour.isoformat(), "worker_ids": []}


def _role(asking: Asking) -> str:
    return ",".join(asking.roles) or "token"


def _unwritten(error: psycopg.Error) -> ProblemError:
    log.error("api.access_log_unwritable", reason=type(error).__name__)
    return unavailable(_UNWRITTEN)


async def _accesses_of(request: Request) -> Accesses:
    accesses: Accesses = request.app.state.accesses
    return accesses


AskedAccesses = Annotated[Accesses, Depends(_accesses_of)]
