"""What happened to terminals, into the database."""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from ingest.writing.matters.lastfix import fix_values
from patrol.ids import TerminalId
from patrol.notices.events import EventKind, TerminalEvent

_STORE = """
insert into terminal_event (terminal_id, event_id, at, kind, detail, fix_epoch, fix_lat_e7,
                            fix_lon_e7, fix_accuracy_dm, received_at)
values (%(terminal_id)s, %(event_id)s, %(at)s, %(kind)s, %(detail)s, %(fix_epoch)s, %(fix_lat_e7)s,
        %(fix_lon_e7)s, %(fix_accuracy_dm)s, %(received_at)s)
    on conflict (terminal_id, event_id) do nothing
"""

_NUMBERS = frozenset({"outbox", "first", "last"})
_COUNT_THINNED = """
-- a union, so that what is told twice counts once
insert into outbox_seq as kept (terminal_id, outbox, heard, thinned, heard_at)
select %(terminal_id)s, %(outbox)s, '{}', int8multirange(int8range(%(first)s, %(last)s, '[]')),
       %(received_at)s
 where %(first)s::bigint <= %(last)s::bigint
on conflict (terminal_id, outbox) do update
   set thinned = kept.thinned + excluded.thinned
"""


def store_events(
    conn: psycopg.Connection,
    events: Sequence[tuple[TerminalId, TerminalEvent]],
    *,
    received_at: datetime,
) -> None:
    """Store what is new, and count numbers that a terminal gave up by rule as such."""
    for terminal, one in events:
        conn.execute(
            _STORE,
            {
                "terminal_id": terminal,
                "event_id": one.event_id,
                "at": one.at,
                "kind": str(one.kind),
                "detail": Jsonb(dict(one.detail)) if one.detail else None,
                "received_at": received_at,
                **fix_values(one.fix),
            },
        )
        if one.kind is EventKind.THINNED and one.detail.keys() >= _NUMBERS:
            numbers = {name: one.detail[name] for name in _NUMBERS}
            conn.execute(
                _COUNT_THINNED, {"terminal_id": terminal, "received_at": received_at, **numbers}
            )
