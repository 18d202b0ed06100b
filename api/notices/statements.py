"""What is asked of notices and rules; always within the reach of whoever asks."""

NOTICES = """
-- notices of grids that the caller may see, and the own ones, the newest first
select notice_id, kind, worker_id, worker_name, terminal_id, grid_id, began_at, found_at, ended_at,
       fix_epoch, lat_deg, lon_deg, accuracy_m, seen_by, seen_at, order_id, revision,
       department_id, category, severity, step, act
  from v1_notice n
 where (grid_id in (select grid_id from v1_my_grid)
        or grid_id is null and (select sees_all from v1_my_reach)
        or worker_id in (select worker_id from v1_my_worker))
   -- What happens all day is for those who ask for it.
   and (case when %(kind)s::text is not null then kind = %(kind)s
             else kind not in ('order_new', 'order_event') or %(notice_id)s::bigint is not null
        end)
   and (not %(open)s or ended_at is null and seen_at is null)
   and (%(before)s::bigint is null or notice_id < %(before)s)
   and (%(after)s::bigint is null or notice_id > %(after)s)
   and (%(notice_id)s::bigint is null or notice_id = %(notice_id)s)
 order by notice_id desc
 limit %(limit)s
"""

NEWEST = """
-- the last number given, for streams that wait for the next
select coalesce(max(notice_id), 0) as newest from v1_notice
"""

SEE = """
-- taken up by the first who says so; a call for help is over with that
update notice
   set seen_by = %(reader)s, seen_at = now(),
       ended_at = case when kind = 'sos' then coalesce(ended_at, now()) else ended_at end
 where notice_id = %(notice_id)s and seen_at is null
"""

RULES = """
-- rules about grids and areas within the caller's reach
select rule_id, kind, area_id, grid_id, department_id, channel, target, delay_s, quiet_from, quiet_to, is_active,
       created_by, revision
  from notice_rule
 where (grid_id in (select grid_id from v1_my_grid)
        or area_id in (select area_id from v1_my_area)
        or area_id is null and grid_id is null and (select sees_all from v1_my_reach))
   and (%(rule_id)s::text is null or rule_id = %(rule_id)s)
 order by rule_id
"""

IS_DEPARTMENT = """
-- whether there is such a department
select exists (select from v1_department where department_id = %(department_id)s)
"""

IS_TAKEN = """
-- whether there is such a rule, within the caller's reach or not
select exists (select from notice_rule where rule_id = %(rule_id)s)
"""

REACHES = """
-- whether what a rule is to be about lies within the caller's reach
select case when %(grid_id)s::text is not null
                 then %(grid_id)s in (select grid_id from v1_my_grid)
            when %(area_id)s::text is not null
                 then %(area_id)s in (select area_id from v1_my_area)
            else (select sees_all from v1_my_reach)
       end
"""

MAKE = """
insert into notice_rule (rule_id, kind, area_id, grid_id, department_id, channel, target, secret,
                         delay_s, quiet_from, quiet_to, is_active, created_by)
values (%(rule_id)s, %(kind)s, %(area_id)s, %(grid_id)s, %(department_id)s, %(channel)s, %(target)s, %(secret)s,
        %(delay_s)s, %(quiet_from)s, %(quiet_to)s, %(is_active)s, %(reader)s)
on conflict (rule_id) do nothing
"""

CHANGE = """
update notice_rule
   set kind = %(kind)s, area_id = %(area_id)s, grid_id = %(grid_id)s,
       department_id = %(department_id)s, target = %(target)s,
       delay_s = %(delay_s)s, quiet_from = %(quiet_from)s, quiet_to = %(quiet_to)s,
       is_active = %(is_active)s, revision = revision + 1
 where rule_id = %(rule_id)s and revision = %(revision)s and channel = %(channel)s
"""

REMOVE = """
delete from notice_rule where rule_id = %(rule_id)s
"""

DELIVERIES = """
-- what became of the newest notices of a rule
select notice_id, state, attempts, due_at, said, settled_at
  from notice_delivery
 where rule_id = %(rule_id)s
 order by delivery_id desc
 limit 100
"""
