-- What is kept for how long, why it is there at all, and what goes when somebody has left.

-- What `patrol ingest keep` enforced last, kind by kind; nobody else writes it.
create table retention (
    kind         text primary key,
    days         integer not null check (days > 0),
    -- Nothing older than this is there any more.
    kept_from    timestamptz not null,
    enforced_at  timestamptz not null default now()
);

-- Totals of a worker's month, made before its worker-days go.
create table month_total (
    worker_id              text not null references worker,
    month                  date not null check (extract(day from month) = 1),
    grid_ids               text[] not null,
    days                   integer not null,
    duty_s                 bigint not null,
    excused_s              bigint not null,
    inside_s               bigint not null,
    outside_s              bigint not null,
    unknown_s              bigint not null,
    visit_s                bigint not null,
    visit_low_s            bigint not null,
    visit_high_s           bigint not null,
    decided_visit_s        bigint not null,
    decided_inside_s       bigint not null,
    presence_met           integer not null,
    presence_not_met       integer not null,
    presence_undetermined  integer not null,
    visits_met             integer not null,
    visits_not_met         integer not null,
    visits_undetermined    integer not null,
    computed_at            timestamptz not null default now(),
    primary key (worker_id, month)
);
create index month_total_by_month on month_total (month, worker_id);

-- By result tables alone, as they are; verdicts as they were decided.
create view v1_month_sum as
with days as (
    select c.*, date_trunc('month', c.day)::date as month from v1_compliance c
),
grids as (
    select d.worker_id, d.month, array_agg(distinct grid order by grid) as grid_ids
      from days d cross join unnest(d.grid_ids) grid
     group by d.worker_id, d.month
)
select d.worker_id,
       d.month,
       coalesce(g.grid_ids, '{}')                    as grid_ids,
       count(*)::integer                             as days,
       sum(d.duty_s)                                 as duty_s,
       sum(d.excused_s)                              as excused_s,
       sum(d.inside_s)                               as inside_s,
       sum(d.outside_s)                              as outside_s,
       sum(d.unknown_s)                              as unknown_s,
       sum(d.visit_s)                                as visit_s,
       sum(d.visit_low_s)                            as visit_low_s,
       sum(d.visit_high_s)                           as visit_high_s,
       sum(d.decided_visit_s)                        as decided_visit_s,
       sum(d.decided_inside_s)                       as decided_inside_s,
       count(*) filter (where d.decided_presence_verdict = 'met')::integer
                                                     as presence_met,
       count(*) filter (where d.decided_presence_verdict = 'not_met')::integer
                                                     as presence_not_met,
       count(*) filter (where d.decided_presence_verdict = 'undetermined')::integer
                                                     as presence_undetermined,
       count(*) filter (where d.decided_visit_verdict = 'met')::integer
                                                     as visits_met,
       count(*) filter (where d.decided_visit_verdict = 'not_met')::integer
                                                     as visits_not_met,
       count(*) filter (where d.decided_visit_verdict = 'undetermined')::integer
                                                     as visits_undetermined
  from days d
  left join grids g on g.worker_id = d.worker_id and g.month = d.month
 group by d.worker_id, d.month, g.grid_ids;
comment on view v1_month_sum is 'Totals of workers'' months, of the worker-days that are there.';

create view v1_month_total as
select worker_id, month, grid_ids, days, duty_s, excused_s, inside_s, outside_s, unknown_s, visit_s,
       visit_low_s, visit_high_s, decided_visit_s, decided_inside_s, presence_met,
       presence_not_met, presence_undetermined, visits_met, visits_not_met, visits_undetermined,
       computed_at
  from month_total;
comment on view v1_month_total is 'Totals of months whose worker-days have gone.';

-- What personal data are processed for in this deployment, told to everybody.
create table purpose (
    purpose_id   text primary key check (purpose_id ~ '^[a-z0-9_-]{1,64}$'),
    text_en      text not null,
    text_zh      text not null,
    legal_basis  text not null,
    since        date not null default current_date,
    until        date,
    revision     integer not null default 1,
    check (until > since)
);

-- Nothing of somebody is erased or dropped while a hold lasts.
create table legal_hold (
    hold_id    bigint generated always as identity primary key,
    worker_id  text not null references worker,
    reason     text not null,
    until      date not null,
    placed_by  text not null,
    placed_at  timestamptz not null default now()
);
create index legal_hold_by_worker on legal_hold (worker_id);

create view v1_held_worker as
select h.worker_id, 'hold' as why, h.reason, h.until
  from legal_hold h
 where h.until >= current_date
union all
select a.worker_id, 'appeal', 'appeal ' || a.appeal_id || ' is not decided', null
  from appeal a
 where a.status in ('new', 'heard');
