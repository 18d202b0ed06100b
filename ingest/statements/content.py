"""What a statement says of a worker-day: its result, all behind it, and the hash of its points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

# What later versions change of the form, they number anew.
FORM: Final = 1

_UTC = "set local timezone = 'UTC'"

_READ = """
-- all that there is of a worker-day, in one look
select c.assessed_at,
       (select coalesce(max(e.event_id), 0) from decision_event e
         where e.worker_id = c.worker_id and e.day = c.day) as last_event_id,
       to_jsonb(c) as result,
       (select jsonb_build_object(
                   'visit_s', v.decided_visit_s, 'visit_low_s', v.decided_visit_low_s,
                   'visit_high_s', v.decided_visit_high_s,
                   'visit_verdict', v.decided_visit_verdict,
                   'inside_s', v.decided_inside_s,
                   'presence_verdict', v.decided_presence_verdict)
          from v1_compliance v where v.worker_id = c.worker_id and v.day = c.day) as decided,
       (select coalesce(jsonb_agg(to_jsonb(p) - 'worker_id' - 'day' order by p.start_at), '[]')
          from presence_interval p
         where p.worker_id = c.worker_id and p.day = c.day) as presence,
       (select coalesce(jsonb_agg(to_jsonb(h) - 'worker_id' - 'day' order by h.start_at), '[]')
          from home_visit h where h.worker_id = c.worker_id and h.day = c.day) as visits,
       (select coalesce(jsonb_agg(to_jsonb(x) - 'worker_id' - 'day' order by x.start_at), '[]')
          from excused_interval x where x.worker_id = c.worker_id and x.day = c.day) as excused,
       (select coalesce(jsonb_agg(to_jsonb(g) - 'worker_id' - 'day' order by g.grid_id), '[]')
          from grid_coverage g where g.worker_id = c.worker_id and g.day = c.day) as coverage,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'finding_id', f.finding_id, 'kind', f.kind, 'start_at', f.start_at,
                   'end_at', f.end_at, 'status', f.status, 'is_found', f.is_found)
                   order by f.finding_id), '[]')
          from finding f where f.worker_id = c.worker_id and f.day = c.day) as findings,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'correction_id', k.correction_id, 'kind', k.kind, 'decided_s', k.decided_s,
                   'start_at', k.start_at, 'end_at', k.end_at, 'premises_id', k.premises_id,
                   'status', k.status) order by k.correction_id), '[]')
          from correction k where k.worker_id = c.worker_id and k.day = c.day) as corrections,
       (select coalesce(jsonb_agg(jsonb_build_object(
                   'terminal_id', a.terminal_id,
                   'from_at', greatest(d.start_at, a.valid_from),
                   'to_at', least(d.end_at, a.valid_to))
                   order by greatest(d.start_at, a.valid_from), a.terminal_id), '[]')
          from duty_window d
          join assignment a
            on a.worker_id = d.worker_id
           and a.valid_from < d.end_at
           and (a.valid_to is null or a.valid_to > d.start_at)
         where d.worker_id = c.worker_id and d.day = c.day) as spans
  from daily_compliance c
 where c.worker_id = %(worker)s and c.day = %(day)s
"""

# A line a point, in the order of its columns; nothing where a column is empty.
_POINTS = """
-- the points of spans that had come by a moment: how many, the last to come, and their SHA-256
select count(*)::integer as points,
       max(p.received_at) as until,
       encode(sha256(coalesce(string_agg(convert_to(format(
           E'%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s\\n',
           p.terminal_id, (extract(epoch from p.epoch) * 1000000)::bigint, p.lat_e7, p.lon_e7,
           p.altitude_dm, p.speed_cmps, p.course_ddeg, p.hdop_d, p.accuracy_dm, p.satellites,
           p.quality, p.battery_pct, p.flags,
           (extract(epoch from p.received_at) * 1000000)::bigint), 'UTF8'), ''
           order by p.epoch, p.terminal_id), '')), 'hex') as sha256
  from jsonb_to_recordset(%(spans)s)
    as s (terminal_id text, from_at timestamptz, to_at timestamptz)
 cross join lateral (
       -- a range of the index for each span, whatever the planner thinks of their number
       select * from position f
        where f.terminal_id = s.terminal_id and f.epoch >= s.from_at and f.epoch < s.to_at
       offset 0
       ) p
 where %(until)s::timestamptz is null or p.received_at <= %(until)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a statement says, and of what it was made: of which result, until which decision."""

    said: Mapping[str, Any]
    assessed_at: datetime
    last_event_id: int


def read_content(
    conn: psycopg.Connection, worker_id: str, day: date, *, has_points: bool
) -> Content | None:
    """Return what is to be said of a worker-day; None where there is no result of it.

    Without points their hash is empty: they went before there were statements.
    """
    row = read_row(conn, worker_id, day)
    if row is None:
        return None
    assessed_at, last_event_id = row.pop("assessed_at"), row.pop("last_event_id")
    points = read_points(conn, row["spans"], until=None) if has_points else None
    said = {"form": FORM, "worker_id": worker_id, "day": day.isoformat(), "points": points, **row}
    return Content(said=said, assessed_at=assessed_at, last_event_id=last_event_id)


def read_row(conn: psycopg.Connection, worker_id: str, day: date) -> dict[str, Any] | None:
    """Return what the tables hold of a worker-day."""
    conn.execute(_UTC)
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_READ, {"worker": worker_id, "day": day}).fetchone()


def read_points(
    conn: psycopg.Connection, spans: object, *, until: str | None
) -> dict[str, int | str | None]:
    """Return how many points spans have, the last one's receipt, and the SHA-256 of them all.

    With `until`, only those that had come by then: others came later and are no forgery.
    """
    values = {"spans": Jsonb(spans), "until": until}
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_POINTS, values).fetchone() or {}
    last = row["until"]
    return {
        "count": row["points"],
        "until": None if last is None else last.isoformat(),
        "sha256": row["sha256"],
    }
