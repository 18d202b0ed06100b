-- What a person is asked to look at, and what people have said about it.

-- A finding is new, then explained by the worker, then upheld or dismissed by a person who
-- says why. Recomputing a day keeps the row of what is found again, with all that was said.
create table finding (
    finding_id       bigint generated always as identity primary key,
    worker_id        text not null references worker,
    day              date not null,
    kind             text not null,
    start_at         timestamptz not null,
    end_at           timestamptz not null,
    -- Named whole numbers and ids; what is said in words is made of them.
    evidence         jsonb not null,
    found_at         timestamptz not null default now(),
    -- False: later facts took it away, but somebody had said something about it.
    is_found         boolean not null default true,
    status           text not null default 'new'
                     check (status in ('new', 'explained', 'upheld', 'dismissed')),
    explanation      text,
    explained_at     timestamptz,
    decided_by       text,
    decision_reason  text,
    decided_at       timestamptz,
    check (end_at > start_at),
    check (is_found or status <> 'new'),
    check (status <> 'explained' or explanation is not null),
    check ((status in ('upheld', 'dismissed')) = (decided_by is not null)),
    check ((decided_by is null) = (decision_reason is null)),
    check ((decided_by is null) = (decided_at is null))
);
create index finding_by_day on finding (day, worker_id, start_at);
create index finding_by_worker on finding (worker_id, day);

-- What is kept of a worker-day to be held against others: places at whole half minutes, and
-- marks of steps. Made anew whenever the day is judged.
create table day_trace (
    worker_id  text not null references worker,
    day        date not null,
    path       bytea not null,
    steps      bytea not null,
    primary key (worker_id, day)
);
create index day_trace_by_day on day_trace (day);

-- Worker-days whose trace has changed since it was held against others; marks as in dirty_day.
create table uncompared_day (
    mark_id    bigint generated always as identity primary key,
    worker_id  text not null,
    day        date not null
);
create index uncompared_day_by_day on uncompared_day (day);

-- Days judged before there were findings.
insert into dirty_day (worker_id, day) select worker_id, day from daily_compliance;

create view v1_finding as
select f.finding_id,
       f.worker_id,
       w.name                                            as worker_name,
       f.day,
       f.kind,
       f.start_at,
       f.end_at,
       extract(epoch from f.end_at - f.start_at)::float8 as duration_s,
       f.evidence,
       f.found_at,
       f.is_found,
       f.status,
       f.explanation,
       f.explained_at,
       f.decided_by,
       f.decision_reason,
       f.decided_at
  from finding f
  join worker w using (worker_id);
comment on view v1_finding is
    'What a person is asked to look at, the evidence, and what was said and decided about it.';
