"""Reading the check-ins of a worker."""

from collections.abc import Sequence

import psycopg

from patrol.checkins import CheckIn, CheckInKind, Phase
from patrol.ids import PremisesId, WorkerId
from patrol.intervals import Interval

_CHECKINS = """
-- check-ins by whatever terminals the worker had, within the spans that matter; where a tag was
-- then is what the register says, and one that it does not know is a statement
select c.checkin_id::text, c.at,
       case when c.kind = 'tag' and t.premises_id is null then 'declared' else c.kind end,
       c.phase, coalesce(t.premises_id, c.premises_id)
  from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as span (start_at, end_at)
  join assignment a on a.worker_id = %(worker)s
   and a.valid_from < span.end_at and (a.valid_to is null or a.valid_to > span.start_at)
  join checkin c on c.terminal_id = a.terminal_id
   and c.at >= greatest(a.valid_from, span.start_at)
   and c.at < least(coalesce(a.valid_to, 'infinity'), span.end_at)
  left join premises_tag t on t.token_sha256 = c.token_sha256
   and (t.valid_from is null or t.valid_from <= c.at) and (t.valid_to is null or t.valid_to > c.at)
 order by c.at, c.checkin_id
"""


def read_checkins(
    conn: psycopg.Connection, worker: WorkerId, spans: Sequence[Interval]
) -> list[CheckIn]:
    """Return the check-ins of whatever terminals `worker` had within `spans`."""
    asked = {
        "worker": worker,
        "starts": [span.start for span in spans],
        "ends": [span.end for span in spans],
    }
    return [
        CheckIn(
            checkin_id=checkin_id,
            at=at,
            kind=CheckInKind(kind),
            phase=Phase(phase),
            premises_id=None if premises is None else PremisesId(premises),
        )
        for checkin_id, at, kind, phase, premises in conn.execute(_CHECKINS, asked)
    ]
