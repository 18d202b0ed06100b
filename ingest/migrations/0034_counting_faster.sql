-- Worker-days counted and read faster: what the planner is to know, and views that it plans once.

-- How many worker-days there are: from their columns alone the planner takes a tenth, and sorts
-- what would fit into a table in memory.
create statistics duty_window_days (ndistinct) on worker_id, day, grid_id from duty_window;
analyze duty_window;

-- As before. Without `offset 0` what corrections add is taken into each of the columns that it
-- enters, and planned ten times.
create or replace view v1_compliance as
select c.worker_id,
       w.name                   as worker_name,
       c.day,
       c.grid_ids,
       c.duty_s,
       c.inside_s,
       c.outside_s,
       c.unknown_s,
       c.inside_low_s  as presence_low_s,
       c.inside_high_s as presence_high_s,
       c.presence_verdict,
       c.presence_reason,
       c.visit_s,
       c.visit_low_s,
       c.visit_high_s,
       c.visit_verdict,
       c.visit_reason,
       c.fixes,
       c.rules_version,
       c.assessed_at,
       not exists (
           select from dirty_day d where d.worker_id = c.worker_id and d.day = c.day
       )                        as is_current,
       c.excused_s,
       c.plausible_s,
       c.presence_code,
       c.presence_values,
       c.visit_code,
       c.visit_values,
       c.parameters_version,
       c.coverage_kind,
       c.coverage_share,
       c.coverage_low,
       c.coverage_high,
       c.coverage_verdict,
       c.coverage_reason,
       c.coverage_code,
       c.coverage_values,
       c.visit_a_s,
       c.visit_b_s,
       c.visit_c_s,
       -- What holds after corrections; as measured where there are none.
       coalesce(k.inside_s, c.inside_s)                        as decided_inside_s,
       case when k.inside_s is null then c.presence_verdict
            else decided_verdict(k.inside_s, k.inside_s, c.presence_values, c.presence_code,
                                 c.presence_verdict) end       as decided_presence_verdict,
       v.decided_s                                             as decided_visit_s,
       v.low_s                                                 as decided_visit_low_s,
       v.high_s                                                as decided_visit_high_s,
       case when k.visit_s is null and x.more_s = 0 then c.visit_verdict
            else decided_verdict(v.low_s, v.high_s, c.visit_values, c.visit_code,
                                 c.visit_verdict) end          as decided_visit_verdict,
       coalesce(k.in_force, 0)                                 as corrections,
       coalesce(k.pending, 0)                                  as pending_corrections,
       f.worker_id is not null                                 as is_frozen,
       coalesce(r.differs_in, '{}')                            as recomputed_differs_in
  from daily_compliance c
  join worker w using (worker_id)
  left join corrected_day k on k.worker_id = c.worker_id and k.day = c.day
  left join frozen_day f on f.worker_id = c.worker_id and f.day = c.day
  left join recomputed_day r on r.worker_id = c.worker_id and r.day = c.day
 cross join lateral (
       select case when k.worker_id is null or (k.added = '{}' and k.removed = '{}') then 0
                   else (select seconds_in(m.visits - k.removed + k.added) - seconds_in(m.visits)
                           from (select coalesce(range_agg(tstzrange(h.start_at, h.end_at)), '{}')
                                            as visits
                                   from home_visit h
                                  where h.worker_id = c.worker_id and h.day = c.day
                                    and h.grade <> 'C') m)
              end as more_s
       offset 0
       ) x
 cross join lateral (
       select coalesce(k.visit_s, greatest(0, c.visit_s + x.more_s))      as decided_s,
              coalesce(k.visit_s, greatest(0, c.visit_low_s + x.more_s))  as low_s,
              coalesce(k.visit_s, greatest(0, c.visit_high_s + x.more_s)) as high_s
       offset 0
       ) v;
