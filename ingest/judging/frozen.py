"""Worker-days of frozen months: what was made of them stands, and what would be is beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from ingest.judging.results import result_values
from ingest.judging.worklist import WorkerDay, day_columns
from patrol.compliance import DayResult
from patrol.ids import WorkerId

_HOLD = "select hold_months()"

_FROZEN = """
select f.worker_id, f.day
  from unnest(%(workers)s::text[], %(days)s::date[]) as u (worker_id, day)
  join frozen_day f on f.worker_id = u.worker_id and f.day = u.day
"""

_PUT = """
-- which versions made it, and when, is no difference
insert into recomputed_day (worker_id, day, result, differs_in, assessed_at)
select c.worker_id, c.day, %(result)s,
       array(select new.key
               from jsonb_each(%(result)s) new
               join jsonb_each(to_jsonb(c)) old using (key)
              where new.value is distinct from old.value
                and new.key not in ('assessed_at', 'rules_version', 'parameters_version', 'fixes')
              order by new.key),
       %(now)s
  from daily_compliance c
 where c.worker_id = %(worker)s and c.day = %(day)s
on conflict (worker_id, day) do update
   set result = excluded.result, differs_in = excluded.differs_in,
       assessed_at = excluded.assessed_at
"""

# Without any duty nothing would be left: all of it differs.
_NOTHING: Mapping[str, object] = {"duty_s": 0}


def hold_frozen(conn: psycopg.Connection, units: Sequence[WorkerDay]) -> set[WorkerDay]:
    """Return those of `units` that are frozen; until the transaction ends, it stays so."""
    # A statement of its own: the next one must see what whoever had the lock has committed.
    conn.execute(_HOLD)
    found = conn.execute(_FROZEN, day_columns(units)).fetchall()
    return {WorkerDay(WorkerId(worker), day) for worker, day in found}


def put_beside(
    conn: psycopg.Connection, judged: Sequence[tuple[WorkerDay, DayResult | None]], *, now: datetime
) -> None:
    """Keep what frozen worker-days would be now, and in what that differs from what they are."""
    for unit, result in judged:
        row = dict(_NOTHING) if result is None else result_values(result, now=now)
        values = {"worker": unit.worker_id, "day": unit.day, "result": Jsonb(row), "now": now}
        conn.execute(_PUT, values)
