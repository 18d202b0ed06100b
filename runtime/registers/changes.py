"""What a change of the registers touches: the worker-days that it has marked.

Marks of a transaction are told from those of others by the transaction's own number, so a
change must not be split by savepoints.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

_NEWEST_MARK: Final = "select coalesce(max(mark_id), 0) from dirty_day"

_COUNT: Final = """
-- worker-days that this transaction has marked, and those of them that were judged before
with marked as (
    select distinct worker_id, day
      from dirty_day
     where mark_id > %(since)s
       and xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295
)
select count(*), count(c.worker_id)
  from marked
  left join daily_compliance c using (worker_id, day)
"""

_FROZEN: Final = """
-- frozen months in which this transaction has marked worker-days
with marked as (
    select distinct worker_id, day
      from dirty_day
     where mark_id > %(since)s
       and xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295
)
select distinct to_char(m.day, 'YYYY-MM')
  from marked m
 where exists (select from frozen_day f where f.worker_id = m.worker_id and f.day = m.day)
    or exists (select
                 from duty_window w
                 join v1_frozen_grid g
                   on g.grid_id = w.grid_id
                  and g.month = date_trunc('month', w.day)::date
                where w.worker_id = m.worker_id and w.day = m.day)
 order by 1
"""

_LOG: Final = """
-- who has changed what, when and why
insert into change_log (account_id, what, key, before, after, reason)
values (%(account_id)s, %(what)s, %(key)s, %(before)s, %(after)s, %(reason)s)
returning change_id
"""

_NOTE: Final = """
insert into registry_change (change_id, days_marked) values (%(change_id)s, %(days)s)
"""

_NOTE_DAYS: Final = """
-- what had been said of the worker-days that are judged again now
insert into registry_change_day
select %(change_id)s, worker_id, day, c.presence_verdict, c.visit_verdict, c.inside_s, c.visit_s
  from (select distinct worker_id, day
          from dirty_day
         where mark_id > %(since)s
           and xmin::text::bigint = pg_current_xact_id()::text::bigint & 4294967295) marked
  left join daily_compliance c using (worker_id, day)
"""


class Touched(NamedTuple):
    """Worker-days to be judged again, those of them with a result, and frozen months among them."""

    days: int
    verdicts: int
    frozen_months: tuple[str, ...]


class Entry(NamedTuple):
    """A change in words: by whom, of what, and what it was and became; None: there was nothing."""

    account_id: str
    what: str
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str = ""


def newest_mark(conn: psycopg.Connection) -> int:
    """Return the number behind which the marks of this transaction will be."""
    return int(_one(conn, _NEWEST_MARK, {})[0])


def touched(conn: psycopg.Connection, since: int) -> Touched:
    """Return what this transaction has marked, behind the mark `since`."""
    days, verdicts = _one(conn, _COUNT, {"since": since})
    frozen = conn.execute(_FROZEN, {"since": since}).fetchall() if days else []
    return Touched(int(days), int(verdicts), tuple(month for (month,) in frozen))


def write_change(conn: psycopg.Connection, entry: Entry, *, since: int, days: int) -> int:
    """Write a change down with what was said of the days that it marks; return its number."""
    values = entry._asdict() | {"before": _stored(entry.before), "after": _stored(entry.after)}
    number = int(_one(conn, _LOG, values)[0])
    conn.execute(_NOTE, {"change_id": number, "days": days})
    conn.execute(_NOTE_DAYS, {"change_id": number, "since": since})
    return number


def _stored(state: Mapping[str, Any] | None) -> Jsonb | None:
    return None if state is None else Jsonb(state)


def _one(conn: psycopg.Connection, statement: str, values: Mapping[str, object]) -> tuple[Any, ...]:
    row = conn.execute(statement.encode(), values).fetchone()
    assert row is not None  # noqa: S101 - all of these return a row
    return row
