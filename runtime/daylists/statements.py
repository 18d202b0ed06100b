"""What is asked of the database for lists of days: views alone, so that the API may ask, too."""

from typing import Final, LiteralString

LISTS: Final[LiteralString] = """
-- for each worker-day asked for: its places, its orders, and what evidence there is
with asked as (
    select * from unnest(%(workers)s::text[], %(days)s::date[]) as a (worker_id, day)
), on_duty as (
    -- who are in a grid on the same day share its premises in turn
    select d.*,
           row_number() over (partition by day, grid_id order by worker_id) - 1 as turn,
           count(*) over (partition by day, grid_id) as workers
      from (select worker_id, day, grid_id, min(start_at) as start_at, max(end_at) as end_at
              from v1_duty
             where day = any(%(days)s::date[])
             group by worker_id, day, grid_id) d
), mine as (
    select o.* from on_duty o join asked using (worker_id, day)
), placed as (
    select m.worker_id, m.day, m.turn, m.workers, p.kind, p.key, p.name, p.geometry, p.category,
           p.every_days, w.reason as wish, s.last_on,
           row_number() over (partition by m.worker_id, m.day, m.grid_id, p.kind
                              order by s.last_on nulls first, p.key) - 1 as place
      from mine m
      join v1_day_place p using (grid_id)
      left join v1_wished_task w
        on w.worker_id = m.worker_id and w.day = m.day and w.kind = p.kind and w.key = p.key
      left join lateral (select max(v.day) as last_on
                           from v1_day_sight v
                          where v.kind = p.kind and v.key = p.key and v.day < m.day) s on true
     where p.kind <> 'check' or p.every_days is not null or w.reason is not null
), chosen as (
    select p.worker_id, p.day, p.kind, p.key, p.name, p.geometry, p.category, p.every_days,
           p.wish, p.last_on,
           (select max(v.at) from v1_day_sight v
             where v.kind = p.kind and v.key = p.key and v.day = p.day) as seen_at
      from placed p
     where p.kind <> 'visit'
        or p.wish is not null
        or (p.place %% p.workers = p.turn and p.place / p.workers < %(premises)s)
), waiting as (
    -- a report is verified by whoever made it; in that one's absence, by who is in the grid
    select m.worker_id, m.day, o.order_id, o.step_kind, o.category, o.lat_deg, o.lon_deg, o.due_at,
           null::timestamptz as done_at
      from mine m
      join v1_work_order o using (grid_id)
     where o.ended_at is null
       and o.paused_at is null
       and (o.holder = 'grid'
            or (o.holder = 'reporter'
                and not exists (select from on_duty r
                                 where r.day = m.day
                                   and r.grid_id = m.grid_id
                                   and r.worker_id = o.reporter_worker
                                   and r.worker_id <> m.worker_id)))
     union
    select a.worker_id, a.day, o.order_id, o.step_kind, o.category, o.lat_deg, o.lon_deg, o.due_at,
           null
      from asked a
      join v1_work_order o on o.reporter_worker = a.worker_id
     where o.ended_at is null
       and o.paused_at is null
       and o.holder = 'reporter'
), handled as (
    select m.worker_id, m.day, o.order_id,
           case when e.kind in ('confirm', 'fail') then 'verify' else 'handle' end as step_kind,
           o.category, o.lat_deg, o.lon_deg, null::timestamptz as due_at, max(e.at) as done_at
      from (select worker_id, day, min(start_at) as start_at, max(end_at) as end_at
              from mine
             group by worker_id, day) m
      join v1_work_order_event e
        on e.at >= m.start_at
       and e.at < m.end_at
       and e.worker_id = m.worker_id
       and e.kind in ('settle', 'climb', 'confirm', 'fail')
      join v1_work_order o using (order_id)
     group by 1, 2, 3, 4, 5, 6, 7
)
select a.worker_id,
       a.day,
       (select jsonb_agg(g.outline order by m.start_at, m.grid_id)
          from mine m
          join v1_grid_outline g using (grid_id)
         where m.worker_id = a.worker_id and m.day = a.day) as outlines,
       (select c.unknown_s from v1_compliance c
         where c.worker_id = a.worker_id and c.day = a.day) as unknown_s,
       (select jsonb_agg(t ->> 'name')
          from v1_coverage c, jsonb_array_elements(c.targets) t
         where c.worker_id = a.worker_id and c.day = a.day
           and c.kind = 'checkpoints' and t ->> 'reach' = 'not_reached') as not_reached,
       (select jsonb_agg(to_jsonb(p) - 'worker_id' - 'day')
          from chosen p where p.worker_id = a.worker_id and p.day = a.day) as places,
       (select jsonb_agg(to_jsonb(o) - 'worker_id' - 'day')
          from (select * from waiting w
                 where (w.worker_id, w.day, w.order_id)
                       not in (select worker_id, day, order_id from handled)
                 union all
                select * from handled) o
         where o.worker_id = a.worker_id and o.day = a.day) as orders
  from asked a
"""

NEWEST_WORKFLOW: Final[LiteralString] = """
-- that of new orders; none while no order was ever opened and none was loaded
select version, toml from v1_workflow order by version desc limit 1
"""
