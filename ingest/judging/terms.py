"""Reading what duty asks for: requirements, excused time, cover for other grids."""

from collections.abc import Sequence
from datetime import timedelta

import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.duty import DutyWindow
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement

_REQUIREMENTS = """
-- all of them: there are few
select grid_id, valid_from, valid_to, presence_share, visit_s, coverage_share
  from requirement
 order by grid_id, valid_from
"""

_EXCUSES = """
-- what may be about a worker within a span of time
select kind, worker_id, grid_id, start_at, end_at
  from excused_period
 where (worker_id is null or worker_id = %(worker)s)
   and start_at < %(end)s and end_at > %(start)s
"""

_COVERS = """
-- where a worker stands in within a span of time
select grid_id, start_at, end_at
  from cover
 where worker_id = %(worker)s and start_at < %(end)s and end_at > %(start)s
 order by start_at, grid_id
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


def read_excuses(
    conn: psycopg.Connection, unit: WorkerDay, windows: Sequence[DutyWindow]
) -> list[Excuse]:
    """Return the excused periods that may be about these windows of a worker-day."""
    return [
        Excuse(interval=Interval(start, end), kind=ExcuseKind(kind), worker_id=worker, grid_id=grid)
        for kind, worker, grid, start, end in conn.execute(_EXCUSES, _span(unit, windows))
    ]


def read_covers(
    conn: psycopg.Connection, unit: WorkerDay, windows: Sequence[DutyWindow]
) -> list[Cover]:
    """Return where the worker stands in during these windows."""
    return [
        Cover(WorkerId(unit.worker_id), Interval(start, end), GridId(grid))
        for grid, start, end in conn.execute(_COVERS, _span(unit, windows))
    ]


def _span(unit: WorkerDay, windows: Sequence[DutyWindow]) -> dict[str, object]:
    return {
        "worker": unit.worker_id,
        "start": min(window.interval.start for window in windows),
        "end": max(window.interval.end for window in windows),
    }
