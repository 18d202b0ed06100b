"""How many worker-days wait to be judged, and for how long."""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg

_DIRTY = """
-- worker-days with marks; those are due whose duty has begun or that were judged before
with marked as (
    select worker_id, day, min(marked_at) as since,
           exists (select from duty_window w where w.worker_id = d.worker_id and w.day = d.day
                      and w.start_at <= %(now)s)
           or exists (select from daily_compliance c
                       where c.worker_id = d.worker_id and c.day = d.day) as is_due
      from dirty_day d group by worker_id, day
)
select count(*), count(*) filter (where is_due), min(day) filter (where is_due),
       min(since) filter (where is_due)
  from marked
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """Worker-days to be judged: all, those that are due, and of these the oldest."""

    marked: int
    due: int
    oldest_day: date | None
    waiting_since: datetime | None


def read_worklist(conn: psycopg.Connection, *, now: datetime) -> Worklist:
    """Return what there is to be judged at `now`."""
    ((marked, due, oldest_day, since),) = conn.execute(_DIRTY, {"now": now}).fetchall()
    return Worklist(marked=marked, due=due, oldest_day=oldest_day, waiting_since=since)
