-- What a supervisor is to hear of soon, whom it is told, and what became of that.

-- One row an occasion, whoever finds it and however often. It ends when what it is about does;
-- a call for help ends when somebody has seen it.
create table notice (
    notice_id        bigint generated always as identity primary key,
    kind             text not null check (kind in ('sos', 'outside', 'silent')),
    occasion         text not null unique,
    worker_id        text not null references worker,
    terminal_id      text,
    grid_id          text references grid,
    began_at         timestamptz not null,
    found_at         timestamptz not null default clock_timestamp(),
    ended_at         timestamptz,
    -- Of a call for help alone, where the terminal was at that moment.
    fix_epoch        timestamptz,
    fix_lat_e7       integer,
    fix_lon_e7       integer,
    fix_accuracy_dm  integer,
    seen_by          text,
    seen_at          timestamptz,
    check ((seen_by is null) = (seen_at is null)),
    check (kind = 'sos' or fix_epoch is null)
);
create index notice_open on notice (kind) where ended_at is null;
create index notice_by_grid on notice (grid_id, notice_id);

-- Whom to tell of what: of one grid, of an area with all that lies in it, or of all. Quiet hours
-- are of the deployment's local day and pass over from one day to the next; a call for help
-- knows none.
create table notice_rule (
    rule_id     text primary key,
    kind        text not null check (kind in ('sos', 'outside', 'silent')),
    area_id     text references area,
    grid_id     text references grid,
    channel     text not null check (channel in ('webhook', 'email')),
    target      text not null,
    secret      text,
    delay_s     integer not null default 0 check (delay_s between 0 and 86400),
    quiet_from  time,
    quiet_to    time,
    is_active   boolean not null default true,
    created_by  text not null,
    created_at  timestamptz not null default now(),
    revision    integer not null default 1,
    check (area_id is null or grid_id is null),
    check ((quiet_from is null) = (quiet_to is null)),
    check ((channel = 'webhook') = (secret is not null))
);

create table notice_delivery (
    delivery_id  bigint generated always as identity primary key,
    notice_id    bigint not null references notice on delete cascade,
    rule_id      text not null references notice_rule on delete cascade,
    due_at       timestamptz not null,
    attempts     integer not null default 0,
    -- `passed`: it was over before it was to be told.
    state        text not null default 'waiting'
                 check (state in ('waiting', 'sent', 'given_up', 'passed')),
    said         text not null default '',
    settled_at   timestamptz,
    unique (notice_id, rule_id)
);
create index notice_delivery_due on notice_delivery (due_at) where state = 'waiting';

-- Whoever waits for calls for help hears of one when it is committed.
create function tell_of_sos() returns trigger language plpgsql as $$
begin
    perform pg_notify('patrol_sos', new.terminal_id);
    return null;
end
$$;
create trigger terminal_event_sos after insert on terminal_event
    for each row when (new.kind = 'sos') execute function tell_of_sos();

-- Calls for help with who called and where that was owed: the duty of the moment, else the
-- nearest one, for a call counts off duty, too.
create view v1_sos as
select e.terminal_id,
       e.event_id,
       e.at,
       e.received_at,
       a.worker_id,
       d.grid_id,
       e.fix_epoch,
       e.fix_lat_e7,
       e.fix_lon_e7,
       e.fix_accuracy_dm
  from terminal_event e
  join assignment a
    on a.terminal_id = e.terminal_id
   and a.valid_from <= e.at
   and (a.valid_to is null or a.valid_to > e.at)
  left join lateral (
       select w.grid_id
         from duty_window w
        where w.worker_id = a.worker_id
        order by greatest(w.start_at - e.at, e.at - w.end_at, interval '0'), w.start_at
        limit 1
  ) d on true
 where e.kind = 'sos';
comment on view v1_sos is 'Calls for help, with the worker and the grid of the nearest duty.';

create view v1_outside_now as
select s.worker_id, s.grid_id, s.since_at
  from live_state s
 where s.state = 'outside'
   and s.known_until >= now();
comment on view v1_outside_now is 'Workers on duty who are provisionally outside their grids now.';

-- Heard is what was received, not what happened: who sends late speaks. A last will is no word
-- of the terminal's.
create view v1_unheard_now as
select d.worker_id,
       d.grid_id,
       a.terminal_id,
       greatest(d.start_at, a.valid_from, l.received_at,
                case when s.state = 'online' then s.received_at end) as since_at
  from duty_window d
  join assignment a
    on a.worker_id = d.worker_id
   and a.valid_from <= now()
   and (a.valid_to is null or a.valid_to > now())
  left join latest_position l using (terminal_id)
  left join terminal_status s using (terminal_id)
 where d.start_at <= now()
   and d.end_at > now();
comment on view v1_unheard_now is 'Terminals of workers on duty, and since when each is not heard.';

create view v1_notice as
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
       n.seen_at
  from notice n
  join worker w using (worker_id);
comment on view v1_notice is 'What supervisors are told of soon; a place with a call for help alone.';

create view v1_my_reach as
select coalesce(current_setting('gridpatrol.all', true) = 'on', false)
       or exists (select
                    from v1_my_role
                   where area_id is null and grid_id is null and role <> 'worker') as sees_all;
comment on view v1_my_reach is 'Whether whoever asks may see every grid, and what is in none.';
