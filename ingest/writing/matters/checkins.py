"""Check-ins into the database."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from ingest.writing.matters.lastfix import fix_values
from patrol.duty import MARGIN
from patrol.ids import TerminalId
from patrol.notices.checkins import CheckIn
from patrol.registers.tags import sha256_of

_STORE = """
-- facts are stored once; one that was new marks the worker-days that it can change
with fresh as (
    insert into checkin (terminal_id, checkin_id, at, kind, phase, token_sha256, premises_id,
                         fix_epoch, fix_lat_e7, fix_lon_e7, fix_accuracy_dm, received_at)
    values (%(terminal_id)s, %(checkin_id)s, %(at)s, %(kind)s, %(phase)s, %(token_sha256)s,
            %(premises_id)s, %(fix_epoch)s, %(fix_lat_e7)s, %(fix_lon_e7)s,
            %(fix_accuracy_dm)s, %(received_at)s)
    on conflict (terminal_id, checkin_id) do nothing
    returning terminal_id, at
)
insert into dirty_day (worker_id, day)
select distinct w.worker_id, w.day
  from fresh f
  join assignment a on a.terminal_id = f.terminal_id
   and a.valid_from <= f.at and (a.valid_to is null or a.valid_to > f.at)
  join duty_window w on w.worker_id = a.worker_id
   and w.start_at - %(margin)s <= f.at and w.end_at + %(margin)s > f.at
"""


def store_checkins(
    conn: psycopg.Connection,
    checkins: Sequence[tuple[TerminalId, CheckIn]],
    *,
    received_at: datetime,
) -> None:
    """Store what is new and mark worker-days; the registers must be held."""
    if not checkins:
        return
    with conn.cursor() as cursor:
        cursor.executemany(
            _STORE,
            [
                {**_values(one), "terminal_id": terminal, "received_at": received_at}
                for terminal, one in checkins
            ],
        )


def _values(checkin: CheckIn) -> dict[str, object]:
    return {
        "checkin_id": checkin.checkin_id,
        "at": checkin.at,
        "kind": str(checkin.kind),
        "phase": str(checkin.phase),
        "token_sha256": None if checkin.token is None else sha256_of(checkin.token),
        "premises_id": checkin.premises_id,
        **fix_values(checkin.fix),
        "margin": MARGIN,
    }
