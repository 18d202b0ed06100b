"""How long it takes to read, pack, add to and drop positions, and who waits for it meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

import psycopg
from psycopg import sql

from benchmarks.keeping.databases import database, fill
from benchmarks.keeping.tracks import Stored
from ingest.keeping import rows
from ingest.keeping.chunks import Chunk, convert, find_chunks
from patrol.fix import epoch_of

_READ = """
copy (select epoch, lat_e7, lon_e7, accuracy_dm, hdop_d, quality, flags, received_at, speed_cmps
        from position where terminal_id = {} and epoch >= {} and epoch < {}) to stdout (format binary)
"""
_COPY = "copy position (terminal_id, epoch, lat_e7, lon_e7, received_at) from stdin"
_STAGED = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
select * from unnest(%s::text[], %s::timestamptz[], %s::integer[], %s::integer[], %s::timestamptz[])
on conflict (terminal_id, epoch) do nothing
"""
_LATE = 50
_TIMES = 20
_PAUSE_S = 0.01


class Times(NamedTuple):
    """Milliseconds, medians of twenty, and rows a second; `waited` is the longest of a writer."""

    day_fixes: int
    day_from_rows_ms: float
    day_from_columnstore_ms: float
    late_copy_ms: float
    late_staged_ms: float
    late_into_rows_ms: float
    convert_rows_s: float
    convert_waited_ms: float
    convert_late_waited_ms: float
    again_waited_ms: float
    delete_rows_s: float
    delete_waited_ms: float


def measure_times(dsn: str, stored: Sequence[Stored]) -> Times:
    """Return what it takes with these positions of one day."""
    with database(dsn) as own, psycopg.connect(own, autocommit=True) as conn:
        count = fill(conn, stored)
        conn.execute("analyze position")
        (chunk,) = find_chunks(conn)
        from_rows_ms = _read_ms(conn, stored)
        into_rows_ms = _each_ms(lambda number: _copy(conn, _late(stored, number, shift_s=1)))
        late_waited_ms, took_s = _beside(
            own, lambda: convert(conn, chunk), _Writer(stored[0].terminal_id, chunk.start)
        )
        from_columnstore_ms = _read_ms(conn, stored)
        copy_ms = _each_ms(lambda number: _copy(conn, _late(stored, number, shift_s=3)))
        staged_ms = _each_ms(lambda number: _stage(conn, _late(stored, number, shift_s=5)))
        again_ms, _ = _beside(
            own, lambda: convert(conn, chunk), _Writer(stored[1].terminal_id, chunk.start)
        )
        waited_ms = _waited_by_others(own, conn, chunk)
    delete_rows_s, delete_waited_ms = _measure_delete(dsn, stored)
    return Times(
        day_fixes=len(stored[0]),
        day_from_rows_ms=from_rows_ms,
        day_from_columnstore_ms=from_columnstore_ms,
        late_copy_ms=copy_ms,
        late_staged_ms=staged_ms,
        late_into_rows_ms=into_rows_ms,
        convert_rows_s=count / took_s,
        convert_waited_ms=waited_ms,
        convert_late_waited_ms=late_waited_ms,
        again_waited_ms=again_ms,
        delete_rows_s=delete_rows_s,
        delete_waited_ms=delete_waited_ms,
    )


class _Writer(NamedTuple):
    """Stores one position after the other, from `start` on, where nobody else has any."""

    terminal: str
    start: datetime

    def write(self, dsn: str, over: threading.Event, took_s: list[float]) -> None:
        with psycopg.connect(dsn, autocommit=True) as conn:
            at = self.start
            while not over.is_set():
                began = time.monotonic()
                _copy(conn, [(self.terminal, at, 1, 1, at)])
                took_s.append(time.monotonic() - began)
                at += timedelta(seconds=1)
                over.wait(_PAUSE_S)


def _beside(dsn: str, work: Callable[[], object], writer: _Writer) -> tuple[float, float]:
    """Return the longest time in ms that a writer took meanwhile, and that of the work in s."""
    over, took_s = threading.Event(), list[float]()
    thread = threading.Thread(target=writer.write, args=(dsn, over, took_s))
    thread.start()
    while not took_s:
        time.sleep(_PAUSE_S)
    began = time.monotonic()
    work()
    lasted_s = time.monotonic() - began
    over.set()
    thread.join()
    return max(took_s[1:], default=0.0) * 1000, lasted_s


def _waited_by_others(dsn: str, conn: psycopg.Connection, chunk: Chunk) -> float:
    """Return the same for who writes into another chunk while all of this one is packed."""
    conn.execute("select decompress_chunk(%s::regclass)", (f"{chunk.schema}.{chunk.name}",))
    writer = _Writer("of-today", chunk.end + timedelta(days=7))
    waited_ms, _ = _beside(dsn, lambda: convert(conn, chunk), writer)
    return waited_ms


def _measure_delete(dsn: str, stored: Sequence[Stored]) -> tuple[float, float]:
    """Return rows a second and the longest wait of a writer, of a plain table."""
    with database(dsn, is_plain=True) as own, psycopg.connect(own, autocommit=True) as conn:
        count = fill(conn, stored)
        conn.execute("analyze position")
        end = epoch_of(max(one.positions[-1].epoch_ms for one in stored)) + timedelta(days=1)
        stop = threading.Event()
        waited_ms, took_s = _beside(
            own,
            lambda: rows.delete_facts(conn, rows.POSITIONS, end, stop=stop),
            _Writer("of-today", end),
        )
        return count / took_s, waited_ms


def _read_ms(conn: psycopg.Connection, stored: Sequence[Stored]) -> float:
    def read(number: int) -> None:
        one = stored[number % len(stored)]
        start = epoch_of(one.positions[0].epoch_ms)
        statement = sql.SQL(_READ).format(one.terminal_id, start, start + timedelta(days=1))
        with conn.cursor().copy(statement) as copy:
            for _ in copy:
                pass

    return _each_ms(read)


def _each_ms(work: Callable[[int], object]) -> float:
    took_s = []
    for number in range(_TIMES):
        began = time.monotonic()
        work(number)
        took_s.append(time.monotonic() - began)
    return median(took_s) * 1000


def _late(stored: Sequence[Stored], number: int, *, shift_s: int) -> list[tuple[object, ...]]:
    """Return fifty positions that one terminal did not tell of yet, amid those that it did."""
    one = stored[number % len(stored)]
    first = len(one) // 4 + number
    times = [
        epoch_of(position.epoch_ms) + timedelta(seconds=shift_s, milliseconds=number)
        for position in one.positions[first : first + _LATE]
    ]
    return [(one.terminal_id, at, 1, 1, at) for at in times]


def _copy(conn: psycopg.Connection, positions: Sequence[tuple[object, ...]]) -> None:
    with conn.transaction(), conn.cursor().copy(_COPY) as copy:
        for one in positions:
            copy.write_row(one)


def _stage(conn: psycopg.Connection, positions: Sequence[tuple[object, ...]]) -> None:
    conn.execute(_STAGED, [list(column) for column in zip(*positions, strict=True)])
