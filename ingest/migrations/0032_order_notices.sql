-- What is to be heard of orders soon, and what other systems of the city are told of them.

-- A notice is about a worker or about an order. Of an order it is about what an event made of it,
-- and `department_id` is whom it waits for, where that is one.
alter table notice
    drop constraint notice_kind_check,
    add constraint notice_kind_check
        check (kind in ('sos', 'outside', 'silent',
                        'report_overdue', 'order_returned', 'order_new', 'order_event')),
    alter worker_id drop not null,
    add order_id       uuid references work_order,
    add revision       integer,
    add department_id  text references department,
    add constraint notice_is_about_one check ((worker_id is null) = (order_id is not null)),
    add constraint notice_of_order check ((revision is null) = (order_id is null));
create index notice_by_order on notice (order_id) where order_id is not null;

-- An order's rule may be about one department alone. What happens to orders goes to machines.
alter table notice_rule
    drop constraint notice_rule_kind_check,
    add constraint notice_rule_kind_check
        check (kind in ('sos', 'outside', 'silent',
                        'report_overdue', 'order_returned', 'order_new', 'order_event')),
    add department_id text references department,
    add constraint notice_rule_of_department
        check (department_id is null or kind not in ('sos', 'outside', 'silent')),
    add constraint notice_rule_of_events check (kind <> 'order_event' or channel = 'webhook');

-- Up to when events were looked through. Those that are committed late are found a while behind it.
create table order_sweep (
    only_one  boolean primary key default true check (only_one),
    swept_to  timestamptz not null
);
insert into order_sweep (swept_to) values (now());

create index work_order_event_by_written on work_order_event (written_at);
create index work_order_by_due on work_order (due_at) where ended_at is null;

create or replace view v1_notice as
select n.notice_id,
       n.kind,
       n.worker_id,
       w.name                           as worker_name,
       n.terminal_id,
       n.grid_id,
       n.began_at,
       n.found_at,
       n.ended_at,
       n.fix_epoch,
       n.fix_lat_e7 / 1e7::float8       as lat_deg,
       n.fix_lon_e7 / 1e7::float8       as lon_deg,
       n.fix_accuracy_dm / 10::float8   as accuracy_m,
       n.seen_by,
       n.seen_at,
       n.order_id,
       n.revision,
       n.department_id,
       e.kind                           as act_kind,
       e.act,
       e.from_step,
       e.step,
       e.step_kind,
       e.category,
       e.severity,
       e.reason,
       e.due_at,
       -- Where the matter is, not where anybody was.
       o.lat_e7 / 1e7::float8           as order_lat_deg,
       o.lon_e7 / 1e7::float8           as order_lon_deg
  from notice n
  left join worker w using (worker_id)
  left join work_order o on o.order_id = n.order_id
  left join work_order_event e on e.order_id = n.order_id and e.revision = n.revision;
comment on view v1_notice is
    'What supervisors are told of soon; a worker''s place with a call for help alone.';
