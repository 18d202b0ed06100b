"""Which worker-days have new facts, and taking one so that nobody else does.

Marks are only ever added by those who store and deleted, one by one, by who has recomputed
the day. So storing never waits for judging, and a mark that appears meanwhile stays. The
day itself is taken by an advisory lock that ends with the transaction, however that ends.

Who stores looks into the registers for the days to mark; who changes the registers marks the
days of what is stored. Neither sees what the other has not committed, so they take turns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import psycopg

from patrol.duty import MARGIN
from patrol.ids import WorkerId

_FIND = """
-- worker-days with marks whose duty has begun, those that wait longest first
select d.worker_id, d.day, array_agg(d.mark_id)
  from dirty_day d
 where exists (select 1 from duty_window w
                where w.worker_id = d.worker_id and w.day = d.day and w.start_at <= now())
    or exists (select 1 from daily_compliance c
                where c.worker_id = d.worker_id and c.day = d.day)
 group by d.worker_id, d.day
 order by min(d.mark_id)
"""

_MARK_ENDED = """
-- worker-days last judged before they were over: fixes of a wrong clock mark no day, and are
-- found by when they came
insert into dirty_day (worker_id, day)
select c.worker_id, c.day
  from daily_compliance c
  join duty_window w on w.worker_id = c.worker_id and w.day = c.day
 where c.day >= current_date - 7
   and not exists (select from dirty_day d where d.worker_id = c.worker_id and d.day = c.day)
 group by c.worker_id, c.day
having max(w.end_at) + %(margin)s between max(c.assessed_at) and now()
"""

_TAKE = "select pg_try_advisory_xact_lock(hashtextextended(%(worker)s || '/' || %(day)s, 0))"

_IS_LEFT = "select exists (select 1 from dirty_day where mark_id = any(%(marks)s))"

_DELETE_MARKS = "delete from dirty_day where mark_id = any(%(marks)s)"

# Any number, as long as every version of this program uses the same one.
_REGISTERS = 4_722_166_881
_HOLD_REGISTERS = "select pg_advisory_xact_lock_shared(%(lock)s)"
_CHANGE_REGISTERS = "select pg_advisory_xact_lock(%(lock)s)"


@dataclass(frozen=True, slots=True, order=True)
class WorkerDay:
    """The unit of work."""

    worker_id: WorkerId
    day: date


@dataclass(frozen=True, slots=True)
class Task:
    """A worker-day to be recomputed, and the marks that ask for it.

    Whatever is read after `find_work` holds what these marks announce, and maybe not what
    later ones do.
    """

    unit: WorkerDay
    marks: tuple[int, ...]


def mark_ended(conn: psycopg.Connection) -> None:
    """Mark worker-days that have ended since they were judged, once each."""
    conn.execute(_MARK_ENDED, {"margin": MARGIN})


def find_work(conn: psycopg.Connection) -> list[Task]:
    """Return the worker-days that are due for recomputation."""
    return [
        Task(WorkerDay(WorkerId(worker), day), tuple(marks))
        for worker, day, marks in conn.execute(_FIND)
    ]


def take(conn: psycopg.Connection, task: Task) -> bool:
    """Return whether a worker-day is now ours until the transaction ends.

    It is not when somebody else has it or has done it.
    """
    unit = task.unit
    values = {"worker": unit.worker_id, "day": unit.day.isoformat(), "marks": list(task.marks)}
    return _is_true(conn, _TAKE, values) and _is_true(conn, _IS_LEFT, values)


def finish(conn: psycopg.Connection, task: Task) -> None:
    """Delete the marks of `task`, and no later ones."""
    conn.execute(_DELETE_MARKS, {"marks": list(task.marks)})


def hold_registers(conn: psycopg.Connection) -> None:
    """Keep the registers as they are until the transaction ends; any number may."""
    conn.execute(_HOLD_REGISTERS, {"lock": _REGISTERS})


def change_registers(conn: psycopg.Connection) -> None:
    """Be the only one to change or to hold the registers until the transaction ends."""
    conn.execute(_CHANGE_REGISTERS, {"lock": _REGISTERS})


def _is_true(conn: psycopg.Connection, question: str, values: Mapping[str, object]) -> bool:
    row = conn.execute(question, values).fetchone()
    return row is not None and bool(row[0])
