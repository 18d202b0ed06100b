-- What is seen by whoever asks, told so that it is found quickly; and what the readers' routes tell.

-- Duty by day, with what decides who sees it. The worker is no key of it: TimescaleDB 2.29 fails
-- at `select distinct worker_id, day` ("ScanKey for skip qual not found") where one index has both
-- in this order and another in the other one.
create index duty_window_in_order on duty_window (day) include (worker_id, grid_id);
-- A grid's worker-days, whatever their number.
create index daily_compliance_by_grid on daily_compliance using gin (grid_ids);

-- As before, in one scan.
create or replace view v1_seen_day as
select d.worker_id, d.day
  from duty_window d
 where d.grid_id in (select grid_id from v1_my_grid)
    or d.worker_id in (select worker_id from v1_my_worker);

create view v1_seen_grid as
select grid_id from v1_my_grid
union
select d.grid_id
  from duty_window d
 where d.worker_id in (select worker_id from v1_my_worker);
comment on view v1_seen_grid is 'Grids that whoever asks may know: the own subtrees, and those of own duty.';

create view v1_seen_worker as
select w.worker_id
  from worker w
 where (select sees_all from v1_my_reach)
    or w.worker_id in (select worker_id from v1_my_worker)
    or exists (select
                 from duty_window d
                where d.worker_id = w.worker_id
                  and d.grid_id in (select grid_id from v1_my_grid));
comment on view v1_seen_worker is
    'Workers with duty in the grids of whoever asks, past or to come, and whoever asks.';

-- A terminal has no place in the tree but by who carries it. One that nobody carries is for those
-- who hand it out.
create view v1_seen_terminal as
select t.terminal_id
  from v1_terminal t
 where (select sees_all from v1_my_reach)
    or t.worker_id in (select worker_id from v1_seen_worker)
    or (t.worker_id is null and exists (select from v1_my_role where role = 'administrator'));
comment on view v1_seen_terminal is 'Terminals that whoever asks may know, by who carries them now.';

create view v1_area_grid as
with recursive within as (
    select g.area_id, g.grid_id from grid g where g.area_id is not null
    union
    select a.parent_id, w.grid_id
      from within w
      join area a using (area_id)
     where a.parent_id is not null
)
select area_id, grid_id from within;
comment on view v1_area_grid is 'Areas, and the grids in each and in all below it.';

-- No duty lasts longer than a day: without that bound every duty there ever was would be looked at.
create or replace view v1_latest_position as
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
       l.flags,
       case when s.known_until >= now() then s.state else 'unknown' end
                                                       as provisional_state,
       case when s.known_until >= now() then s.since_at else coalesce(s.epoch, d.start_at) end
                                                       as provisional_since,
       case when s.known_until >= now() then s.inside_p end
                                                       as provisional_inside_p,
       d.start_at                                      as duty_start_at,
       d.end_at                                        as duty_end_at
  from latest_position l
  join assignment a
    on a.terminal_id = l.terminal_id
   and a.valid_from <= l.epoch
   and (a.valid_to is null or a.valid_to > l.epoch)
  join worker w on w.worker_id = a.worker_id
  join duty_window d
    on d.worker_id = a.worker_id
   and d.start_at <= l.epoch
   and d.start_at >= l.epoch - interval '24 hours'
   and d.end_at > l.epoch
  left join live_state s
    on s.worker_id = a.worker_id
   and s.day = d.day
   and s.grid_id = d.grid_id;

create view v1_terminal_heard as
select t.terminal_id,
       greatest(o.heard_at, l.received_at) as heard_at,
       s.thinned,
       d.start_at                          as duty_start_at
  from terminal t
  left join (select terminal_id, max(heard_at) as heard_at from outbox_seq group by terminal_id) o
    using (terminal_id)
  left join latest_position l using (terminal_id)
  left join terminal_status s using (terminal_id)
  left join lateral (
       select min(w.start_at) as start_at
         from assignment a
         join duty_window w on w.worker_id = a.worker_id
        where a.terminal_id = t.terminal_id
          and a.valid_from <= now()
          and (a.valid_to is null or a.valid_to > now())
          and w.start_at <= now()
          and w.start_at > now() - interval '24 hours'
          and w.end_at > now()
  ) d on true;
comment on view v1_terminal_heard is
    'When terminals were heard last, and since when their workers are on duty, if they are now.';

-- The numbers that a terminal gave, by what became of them. Between the first and the last that
-- came, those that did not come and were not given up by rule were lost before us.
create view v1_loss as
select terminal_id,
       outbox,
       is_coarse,
       heard_at,
       first_seq,
       last_seq,
       numbered,
       received,
       received - off_duty - set_aside as stored,
       off_duty,
       set_aside,
       thinned,
       numbered - accounted            as missing
  from (
    select terminal_id,
           outbox,
           is_coarse,
           heard_at,
           lower(heard)                              as first_seq,
           upper(heard) - 1                          as last_seq,
           coalesce(upper(heard) - lower(heard), 0)  as numbered,
           (select coalesce(sum(upper(r) - lower(r)), 0)::bigint from unnest(heard) r) as received,
           (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
              from unnest((heard + thinned) * multirange(range_merge(heard))) r) as accounted,
           (select coalesce(sum(upper(r) - lower(r)), 0)::bigint
              from unnest(thinned - heard) r) as thinned,
           (select coalesce(sum(upper(r) - lower(r)), 0)::bigint from unnest(off_duty) r) as off_duty,
           (select coalesce(sum(upper(r) - lower(r)), 0)::bigint from unnest(set_aside) r) as set_aside
      from outbox_seq
  ) counted;
comment on view v1_loss is
    'Numbers of each outbox of each terminal: come, stored, dropped, given up by rule, missing.';

-- Who looks again and again in an hour, live or at latest positions, has one row for it, with all
-- those who were in an answer.
alter table access_log
    add hour        timestamptz,
    add worker_ids  text[];
create unique index access_log_once
    on access_log (reader, what, coalesce(grid_id, ''), hour) where hour is not null;
create index access_log_by_watched on access_log using gin (worker_ids) where hour is not null;

create view v1_access as
select l.access_id,
       l.at,
       l.hour,
       l.reader,
       coalesce(a.name, '') as reader_name,
       l.role,
       l.what,
       l.worker_id,
       l.worker_ids,
       l.day,
       l.last_day,
       l.grid_id,
       l.purpose
  from access_log l
  left join account a on a.account_id = l.reader;
comment on view v1_access is 'Who has read what of a worker, and when.';

-- Changes when a role begins, ends or moves, when the tree does, and when an account is closed.
create view v1_scope_mark as
select md5(concat_ws('#',
           (select string_agg(concat_ws('|', r.account_id, r.role, r.area_id, r.grid_id, a.worker_id),
                              ',' order by r.account_id, r.role, r.area_id, r.grid_id)
              from account_role r
              join account a using (account_id)
             where a.is_active
               and r.valid_from <= now()
               and (r.valid_to is null or r.valid_to > now())),
           (select string_agg(concat_ws('|', area_id, parent_id), ',' order by area_id) from area),
           (select string_agg(concat_ws('|', grid_id, area_id), ',' order by grid_id) from grid)))
       as mark;
comment on view v1_scope_mark is 'One text that differs after any change of who may see what.';
