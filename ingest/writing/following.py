"""What follows from the fixes of a batch, into the database by one statement.

The newest position of each terminal, the numbers that were heard, and the worker-days that are
to be judged again. A statement costs as much as some fifty rows of it, and batches of single
fixes have not many more.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import psycopg

from ingest.judging.worklist import WorkerDay
from ingest.writing.arrays import numbers, texts
from ingest.writing.fixes import Fixes
from patrol.ids import TerminalId

# Closed ranges of numbers, by terminal and outbox.
Spans: TypeAlias = Mapping[tuple[TerminalId, str], Sequence[tuple[int, int]]]

# Holes are kept one by one up to this size of a row, some thousands of them.
_MOST_BYTES = 65_536

_LATEST = ("speed_cmps", "accuracy_dm", "battery_pct", "flags")

_NOTHING = dict.fromkeys(
    (
        *("terminals", "epoch_ms", "lat_e7", "lon_e7", *_LATEST),
        *("senders", "outboxes", "heard", "off_duty", "set_aside"),
        *("workers", "days"),
    ),
    "{}",
)

_FOLLOW = """
-- the newest position of each terminal, whatever the order of arrival; the numbers of outboxes as
-- ranges, added up, so that what comes twice is counted once; and marks. Rows that are there
-- already are taken in the order of names, so that no two batches wait for each other
with newest as (
    insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, accuracy_dm,
                                 battery_pct, flags, received_at)
    select terminal_id, timestamptz 'epoch' + epoch_ms * interval '1 ms', lat_e7, lon_e7,
           speed_cmps, accuracy_dm, battery_pct, flags, %(received_at)s
      from unnest(%(terminals)s::text[], %(epoch_ms)s::bigint[], %(lat_e7)s::integer[],
                  %(lon_e7)s::integer[], %(speed_cmps)s::smallint[], %(accuracy_dm)s::integer[],
                  %(battery_pct)s::smallint[], %(flags)s::smallint[])
        as one (terminal_id, epoch_ms, lat_e7, lon_e7, speed_cmps, accuracy_dm, battery_pct, flags)
     order by terminal_id
    on conflict (terminal_id) do update
       set epoch = excluded.epoch, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7,
           speed_cmps = excluded.speed_cmps, accuracy_dm = excluded.accuracy_dm,
           battery_pct = excluded.battery_pct, flags = excluded.flags,
           received_at = excluded.received_at
     where latest_position.epoch < excluded.epoch
), counted as (
    insert into outbox_seq as kept (terminal_id, outbox, heard, off_duty, set_aside, heard_at)
    select terminal_id, outbox, heard, coalesce(off_duty, '{}'), coalesce(set_aside, '{}'),
           %(received_at)s
      from unnest(%(senders)s::text[], %(outboxes)s::text[], %(heard)s::int8multirange[],
                  %(off_duty)s::int8multirange[], %(set_aside)s::int8multirange[])
        as one (terminal_id, outbox, heard, off_duty, set_aside)
     order by terminal_id, outbox
    on conflict (terminal_id, outbox) do update
       set heard = case when kept.is_coarse
                        then multirange(range_merge(kept.heard + excluded.heard))
                        else kept.heard + excluded.heard end,
           off_duty = case when kept.is_coarse then '{}'
                           else kept.off_duty + excluded.off_duty end,
           set_aside = case when kept.is_coarse then '{}'
                            else kept.set_aside + excluded.set_aside end,
           is_coarse = kept.is_coarse
                       or pg_column_size(kept.heard) + pg_column_size(kept.off_duty) > %(most)s,
           heard_at = greatest(kept.heard_at, excluded.heard_at)
)
insert into dirty_day (worker_id, day)
select * from unnest(%(workers)s::text[], %(days)s::date[])
"""


def store_following(
    conn: psycopg.Connection, columns: Mapping[str, str], *, received_at: datetime
) -> None:
    """Store what follows; `columns` are those of the `newest`, the `heard` and the `marked`."""
    values = {**_NOTHING, **columns, "received_at": received_at, "most": _MOST_BYTES}
    conn.execute(_FOLLOW, values)


def newest(names: Sequence[str], fixes: Fixes) -> dict[str, str]:
    """Return the columns of the newest fix of each terminal."""
    return {
        "terminals": texts(names),
        "epoch_ms": numbers(fixes.epoch_ms),
        "lat_e7": numbers(fixes.lat_e7),
        "lon_e7": numbers(fixes.lon_e7),
        **{name: numbers(fixes.values[name]) for name in _LATEST},
    }


def marked(units: Iterable[WorkerDay]) -> dict[str, str]:
    """Return the columns of worker-days to be recomputed."""
    units = list(units)
    return {
        "workers": texts([one.worker_id for one in units]),
        "days": texts([one.day.isoformat() for one in units]),
    }


def heard(spans: Spans, *, off_duty: Spans, set_aside: Spans) -> dict[str, str]:
    """Return the columns of outboxes: all numbers that came, and which of them are of a kind."""
    columns = {
        "senders": texts([terminal for terminal, _ in spans]),
        "outboxes": texts([outbox for _, outbox in spans]),
        "heard": texts(list(map(_multirange, spans.values()))),
    }
    # What is left out is empty for all.
    for name, some in (("off_duty", off_duty), ("set_aside", set_aside)):
        if some:
            columns[name] = texts([_multirange(some.get(one, ())) for one in spans])
    return columns


def _multirange(spans: Iterable[tuple[int, int]]) -> str:
    return "{" + ",".join([f"[{first},{last}]" for first, last in spans]) + "}"
