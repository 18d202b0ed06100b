"""The database as the API sees it: the v1 views, read in one snapshot a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal, LiteralString, TypeVar

import psycopg
from fastapi import Depends, Request
from psycopg import AsyncConnection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from api import results, shapes
from api.findings import FINDINGS, Finding, WantedFindings
from api.settings import ApiSettings
from patrol.errors import InputError

ShapeT = TypeVar("ShapeT", bound=BaseModel)
State = Literal["up", "down", "not_migrated"]

# After so long a failed attempt to connect is given up; the next request starts a new one at
# once, so that the pauses between attempts never grow beyond a few seconds.
_RECONNECT_S = 5.0
_CONNECT_S = 5

_PREPARE = """
-- times in UTC, and an end to queries that take too long
select set_config('TimeZone', 'UTC', false),
       set_config('statement_timeout', %(milliseconds)s::text, false)
"""

_IS_MIGRATED = """
-- the newest of the views that the API reads
select to_regclass('v1_finding') is not null
"""

_WORKERS = """
-- everybody who can have duty
select worker_id, name
  from v1_worker
 order by worker_id
"""

_IS_WORKER = """
-- whether there is such a worker
select exists (select from v1_worker where worker_id = %(worker_id)s)
"""

_IS_GRID = """
-- whether there is such a grid
select exists (select from v1_grid where grid_id = %(grid_id)s)
"""

_GRIDS = """
-- responsibility areas with their outlines
select grid_id, name, premises, households, outline
  from v1_grid
 order by grid_id
"""

_TERMINALS = """
-- terminals, who carries them now, and how they are
select terminal_id, model, worker_id, worker_name, state, state_received_at, written, waiting,
       last_epoch, last_received_at, battery_pct
  from v1_terminal
 order by terminal_id
"""

_LATEST_POSITIONS = """
-- where terminals were last, of one grid or of all
select terminal_id, worker_id, worker_name, grid_id, day, epoch, received_at, age_s,
       lon_deg, lat_deg, accuracy_m, speed_mps, battery_pct, flags,
       provisional_state, provisional_since, provisional_inside_p
  from v1_latest_position
 where %(grid_id)s::text is null or grid_id = %(grid_id)s
 order by terminal_id, grid_id
"""

_DUTY = """
-- duty windows of one worker-day
select grid_id, start_at, end_at, duration_s
  from v1_duty
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

_TRACK = """
-- fixes of one worker-day, in the order they happened
select terminal_id, grid_id, epoch, lon_deg, lat_deg, altitude_m, accuracy_m, speed_mps,
       course_deg, hdop, satellites, quality, battery_pct, flags, received_at
  from v1_track
 where worker_id = %(worker_id)s and day = %(day)s
 order by epoch, terminal_id
"""

_PRESENCE = """
-- duty time of one worker-day, inside, outside or unknown
select start_at, end_at, duration_s, grid_id, state
  from v1_presence
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

_VISITS = """
-- home visits of one worker-day
select start_at, end_at, duration_s, premises_id, premises_name, grid_id, observed_s, bridged_s,
       check_in_s, grade, p_any, p_premises
  from v1_visit
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

_EXCUSED = """
-- duty time of one worker-day that is not owed
select start_at, end_at, duration_s, grid_id, kind as reason, kind as reason_code
  from v1_excused
 where worker_id = %(worker_id)s and day = %(day)s
 order by start_at
"""

_COMPLIANCE = """
-- results of a range of days, in the order of their key and from behind the last one seen
select worker_id, worker_name, day, grid_ids, duty_s, excused_s, inside_s, plausible_s,
       outside_s, unknown_s, presence_low_s, presence_high_s, presence_verdict, presence_reason,
       presence_code as presence_reason_code, presence_values as presence_reason_values,
       visit_s, visit_low_s, visit_high_s, visit_verdict, visit_reason,
       visit_code as visit_reason_code, visit_values as visit_reason_values,
       fixes, rules_version, parameters_version, assessed_at, is_current
  from v1_compliance
 where day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or %(grid_id)s = any(grid_ids))
   and (%(after_day)s::date is null or (day, worker_id) > (%(after_day)s, %(after_worker_id)s))
 order by day, worker_id
 limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results: a range of days, maybe one worker or grid, from behind a worker-day."""

    first_day: date
    last_day: date
    worker_id: str | None = None
    grid_id: str | None = None
    after_day: date | None = None
    after_worker_id: str | None = None
    limit: int = 1


