"""Fixes out of the database as columns: whole columns as they come, no row in Python.

The server adds the binary form of each value to one string a column, which NumPy reads as it
is. COPY sends a message a row instead, which alone costs the client more than all of this
(docs/adr/0016-columns-and-live-states.md).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
import psycopg
from numpy.typing import NDArray

from ingest.judging.reading.spans import Asked, Stint, read_stints, span_values
from patrol.ids import WorkerId
from patrol.intervals import Interval
from patrol.track import UNKNOWN, FixColumns, Integers

# The four columns of 16 bits are one word: a call of the server for each value is what costs.
_COLUMNS = """
       coalesce(string_agg(timestamptz_send(p.epoch), ''), '') as epochs,
       coalesce(string_agg(timestamptz_send(p.received_at), ''), '') as received,
       coalesce(string_agg(int4send(p.lat_e7), ''), '') as lats,
       coalesce(string_agg(int4send(p.lon_e7), ''), '') as lons,
       coalesce(string_agg(int4send(coalesce(p.accuracy_dm, -2147483648)), ''), '') as accuracies,
       coalesce(string_agg(int8send(
           ((coalesce(p.hdop_d, -32768)::bigint & 65535) << 48)
           | ((coalesce(p.quality, -32768)::bigint & 65535) << 32)
           | ((p.flags::bigint & 65535) << 16)
           | (coalesce(p.speed_cmps, -32768)::bigint & 65535)), ''), '') as words
"""

# Terminal and times are values of the statement itself: from a join, the columnstore would look
# into every chunk and every terminal's part of it.
FIXES_OF_STINT = f"""
-- fixes of one terminal in one span, in any order
select {_COLUMNS}
  from position p
 where p.terminal_id = %(terminal)s and p.epoch >= %(start)s and p.epoch < %(end)s
"""  # noqa: S608 - the columns above

_NEWEST_FIXES = f"""
-- the newest fixes of many terminals, none of them before %(first)s: in few chunks and in none
-- of the columnstore
select s.number, s.code, p.*
  from unnest(%(numbers)s::integer[], %(codes)s::integer[], %(terminals)s::text[],
              %(starts)s::timestamptz[], %(ends)s::timestamptz[])
       as s (number, code, terminal_id, start_at, end_at)
 cross join lateral (
       select {_COLUMNS}
         from position p
        where p.terminal_id = s.terminal_id and p.epoch >= s.start_at and p.epoch < s.end_at
          and p.epoch >= %(first)s
       ) as p
"""  # noqa: S608 - the columns above

_STRAYS = f"""
-- what was set aside while the workers had these terminals: of a duty in the spans by the time
-- it came in; a round of 1,024 weeks back or at another place by the epoch that was meant
select s.number, hashtext(p.terminal_id),
{_COLUMNS}
  from unnest(%(numbers)s::integer[], %(workers)s::text[], %(starts)s::timestamptz[],
              %(ends)s::timestamptz[]) as s (number, worker_id, start_at, end_at)
  join assignment a on a.worker_id = s.worker_id
   and a.valid_from < s.end_at and (a.valid_to is null or a.valid_to > s.start_at)
  join set_aside_fix p on p.terminal_id = a.terminal_id
   and p.received_at >= greatest(a.valid_from, s.start_at)
   and p.received_at < least(a.valid_to, s.end_at) + interval '72 hours'
 where case p.kind
       when 'weeks' then p.epoch + interval '172032 hours' >= s.start_at
                     and p.epoch + interval '172032 hours' < s.end_at
       when 'repeated' then p.epoch >= s.start_at and p.epoch < s.end_at
       else p.received_at < least(a.valid_to, s.end_at) end
 group by s.number, p.terminal_id
 order by s.number, p.terminal_id
