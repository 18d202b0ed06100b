"""What is to be told now: found by SQL, once for each occasion."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from api.notices.settings import NoticeSettings
from api.notices.timing import after_quiet

# Calls that came while nobody listened, for as long as somebody may still need help.
_SOS_KEPT = timedelta(days=1)

FIND_SOS = """
-- calls for help that nobody has been told of
insert into notice (kind, occasion, worker_id, terminal_id, grid_id, began_at,
                    fix_epoch, fix_lat_e7, fix_lon_e7, fix_accuracy_dm)
select 'sos', 'sos:' || terminal_id || ':' || event_id, worker_id, terminal_id, grid_id, at,
       fix_epoch, fix_lat_e7, fix_lon_e7, fix_accuracy_dm
  from v1_sos
 where received_at > now() - %(kept)s::interval
on conflict (occasion) do nothing
"""

FIND_OUTSIDE = """
-- workers who have been outside for long enough
insert into notice (kind, occasion, worker_id, grid_id, began_at)
select 'outside', 'outside:' || worker_id || ':' || extract(epoch from since_at)::bigint,
       worker_id, grid_id, since_at
  from v1_outside_now
 where since_at <= now() - make_interval(secs => %(after_s)s)
on conflict (occasion) do nothing
"""

FIND_SILENT = """
-- terminals that have not been heard for long enough
insert into notice (kind, occasion, worker_id, terminal_id, grid_id, began_at)
select 'silent', 'silent:' || terminal_id || ':' || extract(epoch from since_at)::bigint,
       worker_id, terminal_id, grid_id, since_at
  from v1_unheard_now
 where since_at <= now() - make_interval(secs => %(after_s)s)
on conflict (occasion) do nothing
"""

END = """
-- what is over: back in the grid, heard again, off duty
update notice n
   set ended_at = now()
 where n.ended_at is null
   and (n.kind = 'outside' and not exists (
            select from v1_outside_now o
             where o.worker_id = n.worker_id and o.since_at = n.began_at)
     or n.kind = 'silent' and not exists (
            select from v1_unheard_now u
             where u.terminal_id = n.terminal_id and u.since_at = n.began_at))
"""

UNROUTED = """
-- whom to tell of what has no delivery yet
with recursive above as (
    select grid_id as of_grid, area_id from grid where area_id is not null
    union
    select b.of_grid, a.parent_id from above b join area a using (area_id)
     where a.parent_id is not null
)
select n.notice_id, n.kind, n.found_at, r.rule_id, r.delay_s, r.quiet_from, r.quiet_to
  from notice n
  join notice_rule r
    on r.kind = n.kind
   and r.rule_id in (select rule_id from v1_rule_in_force)
   and r.created_at <= n.found_at
   and (r.grid_id is null or r.grid_id = n.grid_id)
   and (r.department_id is null or r.department_id = n.department_id)
   and (r.area_id is null or exists (
            select from above b where b.of_grid = n.grid_id and b.area_id = r.area_id))
 where n.ended_at is null
   and not exists (select from notice_delivery d
                    where d.notice_id = n.notice_id and d.rule_id = r.rule_id)
"""

ROUTE = """
insert into notice_delivery (notice_id, rule_id, due_at)
values (%(notice_id)s, %(rule_id)s, %(due_at)s)
on conflict (notice_id, rule_id) do nothing
"""

PASSED = """
-- what was over before it was to be told, or whose rule holds no more
update notice_delivery d
   set state = 'passed', settled_at = now()
  from notice n
 where d.state = 'waiting'
   and n.notice_id = d.notice_id
   and (d.attempts = 0 and n.ended_at is not null and n.kind not in ('sos', 'order_event')
        or d.rule_id not in (select rule_id from v1_rule_in_force))
"""

CLAIM = """
-- what is due, calls for help first; whoever claims it has it for as long as sending may take
with due as (
    select d.delivery_id
      from notice_delivery d
      join notice n using (notice_id)
     where d.state = 'waiting' and d.due_at <= now()
       and d.rule_id in (select rule_id from v1_rule_in_force)
     order by n.kind <> 'sos', d.due_at
     limit %(most)s
       for update of d skip locked
)
update notice_delivery d
   set attempts = d.attempts + 1, due_at = now() + make_interval(secs => %(held_s)s)
  from due, v1_notice n, notice_rule r
 where d.delivery_id = due.delivery_id
   and n.notice_id = d.notice_id
   and r.rule_id = d.rule_id
returning d.delivery_id, d.attempts, r.channel, r.target, r.secret,
          n.notice_id, n.kind, n.worker_id, n.terminal_id, n.grid_id, n.began_at, n.found_at,
          n.ended_at, n.fix_epoch, n.lat_deg, n.lon_deg, n.accuracy_m, n.order_id, n.revision,
          n.department_id, n.act_kind, n.act, n.from_step, n.step, n.step_kind, n.category,
          n.severity, n.reason, n.due_at as order_due_at, n.order_lat_deg, n.order_lon_deg
"""

SETTLE = """
update notice_delivery
   set state = %(state)s, said = %(said)s, settled_at = now()
 where delivery_id = %(delivery_id)s
"""

AGAIN = """
-- later once more, unless it has been tried for too long
update notice_delivery d
   set said = %(said)s,
       state = case when n.found_at < now() - make_interval(secs => %(give_up_s)s)
                    then 'given_up' else 'waiting' end,
       settled_at = case when n.found_at < now() - make_interval(secs => %(give_up_s)s)
                         then now() end,
       due_at = now() + make_interval(secs => %(pause_s)s)
  from notice n
 where d.delivery_id = %(delivery_id)s and n.notice_id = d.notice_id
"""

Connection = psycopg.Connection[Any]


def find_sos(conn: Connection) -> int:
    """Note calls for help; return how many are new."""
    return conn.execute(FIND_SOS, {"kept": _SOS_KEPT}).rowcount


def find_others(conn: Connection, settings: NoticeSettings) -> int:
    """Note who is outside and what is silent, and what is over; return how many are new."""
    conn.execute(END)
    found = conn.execute(FIND_OUTSIDE, {"after_s": settings.outside_s}).rowcount
    found += conn.execute(FIND_SILENT, {"after_s": settings.silent_s}).rowcount
    conn.execute(PASSED)
    return found


def route(conn: Connection, zone: ZoneInfo) -> int:
    """Decide when each rule tells of what is new; return how many deliveries that makes."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(UNROUTED).fetchall()
    for row in rows:
        due_at: datetime = row["found_at"] + timedelta(seconds=row["delay_s"])
        if row["kind"] != "sos" and row["quiet_from"] is not None:
            due_at = after_quiet(due_at, (row["quiet_from"], row["quiet_to"]), zone)
        conn.execute(ROUTE, {**row, "due_at": due_at})
    return len(rows)


def claim(conn: Connection, *, most: int, held_s: float) -> list[dict[str, Any]]:
    """Return what is due, for the caller alone until `held_s` from now."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(CLAIM, {"most": most, "held_s": held_s}).fetchall()
