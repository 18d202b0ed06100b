-- What the rules made of the facts: replaced whole, one worker-day a transaction.

create table daily_compliance (
    worker_id         text not null references worker,
    day               date not null,
    grid_ids          text[] not null,
    duty_s            integer not null,
    inside_s          integer not null,
    outside_s         integer not null,
    unknown_s         integer not null,
    -- Bounds between which the time in the grid lies, as far as the evidence tells.
    inside_low_s      integer not null,
    inside_high_s     integer not null,
    visit_s           integer not null,
    -- The same for the visit time.
    visit_low_s       integer not null,
    visit_high_s      integer not null,
    presence_verdict  text not null check (presence_verdict in ('met', 'not_met', 'undetermined')),
    presence_reason   text not null,
    visit_verdict     text not null check (visit_verdict in ('met', 'not_met', 'undetermined')),
    visit_reason      text not null,
    fixes             integer not null,
    rules_version     text not null,
    assessed_at       timestamptz not null,
    primary key (worker_id, day),
    check (inside_s + outside_s + unknown_s = duty_s)
);
create index daily_compliance_by_day on daily_compliance (day, worker_id);

create table presence_interval (
    worker_id  text not null references worker,
    day        date not null,
    start_at   timestamptz not null,
    end_at     timestamptz not null,
    grid_id    text not null references grid,
    state      text not null check (state in ('inside', 'outside', 'unknown')),
    primary key (worker_id, day, start_at),
    check (end_at > start_at)
);

create table home_visit (
    worker_id     text not null references worker,
    day           date not null,
    start_at      timestamptz not null,
    end_at        timestamptz not null,
    premises_id   text not null references premises,
    -- Seconds of the visit that fixes show, and seconds bridged over gaps.
    observed_s    integer not null,
    bridged_s     integer not null,
    primary key (worker_id, day, start_at),
    check (end_at > start_at)
);