comment on view v1_held_worker is 'Workers of whom nothing is erased now, and why.';

-- Somebody who has left is to be erased: asked for by one, confirmed by another.
create table erasure (
    erasure_id   bigint generated always as identity primary key,
    worker_id    text not null references worker,
    status       text not null check (status in ('asked', 'confirmed', 'refused', 'done')),
    text         text not null,
    asked_by     text not null,
    asked_at     timestamptz not null default now(),
    decided_by   text,
    decided_at   timestamptz,
    done_at      timestamptz,
    -- How many rows went, by kind; and what stays, and why.
    report       jsonb,
    revision     integer not null default 1,
    constraint erasure_four_eyes check (status in ('asked') or decided_by is distinct from asked_by)
);
create index erasure_by_worker on erasure (worker_id, erasure_id);
create unique index erasure_open on erasure (worker_id) where status in ('asked', 'confirmed');

create view v1_retention as
select kind, days, kept_from, enforced_at from retention;
comment on view v1_retention is 'How long each kind of data is kept, as it was enforced last.';

create view v1_purpose as
select purpose_id, text_en, text_zh, legal_basis, since, until, revision from purpose;
comment on view v1_purpose is 'What personal data are processed for.';

create view v1_hold as
select hold_id, worker_id, reason, until, placed_by, placed_at from legal_hold;
comment on view v1_hold is 'Holds: what keeps somebody from being erased.';

create view v1_erasure as
select erasure_id, worker_id, status, text, asked_by, asked_at, decided_by, decided_at, done_at,
       report, revision
  from erasure;
comment on view v1_erasure is 'Who was to be erased, and what became of it.';

-- For the export of whoever asks. Facts of a terminal are of whoever carried it at the time.
create view v1_carried as
select a.worker_id, a.terminal_id, t.model, a.valid_from, a.valid_to,
       l.numbered, l.stored, l.off_duty, l.missing
  from assignment a
  join terminal t using (terminal_id)
  left join (select o.terminal_id,
                    sum((select coalesce(sum(upper(r) - lower(r)), 0) from unnest(o.heard) r))::bigint
                        as numbered,
                    sum((select coalesce(sum(upper(r) - lower(r)), 0)
                           from unnest(o.heard - o.off_duty - o.set_aside) r))::bigint as stored,
                    sum((select coalesce(sum(upper(r) - lower(r)), 0)
                           from unnest(o.off_duty) r))::bigint as off_duty,
                    sum((select coalesce(sum(upper(r) - lower(r)), 0)
                           from unnest(int8multirange(range_merge(o.heard))
                                       - o.heard - o.thinned) r))::bigint as missing
               from outbox_seq o
              where not isempty(o.heard)
              group by o.terminal_id) l using (terminal_id);
comment on view v1_carried is
    'Who carried which terminal when; and of its numbers, how many were stored or dropped off duty.';

create view v1_worker_checkin as
select a.worker_id, c.terminal_id, c.checkin_id, c.at, c.kind, c.phase, c.premises_id,
       c.fix_epoch, c.fix_lat_e7 / 1e7::float8 as lat_deg, c.fix_lon_e7 / 1e7::float8 as lon_deg,
       c.received_at
  from assignment a
  join checkin c
    on c.terminal_id = a.terminal_id
   and c.at >= a.valid_from
   and c.at < coalesce(a.valid_to, 'infinity');
comment on view v1_worker_checkin is 'Check-ins, by who carried the terminal.';

create view v1_worker_report as
select a.worker_id, r.terminal_id, r.report_id, r.taken_at, r.category, r.about, r.marks,
       r.fix_epoch, r.fix_lat_e7 / 1e7::float8 as lat_deg, r.fix_lon_e7 / 1e7::float8 as lon_deg,
       (select coalesce(jsonb_agg(encode(p.sha256, 'hex') order by p.place), '[]')
          from report_photo p
         where p.terminal_id = r.terminal_id and p.report_id = r.report_id) as photos,
       r.received_at
  from assignment a
  join photo_report r
    on r.terminal_id = a.terminal_id
   and r.taken_at >= a.valid_from
   and r.taken_at < coalesce(a.valid_to, 'infinity');
comment on view v1_worker_report is 'Photo reports, by who carried the terminal.';

create view v1_worker_event as
select a.worker_id, e.terminal_id, e.event_id, e.at, e.kind, e.detail, e.fix_epoch,
       e.fix_lat_e7 / 1e7::float8 as lat_deg, e.fix_lon_e7 / 1e7::float8 as lon_deg, e.received_at
  from assignment a
  join terminal_event e
    on e.terminal_id = a.terminal_id
   and e.at >= a.valid_from
   and e.at < coalesce(a.valid_to, 'infinity');
comment on view v1_worker_event is 'Events of terminals, by who carried them.';
