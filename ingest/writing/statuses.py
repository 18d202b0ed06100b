"""What terminals say of themselves, into the database."""

from collections.abc import Mapping
from datetime import datetime

import psycopg

from patrol.ids import TerminalId
from patrol.messages import Status

_KEEP_STATUS = """
-- what a terminal said last about itself; the broker's last word knows no counters
insert into terminal_status (terminal_id, state, outbox, written, waiting, thinned,
                             received_at)
values (%(terminal_id)s, %(state)s, %(outbox)s, %(written)s, %(waiting)s, %(thinned)s,
        %(received_at)s)
on conflict (terminal_id) do update
   set state = excluded.state, received_at = excluded.received_at,
       outbox = coalesce(excluded.outbox, terminal_status.outbox),
       written = coalesce(excluded.written, terminal_status.written),
       waiting = coalesce(excluded.waiting, terminal_status.waiting),
       thinned = coalesce(excluded.thinned, terminal_status.thinned)
 where terminal_status.received_at <= excluded.received_at
"""


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
                "thinned": status.thinned,
                "received_at": received_at,
            },
        )
