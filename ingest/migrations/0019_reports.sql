-- What terminals tell beside where they are: photo reports and events.

-- Metadata of a report, stored once and never changed; its photos come by another way. `taken_at`
-- is the terminal's clock at capture, `fix_*` its last fix then, while the worker was on duty.
create table photo_report (
    terminal_id      text not null,
    report_id        uuid not null,
    taken_at         timestamptz not null,
    category         text not null,
    about            text,
    marks            text[] not null default '{}',
    fix_epoch        timestamptz,
    fix_lat_e7       integer,
    fix_lon_e7       integer,
    fix_accuracy_dm  integer,
    received_at      timestamptz not null,
    primary key (terminal_id, report_id)
);
create index photo_report_by_time on photo_report (terminal_id, taken_at);

-- The photos that a report announces, in its order; `exif` is what the terminal read of them.
create table report_photo (
    terminal_id  text not null,
    report_id    uuid not null,
    place        smallint not null,
    sha256       bytea not null check (octet_length(sha256) = 32),
    bytes        bigint not null check (bytes > 0),
    media_type   text not null,
    width        integer,
    height       integer,
    exif         jsonb,
    primary key (terminal_id, report_id, place),
    foreign key (terminal_id, report_id) references photo_report on delete cascade
);
create index report_photo_by_digest on report_photo (sha256);

-- Events, stored once and never changed; `detail` holds codes and numbers, no words of people.
create table terminal_event (
    terminal_id      text not null,
    event_id         uuid not null,
    at               timestamptz not null,
    kind             text not null,
    detail           jsonb,
    fix_epoch        timestamptz,
    fix_lat_e7       integer,
    fix_lon_e7       integer,
    fix_accuracy_dm  integer,
    received_at      timestamptz not null,
    primary key (terminal_id, event_id)
);
create index terminal_event_by_time on terminal_event (terminal_id, at);

-- Which photos are awaited of whom.
create view v1_report_photos as
select r.terminal_id,
       r.report_id,
       p.place,
       encode(p.sha256, 'hex') as sha256,
       p.bytes,
       p.media_type,
       r.received_at
  from photo_report r
  join report_photo p using (terminal_id, report_id);

-- How many fixes a terminal has given up by rule because its outbox was full: not lost on the way.
alter table terminal_status add thinned bigint;

-- Numbers that a terminal gave up by rule, as its `thinned` events say: not lost before us.
alter table outbox_seq add thinned int8multirange not null default '{}';
