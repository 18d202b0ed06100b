"""How positions are kept just now: for `patrol ingest status` and for whoever plans disks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import psycopg

from ingest.keeping.chunks import Chunk, count_late, find_chunks, has_columnstore, is_due
from ingest.keeping.horizon import facts_from
from ingest.keeping.settings import KeepingSettings

_USUAL = KeepingSettings()

_TABLE = """
-- rows by how full the pages were when they were last counted, else 100 bytes each
select pg_total_relation_size(oid),
       case when reltuples > 0 and relpages > 0
            then reltuples / relpages * pg_relation_size(oid) / current_setting('block_size')::float8
            else pg_relation_size(oid) / 100 end::bigint
  from pg_class where oid = to_regclass('position')
"""

_OLDEST = """
-- one look into the unique index for each terminal
with recursive one as (
    select min(terminal_id) as terminal_id from position
    union all
    select (select min(p.terminal_id) from position p where p.terminal_id > one.terminal_id)
      from one where one.terminal_id is not null
)
select min((select min(p.epoch) from position p where p.terminal_id = one.terminal_id))
  from one where one.terminal_id is not null
"""

_CHUNKS = """
-- the same for the chunks, of which those in the columnstore have hardly a row of their own
select coalesce(sum(case when c.reltuples > 0 and c.relpages > 0
            then c.reltuples / c.relpages * pg_relation_size(c.oid)
                 / current_setting('block_size')::float8
            else pg_relation_size(c.oid) / 100 end), 0)::bigint
  from timescaledb_information.chunks t
  join pg_class c on c.oid = format('%I.%I', t.chunk_schema, t.chunk_name)::regclass
 where t.hypertable_schema = current_schema and t.hypertable_name = 'position'
   and not t.is_compressed
"""

_SIZE = "select coalesce(hypertable_size('position'), 0)"

_COLUMNSTORE = """
select coalesce(sum(before_compression_total_bytes), 0)::bigint,
       coalesce(sum(after_compression_total_bytes), 0)::bigint
  from chunk_columnstore_stats('position')
"""

# The one thing that no documented view tells.
_COLUMNSTORE_ROWS = """
select coalesce(sum(s.numrows_pre_compression), 0)::bigint
  from _timescaledb_catalog.compression_chunk_size s
  join _timescaledb_catalog.chunk c on c.id = s.chunk_id
  join _timescaledb_catalog.hypertable h on h.id = c.hypertable_id
 where h.schema_name = current_schema and h.table_name = 'position'
"""

_NOW = "select now()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The table `position`: on plain PostgreSQL it has no chunks, and nothing is overdue.

    Rows are estimates, late ones excepted. Bytes are those on the disk, with indexes.
    """

    # Whether `position` is a hypertable of TimescaleDB, and whether it has a columnstore.
    is_hypertable: bool
    has_columnstore: bool
    rows: int
    total_bytes: int
    # The oldest position that is kept; of a hypertable, the beginning of its oldest chunk.
    oldest_at: datetime | None
    # Worker-days before this local day keep their results, because their facts were dropped.
    facts_from: date | None
    chunks: int = 0
    columnstore_chunks: int = 0
    # Of what is in the columnstore: rows, and bytes before and after they went there.
    columnstore_rows: int = 0
    columnstore_bytes_before: int = 0
    columnstore_bytes_after: int = 0
    # Chunks old enough for the columnstore that are not in it, or not with all their rows.
    overdue_chunks: int = 0
    # Chunks of the columnstore with rows that came later, and those rows.
    late_chunks: int = 0
    late_rows: int = 0

    @property
    def columnstore_bytes_a_row(self) -> float | None:
        """Bytes that a position takes in the columnstore; None while there is none."""
        if not self.columnstore_rows:
            return None
        return self.columnstore_bytes_after / self.columnstore_rows


class _Columnstore(NamedTuple):
    rows: int
    bytes_before: int
    bytes_after: int


def read_health(conn: psycopg.Connection, settings: KeepingSettings = _USUAL) -> Health:
    """Return how positions are kept; `settings` tell which chunks are overdue.

    Takes one look at each chunk, at the rows that came late, and on plain PostgreSQL at the
    index for each terminal: some ms.
    """
    columnstore = has_columnstore(conn)
    if columnstore is None:
        return _of_table(conn)
    chunks = find_chunks(conn)
    packed = _read_columnstore(conn) if columnstore else _Columnstore(0, 0, 0)
    late = [rows for chunk in chunks if (rows := count_late(conn, chunk))]
    return Health(
        is_hypertable=True,
        has_columnstore=columnstore,
        rows=_one(conn, _CHUNKS) + packed.rows + sum(late),
        total_bytes=_one(conn, _SIZE),
        oldest_at=chunks[0].start if chunks else None,
        facts_from=facts_from(conn),
        chunks=len(chunks),
        columnstore_chunks=sum(chunk.is_columnar for chunk in chunks),
        columnstore_rows=packed.rows,
        columnstore_bytes_before=packed.bytes_before,
        columnstore_bytes_after=packed.bytes_after,
        overdue_chunks=_overdue(conn, chunks, settings) if columnstore else 0,
        late_chunks=len(late),
        late_rows=sum(late),
    )


def _of_table(conn: psycopg.Connection) -> Health:
    ((total_bytes, rows),) = conn.execute(_TABLE).fetchall()
    ((oldest_at,),) = conn.execute(_OLDEST).fetchall()
    return Health(
        is_hypertable=False,
        has_columnstore=False,
        rows=rows,
        total_bytes=total_bytes,
        oldest_at=oldest_at,
        facts_from=facts_from(conn),
    )


def _read_columnstore(conn: psycopg.Connection) -> _Columnstore:
    ((before, after),) = conn.execute(_COLUMNSTORE).fetchall()
    return _Columnstore(_one(conn, _COLUMNSTORE_ROWS), before, after)


def _overdue(conn: psycopg.Connection, chunks: list[Chunk], settings: KeepingSettings) -> int:
    ((now,),) = conn.execute(_NOW).fetchall()
    due = now - timedelta(days=settings.columnstore_days)
    return sum(chunk.end <= due and is_due(conn, chunk) for chunk in chunks)


def _one(conn: psycopg.Connection, query: str) -> int:
    ((value,),) = conn.execute(query.encode()).fetchall()
    return int(value)
