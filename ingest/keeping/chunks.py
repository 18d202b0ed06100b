"""Chunks of the hypertable `position`: into the columnstore, and dropped.

Only what TimescaleDB documents is used, and no job of its own: its background workers may be
switched off, and what is set would be in two places.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

_IS_HYPERTABLE = "select exists (select from pg_extension where extname = 'timescaledb')"

_HAS_COLUMNSTORE = """
select compression_enabled from timescaledb_information.hypertables
 where hypertable_schema = current_schema and hypertable_name = 'position'
"""

_CHUNKS = """
-- from the oldest on; what is not in the columnstore of a chunk that is stands in the chunk itself
select c.chunk_schema, c.chunk_name, c.range_start, c.range_end, c.is_compressed,
       pg_relation_size(format('%%I.%%I', c.chunk_schema, c.chunk_name)::regclass) > 0
  from timescaledb_information.chunks c
 where c.hypertable_schema = current_schema and c.hypertable_name = 'position'
   and (%(before)s::timestamptz is null or c.range_end <= %(before)s)
 order by c.range_start
"""

_DROP = """
select count(*) from drop_chunks('position', older_than => %(end)s, newer_than => %(start)s)
"""

_LARGE_BATCHES = """
-- in a session of ours alone: where a day of one terminal is one batch, a fifth less is stored
select set_config(name, '10000', false) from pg_settings
 where name = 'timescaledb.compression_batch_size_limit' and context = 'user'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Positions of one day, by UTC; `has_rows` tells whether any may not be in the columnstore."""

    schema: str
    name: str
    start: datetime
    end: datetime
    is_columnar: bool
    has_rows: bool


def has_columnstore(conn: psycopg.Connection) -> bool | None:
    """Return whether `position` has a columnstore; None where it is a plain table."""
    if conn.execute(_IS_HYPERTABLE).fetchone() != (True,):
        return None
    row = conn.execute(_HAS_COLUMNSTORE).fetchone()
    return None if row is None else bool(row[0])


def find_chunks(conn: psycopg.Connection, *, before: datetime | None = None) -> list[Chunk]:
    """Return the chunks that end by `before`, the oldest first."""
    return [
        Chunk(
            schema=schema,
            name=name,
            start=start,
            end=end,
            is_columnar=is_columnar,
            has_rows=has_rows,
        )
        for schema, name, start, end, is_columnar, has_rows in conn.execute(
            _CHUNKS, {"before": before}
        )
    ]


def count_late(conn: psycopg.Connection, chunk: Chunk) -> int:
    """Return how many rows of a chunk in the columnstore came after it went there."""
    if not (chunk.is_columnar and chunk.has_rows):
        return 0
    # `only` is what is not in the columnstore.
    statement = sql.SQL("select count(*) from only {}").format(_identifier(chunk))
    row = conn.execute(statement).fetchone()
    return 0 if row is None else int(row[0])


def is_due(conn: psycopg.Connection, chunk: Chunk) -> bool:
    """Return whether a chunk that is old enough has rows to go to the columnstore."""
    return not chunk.is_columnar or count_late(conn, chunk) > 0


def convert(conn: psycopg.Connection, chunk: Chunk) -> None:
    """Put the rows of a chunk into the columnstore, or those that came since it went there.

    The first time whoever writes into this very chunk waits, some µs a row; later nobody does.
    """
    conn.execute(_LARGE_BATCHES)
    name = sql.Literal(_identifier(chunk).as_string(conn))
    conn.execute(sql.SQL("call convert_to_columnstore({}::regclass)").format(name))


def drop(conn: psycopg.Connection, chunk: Chunk) -> None:
    """Drop a chunk with all that is in it."""
    conn.execute(_DROP, {"start": chunk.start, "end": chunk.end})


def _identifier(chunk: Chunk) -> sql.Identifier:
    return sql.Identifier(chunk.schema, chunk.name)
