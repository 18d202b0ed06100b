"""What is asked and written of wishes; the list itself is of runtime.daylists."""

from typing import Final

IS_SEEN: Final = """
-- whether whoever asks may see this worker-day
select exists (select from v1_seen_day where worker_id = %(worker_id)s and day = %(day)s)
"""

IS_PLANNED: Final = """
-- whether whoever asks plans in a grid of this worker-day
select exists (select from v1_duty
                where worker_id = %(worker_id)s and day = %(day)s
                  and grid_id in (select grid_id from v1_my_grid))
"""

WISHES: Final = """
-- what supervisors ask for on a worker-day
select wish_id, kind, key, reason, made_by, made_at
  from v1_wished_task
 where worker_id = %(worker_id)s and day = %(day)s
   and (%(wish_id)s::bigint is null or wish_id = %(wish_id)s)
 order by wish_id
"""

IS_PLACE: Final = """
-- whether there is such a thing in a grid of this duty in which whoever asks plans
select exists (select from v1_day_place p
                 join v1_duty d using (grid_id)
                where d.worker_id = %(worker_id)s and d.day = %(day)s
                  and p.kind = %(kind)s and p.key = %(key)s
                  and p.grid_id in (select grid_id from v1_my_grid))
"""

MAKE: Final = """
-- once for each thing and day
insert into wished_task (worker_id, day, kind, key, reason, made_by)
values (%(worker_id)s, %(day)s, %(kind)s, %(key)s, %(reason)s, %(made_by)s)
on conflict (worker_id, day, kind, key) do nothing
returning wish_id, kind, key, reason, made_by, made_at
"""

WITHDRAW: Final = """
delete from wished_task where wish_id = %(wish_id)s
"""
