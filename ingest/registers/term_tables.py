"""Requirements, excused time and cover in the database: each list replaced by its file.

A file is the whole list of its kind, so that what is left out of it is withdrawn. The
worker-days that a row touches which is new, or is gone, are marked.
"""

from collections.abc import Iterable
from datetime import timedelta

import psycopg

from ingest.judging.reading.terms import read_requirements
from ingest.registers.terms import Terms
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement

_PUT_REQUIREMENT = """
insert into requirement (grid_id, valid_from, valid_to, presence_share, visit_s, coverage_share)
values (%(grid)s, %(valid_from)s, %(valid_to)s, %(presence_share)s, %(visit_s)s,
    %(coverage_share)s)
"""

_TOLD_EXCUSES = """
-- those that somebody told, not those that were found
select kind, worker_id, grid_id, start_at, end_at from excused_period where day is null
"""

_DROP_EXCUSES = "delete from excused_period where day is null"

_PUT_EXCUSE = """
insert into excused_period (kind, worker_id, grid_id, start_at, end_at)
values (%(kind)s, %(worker)s, %(grid)s, %(start)s, %(end)s)
"""

_COVERS = "select worker_id, grid_id, start_at, end_at from cover"

_PUT_COVER = """
insert into cover (worker_id, grid_id, start_at, end_at)
values (%(worker)s, %(grid)s, %(start)s, %(end)s)
"""

_MARK_DAYS = """
-- worker-days on which a requirement holds or held
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window
 where (%(grid)s::text is null or grid_id = %(grid)s)
   and day >= %(valid_from)s and (%(valid_to)s::date is null or day < %(valid_to)s)
"""

_MARK_TIME = """
-- worker-days with duty in a span
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window
 where start_at < %(end)s and end_at > %(start)s
   and (%(worker)s::text is null or worker_id = %(worker)s)
   and (%(grid)s::text is null or grid_id = %(grid)s)
"""


def put_terms(conn: psycopg.Connection, terms: Terms) -> None:
    """Store the lists that are given, in place of those known; mark the days they change."""
    if terms.requirements is not None:
        _put_requirements(conn, [row.requirement for row in terms.requirements])
    if terms.excuses is not None:
        _put_excuses(conn, [row.excuse for row in terms.excuses])
    if terms.covers is not None:
        _put_covers(conn, [row.cover for row in terms.covers])


def _put_requirements(conn: psycopg.Connection, given: Iterable[Requirement]) -> None:
    changed = set(given).symmetric_difference(read_requirements(conn))
    conn.execute("delete from requirement")
    for one in given:
        conn.execute(_PUT_REQUIREMENT, _requirement_values(one))
    for one in changed:
        conn.execute(_MARK_DAYS, _requirement_values(one))


def _put_excuses(conn: psycopg.Connection, given: Iterable[Excuse]) -> None:
    known = {
        Excuse(interval=Interval(start, end), kind=ExcuseKind(kind), worker_id=worker, grid_id=grid)
        for kind, worker, grid, start, end in conn.execute(_TOLD_EXCUSES)
    }
    conn.execute(_DROP_EXCUSES)
    for one in given:
        values = _time_values(one.interval, one.worker_id, one.grid_id)
        conn.execute(_PUT_EXCUSE, {"kind": str(one.kind), **values})
    for one in known.symmetric_difference(given):
        conn.execute(_MARK_TIME, _time_values(one.interval, one.worker_id, one.grid_id))


def _put_covers(conn: psycopg.Connection, given: Iterable[Cover]) -> None:
    known = {
        Cover(WorkerId(worker), Interval(start, end), GridId(grid))
        for worker, grid, start, end in conn.execute(_COVERS)
    }
    conn.execute("delete from cover")
    for one in given:
        conn.execute(_PUT_COVER, _time_values(one.interval, one.worker_id, one.grid_id))
    for one in known.symmetric_difference(given):
        # Duty in whatever grid: it is another one that is covered.
        conn.execute(_MARK_TIME, _time_values(one.interval, one.worker_id, None))


def _time_values(interval: Interval, worker: str | None, grid: str | None) -> dict[str, object]:
    return {"start": interval.start, "end": interval.end, "worker": worker, "grid": grid}


def _requirement_values(one: Requirement) -> dict[str, object]:
    return {
        "grid": one.grid_id,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "presence_share": one.presence_share,
        "visit_s": one.visit // timedelta(seconds=1),
        "coverage_share": one.coverage_share,
    }
