"""Which worker-days have new facts, and taking one so that nobody else does.

Marks are only ever added by those who store and deleted, one by one, by who has recomputed
the day. So storing never waits for judging, and a mark that appears meanwhile stays. The
day itself is taken by an advisory lock that ends with the transaction, however that ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import psycopg

from patrol.duty import MARGIN
from patrol.ids import WorkerId

_FIND = """
-- worker-days with marks whose duty has begun; while it lasts, each once in a while. Today's first,
-- so that no backlog goes before them, and of each those that wait longest; yesterday's may be a
-- duty of the night
select d.worker_id, d.day, d.marks
  from (select worker_id, day, min(mark_id) as first, array_agg(mark_id) as marks
          from dirty_day group by worker_id, day) as d
 cross join lateral (
       select min(w.start_at) as start_at, max(w.end_at) as end_at from duty_window w
        where w.worker_id = d.worker_id and w.day = d.day
       ) as w
  left join daily_compliance c on c.worker_id = d.worker_id and c.day = d.day
 where case when c.worker_id is null then w.start_at <= now()
            when w.start_at <= now() and w.end_at > now()
            then c.assessed_at <= now() - make_interval(secs => %(rejudge_every_s)s)
            else true end
 order by d.day >= current_date - 1 desc, d.first
 limit %(limit)s
"""

_MARK_ENDED = """
-- worker-days last judged before they were over: fixes of a wrong clock mark no day, and are
-- found by when they came; and a silence that was open is as long as it was
with ended as (
    insert into dirty_day (worker_id, day)
    select c.worker_id, c.day
      from duty_window w
      join daily_compliance c on c.worker_id = w.worker_id and c.day = w.day
     where w.end_at between now() - %(margin)s - interval '7 days' and now() - %(margin)s
       -- The same in days: else all results there ever were are read.
       and c.day >= current_date - 10
       and c.assessed_at <= w.end_at + %(margin)s
       and not exists (select from duty_window l
                        where l.worker_id = w.worker_id and l.day = w.day and l.end_at > w.end_at)
       and not exists (select from dirty_day d
                        where d.worker_id = c.worker_id and d.day = c.day)
    returning day
)
insert into unsettled_day (day) select distinct day from ended
"""

_TAKE = "select pg_try_advisory_xact_lock(%(turn)s::integer, hashtext(%(name)s))"

_TAKE_ALL = """
select number from unnest(%(names)s::text[]) with ordinality as asked (name, number)
 where pg_try_advisory_xact_lock(%(turn)s::integer, hashtext(name))
"""

_LOCK = "select pg_advisory_xact_lock(%(turn)s::integer, hashtext(%(name)s))"

_ARE_LEFT = "select distinct worker_id, day from dirty_day where mark_id = any(%(marks)s)"

_DELETE_MARKS = "delete from dirty_day where mark_id = any(%(marks)s)"

# So many worker-days are found at once: today's are looked for again after each lot.
SLICE = 200


class Turn(IntEnum):
    """What one at a time does; every version of this program uses the same numbers."""

    WORKER_DAY = 1
    SILENCE = 2
    LIKENESS = 3
    LIVE = 4


@dataclass(frozen=True, slots=True, order=True)
class WorkerDay:
    """The unit of work."""

    worker_id: WorkerId
    day: date

    @property
    def name(self) -> str:
        """What it is taken by."""
        return f"{self.worker_id}/{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Task:
    """A worker-day to be recomputed, and the marks that ask for it.

    Whatever is read after `find_work` holds what these marks announce, and maybe not what
    later ones do.
    """

    unit: WorkerDay
    marks: tuple[int, ...]


def day_columns(units: Iterable[WorkerDay]) -> dict[str, object]:
    """Return worker-days as the columns `workers` and `days`, for a statement."""
    units = list(units)
    return {"workers": [one.worker_id for one in units], "days": [one.day for one in units]}


def mark_ended(conn: psycopg.Connection) -> None:
    """Mark worker-days that have ended since they were judged, once each."""
    conn.execute(_MARK_ENDED, {"margin": MARGIN})


def find_work(conn: psycopg.Connection, *, rejudge_every_s: float = 0.0) -> list[Task]:
    """Return the worker-days that are due for recomputation next, at most SLICE.

    While duty lasts, that is `rejudge_every_s` after it was judged last.
    """
    values = {"limit": SLICE, "rejudge_every_s": rejudge_every_s}
    return [
        Task(WorkerDay(WorkerId(worker), day), tuple(marks))
        for worker, day, marks in conn.execute(_FIND, values)
    ]


def take(conn: psycopg.Connection, tasks: Sequence[Task]) -> list[Task]:
    """Return those of `tasks` whose worker-days are now ours until the transaction ends.

    Others have the rest, or have done it.
    """
    names = [task.unit.name for task in tasks]
    taken = conn.execute(_TAKE_ALL, {"turn": Turn.WORKER_DAY.value, "names": names}).fetchall()
    ours = [tasks[number - 1] for (number,) in taken]
    # By a statement of its own, which sees what was finished before these were free.
    marks = [mark for task in ours for mark in task.marks]
    left = set(conn.execute(_ARE_LEFT, {"marks": marks}).fetchall())
    return [task for task in ours if (task.unit.worker_id, task.unit.day) in left]


def take_turn(conn: psycopg.Connection, turn: Turn, name: str) -> bool:
    """Return whether it is now our turn with `name`, until the transaction ends."""
    return _is_true(conn, _TAKE, {"turn": turn.value, "name": name})


def lock_day(conn: psycopg.Connection, unit: WorkerDay) -> None:
    """Wait until nobody else has a worker-day, and have it until the transaction ends."""
    conn.execute(_LOCK, {"turn": Turn.WORKER_DAY.value, "name": unit.name})


def finish(conn: psycopg.Connection, tasks: Iterable[Task]) -> None:
    """Delete the marks of `tasks`, and no later ones."""
    conn.execute(_DELETE_MARKS, {"marks": [mark for task in tasks for mark in task.marks]})


def _is_true(conn: psycopg.Connection, question: str, values: Mapping[str, object]) -> bool:
    row = conn.execute(question, values).fetchone()
    return row is not None and bool(row[0])
