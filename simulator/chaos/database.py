"""The database of a chaos run: made for it, and asked at the end what it holds."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from patrol.ids import TerminalId
from simulator.chaos.lines import Far

_POSITIONS = """
-- what is stored of one terminal; milliseconds since 1970
copy (select round(extract(epoch from epoch) * 1000)::bigint, lat_e7, lon_e7
        from position where terminal_id = {terminal} order by epoch)
  to stdout (format binary)
"""

_COUNTS = "select (select count(*) from position), (select count(*) from set_aside_fix)"

_SET_ASIDE = """
-- what is set aside of one terminal; milliseconds since 1970
select seq, kind, round(extract(epoch from epoch) * 1000)::bigint, lat_e7, lon_e7
  from set_aside_fix where terminal_id = %(terminal)s and outbox = %(outbox)s order by seq
"""

_SEQUENCES = """
-- which numbers of one outbox came, and which of them were off duty or set aside
select heard::text, off_duty::text, set_aside::text
  from outbox_seq where terminal_id = %(terminal)s and outbox = %(outbox)s
"""

_QUARANTINE = "select topic, payload from quarantine"

_BACKENDS = """
-- whom another process is served by
select pid from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""

_VERSIONS = """
select current_setting('server_version'),
       (select extversion from pg_extension where extname = 'timescaledb')
"""

_SIGNATURE_BYTES = 19
_END_BYTES = 2
# The number of fields, then for each field its length and its bytes.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *[("length0", ">i4"), ("epoch_ms", ">i8")],
        *[("length1", ">i4"), ("lat_e7", ">i4")],
        *[("length2", ">i4"), ("lon_e7", ">i4")],
    ]
)
_CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row of `set_aside_fix`."""

    seq: int
    kind: str
    epoch_ms: int
    lat_e7: int
    lon_e7: int


@dataclass(frozen=True, slots=True)
class Sequences:
    """A row of `outbox_seq`, as PostgreSQL writes multiranges."""

    heard: str
    off_duty: str
    set_aside: str


@dataclass(frozen=True, slots=True)
class Database:
    """One that is reached by `dsn`."""

    dsn: str

    @property
    def far(self) -> Far:
        """Where its server listens."""
        given = conninfo_to_dict(self.dsn)
        host, port = str(given.get("host", "localhost")), int(given.get("port") or 5432)
        return Far(f"{host}/.s.PGSQL.{port}") if host.startswith("/") else Far(host, port)

    def through(self, host: str, port: int) -> str:
        """Return the connection string by which it is reached through a line."""
        # The line's far end may be a Unix socket, over which nothing is encrypted.
        return make_conninfo(
            self.dsn, host=host, port=port, sslmode="disable", gssencmode="disable"
        )

    def versions(self) -> str:
        """Return what the server is, for people."""
        with self._open() as conn:
            server, timescale = conn.execute(_VERSIONS).fetchone() or ("?", None)
        return f"PostgreSQL {server}, " + (f"TimescaleDB {timescale}" if timescale else "plain")

    def backends(self) -> list[int]:
        """Return the process ids of the server's sessions, but for the one that asks."""
        with self._open() as conn:
            return [pid for (pid,) in conn.execute(_BACKENDS)]

    def counts(self) -> tuple[int, int]:
        """Return how many fixes are stored, and how many are set aside."""
        with self._open() as conn:
            stored, aside = conn.execute(_COUNTS).fetchone() or (0, 0)
        return stored, aside

    def positions(self, terminal: TerminalId) -> NDArray[np.void]:
        """Return `epoch_ms`, `lat_e7` and `lon_e7` of what is stored, in the order of time."""
        query = sql.SQL(_POSITIONS).format(terminal=sql.Literal(terminal))
        with self._open() as conn, conn.cursor().copy(query) as copy:
            body = b"".join(copy)
        return np.frombuffer(body[_SIGNATURE_BYTES:-_END_BYTES], dtype=_ROW)

    def set_aside(self, terminal: TerminalId, outbox: str) -> list[SetAside]:
        """Return what is set aside of one outbox."""
        values = {"terminal": terminal, "outbox": outbox}
        with self._open() as conn:
            return [SetAside(*row) for row in conn.execute(_SET_ASIDE, values)]

    def sequences(self, terminal: TerminalId, outbox: str) -> Sequences | None:
        """Return what is known of the numbers of one outbox."""
        values = {"terminal": terminal, "outbox": outbox}
        with self._open() as conn:
            row = conn.execute(_SEQUENCES, values).fetchone()
        return Sequences(*row) if row else None

    def quarantined(self) -> Iterator[tuple[str, bytes]]:
        """Yield topic and payload of all that is in the quarantine."""
        with self._open() as conn, conn.cursor(name="quarantined") as cursor:
            for topic, payload in cursor.execute(_QUARANTINE):
                yield topic, bytes(payload)

    def _open(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, connect_timeout=_CONNECT_TIMEOUT_S)


@contextmanager
def own_database(dsn: str) -> Iterator[Database]:
    """Make a database on the server at `dsn`, and drop it afterwards."""
    name = f"patrol_chaos_{uuid.uuid4().hex}"
    _execute(dsn, "create database {}", name)
    try:
        yield Database(make_conninfo(dsn, dbname=name))
    finally:
        _execute(dsn, "drop database {} with (force)", name)


def _execute(dsn: str, statement: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(sql.Identifier(name)))
