-- What duty asks for, what excuses from it, and what a result says besides a verdict.

-- A requirement holds from valid_from until the day before valid_to; without a grid, in all
-- grids that have none of their own.
create table requirement (
    grid_id         text references grid,
    valid_from      date not null,
    valid_to        date,
    presence_share  float8 not null check (presence_share between 0 and 1),
    visit_s         integer not null check (visit_s >= 0),
    coverage_share  float8 check (coverage_share between 0 and 1),
    check (valid_to > valid_from)
);
create unique index requirement_once on requirement (coalesce(grid_id, ''), valid_from);

-- Time that is not owed: by a worker, in a grid, or by all. `day` is the local day whose
-- terminals fell silent together; only that kind is found, and found anew, by the rules.
create table excused_period (
    kind       text not null check (kind in ('leave', 'training', 'fault', 'weather', 'other',
                                             'common_silence')),
    worker_id  text references worker,
    grid_id    text references grid,
    start_at   timestamptz not null,
    end_at     timestamptz not null,
    day        date,
    check (end_at > start_at),
    check ((day is not null) = (kind = 'common_silence'))
);
create index excused_period_by_time on excused_period (start_at, end_at);

-- A worker stands in for others: another grid is in order, too.
create table cover (
    worker_id  text not null references worker,
    grid_id    text not null references grid,
    start_at   timestamptz not null,
    end_at     timestamptz not null,
    check (end_at > start_at)
);
create index cover_by_worker on cover (worker_id, start_at);

-- When the terminals of a worker-day were heard without a long break.
create table heard_span (
    worker_id    text not null references worker,
    day          date not null,
    duty_start   timestamptz not null,
    duty_end     timestamptz not null,
    start_at     timestamptz not null,
    end_at       timestamptz not null,
    primary key (worker_id, day, duty_start, start_at)
);
create index heard_span_by_day on heard_span (day);

-- Local days whose common silence must be derived anew; marks as in dirty_day.
create table unsettled_day (
    mark_id  bigint generated always as identity primary key,
    day      date not null
);

-- Codes and values of reasons; the words in presence_reason and visit_reason are English.
-- Empty in results that are older than this file, all of which are made again.
alter table daily_compliance
    drop constraint daily_compliance_check,
    add excused_s          integer not null default 0,
    add plausible_s        integer not null default 0,
    add presence_code      text,
    add presence_values    jsonb,
    add visit_code         text,
    add visit_values       jsonb,
    add parameters_version text not null default '',
    add constraint daily_compliance_adds_up
        check (inside_s + outside_s + unknown_s + excused_s = duty_s);
insert into dirty_day (worker_id, day) select worker_id, day from daily_compliance;

alter table home_visit
    add grade       text not null default 'B' check (grade in ('A', 'B', 'C')),
    add p_any       float8,
    add p_premises  float8,
    add check_in_s  integer not null default 0;

-- The time of duty that is excused, and why.
create table excused_interval (
    worker_id  text not null references worker,
    day        date not null,
    start_at   timestamptz not null,
    end_at     timestamptz not null,
    grid_id    text not null references grid,
    kind       text not null,
    primary key (worker_id, day, start_at),
    check (end_at > start_at)
);

create or replace view v1_visit as
select v.worker_id,
       v.day,
       v.start_at,
       v.end_at,
       extract(epoch from v.end_at - v.start_at)::float8 as duration_s,
       v.premises_id,
       p.name as premises_name,
       p.grid_id,
       v.observed_s,
       v.bridged_s,
       v.check_in_s,
       v.grade,
       v.p_any,
       v.p_premises
  from home_visit v
  join premises p using (premises_id);

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
       c.parameters_version
  from daily_compliance c
  join worker w using (worker_id);

create view v1_excused as
select worker_id,
       day,
       start_at,
       end_at,
       extract(epoch from end_at - start_at)::float8 as duration_s,
       grid_id,
       kind
  from excused_interval;
comment on view v1_excused is 'Duty time that is not owed, and why.';

-- What is known of a worker on duty now, provisional: of a day that is judged later as a whole.
create table live_state (
    worker_id    text primary key references worker,
    day          date not null,
    grid_id      text not null references grid,
    state        text not null check (state in ('inside', 'outside', 'unknown')),
    inside_p     float8,
    since_at     timestamptz not null,
    epoch        timestamptz,
    -- After this moment without a new fix nobody knows.
    known_until  timestamptz not null,
    computed_at  timestamptz not null
);

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
                                                       as provisional_inside_p
  from latest_position l
  join assignment a
    on a.terminal_id = l.terminal_id
   and a.valid_from <= l.epoch
   and (a.valid_to is null or a.valid_to > l.epoch)
  join worker w on w.worker_id = a.worker_id
  join duty_window d
    on d.worker_id = a.worker_id
   and d.start_at <= l.epoch
   and d.end_at > l.epoch
  left join live_state s
    on s.worker_id = a.worker_id
   and s.day = d.day
   and s.grid_id = d.grid_id;
