"""Databases of our own on a given server, with and without TimescaleDB."""

import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.keeping.tracks import Stored
from ingest.migrate import migrate
from patrol.fix import epoch_of

_HAS_TIMESCALE = """
select current_setting('server_version'), default_version from pg_available_extensions
 where name = 'timescaledb' and current_setting('shared_preload_libraries') like '%timescaledb%'
"""

_COPY = """
copy position (terminal_id, epoch, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, hdop_d,
               accuracy_dm, satellites, quality, battery_pct, flags, received_at)
from stdin
"""


def timescale_version(dsn: str) -> str | None:
    """Return the versions of PostgreSQL and TimescaleDB at `dsn`; None where one is missing."""
    with psycopg.connect(dsn) as conn:
        row = conn.execute(_HAS_TIMESCALE).fetchone()
    return None if row is None else f"PostgreSQL {row[0]}, TimescaleDB {row[1]}"


@contextmanager
def database(dsn: str, *, is_plain: bool = False) -> Iterator[str]:
    """Make a database with the schema, and drop it in the end; a plain one lacks the extension."""
    name = sql.Identifier(f"patrol_bench_{uuid.uuid4().hex}")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(sql.SQL("create database {}").format(name))
        try:
            own = make_conninfo(dsn, dbname=name.as_string(conn).strip('"'))
            if is_plain:
                with _plain_migrations() as folder:
                    migrate(own, folder)
            else:
                migrate(own)
            yield own
        finally:
            conn.execute(sql.SQL("drop database {} with (force)").format(name))


def fill(conn: psycopg.Connection, stored: Iterable[Stored]) -> int:
    """Store positions, and return how many it were."""
    count = 0
    with conn.transaction(), conn.cursor().copy(_COPY) as copy:
        for one in stored:
            for position, received_at in zip(one.positions, one.received_at, strict=True):
                epoch = epoch_of(position.epoch_ms)
                copy.write_row((one.terminal_id, epoch, *position[1:], received_at))
            count += len(one)
    return count


@contextmanager
def _plain_migrations() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="patrol-bench-") as name:
        for file in (files("ingest") / "migrations").iterdir():
            text = file.read_text(encoding="utf-8")
            if "-- requires:" not in text:
                (Path(name) / file.name).write_text(text, encoding="utf-8")
        yield Path(name)
