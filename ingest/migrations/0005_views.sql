-- What the API reads: these views and no table. Columns are in the units that it serves, so
-- that the scaled integers of storage stay a matter of storage. A column may be added to a
-- v1 view; one that goes or changes its meaning makes a v2.

create view v1_worker as
select worker_id, name
  from worker;
comment on view v1_worker is 'Everybody who can have duty.';

create view v1_grid as
select g.grid_id,
       g.name,
       g.outline,
       count(p.premises_id)::integer         as premises,
       coalesce(sum(p.households), 0)::bigint as households
  from grid g
  left join premises p using (grid_id)
 group by g.grid_id;
comment on view v1_grid is 'Grids with their outlines (GeoJSON geometries) and how much there is to visit.';

create view v1_duty as
select worker_id,
       day,
       grid_id,
       start_at,
       end_at,
       extract(epoch from end_at - start_at)::float8 as duration_s
  from duty_window;
comment on view v1_duty is 'Duty windows; day is the local day on which a window begins.';

create view v1_terminal as
select t.terminal_id,
       t.model,
       a.worker_id,
       w.name        as worker_name,
       s.state,
       s.received_at as state_received_at,
       s.written,
       s.waiting,
       l.epoch       as last_epoch,
       l.received_at as last_received_at,
       l.battery_pct
  from terminal t
  left join lateral (
       select worker_id
         from assignment
        where terminal_id = t.terminal_id
          and valid_from <= now()
          and (valid_to is null or valid_to > now())
        order by valid_from desc
        limit 1
  ) a on true
  left join worker w on w.worker_id = a.worker_id
  left join terminal_status s on s.terminal_id = t.terminal_id
  left join latest_position l on l.terminal_id = t.terminal_id;
comment on view v1_terminal is 'Terminals, who carries them now, and how they are; no place.';

-- Positions off duty are nobody's business: this view and the next one leave them out.
create view v1_latest_position as
select l.terminal_id,
       a.worker_id,
       w.name                                          as worker_name,
       d.grid_id,
       d.day,
       l.epoch,
       l.received_at,
       extract(epoch from now() - l.epoch)::float8     as age_s,
       l.lon_e7 / 1e7::float8                          as lon_deg,
       l.lat_e7 / 1e7::float8                          as lat_deg,
       l.accuracy_dm / 10::float8                      as accuracy_m,
       l.speed_cmps / 100::float8                      as speed_mps,
       l.battery_pct,
       l.flags
  from latest_position l
  join assignment a
    on a.terminal_id = l.terminal_id
   and a.valid_from <= l.epoch
   and (a.valid_to is null or a.valid_to > l.epoch)
  join worker w on w.worker_id = a.worker_id
  join duty_window d
    on d.worker_id = a.worker_id
   and d.start_at <= l.epoch
   and d.end_at > l.epoch;
comment on view v1_latest_position is
    'Where terminals were last, if their workers were on duty at that moment.';

-- The bounds of the epoch are one expression each, so that they become the range of one scan
-- of the unique index (terminal_id, epoch); least and greatest pass over nulls.
create view v1_track as
select d.worker_id,
       d.day,
       d.grid_id,
       p.terminal_id,
       p.epoch,
       p.lon_e7 / 1e7::float8       as lon_deg,
       p.lat_e7 / 1e7::float8       as lat_deg,
       p.altitude_dm / 10::float8   as altitude_m,
       p.accuracy_dm / 10::float8   as accuracy_m,
       p.speed_cmps / 100::float8   as speed_mps,
       p.course_ddeg / 10::float8   as course_deg,
       p.hdop_d / 10::float8        as hdop,
       p.satellites,
       p.quality,
       p.battery_pct,
       p.flags,
       p.received_at
  from duty_window d
  join assignment a
    on a.worker_id = d.worker_id
   and a.valid_from < d.end_at
   and (a.valid_to is null or a.valid_to > d.start_at)
  join position p
    on p.terminal_id = a.terminal_id
   and p.epoch >= greatest(d.start_at, a.valid_from)
   and p.epoch < least(d.end_at, a.valid_to);
comment on view v1_track is
    'Positions of worker-days: of the terminals that a worker carried, within duty windows only.';

create view v1_presence as
select worker_id,
       day,
       start_at,
       end_at,
       extract(epoch from end_at - start_at)::float8 as duration_s,
       grid_id,
       state
  from presence_interval;
comment on view v1_presence is 'Duty time as intervals inside, outside or unknown.';

create view v1_visit as
select v.worker_id,
       v.day,
       v.start_at,
       v.end_at,
       extract(epoch from v.end_at - v.start_at)::float8 as duration_s,
       v.premises_id,
       p.name as premises_name,
       p.grid_id,
       v.observed_s,
       v.bridged_s
  from home_visit v
  join premises p using (premises_id);
comment on view v1_visit is 'Stays at premises: seconds that fixes show, and seconds bridged over gaps.';

create view v1_compliance as
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
       )                        as is_current
  from daily_compliance c
  join worker w using (worker_id);
comment on view v1_compliance is
    'Assessed worker-days with verdicts, reasons and bounds; not current while new facts wait.';
