"""Requirements, excused time and cover in the database: each list replaced by its file.

A file is the whole list of its kind, so that what is left out of it is withdrawn. The
worker-days that a row touches which is new, or is gone, are marked.
"""

from collections.abc import Iterable
from datetime import timedelta

import psycopg

from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.registers.terms import Terms
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement

_REQUIREMENTS = """
-- all of them: there are few
select grid_id, valid_from, valid_to, presence_share, visit_s, coverage_share
  from requirement
 order by grid_id, valid_from
"""

_PUT_REQUIREMENT = """
insert into requirement (grid_id, valid_from, valid_to, presence_share, visit_s, coverage_share)
values (%(grid)s, %(valid_from)s, %(valid_to)s, %(presence_share)s, %(visit_s)s,
    %(coverage_share)s)
"""

_TOLD_EXCUSES = """
-- those that somebody told, not those that were found
select kind, worker_id, grid_id, start_at, end_at from excused_period where day is null
"""

_DROP_EXCUSE = """
delete from excused_period
 where day is null and kind = %(kind)s and start_at = %(start)s and end_at = %(end)s
   and worker_id is not distinct from %(worker)s::text
   and grid_id is not distinct from %(grid)s::text
"""

_PUT_EXCUSE = """
insert into excused_period (kind, worker_id, grid_id, start_at, end_at)
values (%(kind)s, %(worker)s, %(grid)s, %(start)s, %(end)s)
"""

_COVERS = "select worker_id, grid_id, start_at, end_at from cover"

_DROP_COVER = """
delete from cover
 where worker_id = %(worker)s and grid_id = %(grid)s
   and start_at = %(start)s and end_at = %(end)s
"""

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


def read_requirements(conn: psycopg.Connection) -> list[Requirement]:
    """Return all requirements."""
    return [
        Requirement(
            grid_id=grid,
            valid_from=valid_from,
            valid_to=valid_to,
            presence_share=presence_share,
            visit=timedelta(seconds=visit_s),
            coverage_share=coverage_share,
        )
        for grid, valid_from, valid_to, presence_share, visit_s, coverage_share in conn.execute(
            _REQUIREMENTS
        )
    ]


def put_terms(conn: psycopg.Connection, terms: Terms, *, adds: bool = False) -> None:
    """Store the lists that are given, in place of those known; mark the days they change.

    With `adds`, excuses and covers are put beside those known.
    """
    if terms.requirements is not None:
        _put_requirements(conn, [row.requirement for row in terms.requirements])
    if terms.excuses is not None:
        _put_excuses(conn, {row.excuse for row in terms.excuses}, adds=adds)
    if terms.covers is not None:
        _put_covers(conn, {row.cover for row in terms.covers}, adds=adds)


def _put_requirements(conn: psycopg.Connection, given: Iterable[Requirement]) -> None:
    changed = set(given).symmetric_difference(read_requirements(conn))
    conn.execute("delete from requirement")
    for one in given:
        conn.execute(_PUT_REQUIREMENT, _requirement_values(one))
    for one in changed:
        conn.execute(_MARK_DAYS, _requirement_values(one))


def _put_excuses(conn: psycopg.Connection, given: set[Excuse], *, adds: bool) -> None:
    known = {
        Excuse(interval=Interval(start, end), kind=ExcuseKind(kind), worker_id=worker, grid_id=grid)
        for kind, worker, grid, start, end in conn.execute(_TOLD_EXCUSES)
    }
    gone = set() if adds else known - given
    for one in gone:
        conn.execute(_DROP_EXCUSE, _excuse_values(one))
    for one in given - known:
        conn.execute(_PUT_EXCUSE, _excuse_values(one))
    for one in gone | (given - known):
        conn.execute(_MARK_TIME, _excuse_values(one))


def _put_covers(conn: psycopg.Connection, given: set[Cover], *, adds: bool) -> None:
    known = {
        Cover(WorkerId(worker), Interval(start, end), GridId(grid))
        for worker, grid, start, end in conn.execute(_COVERS)
    }
    gone = set() if adds else known - given
    for one in gone:
        conn.execute(_DROP_COVER, _time_values(one.interval, one.worker_id, one.grid_id))
    for one in given - known:
        conn.execute(_PUT_COVER, _time_values(one.interval, one.worker_id, one.grid_id))
    for one in gone | (given - known):
        # Duty in whatever grid: it is another one that is covered.
        conn.execute(_MARK_TIME, _time_values(one.interval, one.worker_id, None))


def _excuse_values(one: Excuse) -> dict[str, object]:
    return {"kind": str(one.kind), **_time_values(one.interval, one.worker_id, one.grid_id)}


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
