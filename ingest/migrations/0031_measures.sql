-- What orders add to the measures: patrol.workorders.measures says what is counted, and this comes
-- to the same.

-- A fact counts for the spans [start, end) with start <= at < end and since < end <= until. Derived:
-- made anew of all events of an order in the transaction that changes it, and never counted up.
create table work_order_fact (
    order_id       uuid not null references work_order,
    fact           text not null
                   check (fact in ('valid', 'self_closed', 'cancelled', 'duplicate', 'settled',
                                   'resolved', 'reworked', 'handled_in_time', 'handled_late',
                                   'due_closed', 'due_open')),
    at             timestamptz not null,
    since          timestamptz not null,
    until          timestamptz not null,
    grid_id        text,
    category       text not null,
    department_id  text,
    check (since < until)
);
create index work_order_fact_by_order on work_order_fact (order_id);
-- A month of a district is read from here alone.
create index work_order_fact_by_time on work_order_fact (at)
    include (since, until, fact, grid_id, category, department_id);
-- Most of what is stored stands: what has changed since is to be seen soon.
alter table work_order_fact set (autovacuum_vacuum_insert_scale_factor = 0.02,
                                 autovacuum_vacuum_scale_factor = 0.02);

create function work_order_enters(kind text, from_step text, step text) returns boolean
language sql immutable as $$
    select case when kind = 'escalate' then step is distinct from from_step
                else kind not in ('pause', 'resume', 'classify', 'split', 'absorb') end
$$;

-- An order after each of its events: from then until the next one.
create view work_order_standing as
select e.order_id,
       e.revision,
       e.at,
       coalesce(lead(e.at) over w, '9999-01-01 00:00+00') as until,
       e.step_kind,
       e.grid_id,
       e.category,
       e.department_id,
       e.handle_due_at,
       e.close_due_at,
       first_value(case when e.report_id is not null then e.at end) over w as reported_at,
       coalesce(max(e.revision) filter (where e.kind = 'pause') over w, 0)
           > coalesce(max(e.revision) filter (
                 where e.kind = 'resume' or work_order_enters(e.kind, e.from_step, e.step)
             ) over w, 0) as is_paused,
       coalesce(max(e.revision) filter (where e.kind in ('settle', 'resolve')) over w, 0)
           > coalesce(max(e.revision) filter (where e.kind in ('fail', 'reopen')) over w, 0)
           as is_handled,
       max(e.at) filter (where e.kind in ('settle', 'resolve')) over w as handled_at,
       coalesce(max(e.revision) filter (where e.kind = 'settle') over w, 0)
           > coalesce(max(e.revision) filter (where e.kind = 'resolve') over w, 0) as is_settled,
       e.kind in ('fail', 'reopen') as is_rework,
       -- Nobody but the clock and whoever reported it.
       bool_and((e.account_id is null and e.worker_id is null)
                or coalesce(e.account_id = e.of_account, false)
                or coalesce(e.worker_id = e.of_worker, false)) over w as is_alone
  from (select *,
               first_value(reporter_account) over (partition by order_id order by revision)
                   as of_account,
               first_value(reporter_worker) over (partition by order_id order by revision)
                   as of_worker
          from work_order_event) e
window w as (partition by e.order_id order by e.revision);

-- The facts of orders, by their events alone: what `work_order_fact` has to hold.
create view work_order_fact_derived as
with dues as (
    select s.*,
           case when not s.is_paused and s.step_kind not in ('cancelled', 'merged')
                 and greatest(s.handle_due_at, s.at) < s.until and s.handle_due_at is not null
                then greatest(s.handle_due_at, s.at) end as handle_due,
           case when not s.is_paused and s.step_kind not in ('cancelled', 'merged')
                 and greatest(s.close_due_at, s.at) < s.until and s.close_due_at is not null
                then greatest(s.close_due_at, s.at) end as close_due,
           -- The handling that turned out to be none.
           max(case when s.is_rework then s.handled_at end)
               over (partition by s.order_id order by s.revision) as reworked_at
      from work_order_standing s
),
firsts as (
    select d.*,
           min(d.handle_due) over (partition by d.order_id) as first_handle_due,
           min(d.close_due) over (partition by d.order_id)  as first_close_due
      from dues d
),
standing as (
    select f.*,
           bool_or(f.handle_due = f.first_handle_due and f.is_handled)
               over (partition by f.order_id) as is_in_time
      from firsts f
),
facts as (
    select s.order_id, s.revision, s.at as since, s.until, s.grid_id, s.category,
           s.department_id, x.kind, x.fact, x.at
      from standing s
     cross join lateral (values
           (1, case when s.step_kind = 'merged' then 'duplicate'
                    when s.step_kind = 'cancelled' then 'cancelled'
                    when s.step_kind = 'closed' and s.is_alone then 'self_closed'
                    else 'valid' end, s.reported_at),
           (2, case when s.is_settled then 'settled' else 'resolved' end, s.handled_at),
           (3, 'reworked', s.reworked_at),
           (4, case when s.is_in_time then 'handled_in_time' else 'handled_late' end,
            s.first_handle_due),
           (5, case when s.step_kind = 'closed' then 'due_closed' else 'due_open' end,
            s.first_close_due)
     ) x (kind, fact, at)
     where x.at is not null and s.at < s.until and x.at < s.until
),
changes as (
    select f.*,
           (f.fact, f.at, f.grid_id, f.category, f.department_id) is distinct from
               (lag(f.fact) over w, lag(f.at) over w, lag(f.grid_id) over w,
                lag(f.category) over w, lag(f.department_id) over w) as is_other
      from facts f
    window w as (partition by f.order_id, f.kind order by f.revision)
),
runs as (
    select c.*,
           count(*) filter (where c.is_other)
               over (partition by c.order_id, c.kind order by c.revision) as run
      from changes c
)
select order_id, fact, at, min(since) as since, max(until) as until, grid_id, category,
       department_id
  from runs
 group by order_id, kind, run, fact, at, grid_id, category, department_id;

-- Only what is other than before is written: most acts change little of it.
create function derive_work_order_facts() returns trigger language plpgsql as $$
declare
    derived work_order_fact[];
begin
    select array_agg(d::work_order_fact) into derived
      from (select order_id, fact, at, since, until, grid_id, category, department_id
              from work_order_fact_derived where order_id = new.order_id) d;
    delete from work_order_fact f
     where f.order_id = new.order_id
       and not exists (select from unnest(derived) d
                        where d is not distinct from f);
    insert into work_order_fact
    select d.* from unnest(derived) d
     where not exists (select from work_order_fact f
                        where f.order_id = new.order_id and f is not distinct from d);
    return null;
end
$$;
create constraint trigger work_order_facts after insert or update of revision on work_order
    deferrable initially deferred for each row execute function derive_work_order_facts();

-- Orders that were there before this was.
insert into work_order_fact
select order_id, fact, at, since, until, grid_id, category, department_id
  from work_order_fact_derived;

create view v1_work_order_fact as
select order_id, fact, at, since, until, grid_id, category, department_id from work_order_fact;
comment on view v1_work_order_fact is
    'What orders add to the measures of spans [start, end): start <= at < end, since < end <= until.';
