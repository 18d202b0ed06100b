"""Millions of work orders with the events that made them, put in by the database itself.

What is over was settled in the grid and confirmed; what waits does so in the grid, in the
community, in the street or with a department. Each row is what its events come to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from runtime.workorders.workflows import Versions, newest_workflow

# So many of a thousand still wait.
WAITING_PER_MILLE: Final = 30
DAYS: Final = 365
DEPARTMENTS: Final = ("lighting", "roads", "water")

_TABLES: Final = ("work_order", "work_order_event", "work_order_fact", "work_order_department")

_KEYS: Final = """
-- indexes that no constraint stands on: made anew afterwards, that is quicker
select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made_by
  from pg_index i
 where i.indrelid = any(%(tables)s::regclass[])
   and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""

_MADE: Final[LiteralString] = """
create temporary table made as
select n,
       (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
           || '7' || lpad(to_hex(n & 4095), 3, '0')
           || '8' || lpad(to_hex(n), 15, '0'))::uuid as order_id,
       (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
           || '7' || lpad(to_hex(n & 4095), 3, '0')
           || '9' || lpad(to_hex(n), 15, '0'))::uuid as report_id,
       at, 'G' || g as grid_id, 'W' || g as worker_id, 300027000 + g as lat_e7,
       (array['hygiene', 'lamp', 'road', 'greenery'])[1 + n %% 4] as category,
       -- 0 over; 1 in the grid; 2 in the community; 3 in the street; 4 with a department
       case when n %% 1000 >= %(waiting)s then 0 else 1 + n %% 1000 / 4 %% 4 end as kind,
       case when n %% 1000 < %(waiting)s and n %% 1000 / 4 %% 4 = 3
            then (%(departments)s::text[])[1 + n %% 3] end as department_id
  from (select n, 1 + n %% %(grids)s as g,
               -- What waits is of the last days.
               date_trunc('milliseconds', now()) - case when n %% 1000 < %(waiting)s
                   then make_interval(secs => 60 + n %% 500000)
                   else make_interval(secs => 600000 + n * %(step)s::float8) end as at
          from generate_series(1, %(count)s::integer) n) numbers
"""

_STEPS: Final[LiteralString] = """
create temporary table steps as
select * from (values
    (0, 1, 'open', 'open', null, 'grid', 'handle'),
    (0, 2, 'settle', 'settle', 'grid', 'checking', 'verify'),
    (0, 3, 'confirm', 'confirm', 'checking', 'closed', 'closed'),
    (1, 1, 'open', 'open', null, 'grid', 'handle'),
    (2, 1, 'open', 'open', null, 'grid', 'handle'),
    (2, 2, 'climb', 'climb', 'grid', 'community', 'handle'),
    (3, 1, 'open', 'open', null, 'grid', 'handle'),
    (3, 2, 'climb', 'climb', 'grid', 'community', 'handle'),
    (3, 3, 'climb', 'climb', 'community', 'street', 'dispatch'),
    (4, 1, 'open', 'open', null, 'grid', 'handle'),
    (4, 2, 'climb', 'climb', 'grid', 'community', 'handle'),
    (4, 3, 'climb', 'climb', 'community', 'street', 'dispatch'),
    (4, 4, 'dispatch', 'dispatch', 'street', 'accepting', 'accept')
) steps (of_kind, revision, what, act, from_step, step, step_kind)
"""

_EVENTS: Final[LiteralString] = """
insert into work_order_event
       (order_id, revision, at, kind, act, worker_id, party, from_step, step, step_kind, category,
        severity, workflow_version, grid_id, department_id, due_soon_at, due_at, handle_due_at,
        close_due_at, reason, photos, lat_e7, lon_e7, accuracy_dm, age_s, report_id,
        reporter_worker)
select m.order_id, s.revision, m.at + (s.revision - 1) * interval '10 minutes', s.what, s.act,
       m.worker_id, case when s.revision = 1 then 'reporter' else 'grid' end, s.from_step, s.step,
       s.step_kind, m.category, 'normal', 1, m.grid_id,
       case when s.step = 'accepting' then m.department_id end,
       case when s.step <> 'closed' then m.at + interval '10 days' end,
       case when s.step <> 'closed' then m.at + interval '12 days' end,
       m.at + interval '12 days', m.at + interval '15 days',
       case when s.what = 'climb' then 'beyond_means' end,
       -- The digests of photos have an index of their own, which takes long to make.
       case when m.n % 20 = 0 and s.what in ('open', 'settle', 'confirm')
            then array[md5(m.n::text) || md5(s.revision::text)] else '{}' end,
       case when s.revision = 1 then m.lat_e7 end, case when s.revision = 1 then 1040031500 end,
       case when s.revision = 1 then 60 end, case when s.revision = 1 then 0 end,
       case when s.revision = 1 then m.report_id end,
       case when s.revision = 1 then m.worker_id end
  from made m join steps s on s.of_kind = m.kind
"""

