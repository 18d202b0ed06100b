-- What became of all that terminals sent, by the numbers that they gave it; and fixes of a wrong
-- clock, which are no facts of any duty.

-- The numbers of each outbox that came, whatever became of them; of these, which were dropped as
-- off duty, and which are in set_aside_fix. Unions, so that what comes twice counts once; what is
-- missing between the numbers was lost before us. '' is a terminal that names no outbox.
create table outbox_seq (
    terminal_id  text not null,
    outbox       text not null default '',
    heard        int8multirange not null,
    off_duty     int8multirange not null default '{}',
    set_aside    int8multirange not null default '{}',
    -- Too many holes to be kept one by one: `heard` is the span, and nothing is known to miss.
    is_coarse    boolean not null default false,
    heard_at     timestamptz not null,
    primary key (terminal_id, outbox)
) with (fillfactor = 50);

-- Heard while the worker was on duty, with an epoch at which nobody was: ahead of the server's
-- clock, whole hours or 1,024 weeks off, or that of another place ('repeated').
create table set_aside_fix (
    terminal_id   text not null,
    outbox        text not null default '',
    seq           bigint not null,
    kind          text not null check (kind in ('ahead', 'hours', 'weeks', 'repeated')),
    epoch         timestamptz not null,
    lat_e7        integer not null,
    lon_e7        integer not null,
    altitude_dm   integer,
    speed_cmps    smallint,
    course_ddeg   smallint,
    hdop_d        smallint,
    accuracy_dm   integer,
    satellites    smallint,
    quality       smallint,
    battery_pct   smallint,
    flags         smallint not null default 0,
    received_at   timestamptz not null,
    primary key (terminal_id, outbox, seq, epoch)
);
create index set_aside_fix_by_time on set_aside_fix (terminal_id, received_at);

-- A row is rewritten with every batch of its terminal; room on the page keeps that cheap.
alter table latest_position set (fillfactor = 50);
