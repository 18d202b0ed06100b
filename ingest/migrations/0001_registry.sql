-- Who and what there is in a district: grids, premises, places, workers, terminals, duty.
-- Geometries are GeoJSON (WGS-84, longitude first), because the rules work on them in
-- Python and the database needs no geometry extension.

create table grid (
    grid_id  text primary key,
    name     text not null,
    outline  jsonb not null
);

-- A building or an entrance to be visited: an outline, or a point with a radius.
create table premises (
    premises_id  text primary key,
    grid_id      text not null references grid,
    name         text not null default '',
    households   integer not null default 1 check (households >= 0),
    geometry     jsonb not null,
    radius_m     real check (radius_m > 0)
);
create index premises_by_grid on premises (grid_id);

-- Where being outside the grid is in order: a station, an office, a training room.
create table authorised_place (
    place_id  text primary key,
    name      text not null default '',
    kind      text not null default 'other',
    geometry  jsonb not null,
    radius_m  real check (radius_m > 0)
);

create table worker (
    worker_id  text primary key,
    name       text not null
);

create table terminal (
    terminal_id  text primary key,
    model        text not null default ''
);

-- Who carries which terminal, and when: half-open, open at the end while it lasts.
create table assignment (
    terminal_id  text not null references terminal,
    worker_id    text not null references worker,
    valid_from   timestamptz not null,
    valid_to     timestamptz,
    primary key (terminal_id, valid_from),
    check (valid_to > valid_from)
);
create index assignment_by_worker on assignment (worker_id, valid_from);

-- When presence is owed. `day` is the local day on which the window begins.
create table duty_window (
    worker_id  text not null references worker,
    grid_id    text not null references grid,
    day        date not null,
    start_at   timestamptz not null,
    end_at     timestamptz not null,
    primary key (worker_id, start_at),
    check (end_at > start_at)
);
create index duty_window_by_day on duty_window (worker_id, day);
create index duty_window_by_grid on duty_window (grid_id, day);
