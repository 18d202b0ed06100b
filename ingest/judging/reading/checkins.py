"""Reading the check-ins of workers."""

from collections.abc import Mapping, Sequence

import psycopg

from ingest.judging.reading.spans import Asked, span_values
from patrol.ids import PremisesId
from patrol.notices.checkins import CheckIn, CheckInKind, Phase

_CHECKINS = """
-- check-ins by whatever terminals the worker had, within the spans that matter; where a tag was
-- then is what the register says, and one that it does not know is a statement
select s.number, c.checkin_id::text, c.at,
       case when c.kind = 'tag' and t.premises_id is null then 'declared' else c.kind end,
       c.phase, coalesce(t.premises_id, c.premises_id)
  from unnest(%(numbers)s::integer[], %(workers)s::text[], %(starts)s::timestamptz[],
              %(ends)s::timestamptz[]) as s (number, worker_id, start_at, end_at)
  join assignment a on a.worker_id = s.worker_id
   and a.valid_from < s.end_at and (a.valid_to is null or a.valid_to > s.start_at)
  join checkin c on c.terminal_id = a.terminal_id
   and c.at >= greatest(a.valid_from, s.start_at)
   and c.at < least(a.valid_to, s.end_at)
  left join premises_tag t on t.token_sha256 = c.token_sha256
   and (t.valid_from is null or t.valid_from <= c.at) and (t.valid_to is null or t.valid_to > c.at)
 order by c.at, c.checkin_id
"""


def read_checkins_of(
    conn: psycopg.Connection, asked: Sequence[Asked]
) -> Mapping[int, list[CheckIn]]:
    """Return the check-ins by whatever terminals the workers had, by the numbers of what is asked."""
    found: dict[int, list[CheckIn]] = {one.number: [] for one in asked}
    for number, checkin_id, at, kind, phase, premises in conn.execute(
        _CHECKINS, span_values(asked)
    ):
        found[number].append(
            CheckIn(
                checkin_id=checkin_id,
                at=at,
                kind=CheckInKind(kind),
                phase=Phase(phase),
                premises_id=None if premises is None else PremisesId(premises),
            )
        )
    return found