"""  # noqa: S608 - the columns above

# PostgreSQL counts microseconds from here.
_POSTGRES_EPOCH_MS = round(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_WORDS = ("hdop_d", "quality", "flags", "speed_cmps")
_WORD_TYPE = np.dtype([(name, ">i2") for name in _WORDS])
_UNKNOWN_WORD = np.iinfo(np.int16).min


def read_fixes(conn: psycopg.Connection, worker: WorkerId, spans: Sequence[Interval]) -> FixColumns:
    """Return the fixes of whatever terminals `worker` had within `spans`, in any order."""
    return read_fixes_of(conn, [Asked(0, worker, spans)])[0]


def read_fixes_of(conn: psycopg.Connection, asked: Sequence[Asked]) -> dict[int, FixColumns]:
    """Return the fixes of each worker who is asked for, by the numbers of what is asked."""
    parts: dict[int, list[FixColumns]] = {one.number: [] for one in asked}
    for stint in read_stints(conn, asked):
        parts[stint.number].append(_read_stint(conn, stint))
    return {number: join(own) for number, own in parts.items()}


def read_newest_of(conn: psycopg.Connection, asked: Sequence[Asked]) -> dict[int, FixColumns]:
    """Return the same as `read_fixes_of`, faster for many short spans of these days."""
    parts: dict[int, list[FixColumns]] = {one.number: [] for one in asked}
    stints = list(read_stints(conn, asked))
    if stints:
        names = ("numbers", "terminals", "codes", "starts", "ends")
        columns = map(list, zip(*stints, strict=True))
        values: dict[str, object] = dict(zip(names, columns, strict=True))
        values["first"] = min(stint.start for stint in stints)
        with conn.cursor(binary=True) as cursor:
            for number, code, *sent in cursor.execute(_NEWEST_FIXES, values):
                parts[number].append(to_columns(sent, terminal=code))
    return {number: join(own) for number, own in parts.items()}


def read_strays_of(conn: psycopg.Connection, asked: Sequence[Asked]) -> dict[int, FixColumns]:
    """Return what was set aside of each worker who is asked for, by the numbers of what is asked."""
    parts: dict[int, list[FixColumns]] = {one.number: [] for one in asked}
    with conn.cursor(binary=True) as cursor:
        for number, code, *columns in cursor.execute(_STRAYS, span_values(asked)):
            parts[number].append(to_columns(columns, terminal=code))
    return {number: join(own) for number, own in parts.items()}


def to_columns(sent: Iterable[bytes], *, terminal: int) -> FixColumns:
    """Return the fixes of one terminal, from the columns that the statements name."""
    epochs, received, lats, lons, accuracies, words = sent
    word = np.frombuffer(words, _WORD_TYPE)
    return FixColumns(
        epoch_ms=_milliseconds(epochs),
        lat_e7=_numbers(lats),
        lon_e7=_numbers(lons),
        accuracy_dm=_numbers(accuracies),
        hdop_d=_known(word["hdop_d"]),
        quality=_known(word["quality"]),
        flags=word["flags"].astype(np.int64),
        received_ms=_milliseconds(received),
        speed_cmps=_known(word["speed_cmps"]),
        terminal=np.full(len(word), terminal, dtype=np.int64),
    )


def join(parts: Sequence[FixColumns]) -> FixColumns:
    """Return all fixes of `parts`, whose columns are all known."""
    if len(parts) == 1:
        return parts[0]
    parts = parts or [to_columns([b""] * 6, terminal=0)]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in FixColumns.__dataclass_fields__
    }
    return FixColumns(**columns)


def _read_stint(conn: psycopg.Connection, stint: Stint) -> FixColumns:
    values = {"terminal": stint.terminal_id, "start": stint.start, "end": stint.end}
    with conn.cursor(binary=True) as cursor:
        row = cursor.execute(FIXES_OF_STINT, values, prepare=True).fetchone()
    return to_columns(row or (), terminal=stint.code)


def _milliseconds(sent: bytes) -> Integers:
    result: Integers = np.frombuffer(sent, ">i8") // 1000 + _POSTGRES_EPOCH_MS
    return result.astype(np.int64)


def _numbers(sent: bytes) -> Integers:
    return np.frombuffer(sent, ">i4").astype(np.int64)


def _known(column: NDArray[np.int16]) -> Integers:
    result = column.astype(np.int64)
    result[result == _UNKNOWN_WORD] = UNKNOWN
    return result
