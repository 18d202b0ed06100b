-- What becomes of a report: work orders, all that was done to them, and who handles them.

-- An office that handles what is dispatched to it: a thing of the organisation, no person.
create table department (
    department_id  text primary key check (department_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    name           text not null,
    is_active      boolean not null default true,
    revision       integer not null default 1
);
create trigger department_revision before update on department
    for each row execute function next_revision();

-- Every version is kept: an order is handled by the one with which it was opened.
create table workflow (
    version    integer primary key check (version > 0),
    toml       text not null,
    sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    loaded_at  timestamptz not null default now(),
    loaded_by  text not null
);

-- How far an order is. Derived: what its events make of it, written in their transaction.
-- `holder` is who has it now, whatever a workflow calls its levels: nobody at an end.
create table work_order (
    order_id            uuid primary key,
    revision            integer not null check (revision > 0),
    workflow_version    integer not null references workflow,
    category            text not null,
    severity            text not null check (severity in ('low', 'normal', 'high', 'urgent')),
    step                text not null,
    step_kind           text not null
                        check (step_kind in ('handle', 'dispatch', 'accept', 'resolve', 'feedback',
                                             'verify', 'closed', 'cancelled', 'merged')),
    level               text,
    holder              text check (holder in ('grid', 'community', 'street', 'district', 'city',
                                               'department', 'reporter', 'clock')),
    grid_id             text references grid,
    department_id       text references department,
    reporter_account    text,
    reporter_worker     text,
    -- Where the matter is, not where anybody was.
    lat_e7              integer,
    lon_e7              integer,
    accuracy_dm         integer,
    age_s               integer,
    opened_at           timestamptz not null,
    entered_at          timestamptz not null,
    changed_at          timestamptz not null,
    due_soon_at         timestamptz,
    due_at              timestamptz,
    handle_due_at       timestamptz,
    close_due_at        timestamptz,
    -- While it is paused its clock stands: `due_*` are held against this moment.
    paused_at           timestamptz,
    stood               interval not null default interval '0',
    handled_at          timestamptz,
    handled_by_account  text,
    handled_by_worker   text,
    is_settled          boolean not null default false,
    ended_at            timestamptz,
    rework              integer not null default 0,
    escalated           integer not null default 0,
    merged_into         uuid references work_order,
    split_from          uuid references work_order,
    -- When time does something to it unless somebody does before.
    escalates_at        timestamptz,
    -- What is due first comes first; what has no limit, last.
    due_key             timestamptz not null
                        generated always as (coalesce(due_at, timestamptz '9999-01-01Z')) stored,
    check ((lat_e7 is null) = (lon_e7 is null)),
    check ((ended_at is null) = (step_kind not in ('closed', 'cancelled', 'merged')))
);
-- Inboxes: a page begins at the first due, in few grids or in all.
create index work_order_waiting on work_order (holder, grid_id, due_key, order_id)
    where ended_at is null;
create index work_order_waiting_anywhere on work_order (holder, due_key, order_id)
    where ended_at is null;
create index work_order_waiting_department on work_order (department_id, due_key, order_id)
    where ended_at is null and department_id is not null;
create index work_order_waiting_reporter on work_order (reporter_worker, due_key, order_id)
    where ended_at is null and holder = 'reporter';
create index work_order_waiting_account on work_order (reporter_account, due_key, order_id)
    where ended_at is null and holder = 'reporter' and reporter_account is not null;
-- Lists: the newest first.
create index work_order_by_time on work_order (opened_at, order_id);
create index work_order_by_grid on work_order (grid_id, opened_at, order_id);
create index work_order_open_by_grid on work_order (grid_id, opened_at, order_id)
    where ended_at is null;
create index work_order_open_by_time on work_order (opened_at, order_id) where ended_at is null;
create index work_order_by_reporter on work_order (reporter_worker, opened_at, order_id);
create index work_order_by_account on work_order (reporter_account, opened_at, order_id)
    where reporter_account is not null;
-- Duplicates are near each other and of one category.
create index work_order_by_place on work_order (category, lat_e7);
create index work_order_by_merged on work_order (merged_into) where merged_into is not null;
create index work_order_by_split on work_order (split_from) where split_from is not null;
create index work_order_escalating on work_order (escalates_at) where escalates_at is not null;

-- One row a transition, never changed. `lat_e7` is of the matter when it is opened, else of
-- whoever acted: who verifies is to be at the place, and no view tells more than how far it was.
create table work_order_event (
    order_id          uuid not null references work_order,
    revision          integer not null check (revision > 0),
    event_id          bigint generated always as identity unique,
    at                timestamptz not null,
    written_at        timestamptz not null default clock_timestamp(),
    kind              text not null,
    act               text not null,
    account_id        text,
    worker_id         text,
    party             text not null,
    from_step         text,
    step              text not null,
    step_kind         text not null,
    category          text not null,
    severity          text not null,
    workflow_version  integer not null,
    grid_id           text,
    department_id     text,
    due_soon_at       timestamptz,
    due_at            timestamptz,
    handle_due_at     timestamptz,
    close_due_at      timestamptz,
    reason            text,
    text              text check (length(text) <= 500),
    -- SHA-256 in hexadecimal, in the order given.
    photos            text[] not null default '{}',
    lat_e7            integer,
    lon_e7            integer,
    accuracy_dm       integer,
    age_s             integer,
    distance_m        integer,
    nearness          text check (nearness in ('near', 'far', 'unknown')),
    other_id          uuid,
    report_id         uuid,
    reporter_account  text,
    reporter_worker   text,
    tells             text,
    primary key (order_id, revision),
    check ((lat_e7 is null) = (lon_e7 is null))
);
create index work_order_event_by_time on work_order_event (at);
-- What somebody has done, for the own data and for erasing.
create index work_order_event_by_worker on work_order_event (worker_id) where worker_id is not null;
create index work_order_event_by_account on work_order_event (account_id)
    where account_id is not null;

create function work_order_event_stays() returns trigger language plpgsql as $$
begin
    -- Who is erased may have done some of it.
    if current_setting('gridpatrol.erasing', true) = 'on' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    raise exception 'what was done to an order is not changed afterwards'
          using errcode = 'check_violation', constraint = 'work_order_event_stays';
end
$$;
create trigger work_order_event_stays before update or delete on work_order_event
    for each row execute function work_order_event_stays();

-- No state without the event that made it, whoever writes it.
create function work_order_has_its_event() returns trigger language plpgsql as $$
begin
    if not exists (select from work_order_event e
                    where e.order_id = new.order_id and e.revision = new.revision) then
        raise exception 'revision % of order % has no event', new.revision, new.order_id
              using errcode = 'check_violation', constraint = 'work_order_has_its_event';
    end if;
    return null;
end
$$;
create constraint trigger work_order_has_its_event after insert or update of revision on work_order
    deferrable initially deferred for each row execute function work_order_has_its_event();

-- Departments to which an order was ever dispatched: they may read it for good.
create table work_order_department (
    department_id  text not null references department,
    opened_at      timestamptz not null,
    order_id       uuid not null references work_order,
    primary key (department_id, opened_at, order_id)
);
create index work_order_department_by_order on work_order_department (order_id, department_id);

create function work_order_was_dispatched() returns trigger language plpgsql as $$
begin
    insert into work_order_department (department_id, opened_at, order_id)
    select new.department_id, o.opened_at, o.order_id
      from work_order o
     where o.order_id = new.order_id
    on conflict do nothing;
    return null;
end
$$;
create trigger work_order_was_dispatched after insert on work_order_event
    for each row when (new.department_id is not null) execute function work_order_was_dispatched();

-- Which report opened which order. The order of a report that goes in its time stays.
create table work_order_report (
    terminal_id  text not null,
    report_id    uuid not null,
    order_id     uuid not null references work_order,
    primary key (terminal_id, report_id)
);
create index work_order_report_by_order on work_order_report (order_id);

-- An order, those merged into it, and those of which it was split off: whose reports it is about.
create function order_family(wanted uuid) returns setof uuid
language sql stable as $$
    with recursive absorbed as (
        select wanted as order_id
        union
        select o.order_id from work_order o join absorbed a on o.merged_into = a.order_id
    ), origin as (
        select order_id from absorbed
        union
        select o.split_from
          from work_order o
          join origin g using (order_id)
         where o.split_from is not null
    )
    select order_id from origin
$$;

-- Accounts of departments.
alter table account_role
    add department_id text references department,
    drop constraint account_role_role_check,
    add constraint account_role_role_check
        check (role in ('worker', 'grid_supervisor', 'area_supervisor', 'administrator', 'auditor',
                        'department')),
    add constraint account_role_of_department
        check ((role = 'department') = (department_id is not null)),
    add constraint account_role_within_department
        check (role <> 'department' or (area_id is null and grid_id is null));
drop index account_role_once;
create unique index account_role_once
    on account_role (account_id, role, coalesce(area_id, ''), coalesce(grid_id, ''),
                     coalesce(department_id, ''), valid_from);

create or replace view v1_my_role as
select r.account_id, r.role, r.area_id, r.grid_id, a.worker_id, r.valid_to, r.department_id
  from account a
  join account_role r using (account_id)
 where a.account_id = current_setting('gridpatrol.account', true)
   and a.is_active
   and r.role = any (string_to_array(current_setting('gridpatrol.roles', true), ','))
   and r.valid_from <= now()
   and (r.valid_to is null or r.valid_to > now());

-- As before; a department's role is about the department alone, and not about everything.
create or replace view v1_my_reach as
select coalesce(current_setting('gridpatrol.all', true) = 'on', false)
       or exists (select
                    from v1_my_role
                   where area_id is null and grid_id is null
                     and role not in ('worker', 'department')) as sees_all;

create or replace view v1_my_area as
with recursive mine as (
    select area_id
      from area
     where (select sees_all from v1_my_reach)
    union
    select area_id from v1_my_role where area_id is not null
    union
    select a.area_id from area a join mine m on a.parent_id = m.area_id
)
select area_id from mine;

create or replace view v1_my_grid as
select grid_id
  from grid
 where (select sees_all from v1_my_reach)
    or area_id in (select area_id from v1_my_area)
    or grid_id in (select grid_id from v1_my_role where grid_id is not null);

create or replace view v1_my_account as
select a.account_id
  from account a
 where (select sees_all from v1_my_reach)
    or (a.area_id in (select area_id from v1_my_area)
        and not exists (select
                          from account_role r
                         where r.account_id = a.account_id
                           and r.role <> 'worker'
                           and (r.valid_to is null or r.valid_to > now())
                           and coalesce(r.area_id not in (select area_id from v1_my_area), true)
                           and coalesce(r.grid_id not in (select grid_id from v1_my_grid), true))
        -- Who could sign in as somebody sees what that one sees: all days of a worker.
        and not exists (select
                          from duty_window d
                         where d.worker_id = a.worker_id
                           and d.grid_id not in (select grid_id from v1_my_grid)));

-- Days of postings are local ones, and nobody tells the database where: it is never a day wrong
-- in the direction that shuts somebody out.
create view v1_my_work_grid as
select grid_id, bool_or(is_on_duty) as is_on_duty
  from (
    select p.grid_id, false as is_on_duty
      from posting p
     where p.worker_id in (select worker_id from v1_my_worker)
       and p.valid_from <= (now() + interval '14 hours')::date
       and (p.valid_to is null or p.valid_to > (now() - interval '12 hours')::date)
    union all
    select d.grid_id, d.start_at <= now() and d.end_at > now()
      from duty_window d
     where d.worker_id in (select worker_id from v1_my_worker)
       and d.start_at > now() - interval '36 hours'
       and d.start_at < now() + interval '36 hours'
    union all
    select c.grid_id, true
      from cover c
     where c.worker_id in (select worker_id from v1_my_worker)
       and c.start_at <= now() and c.end_at > now()
  ) mine
 group by grid_id;
comment on view v1_my_work_grid is
    'Grids of the worker who asks: by posting, by duty of yesterday to tomorrow, by standing in.';

create view v1_my_department as
select department_id from v1_my_role where department_id is not null;
comment on view v1_my_department is 'Departments for which whoever asks acts.';

create view v1_my_order as
select o.order_id
  from work_order o
 where (select sees_all from v1_my_reach)
    or o.grid_id in (select grid_id from v1_my_grid)
    or o.grid_id in (select grid_id from v1_my_work_grid)
    or o.reporter_worker in (select worker_id from v1_my_worker)
    or o.reporter_account in (select account_id from v1_my_role)
    or exists (select
                 from work_order_department d
                where d.order_id = o.order_id
                  and d.department_id in (select department_id from v1_my_department));
comment on view v1_my_order is
    'Orders that whoever asks may read: of the own grids, the own reports, the own department.';

create view v1_department as
select department_id, name, is_active, revision from department;
comment on view v1_department is 'Departments to which orders can be dispatched.';

create view v1_workflow as
select version, toml, sha256, loaded_at, loaded_by from workflow;
comment on view v1_workflow is 'All versions of the workflow; the newest is that of new orders.';

create view v1_work_order as
select order_id,
       revision,
       workflow_version,
       category,
       severity,
       step,
       step_kind,
       level,
       holder,
       grid_id,
       department_id,
       reporter_account,
       reporter_worker,
       lat_e7 / 1e7::float8      as lat_deg,
       lon_e7 / 1e7::float8      as lon_deg,
       accuracy_dm / 10::float8  as accuracy_m,
       opened_at,
       entered_at,
       changed_at,
       due_soon_at,
       due_at,
       handle_due_at,
       close_due_at,
       paused_at,
       extract(epoch from stood)::float8 as stood_s,
       handled_at,
       handled_by_account,
       handled_by_worker,
       is_settled,
       ended_at,
       rework,
       escalated,
       merged_into,
       split_from,
       escalates_at,
       due_key,
       case when ended_at is not null then 'ended'
            when due_at <= coalesce(paused_at, now()) then 'overdue'
            when due_soon_at <= coalesce(paused_at, now()) then 'due_soon'
            else 'in_time'
       end                       as timing,
       lat_e7,
       lon_e7
  from work_order;
comment on view v1_work_order is 'Work orders as they are now, with what is due.';

-- Where whoever acted was is not told: how far from the matter, and how old that was, is.
create view v1_work_order_event as
select order_id,
       revision,
       event_id,
       at,
       written_at,
       kind,
       act,
       account_id,
       worker_id,
       party,
       from_step,
       step,
       step_kind,
       category,
       severity,
       workflow_version,
       grid_id,
       department_id,
       due_soon_at,
       due_at,
       handle_due_at,
       close_due_at,
       reason,
       text,
       photos,
       case when kind <> 'open' then accuracy_dm / 10::float8 end as accuracy_m,
       case when kind <> 'open' then age_s end                    as age_s,
       distance_m,
       nearness,
       other_id,
       report_id,
       tells
  from work_order_event;
comment on view v1_work_order_event is 'All that was done to work orders, by order and revision.';

create view v1_dispatched_order as
select department_id, opened_at, order_id from work_order_department;
comment on view v1_dispatched_order is 'Departments to which orders are or were dispatched.';

create view v1_work_order_report as
select o.order_id,
       r.terminal_id,
       r.report_id,
       r.taken_at,
       r.received_at,
       r.category,
       r.about,
       r.marks,
       p.place,
       encode(p.sha256, 'hex') as sha256,
       p.bytes,
       p.media_type
  from work_order_report o
  join photo_report r on r.terminal_id = o.terminal_id and r.report_id = o.report_id
  left join report_photo p on p.terminal_id = r.terminal_id and p.report_id = r.report_id;
comment on view v1_work_order_report is 'Reports that opened orders, a row a photo.';
