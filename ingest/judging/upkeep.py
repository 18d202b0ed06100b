"""What nobody needs any more: dropped once it has not changed for long.

What was found of such a day is final: facts that come later are judged, but what is between
worker-days is not derived anew from the few of them that are left.
"""

import psycopg
import structlog

from ingest.judging.likeness import REMEMBERED_DAYS
from ingest.judging.worklist import Turn, take_turn

log = structlog.get_logger()

# A later day may come a week late to be held against the last one that is remembered.
_TRACES_DAYS = REMEMBERED_DAYS + 7
_HEARD_DAYS = 14

_OLD_TRACES = """
select t.day from day_trace t
 where t.day < current_date - %(days)s
 group by t.day
having max(t.stored_at) < now() - make_interval(days => %(days)s)
   and not exists (select from uncompared_day u where u.day = t.day)
"""

_OLD_HEARD = """
select h.day from heard_span h
 where h.day < current_date - %(days)s
 group by h.day
having max(h.stored_at) < now() - make_interval(days => %(days)s)
   and not exists (select from unsettled_day u where u.day = h.day)
"""

_CLOSE = "insert into closed_day (day, what) values (%(day)s, %(what)s) on conflict do nothing"

_KEPT = (
    (Turn.SILENCE, _OLD_HEARD, _HEARD_DAYS, "delete from heard_span where day = %(day)s"),
    (Turn.LIKENESS, _OLD_TRACES, _TRACES_DAYS, "delete from day_trace where day = %(day)s"),
)


def drop_old(conn: psycopg.Connection) -> None:
    """Drop what is kept of days for comparing them, where it is settled and old."""
    for turn, find, days, drop in _KEPT:
        what = turn.name.lower()
        for (day,) in conn.execute(find, {"days": days}).fetchall():
            with conn.transaction():
                if not take_turn(conn, turn, day.isoformat()):
                    continue
                conn.execute(_CLOSE, {"day": day, "what": what})
                conn.execute(drop, {"day": day})
            log.info("ingest.day_closed", what=what, day=day)
