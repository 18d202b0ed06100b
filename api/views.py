"""The database as the API sees it: the v1 views, read in one snapshot a request."""

import select
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal, LiteralString, TypeVar

import msgspec
import psycopg
from fastapi import Depends, Request
from psycopg import AsyncClientCursor, AsyncConnection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import class_row, dict_row
from psycopg.sql import Composed
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from api import problems, results, shapes, statements
from api.findings import FINDINGS, Finding, WantedFindings
from api.reading.rows import FixRow, LatestRow, LiveRow, SummaryRow
from api.settings import ApiSettings
from patrol.errors import InputError

ShapeT = TypeVar("ShapeT", bound=BaseModel)
RowT = TypeVar("RowT", FixRow, LatestRow, LiveRow, SummaryRow)
State = Literal["up", "down", "not_migrated"]

# After so long a failed attempt to connect is given up; the next request starts a new one at
# once, so that the pauses between attempts never grow beyond a few seconds.
_RECONNECT_S = 5.0
_CONNECT_S = 5

_PREPARE = """
-- times in UTC, nothing is written unless that is said, and an end to queries that take too long
select set_config('TimeZone', 'UTC', false),
       set_config('default_transaction_read_only', 'on', false),
       set_config('statement_timeout', %(milliseconds)s::text, false)
"""

SAY_WHO_ASKS = """
-- who asks, for the v1_my_* views; until the end of the transaction
select set_config('gridpatrol.account', %(account_id)s, true),
       set_config('gridpatrol.roles', %(roles)s, true),
       set_config('gridpatrol.all', %(sees_all)s, true)
"""

# Both at once: every way to the database and back costs as much as a small question.
_BEGIN_AND_SAY: LiteralString = "begin isolation level repeatable read read only;" + SAY_WHO_ASKS

