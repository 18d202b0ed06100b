-- Things that stand in grids, and what is to be done on a worker's day.

-- A lamp, a manhole, a hydrant: `kind` is a category of the deployment's workflow. Kept by a
-- department or by an account, never by anybody outside; where neither is named, by its grid.
create table facility (
    facility_id    text primary key,
    grid_id        text not null references grid,
    name           text not null default '',
    kind           text not null,
    geometry       jsonb not null,
    radius_m       real check (radius_m > 0),
    department_id  text references department,
    account_id     text references account on delete set null,
    -- After how many days somebody is to look at it again; empty: not by itself.
    check_days     integer check (check_days between 1 and 3660),
    revision       integer not null default 1,
    check (department_id is null or account_id is null)
);
create index facility_by_grid on facility (grid_id);
create trigger facility_revision before update on facility
    for each row execute function next_revision();

-- As the terminal says it: what it takes for a facility may not be known here.
alter table photo_report add facility_id text;
create index photo_report_by_facility on photo_report (facility_id, taken_at)
    where facility_id is not null;

-- What a supervisor asks for on a worker-day beside what is due: a place or a thing, and the code
-- of the reason. There is no text: nothing is to be said of who lives there.
create table wished_task (
    wish_id    bigint generated always as identity primary key,
    worker_id  text not null references worker,
    day        date not null,
    kind       text not null check (kind in ('patrol', 'visit', 'check')),
    key        text not null,
    reason     text not null,
    made_by    text not null,
    made_at    timestamptz not null default now(),
    unique (worker_id, day, kind, key)
);

-- When somebody was somewhere last.
create index home_visit_by_premises on home_visit (premises_id, day);
create index checkpoint_pass_by_checkpoint on checkpoint_pass (checkpoint_id, day);

create view v1_facility as
select f.facility_id,
       f.grid_id,
       f.name,
       f.kind,
       f.geometry,
       f.radius_m::float8 as radius_m,
       f.department_id,
       d.name             as department_name,
       f.account_id,
       f.check_days,
       f.revision
  from facility f
  left join department d using (department_id);
comment on view v1_facility is 'Lamps, manholes, hydrants: where each stands, and who keeps it.';

create view v1_wished_task as
select wish_id, worker_id, day, kind, key, reason, made_by, made_at
  from wished_task;
comment on view v1_wished_task is 'What supervisors ask for on worker-days, with the code of why.';

create view v1_grid_outline as
select grid_id, outline from grid;
comment on view v1_grid_outline is 'Outlines of grids alone (GeoJSON).';

create view v1_day_place as
select grid_id, 'patrol' as kind, checkpoint_id as key, name, geometry,
       null::text as category, null::integer as every_days
  from checkpoint
 union all
select grid_id, 'visit', premises_id, name, geometry, null, null
  from premises
 union all
select grid_id, 'check', facility_id, name, geometry, kind, check_days
  from facility;
comment on view v1_day_place is 'What in a grid can be passed, visited or looked at on a day.';

-- What evidence shows; what is declared alone is no evidence. A facility was looked at when a
-- report names it.
create view v1_day_sight as
select 'patrol' as kind, checkpoint_id as key, worker_id, day, end_at as at
  from checkpoint_pass
 where p >= 0.8
 union all
select 'visit', premises_id, worker_id, day, end_at
  from home_visit
 where grade in ('A', 'B')
 union all
select 'check', r.facility_id, d.worker_id, d.day, r.taken_at
  from photo_report r
  left join assignment a
    on a.terminal_id = r.terminal_id
   and a.valid_from <= r.taken_at
   and (a.valid_to is null or a.valid_to > r.taken_at)
  join duty_window d
    on d.worker_id = coalesce(r.worker_id, a.worker_id)
   and d.start_at <= r.taken_at
   and d.start_at >= r.taken_at - interval '24 hours'
   and d.end_at > r.taken_at
 where r.facility_id is not null;
comment on view v1_day_sight is
    'When somebody was seen at a checkpoint, at premises, or reporting on a facility.';

create view v1_facility_report as
select facility_id, terminal_id, report_id, taken_at
  from photo_report
 where facility_id is not null;
comment on view v1_facility_report is 'Reports that name a facility.';
