"""What is to be told of orders: overdue, returned, new, and each event for other systems."""

from datetime import datetime
from typing import Any, Final

import psycopg

from runtime.workorders.acting import escalate_due
from runtime.workorders.workflows import Versions

# So many orders are escalated at one look; what is left follows at the next one.
MOST_ESCALATED: Final = 500

FIND_OVERDUE: Final = """
-- orders whose time is up for whoever has them
insert into notice (kind, occasion, order_id, revision, grid_id, department_id, began_at)
select 'report_overdue',
       'report_overdue:' || o.order_id || ':' || extract(epoch from o.due_at)::bigint,
       o.order_id, o.revision, o.grid_id,
       case when o.holder = 'department' then o.department_id end, o.due_at
  from v1_work_order o
 where o.ended_at is null
   and o.paused_at is null
   and o.due_at <= now()
   and not exists (select from notice n
                    where n.order_id = o.order_id
                      and n.kind = 'report_overdue'
                      and n.began_at = o.due_at)
on conflict (occasion) do nothing
"""

FIND_CHANGED: Final = """
-- orders that came back to whoever had handled them, or that have come to somebody; of these no
-- more than somebody is to be told of
insert into notice (kind, occasion, order_id, revision, grid_id, department_id, began_at)
select found.kind, found.kind || ':' || e.order_id || ':' || e.revision,
       e.order_id, e.revision, e.grid_id,
       case when o.holder = 'department' then o.department_id end, e.at
  from order_sweep s
  join v1_work_order_event e on e.written_at > s.swept_to - interval '5 minutes'
  join v1_work_order o using (order_id)
 cross join lateral (
       select 'order_returned' as kind
        where e.kind in ('return', 'fail', 'reopen')
        union all
       select 'order_new'
        where e.step is distinct from e.from_step
          and exists (select from notice_rule r
                       where r.kind = 'order_new'
                         and r.rule_id in (select rule_id from v1_rule_in_force)
                         and r.created_at <= e.written_at)
 ) found
 where o.revision = e.revision
   and o.ended_at is null
on conflict (occasion) do nothing
"""

TELL_EVENTS: Final = """
-- each event once, with a delivery by each rule that asks for it
with matching as (
    select e.order_id, e.revision, e.grid_id, e.department_id, e.at, r.rule_id
      from order_sweep s
      join v1_work_order_event e on e.written_at > s.swept_to - interval '5 minutes'
      join notice_rule r
        on r.kind = 'order_event'
       and r.rule_id in (select rule_id from v1_rule_in_force)
       and r.created_at <= e.written_at
       and (r.department_id is null or r.department_id = e.department_id)
       and (r.grid_id is null or r.grid_id = e.grid_id)
       and (r.area_id is null or exists (
                select from v1_area_grid a
                 where a.area_id = r.area_id and a.grid_id = e.grid_id))
), told as (
    insert into notice (kind, occasion, order_id, revision, grid_id, department_id, began_at,
                        ended_at)
    select distinct 'order_event', 'order_event:' || order_id || ':' || revision,
           order_id, revision, grid_id, department_id, at, now()
      from matching
    on conflict (occasion) do nothing
    returning notice_id, order_id, revision
)
insert into notice_delivery (notice_id, rule_id, due_at)
select t.notice_id, m.rule_id, now()
  from told t
  join matching m using (order_id, revision)
"""

SWEPT: Final = """
update order_sweep set swept_to = greatest(swept_to, now())
"""

END: Final = """
-- what is over: handled, moved on, or standing still by somebody's word
update notice n
   set ended_at = now()
 where n.ended_at is null
   and n.order_id is not null
   and not exists (
       select from work_order o
        where o.order_id = n.order_id
          and o.ended_at is null
          and case when n.kind = 'report_overdue'
                   then o.paused_at is null and o.due_at = n.began_at
                   else o.entered_at <= n.began_at
              end)
"""

Connection = psycopg.Connection[Any]


def escalate(conn: Connection, versions: Versions, *, now: datetime) -> int:
    """Write down what time has done to orders; return how many it was.

    It is written with the moment at which it was due, however long nobody has looked.
    """
    return escalate_due(conn, versions, now=now, most=MOST_ESCALATED)


def find_orders(conn: Connection) -> int:
    """Note what is to be told of orders, and what is over; return how much is new."""
    conn.execute(END)
    found = conn.execute(FIND_OVERDUE).rowcount + conn.execute(FIND_CHANGED).rowcount
    found += conn.execute(TELL_EVENTS).rowcount
    conn.execute(SWEPT)
    return found
