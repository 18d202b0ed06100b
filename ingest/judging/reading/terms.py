"""Reading what duty asks for: excused time, cover for other grids."""

from collections.abc import Mapping, Sequence

import psycopg

from ingest.judging.reading.spans import Asked, span_values
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.requirements import Cover, Excuse, ExcuseKind

_EXCUSES = """
-- what may be about each worker within a span of time
select s.number, e.kind, e.worker_id, e.grid_id, e.start_at, e.end_at
  from unnest(%(numbers)s::integer[], %(workers)s::text[], %(starts)s::timestamptz[],
              %(ends)s::timestamptz[]) as s (number, worker_id, start_at, end_at)
  join excused_period e on (e.worker_id is null or e.worker_id = s.worker_id)
   and e.start_at < s.end_at and e.end_at > s.start_at
"""

_COVERS = """
-- where each worker stands in within a span of time
select s.number, s.worker_id, c.grid_id, c.start_at, c.end_at
  from unnest(%(numbers)s::integer[], %(workers)s::text[], %(starts)s::timestamptz[],
              %(ends)s::timestamptz[]) as s (number, worker_id, start_at, end_at)
  join cover c on c.worker_id = s.worker_id and c.start_at < s.end_at and c.end_at > s.start_at
 order by c.start_at, c.grid_id
"""


def read_excuses_of(conn: psycopg.Connection, asked: Sequence[Asked]) -> Mapping[int, list[Excuse]]:
    """Return the excused periods that may be about what is asked for, by its numbers."""
    found: dict[int, list[Excuse]] = {one.number: [] for one in asked}
    for number, kind, worker, grid, start, end in conn.execute(_EXCUSES, span_values(asked)):
        excuse = Excuse(
            interval=Interval(start, end), kind=ExcuseKind(kind), worker_id=worker, grid_id=grid
        )
        found[number].append(excuse)
    return found


def read_covers_of(conn: psycopg.Connection, asked: Sequence[Asked]) -> Mapping[int, list[Cover]]:
    """Return where the workers stand in within what is asked for, by its numbers."""
    found: dict[int, list[Cover]] = {one.number: [] for one in asked}
    for number, worker, grid, start, end in conn.execute(_COVERS, span_values(asked)):
        found[number].append(Cover(WorkerId(worker), Interval(start, end), GridId(grid)))
    return found
