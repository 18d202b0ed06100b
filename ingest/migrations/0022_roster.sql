-- Registers that people change through the API: versions, validity, ids of what had none, and
-- what a change has touched.

-- Goes up with every change, whoever makes it: who has read an older one is told so.
create function next_revision() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - 'revision' is distinct from to_jsonb(old) - 'revision' then
        new.revision := old.revision + 1;
    end if;
    return new;
end
$$;

-- A grid that is split ends, and those made of it begin: duty in it is before that day, or after.
alter table grid
    add valid_from  date,
    add valid_to    date,
    add revision    integer not null default 1,
    add constraint grid_lasts check (valid_to > valid_from);
alter table premises add revision integer not null default 1;
alter table authorised_place add revision integer not null default 1;
alter table checkpoint add revision integer not null default 1;
alter table worker add revision integer not null default 1;
alter table terminal add revision integer not null default 1;
alter table assignment
    add assignment_id  integer generated always as identity unique,
    add revision       integer not null default 1;
alter table excused_period
    add excuse_id  integer generated always as identity unique,
    add revision   integer not null default 1;
alter table cover
    add cover_id  integer generated always as identity unique,
    add revision  integer not null default 1;

-- Which worker belongs to which grid: A is responsible, B stands in for A.
create table posting (
    posting_id  integer generated always as identity primary key,
    worker_id   text not null references worker,
    grid_id     text not null references grid,
    post        text not null check (post in ('A', 'B')),
    valid_from  date not null,
    valid_to    date,
    revision    integer not null default 1,
    check (valid_to > valid_from)
);
create unique index posting_once on posting (worker_id, grid_id, valid_from);
create index posting_by_grid on posting (grid_id, valid_from);

-- Days on which patterns of a roster make no duty, in an area with all that lies in it; without
-- an area, everywhere.
create table holiday (
    holiday_id  integer generated always as identity primary key,
    area_id     text references area,
    day         date not null,
    name        text not null default '',
    revision    integer not null default 1
);
create unique index holiday_once on holiday (day, coalesce(area_id, ''));

do $$
declare name text;
begin
    foreach name in array array['area', 'grid', 'premises', 'authorised_place', 'checkpoint',
                                'worker', 'terminal', 'assignment', 'excused_period', 'cover',
                                'posting', 'holiday']
    loop
        execute format('create trigger %I before update on %I for each row'
                       ' execute function next_revision()', name || '_revision', name);
    end loop;
end
$$;

-- The worker-days that a change of the registers has marked, with what had been said of them.
create table registry_change (
    change_id    bigint primary key references change_log on delete cascade,
    days_marked  integer not null
);
create table registry_change_day (
    change_id         bigint not null references registry_change on delete cascade,
    worker_id         text not null,
    day               date not null,
    presence_verdict  text,
    visit_verdict     text,
    inside_s          integer,
    visit_s           integer,
    primary key (change_id, worker_id, day)
);

create or replace view v1_grid as
select g.grid_id,
       g.name,
       g.outline,
       count(p.premises_id)::integer         as premises,
       coalesce(sum(p.households), 0)::bigint as households,
       g.area_id,
       g.valid_from,
       g.valid_to,
       g.revision
  from grid g
  left join premises p using (grid_id)
 group by g.grid_id;

create view v1_registry_change as
select l.change_id,
       l.at,
       l.account_id,
       l.what,
       l.key,
       l.reason,
       r.days_marked,
       d.verdicts_before,
       d.days_waiting,
       d.verdicts_changed,
       d.figures_changed
  from registry_change r
  join change_log l using (change_id)
 cross join lateral (
       select count(b.presence_verdict)::integer as verdicts_before,
              count(*) filter (where w.waits)::integer as days_waiting,
              count(*) filter (
                  where not w.waits
                    and (b.presence_verdict, b.visit_verdict)
                        is distinct from (c.presence_verdict, c.visit_verdict))::integer
                                                as verdicts_changed,
              count(*) filter (
                  where not w.waits
                    and (b.inside_s, b.visit_s) is distinct from (c.inside_s, c.visit_s))::integer
                                                as figures_changed
         from registry_change_day b
         left join daily_compliance c using (worker_id, day)
        cross join lateral (
              select exists (select from dirty_day m
                              where m.worker_id = b.worker_id and m.day = b.day) as waits
        ) w
        where b.change_id = r.change_id
  ) d;
comment on view v1_registry_change is
    'Changes of the registers: worker-days marked, those still waiting, and verdicts that changed.';
