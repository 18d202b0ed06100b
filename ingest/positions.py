"""Positions and statuses into the database: one COPY and a few statements a batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import psycopg

from ingest.judging.worklist import hold_registers
from patrol.duty import MARGIN
from patrol.fix import epoch_of
from patrol.ids import TerminalId
from patrol.messages import Position, Status

_KNOWN_TERMINALS = "select terminal_id from terminal where terminal_id = any(%(terminals)s)"

_MAKE_INCOMING = """
-- where a batch lands before repeats are told from news; its columns are those of position
create temporary table if not exists incoming (like position) on commit delete rows
"""

_COPY_INCOMING = """
copy incoming (terminal_id, epoch, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
               hdop_d, accuracy_dm, satellites, quality, battery_pct, flags, received_at)
from stdin
"""

_STORE_INCOMING = """
-- facts are stored once; what was new is marked for recomputation, by the span it covers
with fresh as (
    insert into position select * from incoming
    on conflict (terminal_id, epoch) do nothing
    returning terminal_id, epoch
), span as (
    select terminal_id, min(epoch) as first, max(epoch) as last, count(*) as fixes
      from fresh group by terminal_id
), marked as (
    insert into dirty_day (worker_id, day)
    select distinct w.worker_id, w.day
      from span s
      join assignment a on a.terminal_id = s.terminal_id
       and a.valid_from <= s.last and (a.valid_to is null or a.valid_to > s.first)
      join duty_window w on w.worker_id = a.worker_id
       and w.start_at - %(margin)s <= s.last and w.end_at + %(margin)s > s.first
)
select coalesce(sum(fixes), 0)::bigint from span
"""

_KEEP_LATEST = """
-- the newest position of each terminal, whatever the order of arrival
insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, accuracy_dm,
                             battery_pct, flags, received_at)
select distinct on (terminal_id) terminal_id, epoch, lat_e7, lon_e7, speed_cmps, accuracy_dm,
       battery_pct, flags, received_at
  from incoming order by terminal_id, epoch desc
on conflict (terminal_id) do update
   set epoch = excluded.epoch, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7,
       speed_cmps = excluded.speed_cmps, accuracy_dm = excluded.accuracy_dm,
       battery_pct = excluded.battery_pct, flags = excluded.flags,
       received_at = excluded.received_at
 where latest_position.epoch < excluded.epoch
"""

_KEEP_STATUS = """
-- what a terminal said last about itself; the broker's last word knows no counters
insert into terminal_status (terminal_id, state, outbox, written, waiting, received_at)
values (%(terminal_id)s, %(state)s, %(outbox)s, %(written)s, %(waiting)s, %(received_at)s)
on conflict (terminal_id) do update
   set state = excluded.state, received_at = excluded.received_at,
       outbox = coalesce(excluded.outbox, terminal_status.outbox),
       written = coalesce(excluded.written, terminal_status.written),
       waiting = coalesce(excluded.waiting, terminal_status.waiting)
"""


def find_known(conn: psycopg.Connection, terminals: Iterable[TerminalId]) -> set[str]:
    """Return those of `terminals` that are registered."""
    rows = conn.execute(_KNOWN_TERMINALS, {"terminals": list(set(terminals))})
    return {row[0] for row in rows}


def store_positions(
    conn: psycopg.Connection,
    positions: Sequence[tuple[TerminalId, Position]],
    *,
    received_at: datetime,
) -> int:
    """Store what is new, keep the latest, mark worker-days; return how many were new."""
    if not positions:
        return 0
    hold_registers(conn)
    conn.execute(_MAKE_INCOMING)
    with conn.cursor().copy(_COPY_INCOMING) as copy:
        for terminal, one in positions:
            copy.write_row((terminal, epoch_of(one.epoch_ms), *one[1:], received_at))
    row = conn.execute(_STORE_INCOMING, {"margin": MARGIN}).fetchone()
    conn.execute(_KEEP_LATEST)
    return int(row[0]) if row else 0


def store_statuses(
    conn: psycopg.Connection, statuses: Mapping[TerminalId, Status], *, received_at: datetime
) -> None:
    """Keep the last status of each terminal."""
    for terminal, status in statuses.items():
        conn.execute(
            _KEEP_STATUS,
            {
                "terminal_id": terminal,
                "state": str(status.state),
                "outbox": status.outbox,
                "written": status.written,
                "waiting": status.waiting,
                "received_at": received_at,
            },
        )
