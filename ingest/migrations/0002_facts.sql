-- What terminals sent: facts, stored once and never changed.

-- Scaled integers, because they compress far better than floats.
create table position (
    terminal_id   text not null,
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
    -- The same epoch from one receiver is the same solution, whatever its seq.
    constraint position_once unique (terminal_id, epoch)
);

-- The latest position of a terminal, kept: looking it up among all takes seconds.
create table latest_position (
    terminal_id   text primary key references terminal,
    epoch         timestamptz not null,
    lat_e7        integer not null,
    lon_e7        integer not null,
    speed_cmps    smallint,
    accuracy_dm   integer,
    battery_pct   smallint,
    flags         smallint not null default 0,
    received_at   timestamptz not null
);

-- What a terminal says about itself, and the broker about it in its last will.
create table terminal_status (
    terminal_id  text primary key references terminal,
    state        text not null,
    outbox       text,
    written      bigint,
    waiting      bigint,
    received_at  timestamptz not null
);

-- What could not be used: kept as it came, then acknowledged.
create table quarantine (
    quarantine_id  bigint generated always as identity primary key,
    topic          text not null,
    payload        bytea not null,
    reason         text not null,
    received_at    timestamptz not null
);
create index quarantine_by_time on quarantine (received_at);

-- The worklist: which worker-days have new facts. Rows are only ever added by those who
-- store and removed by those who have recomputed, so neither waits for the other.
create table dirty_day (
    mark_id    bigint generated always as identity primary key,
    worker_id  text not null,
    day        date not null,
    marked_at  timestamptz not null default now()
);
create index dirty_day_by_day on dirty_day (worker_id, day);
