-- What is to be reached in grids, and what of it was.

create table checkpoint (
    checkpoint_id  text primary key,
    grid_id        text not null references grid,
    name           text not null default '',
    geometry       jsonb not null,
    radius_m       real check (radius_m > 0)
);
create index checkpoint_by_grid on checkpoint (grid_id);

-- Without a grid, a street counts for whatever grid it lies in.
create table street (
    street_no  integer generated always as identity primary key,
    grid_id    text references grid,
    geometry   jsonb not null
);

-- Of the grid of which least was reached; empty where nothing was to be.
alter table daily_compliance
    add coverage_kind     text check (coverage_kind in ('checkpoints', 'streets', 'micro_grids')),
    add coverage_share    float8,
    add coverage_low      float8,
    add coverage_high     float8,
    add coverage_verdict  text check (coverage_verdict in ('met', 'not_met', 'undetermined')),
    add coverage_reason   text,
    add coverage_code     text,
    add coverage_values   jsonb;

-- `targets` lists what was to be reached: name, weight in the share, probability, what is known.
create table grid_coverage (
    worker_id   text not null references worker,
    day         date not null,
    grid_id     text not null references grid,
    kind        text not null check (kind in ('checkpoints', 'streets', 'micro_grids')),
    share       float8 not null,
    share_low   float8 not null,
    share_high  float8 not null,
    targets     jsonb not null,
    primary key (worker_id, day, grid_id)
);

-- A checkpoint may be withdrawn; that somebody was there stays as it is until it is judged anew.
create table checkpoint_pass (
    worker_id      text not null references worker,
    day            date not null,
    start_at       timestamptz not null,
    end_at         timestamptz not null,
    grid_id        text not null references grid,
    checkpoint_id  text not null,
    p              float8 not null,
    primary key (worker_id, day, checkpoint_id, start_at),
    check (end_at > start_at)
);

create view v1_checkpoint as
select checkpoint_id, grid_id, name, geometry, radius_m::float8 as radius_m
  from checkpoint;
comment on view v1_checkpoint is 'Checkpoints: GeoJSON geometries, of points with a radius.';

create view v1_checkpoint_pass as
select p.worker_id,
       p.day,
       p.start_at,
       p.end_at,
       extract(epoch from p.end_at - p.start_at)::float8 as duration_s,
       p.grid_id,
       p.checkpoint_id,
       coalesce(c.name, '') as checkpoint_name,
       p.p
  from checkpoint_pass p
  left join checkpoint c using (checkpoint_id);
comment on view v1_checkpoint_pass is 'Times at checkpoints, and how probable each is.';

create view v1_coverage as
select worker_id, day, grid_id, kind, share, share_low, share_high, targets
  from grid_coverage;
comment on view v1_coverage is
    'What of a grid was reached on a worker-day: bounds, and each checkpoint, street or square.';

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
       c.coverage_values
  from daily_compliance c
  join worker w using (worker_id);
