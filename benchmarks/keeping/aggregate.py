"""When terminals were heard, in steps of five minutes: a continuous aggregate, and as it is done.

The derived table has a row for each worker-day, with the parts of duty in which the worker was
heard, written while the day is judged and its fixes are in memory. An aggregate knows no duty
and no worker, so it counts by terminal, and whoever asks joins the registers.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import psycopg

from benchmarks.keeping.databases import database, fill
from benchmarks.keeping.tracks import Stored

_MAKE = """
create materialized view heard with (timescaledb.continuous) as
select terminal_id, time_bucket('5 minutes', epoch) as bucket, count(*) as fixes
  from position group by 1, 2
with no data
"""
_REFRESH = "call refresh_continuous_aggregate('heard', null, null)"
_ONE_LATE = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
select %s, min(epoch) + interval '5 h 1 ms', 1, 1, now() from position
"""
_BYTES = """
select hypertable_size(format('%I.%I', materialization_hypertable_schema,
                              materialization_hypertable_name)::regclass)
  from timescaledb_information.continuous_aggregates where view_name = 'heard'
"""
# One row a worker-day, as `heard_span` has them.
_SPANS = """
create table spans as
select terminal_id, min(epoch) as duty_start, max(epoch) as duty_end,
       array_agg(extract(epoch from epoch) order by epoch) filter (where is_first) as starts
  from (select terminal_id, epoch,
               epoch - lag(epoch) over (partition by terminal_id order by epoch)
                   > interval '5 minutes' as is_first
          from position) as each
 group by terminal_id
"""


class Aggregate(NamedTuple):
    """Positions of one day; what the first refresh and one after a late fix take, and bytes."""

    positions: int
    refresh_ms: float
    refresh_late_ms: float
    aggregate_bytes: int
    derived_bytes: int


def measure_aggregate(dsn: str, stored: Sequence[Stored]) -> Aggregate:
    """Return what an aggregate of one day takes beside the derived table."""
    with database(dsn) as own, psycopg.connect(own, autocommit=True) as conn:
        count = fill(conn, stored)
        conn.execute(_MAKE)
        refresh_ms = _took_ms(conn)
        conn.execute(_ONE_LATE, (stored[0].terminal_id,))
        late_ms = _took_ms(conn)
        conn.execute(_SPANS)
        return Aggregate(
            positions=count,
            refresh_ms=refresh_ms,
            refresh_late_ms=late_ms,
            aggregate_bytes=_bytes(conn, _BYTES),
            derived_bytes=_bytes(conn, "select pg_total_relation_size('spans')"),
        )


def _took_ms(conn: psycopg.Connection) -> float:
    began = time.monotonic()
    conn.execute(_REFRESH)
    return timedelta(seconds=time.monotonic() - began) / timedelta(milliseconds=1)


def _bytes(conn: psycopg.Connection, query: str) -> int:
    ((size,),) = conn.execute(query.encode()).fetchall()
    return int(size)