_ORDERS: Final[LiteralString] = """
insert into work_order
       (order_id, revision, workflow_version, category, severity, step, step_kind, level, holder,
        grid_id, department_id, reporter_worker, lat_e7, lon_e7, accuracy_dm, age_s, opened_at,
        entered_at, changed_at, due_soon_at, due_at, handle_due_at, close_due_at, handled_at,
        handled_by_worker, is_settled, ended_at)
select m.order_id, s.revision, 1, m.category, 'normal', s.step, s.step_kind,
       case when kind > 0 then (array['grid', 'community', 'street', 'department'])[kind] end,
       case when kind > 0 then (array['grid', 'community', 'street', 'department'])[kind] end,
       m.grid_id, m.department_id, m.worker_id, m.lat_e7, 1040031500, 60, 0, m.at,
       m.at + (s.revision - 1) * interval '10 minutes',
       m.at + (s.revision - 1) * interval '10 minutes',
       case when kind > 0 then m.at + interval '10 days' end,
       case when kind > 0 then m.at + interval '12 days' end,
       m.at + interval '12 days', m.at + interval '15 days',
       case when kind = 0 then m.at + interval '10 minutes' end,
       case when kind = 0 then m.worker_id end, kind = 0,
       case when kind = 0 then m.at + interval '20 minutes' end
  from made m
  join (select of_kind, max(revision) as revision, (array_agg(step order by revision desc))[1] as step,
               (array_agg(step_kind order by revision desc))[1] as step_kind
          from steps group by of_kind) s on s.of_kind = m.kind
"""

# Of what is over: reported and at once valid, settled, and done long before it is due.
_FACTS: Final[LiteralString] = """
insert into work_order_fact
select m.order_id, f.fact, m.at + f.later, m.at + f.since, coalesce(m.at + f.until, '9999-01-01Z'),
       m.grid_id, m.category, null
  from made m
 cross join (values
    ('valid', interval '0', interval '0', interval '20 minutes'),
    ('self_closed', '0', '20 minutes', null),
    ('settled', '10 minutes', '10 minutes', null),
    ('handled_in_time', '12 days', '20 minutes', null),
    ('due_closed', '15 days', '20 minutes', null)
 ) f (fact, later, since, until)
 where m.kind = 0
"""

# What waits is valid, by department since it was dispatched, and will be due as it stands.
_FACTS_OF_WAITING: Final[LiteralString] = """
insert into work_order_fact
select m.order_id, f.fact, m.at + f.later, m.at + f.since, coalesce(m.at + f.until, '9999-01-01Z'),
       m.grid_id, m.category, case when f.since >= interval '30 minutes' then m.department_id end
  from made m
 cross join lateral (
    select 'valid', interval '0', interval '0', case when m.kind = 4 then interval '30 minutes' end
    union all
    select 'valid', interval '0', interval '30 minutes', null where m.kind = 4
    union all
    select 'handled_late', '12 days', (m.kind - 1) * interval '10 minutes', null
    union all
    select 'due_open', '15 days', (m.kind - 1) * interval '10 minutes', null
 ) f (fact, later, since, until)
 where m.kind > 0
"""

_DISPATCHED: Final[LiteralString] = """
insert into work_order_department
select department_id, at, order_id from made where department_id is not null
"""


def fill_orders(dsn: str, *, count: int, grids: int) -> None:
    """Put in so many orders of a year, over a district that is there."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        newest_workflow(conn, Versions())
        for one in DEPARTMENTS:
            conn.execute("insert into department (department_id, name) values (%s, %s)", (one, one))
        with _without_keys(conn):
            conn.execute(
                _MADE,
                {
                    "count": count,
                    "grids": grids,
                    "waiting": WAITING_PER_MILLE,
                    "departments": list(DEPARTMENTS),
                    "step": DAYS * 86_400 / count,
                },
            )
            for statement in (_STEPS, _EVENTS, _ORDERS, _FACTS, _FACTS_OF_WAITING, _DISPATCHED):
                conn.execute(statement)
        for table in _TABLES:
            conn.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))


@contextmanager
def _without_keys(conn: psycopg.Connection) -> Iterator[None]:
    """Drop the indexes while rows come, and what looks at each row; make them again."""
    keys = conn.execute(_KEYS, {"tables": list(_TABLES)}).fetchall()
    conn.execute("set session_replication_role = replica")
    conn.execute("set synchronous_commit = off")
    conn.execute("set maintenance_work_mem = '512MB'")
    for name, _ in keys:
        conn.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
    yield
    for _, made_by in keys:
        conn.execute(made_by.encode())
