"""From results to what a worker's own terminal is told of the day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from patrol.ids import PremisesId, TerminalId, WorkerId
from patrol.notices.today import Grade, Presence, Today, TodayVisit, VisitTime
from patrol.reasons import Judgement, Reason, Verdict

_DAYS = """
-- the newest result of today or yesterday of whoever has a terminal now
select distinct on (a.terminal_id)
       a.terminal_id, c.*,
       exists (select from duty_window w
                where w.worker_id = c.worker_id and w.day = c.day and w.end_at > %(now)s)
       or exists (select from dirty_day d where d.worker_id = c.worker_id and d.day = c.day)
         as is_provisional
  from assignment a
  join daily_compliance c using (worker_id)
 where a.valid_from <= %(now)s and (a.valid_to is null or a.valid_to > %(now)s)
   and c.day between %(yesterday)s and %(today)s
 order by a.terminal_id, c.day desc
"""

_VISITS = """
-- the visits of these days
select v.worker_id, v.day, v.start_at, v.end_at, v.grade, v.premises_id
  from unnest(%(workers)s::text[], %(days)s::date[]) as asked (worker_id, day)
  join home_visit v using (worker_id, day)
 order by v.worker_id, v.day, v.start_at, v.end_at
"""

_WHAT = ("presence", "visit", "coverage")


class _Key(NamedTuple):
    worker_id: str
    day: date


def read_todays(
    conn: psycopg.Connection, *, now: datetime, today: date
) -> Mapping[TerminalId, Today]:
    """Return by terminal what is known of the day of whoever has it."""
    values = {"now": now, "today": today, "yesterday": today - timedelta(days=1)}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_DAYS, values).fetchall()
    visits = _read_visits(conn, [_Key(row["worker_id"], row["day"]) for row in rows])
    return {
        TerminalId(row["terminal_id"]): _today(row, visits[_Key(row["worker_id"], row["day"])])
        for row in rows
    }


def _read_visits(conn: psycopg.Connection, keys: Sequence[_Key]) -> Mapping[_Key, list[TodayVisit]]:
    found: dict[_Key, list[TodayVisit]] = defaultdict(list)
    asked = {"workers": [one.worker_id for one in keys], "days": [one.day for one in keys]}
    for worker, day, start, end, grade, premises in conn.execute(_VISITS, asked):
        visit = TodayVisit(start, end, Grade(grade), PremisesId(premises))
        found[_Key(worker, day)].append(visit)
    return found


def _today(row: Mapping[str, Any], visits: Sequence[TodayVisit]) -> Today:
    return Today(
        worker_id=WorkerId(row["worker_id"]),
        day=row["day"],
        computed_at=row["assessed_at"],
        provisional=row["is_provisional"],
        presence=Presence(
            duty_s=row["duty_s"],
            excused_s=row["excused_s"],
            proven_s=row["inside_s"] - row["plausible_s"],
            plausible_s=row["plausible_s"],
            outside_s=row["outside_s"],
            unknown_s=row["unknown_s"],
        ),
        visit_time=VisitTime(
            visit_s=row["visit_s"], low_s=row["visit_low_s"], high_s=row["visit_high_s"]
        ),
        visits=tuple(visits),
        judgements={
            what: Judgement(
                verdict=Verdict(row[f"{what}_verdict"]),
                reason=Reason(row[f"{what}_code"], row[f"{what}_values"] or {}),
            )
            for what in _WHAT
            if row[f"{what}_verdict"] and row[f"{what}_code"]
        },
    )