class Snapshot:
    """One moment of the database: all that is asked of it fits together."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def workers(self) -> list[shapes.Worker]:
        """Return everybody who can have duty."""
        return await self._rows(shapes.Worker, _WORKERS)

    async def has_worker(self, worker_id: str) -> bool:
        """Whether there is such a worker."""
        return await self._truth(_IS_WORKER, worker_id=worker_id)

    async def has_grid(self, grid_id: str) -> bool:
        """Whether there is such a grid."""
        return await self._truth(_IS_GRID, grid_id=grid_id)

    async def grids(self) -> list[shapes.GridOutline]:
        """Return the grids with their outlines."""
        return await self._rows(shapes.GridOutline, _GRIDS)

    async def terminals(self) -> list[shapes.Terminal]:
        """Return the terminals, with or without somebody who carries them."""
        return await self._rows(shapes.Terminal, _TERMINALS)

    async def latest_positions(self, grid_id: str | None) -> list[shapes.LatestPosition]:
        """Return where terminals were last, of one grid or of all."""
        return await self._rows(shapes.LatestPosition, _LATEST_POSITIONS, grid_id=grid_id)

    async def duty(self, worker_id: str, day: date) -> list[shapes.DutyWindow]:
        """Return the duty windows of a worker-day."""
        return await self._rows(shapes.DutyWindow, _DUTY, worker_id=worker_id, day=day)

    async def track(self, worker_id: str, day: date) -> list[shapes.Fix]:
        """Return the fixes of a worker-day within its duty windows."""
        return await self._rows(shapes.Fix, _TRACK, worker_id=worker_id, day=day)

    async def presence(self, worker_id: str, day: date) -> list[results.PresenceInterval]:
        """Return the presence intervals of a worker-day."""
        return await self._rows(results.PresenceInterval, _PRESENCE, worker_id=worker_id, day=day)

    async def visits(self, worker_id: str, day: date) -> list[results.Visit]:
        """Return the home visits of a worker-day."""
        return await self._rows(results.Visit, _VISITS, worker_id=worker_id, day=day)

    async def excused(self, worker_id: str, day: date) -> list[results.Excused]:
        """Return the duty time of a worker-day that is not owed."""
        return await self._rows(results.Excused, _EXCUSED, worker_id=worker_id, day=day)

    async def compliance_of_day(self, worker_id: str, day: date) -> results.Compliance | None:
        """Return the result of a worker-day, or None while it is not assessed."""
        rows = await self.compliance(Wanted(day, day, worker_id=worker_id))
        return rows[0] if rows else None

    async def compliance(self, wanted: Wanted) -> list[results.Compliance]:
        """Return results by day and worker_id."""
        return await self._rows(results.Compliance, _COMPLIANCE, **asdict(wanted))

    async def findings(self, wanted: WantedFindings) -> list[Finding]:
        """Return findings by day, worker_id and finding_id; not yet in words."""
        return await self._rows(Finding, FINDINGS, **asdict(wanted))

    async def _rows(self, shape: type[ShapeT], sql: LiteralString, **values: Any) -> list[ShapeT]:  # noqa: ANN401 - values of SQL
        async with self._conn.cursor(row_factory=class_row(shape)) as cursor:
            await cursor.execute(sql, values)
            return await cursor.fetchall()

    async def _truth(self, sql: LiteralString, **values: str) -> bool:
        cursor = await self._conn.execute(sql, values)
        row = await cursor.fetchone()
        return row is not None and bool(row[0])


class Views:
    """The way to the database: a pool that fills itself again after the database was away."""

    def __init__(self, dsn: str, settings: ApiSettings) -> None:
        try:
            conninfo_to_dict(dsn)
        except psycopg.ProgrammingError as error:
            raise InputError(f"[database] dsn is not a libpq connection string: {error}") from error
        self._query_ms = round(settings.query_s * 1000)
        self._pool = AsyncConnectionPool(
            dsn,
            kwargs={
                # Optional filters are planned for the values given, not once for all.
                "prepare_threshold": None,
                "connect_timeout": _CONNECT_S,
                "application_name": "patrol api",
            },
            min_size=1,
            max_size=settings.pool_size,
            timeout=settings.wait_s,
            reconnect_timeout=_RECONNECT_S,
            configure=self._prepare,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name="api",
        )

    async def open(self) -> None:
        """Begin to connect; a database that is away now is waited for."""
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close(timeout=1)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Give one moment of the database; psycopg.OperationalError when it is away."""
        async with self._pool.connection() as conn:
            yield Snapshot(conn)

    async def state(self) -> State:
        """Return whether questions can be answered now."""
        try:
            async with self._pool.connection() as conn:
                row = await (await conn.execute(_IS_MIGRATED)).fetchone()
        except psycopg.OperationalError:
            return "down"
        return "up" if row is not None and row[0] else "not_migrated"

    async def _prepare(self, conn: AsyncConnection) -> None:
        await conn.set_autocommit(True)
        await conn.execute(_PREPARE, {"milliseconds": self._query_ms})
        await conn.set_autocommit(False)
        await conn.set_read_only(True)
        await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)


async def _views_of(request: Request) -> Views:
    views: Views = request.app.state.views
    return views


AskedViews = Annotated[Views, Depends(_views_of)]
