-- What is kept of days, found by time, told from what is old, and dropped when it is of no use.

-- Duty that was in a span, or is over; and whether that of a day is.
create index duty_window_by_time on duty_window (end_at, start_at);
create index duty_window_by_end on duty_window (day, end_at);

create index unsettled_day_by_day on unsettled_day (day, mark_id);

-- Worker-days whose trace has changed since it was held against others, each of them once. Whoever
-- compares deletes the version that was read, so that a trace which changes meanwhile stays marked.
create sequence comparison_mark;
alter table uncompared_day rename to uncompared_mark;
drop index uncompared_day_by_day;
create table uncompared_day (
    worker_id  text not null,
    day        date not null,
    version    bigint not null default nextval('comparison_mark'),
    constraint uncompared_day_once primary key (worker_id, day)
);
create index uncompared_day_by_day on uncompared_day (day);
insert into uncompared_day (worker_id, day) select distinct worker_id, day from uncompared_mark;
drop table uncompared_mark;

-- How path and steps are written: who knows another form only has no trace of that day.
alter table day_trace
    add format     smallint not null default 1,
    add stored_at  timestamptz not null default now();

alter table heard_span add stored_at timestamptz not null default now();

-- Local days of which what is compared was dropped: what was found of them stays as it is.
create table closed_day (
    day   date not null,
    what  text not null check (what in ('silence', 'likeness')),
    primary key (day, what)
);
