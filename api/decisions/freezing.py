"""What is asked of the database when months are frozen and opened again."""

from typing import Final

CHANGE_MONTHS: Final = """
-- nobody stores a result meanwhile, and nobody else freezes or opens a month
select change_months()
"""

MAY_FREEZE: Final = """
-- whether an area is within the subtrees of whoever asks; without one, whether everything is
select case when %(area_id)s::text is null
            then exists (select from v1_my_role
                          where area_id is null and grid_id is null and role <> 'worker')
            else exists (select from v1_my_area where area_id = %(area_id)s) end
"""

IS_OVER: Final = """
-- whether a month is over, everywhere on Earth
select %(month)s::date + interval '1 month' <= now() at time zone 'UTC' - interval '12 hours'
"""

_DAYS = """
with recursive below as (
    select a.area_id from area a where a.area_id = %(area_id)s
    union
    select a.area_id from area a join below b on a.parent_id = b.area_id
),
days as (
    select distinct d.worker_id, d.day
      from duty_window d
      join grid g using (grid_id)
     where d.day >= %(month)s::date
       and d.day < %(month)s::date + interval '1 month'
       and (%(area_id)s::text is null or g.area_id in (select area_id from below))
)
"""

OPEN: Final = (
    """
-- what is still open of a month
"""
    + _DAYS
    + """
select count(*) filter (where c.worker_id is null)::integer as without_result,
       count(*) filter (where c.worker_id is not null and not c.is_current)::integer as waiting,
       coalesce(sum(c.pending_corrections), 0)::integer as pending
  from days d
  left join v1_compliance c using (worker_id, day)
"""
)

FROZEN_NOW: Final = """
-- the freeze of an area and month that holds now
select freeze_id from frozen_month
 where month = %(month)s and area_id is not distinct from %(area_id)s and released_at is null
   for update
"""

FREEZE: Final = """
-- a month is to change no more
insert into frozen_month (area_id, month, frozen_by) values (%(area_id)s, %(month)s, %(by)s)
returning freeze_id
"""

FREEZE_DAYS: Final = (
    """
-- its worker-days, but for those that another freeze has
"""
    + _DAYS
    + """
insert into frozen_day (worker_id, day, freeze_id)
select c.worker_id, c.day, %(freeze_id)s
  from days
  join daily_compliance c using (worker_id, day)
on conflict do nothing
"""
)

MONTHS: Final = """
-- freezes that whoever asks may see
select f.freeze_id, f.area_id, f.month, f.frozen_by, f.frozen_at, f.released_at, f.days,
       f.differing_days, f.frozen_at + make_interval(days => %(appeal_days)s) as appeal_until
  from v1_frozen_month f
 where (%(month)s::date is null or f.month = %(month)s)
   and (%(freeze_id)s::bigint is null or f.freeze_id = %(freeze_id)s)
   and (f.area_id is null
        or f.area_id in (select area_id from v1_my_area)
        or exists (select from v1_frozen_day d
                     join v1_seen_day s using (worker_id, day)
                    where d.freeze_id = f.freeze_id))
 order by f.month, f.freeze_id
"""

PROPOSE: Final = """
-- somebody wants a month opened
insert into unlocking (freeze_id, worker_id, status, reason_code, text, proposed_by)
values (%(freeze_id)s, %(worker_id)s, 'pending', %(code)s, %(text)s, %(by)s)
returning unlocking_id
"""

_UNLOCKING = """
select unlocking_id, freeze_id, area_id, month, worker_id, status, reason_code, text, proposed_by,
       proposed_at, decided_by, decided_at, released_days, revision
  from v1_unlocking u
 where (u.area_id in (select area_id from v1_my_area)
        or exists (select from v1_my_role
                    where area_id is null and grid_id is null and role <> 'worker')
        or u.worker_id in (select worker_id from v1_my_worker))
"""

UNLOCKINGS: Final = (
    """
-- unlockings that whoever asks may see
"""
    + _UNLOCKING
    + """
   and (%(month)s::date is null or month = %(month)s)
   and (%(status)s::text is null or status = %(status)s)
 order by unlocking_id
"""
)

UNLOCKING: Final = (
    """
-- one of them
"""
    + _UNLOCKING
    + " and unlocking_id = %(unlocking_id)s"
)

DECIDE: Final = """
-- by a second person
update unlocking
   set status = %(status)s, decided_by = %(decided_by)s, decided_at = now(),
       revision = revision + 1, released_days = %(released_days)s
 where unlocking_id = %(unlocking_id)s
returning unlocking_id
"""

RELEASE: Final = """
-- what would be by now is stored by the judge again
with gone as (
    delete from frozen_day f
     where f.freeze_id = %(freeze_id)s
       and (%(worker_id)s::text is null or f.worker_id = %(worker_id)s)
    returning f.worker_id, f.day
),
known as (
    delete from recomputed_day r using gone g
     where r.worker_id = g.worker_id and r.day = g.day
    returning r.worker_id, r.day
),
marked as (
    insert into dirty_day (worker_id, day) select worker_id, day from known
    returning worker_id
)
select (select count(*) from gone)::integer as days,
       (select count(*) from marked)::integer as marked
"""

RELEASE_MONTH: Final = """
-- nothing of it is frozen any more
update frozen_month set released_at = now() where freeze_id = %(freeze_id)s
"""

DIFFERENCES: Final = """
-- in what a frozen worker-day differs from what is known now
select differs.name, (to_jsonb(c)->differs.name)::text as frozen,
       (r.result->differs.name)::text as recomputed
  from v1_recomputed_day r
  join daily_compliance c using (worker_id, day)
 cross join unnest(r.differs_in) differs (name)
 where r.worker_id = %(worker_id)s and r.day = %(day)s
 order by differs.name
"""

RECOMPUTED: Final = """
-- whether a worker-day is frozen, and when it was judged since
select c.is_frozen, r.assessed_at
  from v1_compliance c
  left join v1_recomputed_day r using (worker_id, day)
 where c.worker_id = %(worker_id)s
   and c.day = %(day)s
   and (c.worker_id, c.day) in (select worker_id, day from v1_seen_day)
"""