# What a question asks for does not matter where it is only planned.
_NOTHING: Mapping[str, None] = defaultdict(lambda: None)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, with the roles that count for what is asked."""

    reader: str
    account_id: str = ""
    roles: tuple[str, ...] = ()
    is_file_token: bool = False
    # Set where the own days of a worker are asked for by that worker.
    worker_id: str | None = None
    # What for, where the reader says so: one of the purposes of the deployment.
    purpose: str = ""


class Snapshot:
    """One moment of the database as somebody may see it: all that is asked of it fits together."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def rows(self, shape: type[ShapeT], sql: LiteralString, **values: Any) -> list[ShapeT]:  # noqa: ANN401 - values of SQL
        """Return what `sql` finds, each row as a `shape`."""
        async with self._conn.cursor(row_factory=class_row(shape)) as cursor:
            await cursor.execute(sql, values, prepare=sql in statements.STEADY)
            return await cursor.fetchall()

    async def row(self, sql: LiteralString | Composed, **values: Any) -> dict[str, Any] | None:  # noqa: ANN401 - values of SQL
        """Return the first row that `sql` finds, by column, or None."""
        async with self._conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql, values)
            return await cursor.fetchone()

    async def found(self, sql: LiteralString, **values: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - values of SQL
        """Return the rows that `sql` finds, by column."""
        async with self._conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql, values)
            return await cursor.fetchall()

    async def truth(self, sql: LiteralString, **values: Any) -> bool:  # noqa: ANN401 - values of SQL
        """Return the one value that `sql` finds, as yes or no."""
        cursor = await self._conn.execute(sql, values, prepare=sql in statements.STEADY)
        row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def many(self, row: type[RowT], sql: LiteralString, **values: Any) -> list[RowT]:  # noqa: ANN401 - values of SQL
        """Return thousands of rows, as they come: a model of each would take most of the time."""
        async with self._conn.cursor(binary=True) as cursor:
            await cursor.execute(sql, values, prepare=sql in statements.STEADY)
            return list(map(partial(tuple.__new__, row), await cursor.fetchall()))

    async def stream(self, sql: LiteralString | Composed) -> AsyncIterator[dict[str, Any]]:
        """Yield what `sql` finds, each row by column, and never all of it at once."""
        async with self._conn.cursor("stream", row_factory=dict_row) as cursor:
            cursor.itersize = 1000
            async for row in await cursor.execute(sql):
                yield row

    async def workers(self) -> list[shapes.Worker]:
        """Return everybody who can have duty."""
        return await self.rows(shapes.Worker, statements.WORKERS)

    async def has_worker(self, worker_id: str) -> bool:
        """Whether there is such a worker."""
        return await self.truth(statements.IS_WORKER, worker_id=worker_id)

    async def has_grid(self, grid_id: str) -> bool:
        """Whether there is such a grid."""
        return await self.truth(statements.IS_GRID, grid_id=grid_id)

    async def grids(self) -> list[shapes.GridOutline]:
        """Return the grids with their outlines."""
        return await self.rows(shapes.GridOutline, statements.GRIDS)

    async def terminals(self, terminal_id: str | None = None) -> list[shapes.Terminal]:
        """Return the terminals, or one, with or without somebody who carries them."""
        return await self.rows(shapes.Terminal, statements.TERMINALS, terminal_id=terminal_id)

    async def latest_positions(self, grid_id: str | None) -> list[LatestRow]:
        """Return where terminals were last, of one grid or of all."""
        sql = statements.LATEST_POSITIONS if grid_id is None else statements.LATEST_OF_GRID
        return await self.many(LatestRow, sql, grid_id=grid_id)

    async def duty(self, worker_id: str, day: date) -> list[shapes.DutyWindow]:
        """Return the duty windows of a worker-day."""
        return await self.rows(shapes.DutyWindow, statements.DUTY, worker_id=worker_id, day=day)

    async def track(self, worker_id: str, day: date) -> list[FixRow]:
        """Return the fixes of a worker-day within its duty windows."""
        return await self.many(FixRow, statements.TRACK, worker_id=worker_id, day=day)

    async def presence(self, worker_id: str, day: date) -> list[results.PresenceInterval]:
        """Return the presence intervals of a worker-day."""
        shape = results.PresenceInterval
        return await self.rows(shape, statements.PRESENCE, worker_id=worker_id, day=day)

    async def visits(self, worker_id: str, day: date) -> list[results.Visit]:
        """Return the home visits of a worker-day."""
        return await self.rows(results.Visit, statements.VISITS, worker_id=worker_id, day=day)

    async def excused(self, worker_id: str, day: date) -> list[results.Excused]:
        """Return the duty time of a worker-day that is not owed."""
        return await self.rows(results.Excused, statements.EXCUSED, worker_id=worker_id, day=day)

    async def compliance_of_day(self, worker_id: str, day: date) -> results.Compliance | None:
        """Return the result of a worker-day, or None while it is not assessed."""
        rows = await self.compliance(results.Wanted(day, day, worker_id=worker_id))
        return results.Compliance(**rows[0]) if rows else None

    async def compliance(self, wanted: results.Wanted) -> list[dict[str, Any]]:
        """Return results by day and worker_id, with the fields of `results.Compliance`."""
        sql = statements.COMPLIANCE_OF_GRID if wanted.grid_id else statements.COMPLIANCE
        return await self.found(sql, **asdict(wanted))

    async def findings(self, wanted: WantedFindings) -> list[Finding]:
        """Return findings by day, worker_id and finding_id; not yet in words."""
        return await self.rows(Finding, FINDINGS, **asdict(wanted))

    async def coverage(self, wanted: results.WantedCoverage) -> list[shapes.Coverage]:
        """Return coverage by day, worker_id and grid_id."""
        return await self.rows(shapes.Coverage, statements.COVERAGE, **asdict(wanted))

    async def passes(self, wanted: results.WantedCoverage) -> list[shapes.CheckpointPass]:
        """Return times at checkpoints by day, worker_id, checkpoint_id and start."""
        return await self.rows(shapes.CheckpointPass, statements.PASSES, **asdict(wanted))


