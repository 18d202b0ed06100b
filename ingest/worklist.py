"""Which worker-days have new facts, and taking one so that nobody else does.

Marks are only ever added by those who store and deleted, one by one, by who has recomputed
the day. So storing never waits for judging, and a mark that appears meanwhile stays. The
day itself is taken by an advisory lock that ends with the transaction, however that ends.
"""

from dataclasses import dataclass
from datetime import date

import psycopg

from patrol.ids import WorkerId

_FIND = """
-- worker-days with marks whose duty has begun, those that wait longest first
select d.worker_id, d.day
  from dirty_day d
 where exists (select 1 from duty_window w
                where w.worker_id = d.worker_id and w.day = d.day and w.start_at <= now())
    or exists (select 1 from daily_compliance c
                where c.worker_id = d.worker_id and c.day = d.day)
 group by d.worker_id, d.day
 order by min(d.mark_id)
"""

_TAKE = "select pg_try_advisory_xact_lock(hashtextextended(%(worker)s || '/' || %(day)s, 0))"

_READ_MARKS = """
select mark_id from dirty_day where worker_id = %(worker)s and day = %(day)s
"""

_DELETE_MARKS = "delete from dirty_day where mark_id = any(%(marks)s)"


@dataclass(frozen=True, slots=True, order=True)
class WorkerDay:
    """The unit of work."""

    worker_id: WorkerId
    day: date


def find_work(conn: psycopg.Connection) -> list[WorkerDay]:
    """Return the worker-days that are due for recomputation."""
    return [WorkerDay(WorkerId(worker), day) for worker, day in conn.execute(_FIND)]


def take(conn: psycopg.Connection, unit: WorkerDay) -> list[int]:
    """Return the marks of a worker-day that is now ours until the transaction ends.

    No marks means that somebody else has it or has done it. The marks are read before the
    facts, so whatever they announce will be seen.
    """
    values = {"worker": unit.worker_id, "day": unit.day.isoformat()}
    row = conn.execute(_TAKE, values).fetchone()
    if row is None or not row[0]:
        return []
    return [mark for (mark,) in conn.execute(_READ_MARKS, values)]


def finish(conn: psycopg.Connection, marks: list[int]) -> None:
    """Delete the marks that `take` returned."""
    conn.execute(_DELETE_MARKS, {"marks": marks})