class Change(Snapshot):
    """One transaction that may write the tables of the API: all of it is done, or none."""

    async def write(self, sql: LiteralString, **values: Any) -> int:  # noqa: ANN401 - values of SQL
        """Run a statement that changes rows; return how many."""
        cursor = await self._conn.execute(sql, values)
        return cursor.rowcount


class Views:
    """The way to the database: a pool that fills itself again after the database was away."""

    def __init__(self, dsn: str, settings: ApiSettings) -> None:
        try:
            conninfo_to_dict(dsn)
        except psycopg.ProgrammingError as error:
            raise InputError(f"[database] dsn is not a libpq connection string: {error}") from error
        self.dsn = dsn
        self._query_ms = round(settings.query_s * 1000)
        self._pool = AsyncConnectionPool(
            dsn,
            kwargs={
                # Optional filters are planned for the values given; the STEADY are once for all.
                "prepare_threshold": 1 << 30,
                "connect_timeout": _CONNECT_S,
                "application_name": "patrol api",
            },
            min_size=1,
            max_size=settings.pool_size,
            timeout=settings.wait_s,
            reconnect_timeout=_RECONNECT_S,
            configure=self._prepare,
            check=_check_if_told,
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
    async def snapshot(self, asking: Asking) -> AsyncIterator[Snapshot]:
        """Give one moment of the database as far as `asking` may see it.

        psycopg.OperationalError when it is away.
        """
        async with self._pool.connection() as conn:
            await AsyncClientCursor(conn).execute(_BEGIN_AND_SAY, who_asks(asking))
            yield Snapshot(conn)

    @asynccontextmanager
    async def change(self, asking: Asking) -> AsyncIterator[Change]:
        """Give a transaction for `asking`, committed at the end of the block or rolled back."""
        async with self._pool.connection() as conn, conn.transaction():
            await conn.execute(SAY_WHO_ASKS, who_asks(asking))
            yield Change(conn)

    async def row(self, sql: LiteralString, **values: Any) -> dict[str, Any] | None:  # noqa: ANN401 - values of SQL
        """Return the first row that `sql`, one statement, finds; for the API itself."""
        async with self._pool.connection() as conn, conn.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql, values, prepare=True)
            return await cursor.fetchone()

    async def state(self, asked: Iterable[LiteralString] = statements.ALL) -> State:
        """Return whether questions, and those of `asked` among them, can be answered now."""
        try:
            async with self._pool.connection() as conn:
                for statement in asked:
                    # Planning alone tells whether every view and column is there.
                    await AsyncClientCursor(conn).execute("explain " + statement, _NOTHING)
        except psycopg.OperationalError:
            return "down"
        except problems.NOT_READABLE:
            return "not_migrated"
        return "up"

    async def _prepare(self, conn: AsyncConnection) -> None:
        set_json_loads(msgspec.json.decode, conn)
        await conn.set_autocommit(True)
        await conn.execute(_PREPARE, {"milliseconds": self._query_ms})
        # Of `Change`; a snapshot says what it is itself.
        await conn.set_read_only(False)
        await conn.set_isolation_level(IsolationLevel.READ_COMMITTED)


def who_asks(asking: Asking) -> dict[str, str]:
    """Return the values of `SAY_WHO_ASKS`."""
    return {
        "account_id": asking.account_id,
        "roles": ",".join(asking.roles),
        "sees_all": "on" if asking.is_file_token else "off",
    }


async def _check_if_told(conn: AsyncConnection) -> None:
    """Ask whether the server is there, if it has said anything meanwhile: so its end is heard.

    To ask it before every question would cost as much as the question.
    """
    heard = select.poll()
    heard.register(conn.fileno(), select.POLLIN)
    if heard.poll(0):
        await AsyncConnectionPool.check_connection(conn)


async def _views_of(request: Request) -> Views:
    views: Views = request.app.state.views
    return views


AskedViews = Annotated[Views, Depends(_views_of)]
