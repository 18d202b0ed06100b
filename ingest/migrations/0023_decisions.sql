-- What people decide: about findings, about days, about months; and what is kept of it.

-- Which steps there are. A step that is not here is refused, whoever takes it.
create table decision_step (
    subject      text not null,
    from_status  text not null,
    to_status    text not null,
    primary key (subject, from_status, to_status)
);
insert into decision_step values
    ('finding', 'new', 'explained'), ('finding', 'explained', 'explained'),
    ('finding', 'new', 'upheld'), ('finding', 'new', 'dismissed'),
    ('finding', 'explained', 'upheld'), ('finding', 'explained', 'dismissed'),
    -- Only an appeal that is granted does this, and there is no way back.
    ('finding', 'upheld', 'dismissed'),
    ('correction', '', 'pending'), ('correction', '', 'in_force'),
    ('correction', 'pending', 'in_force'), ('correction', 'pending', 'refused'),
    ('correction', 'pending', 'withdrawn'), ('correction', 'in_force', 'withdrawn'),
    ('appeal', '', 'new'), ('appeal', 'new', 'heard'),
    ('appeal', 'heard', 'granted'), ('appeal', 'heard', 'refused'),
    ('unlocking', '', 'pending'), ('unlocking', 'pending', 'confirmed'),
    ('unlocking', 'pending', 'refused');

-- One row a step: written by triggers, so that no writer forgets it, and never changed.
create table decision_event (
    event_id     bigint generated always as identity primary key,
    subject      text not null,
    subject_id   bigint not null,
    worker_id    text,
    day          date,
    at           timestamptz not null default now(),
    actor        text not null,
    from_status  text not null,
    to_status    text not null,
    reason_code  text not null default '',
    text         text not null default ''
);
create index decision_event_by_subject on decision_event (subject, subject_id, event_id);
create index decision_event_by_worker on decision_event (worker_id, day, event_id);

create function decision_event_stays() returns trigger language plpgsql as $$
begin
    -- Who is erased may have written some of it.
    if current_setting('gridpatrol.erasing', true) = 'on' then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    raise exception 'what was decided is not changed afterwards'
          using errcode = 'check_violation', constraint = 'decision_event_stays';
end
$$;
create trigger decision_event_stays before update or delete on decision_event
    for each row execute function decision_event_stays();

-- Who acts is said by the settings of the transaction; by hand, it is the database user.
create function write_decision_event(
    what text, id bigint, whose text, its_day date, was text, becomes text
) returns void language plpgsql as $$
begin
    if not exists (select from decision_step s
                    where s.subject = what and s.from_status = was and s.to_status = becomes) then
        raise exception 'a % does not go from "%" to "%"', what, was, becomes
              using errcode = 'check_violation', constraint = 'decision_step';
    end if;
    insert into decision_event (subject, subject_id, worker_id, day, actor, from_status, to_status,
                                reason_code, text)
    values (what, id, whose, its_day,
            coalesce(nullif(current_setting('gridpatrol.account', true), ''),
                     'database:' || current_user),
            was, becomes,
            coalesce(current_setting('gridpatrol.reason_code', true), ''),
            coalesce(current_setting('gridpatrol.text', true), ''));
end
$$;

-- Findings.

alter table finding
    add revision       integer not null default 1,
    add decision_code  text;

create function finding_changes() returns trigger language plpgsql as $$
begin
    if (new.status, new.explanation, new.start_at, new.end_at, new.evidence)
       is distinct from (old.status, old.explanation, old.start_at, old.end_at, old.evidence) then
        new.revision := old.revision + 1;
    end if;
    if (new.status, new.explanation) is not distinct from (old.status, old.explanation)
       or current_setting('gridpatrol.erasing', true) = 'on' then
        return new;
    end if;
    -- Nothing that runs by itself has an account.
    if new.status in ('upheld', 'dismissed') and new.status <> old.status
       and not exists (select from account a where a.account_id = new.decided_by
                          and a.worker_id is distinct from new.worker_id) then
        raise exception 'a finding is decided by a person with an account, and not by its worker'
              using errcode = 'check_violation', constraint = 'finding_decided_by_person';
    end if;
    perform write_decision_event(
        'finding', new.finding_id, new.worker_id, new.day, old.status, new.status);
    return new;
end
$$;
create trigger finding_changes before update on finding
    for each row execute function finding_changes();

create or replace view v1_finding as
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
       f.decided_at,
       f.decision_code,
       f.revision
  from finding f
  join worker w using (worker_id);

-- Corrections: never of what was measured, always beside it.

create table correction (
    correction_id  bigint generated always as identity primary key,
    worker_id      text not null references worker,
    day            date not null,
    kind           text not null
                   check (kind in ('visit_time', 'presence_time', 'visit_added', 'visit_removed')),
    -- Of a time: what it is decided to be, seconds. Of a visit: when, and where.
    decided_s      integer check (decided_s between 0 and 172800),
    start_at       timestamptz,
    end_at         timestamptz,
    premises_id    text references premises,
    reason_code    text not null,
    text           text not null,
    status         text not null check (status in ('pending', 'in_force', 'refused', 'withdrawn')),
    -- Whether it was more than one person may decide alone.
    needs_second   boolean not null default false,
    -- What was measured, and decided before, when it was proposed.
    measured       jsonb not null default '{}',
    proposed_by    text not null,
    proposed_at    timestamptz not null default now(),
    decided_by     text,
    decided_at     timestamptz,
    revision       integer not null default 1,
    check ((kind in ('visit_time', 'presence_time')) = (decided_s is not null)),
    check ((kind in ('visit_added', 'visit_removed')) = (start_at is not null)),
    check ((start_at is null) = (end_at is null)),
    check (end_at > start_at),
    check ((kind = 'visit_added') = (premises_id is not null)),
    constraint correction_four_eyes
        check (not needs_second or status <> 'in_force'
               or (decided_by is not null and decided_by <> proposed_by))
);
create index correction_by_day on correction (worker_id, day);
create index correction_pending on correction (day, worker_id) where status = 'pending';

-- What is in force of a worker-day, kept by the trigger below: one row each that was corrected.
create table corrected_day (
    worker_id   text not null references worker,
    day         date not null,
    in_force    integer not null,
    pending     integer not null,
    visit_s     integer,
    inside_s    integer,
    added       tstzmultirange not null,
    removed     tstzmultirange not null,
    primary key (worker_id, day)
);

create function correction_changes() returns trigger language plpgsql as $$
begin
    delete from corrected_day k where k.worker_id = new.worker_id and k.day = new.day;
    insert into corrected_day
    select c.worker_id, c.day,
           count(*) filter (where c.status = 'in_force'),
           count(*) filter (where c.status = 'pending'),
           -- The last one that was proposed holds.
           (array_agg(c.decided_s order by c.correction_id desc)
               filter (where c.status = 'in_force' and c.kind = 'visit_time'))[1],
           (array_agg(c.decided_s order by c.correction_id desc)
               filter (where c.status = 'in_force' and c.kind = 'presence_time'))[1],
           coalesce(range_agg(tstzrange(c.start_at, c.end_at))
               filter (where c.status = 'in_force' and c.kind = 'visit_added'), '{}'),
           coalesce(range_agg(tstzrange(c.start_at, c.end_at))
               filter (where c.status = 'in_force' and c.kind = 'visit_removed'), '{}')
      from correction c
     where c.worker_id = new.worker_id and c.day = new.day
       and c.status in ('in_force', 'pending')
     group by c.worker_id, c.day;
    if tg_op = 'INSERT' then
        perform write_decision_event('correction', new.correction_id, new.worker_id, new.day,
                                     '', new.status);
    elsif new.status <> old.status then
        perform write_decision_event('correction', new.correction_id, new.worker_id, new.day,
                                     old.status, new.status);
    end if;
    return null;
end
$$;
create trigger correction_changes after insert or update on correction
    for each row execute function correction_changes();

-- Months.

-- Without an area it is all of the deployment. `month` is its first day.
create table frozen_month (
    freeze_id    bigint generated always as identity primary key,
    area_id      text references area,
    month        date not null check (extract(day from month) = 1),
    frozen_by    text not null,
    frozen_at    timestamptz not null default now(),
    released_at  timestamptz
);
create unique index frozen_month_once on frozen_month (month, coalesce(area_id, ''))
    where released_at is null;

-- Worker-days that do not change: their rows in all tables of results stand. A day that has
-- duty in several areas is frozen by the first of them.
create table frozen_day (
    worker_id  text not null references worker,
    day        date not null,
    freeze_id  bigint not null references frozen_month,
    frozen_at  timestamptz not null default now(),
    primary key (worker_id, day)
);
create index frozen_day_by_freeze on frozen_day (freeze_id);

-- Whoever stores results holds the months, any number at once; whoever freezes or opens one is
-- alone. Both until the transaction ends.
create function hold_months() returns void language sql as
    'select pg_advisory_xact_lock_shared(4722166884)';
create function change_months() returns void language sql as
    'select pg_advisory_xact_lock(4722166884)';

-- What a frozen worker-day would be by what is known now, beside what was frozen.
create table recomputed_day (
    worker_id    text not null references worker,
    day          date not null,
    result       jsonb not null,
    -- Which columns differ from what was frozen.
    differs_in   text[] not null,
    assessed_at  timestamptz not null,
    primary key (worker_id, day)
);

-- Without a worker it is about all that was frozen with it.
create table unlocking (
    unlocking_id  bigint generated always as identity primary key,
    freeze_id     bigint not null references frozen_month,
    worker_id     text references worker,
    status        text not null check (status in ('pending', 'confirmed', 'refused')),
    reason_code   text not null,
    text          text not null,
    proposed_by   text not null,
    proposed_at   timestamptz not null default now(),
    decided_by    text,
    decided_at    timestamptz,
    released_days integer,
    revision      integer not null default 1,
    constraint unlocking_four_eyes
        check (status = 'pending' or (decided_by is not null and decided_by <> proposed_by))
);
create index unlocking_by_freeze on unlocking (freeze_id);

create function unlocking_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or new.status <> old.status then
        perform write_decision_event('unlocking', new.unlocking_id, new.worker_id, null,
            case when tg_op = 'INSERT' then '' else old.status end, new.status);
    end if;
    return null;
end
$$;
create trigger unlocking_changes after insert or update on unlocking
    for each row execute function unlocking_changes();

-- Which grids are frozen in which month, by now.
create view v1_frozen_grid as
with recursive below as (
    select f.freeze_id, f.month, f.area_id
      from frozen_month f
     where f.released_at is null and f.area_id is not null
    union
    select b.freeze_id, b.month, a.area_id
      from below b join area a on a.parent_id = b.area_id
)
select g.grid_id, b.month, b.freeze_id
  from below b join grid g on g.area_id = b.area_id
union
select g.grid_id, f.month, f.freeze_id
  from frozen_month f cross join grid g
 where f.released_at is null and f.area_id is null;
comment on view v1_frozen_grid is 'Grids of which a month is frozen now; month is its first day.';

create view v1_frozen_day as
select worker_id, day, freeze_id, frozen_at
  from frozen_day;
comment on view v1_frozen_day is 'Worker-days whose results do not change.';

create view v1_recomputed_day as
select worker_id, day, result, differs_in, assessed_at
  from recomputed_day;
comment on view v1_recomputed_day is
    'What frozen worker-days would be by what is known now, and in which columns that differs.';

-- Appeals.

create table appeal (
    appeal_id      bigint generated always as identity primary key,
    worker_id      text not null references worker,
    about          text not null check (about in ('day', 'finding', 'correction', 'month')),
    -- Of a month its first day.
    day            date not null,
    finding_id     bigint references finding,
    correction_id  bigint references correction,
    text           text not null,
    status         text not null check (status in ('new', 'heard', 'granted', 'refused')),
    -- When that was told which it is against, and until when one could appeal.
    told_at        timestamptz not null,
    deadline_at    timestamptz not null,
    filed_at       timestamptz not null default now(),
    heard_by       text,
    heard_at       timestamptz,
    decided_by     text,
    decided_at     timestamptz,
    reason_code    text,
    decision_text  text,
    revision       integer not null default 1,
    check ((about = 'finding') = (finding_id is not null)),
    check ((about = 'correction') = (correction_id is not null)),
    check ((status in ('granted', 'refused')) = (decided_by is not null)),
    check ((decided_by is null) = (decided_at is null)),
    check ((decided_by is null) = (reason_code is null))
);
create index appeal_by_worker on appeal (worker_id, day);
-- One at a time about the same.
create unique index appeal_open on appeal (worker_id, about, day, coalesce(finding_id, 0),
                                           coalesce(correction_id, 0))
    where status in ('new', 'heard');

create function appeal_changes() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or new.status <> old.status then
        perform write_decision_event('appeal', new.appeal_id, new.worker_id, new.day,
            case when tg_op = 'INSERT' then '' else old.status end, new.status);
    end if;
    return null;
end
$$;
create trigger appeal_changes after insert or update on appeal
    for each row execute function appeal_changes();

-- What the API reads of it.

create view v1_correction as
select c.correction_id, c.worker_id, c.day, c.kind, c.decided_s, c.start_at, c.end_at,
       c.premises_id, c.reason_code, c.text, c.status, c.needs_second, c.measured, c.proposed_by,
       c.proposed_at, c.decided_by, c.decided_at, c.revision
  from correction c;
comment on view v1_correction is 'Corrections of worker-days, whatever became of them.';

create view v1_decision_event as
select event_id, subject, subject_id, worker_id, day, at, actor, from_status, to_status,
       reason_code, text
  from decision_event;
comment on view v1_decision_event is 'Every step of every decision: who, when, why.';

create view v1_appeal as
select appeal_id, worker_id, about, day, finding_id, correction_id, text, status, told_at,
       deadline_at, filed_at, heard_by, heard_at, decided_by, decided_at, reason_code,
       decision_text, revision
  from appeal;
comment on view v1_appeal is 'Appeals of workers.';

create view v1_frozen_month as
select f.freeze_id, f.area_id, f.month, f.frozen_by, f.frozen_at, f.released_at,
       (select count(*)::integer from frozen_day d where d.freeze_id = f.freeze_id) as days,
       (select count(*)::integer
          from frozen_day d
          join recomputed_day r using (worker_id, day)
         where d.freeze_id = f.freeze_id and r.differs_in <> '{}')        as differing_days
  from frozen_month f;
comment on view v1_frozen_month is 'Months that are frozen, or were.';

create view v1_unlocking as
select u.unlocking_id, u.freeze_id, f.area_id, f.month, u.worker_id, u.status, u.reason_code,
       u.text, u.proposed_by, u.proposed_at, u.decided_by, u.decided_at, u.released_days,
       u.revision
  from unlocking u
  join frozen_month f using (freeze_id);
comment on view v1_unlocking is 'Who asked for a frozen month to be opened, and who agreed.';

create function seconds_in(spans tstzmultirange) returns integer language sql immutable as $$
    select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0)::integer
      from unnest(spans) span
$$;

-- The same rule as for what was measured. Nobody is held to what duty was too short for.
create function decided_verdict(
    low_s integer, high_s integer, stored jsonb, code text, measured text
) returns text language sql immutable as $$
    select case when stored->>'required_s' is null then measured
                when low_s >= (stored->>'required_s')::float8 then 'met'
                when high_s >= (stored->>'required_s')::float8 then 'undetermined'
                when code = 'visits_duty_too_short' then measured
                else 'not_met' end
$$;

create or replace view v1_compliance as
select c.worker_id,
       w.name                   as worker_name,
       c.day,
       c.grid_ids,
       c.duty_s,
       c.inside_s,
       c.outside_s,
       c.unknown_s,
       c.inside_low_s  as presence_low_s,
       c.inside_high_s as presence_high_s,
       c.presence_verdict,
       c.presence_reason,
       c.visit_s,
       c.visit_low_s,
       c.visit_high_s,
       c.visit_verdict,
       c.visit_reason,
       c.fixes,
       c.rules_version,
       c.assessed_at,
       not exists (
           select from dirty_day d where d.worker_id = c.worker_id and d.day = c.day
       )                        as is_current,
       c.excused_s,
       c.plausible_s,
       c.presence_code,
       c.presence_values,
       c.visit_code,
       c.visit_values,
       c.parameters_version,
       c.coverage_kind,
       c.coverage_share,
       c.coverage_low,
       c.coverage_high,
       c.coverage_verdict,
       c.coverage_reason,
       c.coverage_code,
       c.coverage_values,
       c.visit_a_s,
       c.visit_b_s,
       c.visit_c_s,
       -- What holds after corrections; as measured where there are none.
       coalesce(k.inside_s, c.inside_s)                        as decided_inside_s,
       case when k.inside_s is null then c.presence_verdict
            else decided_verdict(k.inside_s, k.inside_s, c.presence_values, c.presence_code,
                                 c.presence_verdict) end       as decided_presence_verdict,
       v.decided_s                                             as decided_visit_s,
       v.low_s                                                 as decided_visit_low_s,
       v.high_s                                                as decided_visit_high_s,
       case when k.visit_s is null and x.more_s = 0 then c.visit_verdict
            else decided_verdict(v.low_s, v.high_s, c.visit_values, c.visit_code,
                                 c.visit_verdict) end          as decided_visit_verdict,
       coalesce(k.in_force, 0)                                 as corrections,
       coalesce(k.pending, 0)                                  as pending_corrections,
       f.worker_id is not null                                 as is_frozen,
       coalesce(r.differs_in, '{}')                            as recomputed_differs_in
  from daily_compliance c
  join worker w using (worker_id)
  left join corrected_day k on k.worker_id = c.worker_id and k.day = c.day
  left join frozen_day f on f.worker_id = c.worker_id and f.day = c.day
  left join recomputed_day r on r.worker_id = c.worker_id and r.day = c.day
 cross join lateral (
       select case when k.worker_id is null or (k.added = '{}' and k.removed = '{}') then 0
                   else (select seconds_in(m.visits - k.removed + k.added) - seconds_in(m.visits)
                           from (select coalesce(range_agg(tstzrange(h.start_at, h.end_at)), '{}')
                                            as visits
                                   from home_visit h
                                  where h.worker_id = c.worker_id and h.day = c.day
                                    and h.grade <> 'C') m)
              end as more_s
       ) x
 cross join lateral (
       select coalesce(k.visit_s, greatest(0, c.visit_s + x.more_s))      as decided_s,
              coalesce(k.visit_s, greatest(0, c.visit_low_s + x.more_s))  as low_s,
              coalesce(k.visit_s, greatest(0, c.visit_high_s + x.more_s)) as high_s
       ) v;

-- Statements of worker-days: a chain in which nothing can be changed, left out or put in another
-- order without its being seen, also when the positions have gone.

-- `number` has no gaps. `digest` is SHA-256 of the digest before it, the number, and SHA-256 of
-- `content`, so that the chain holds where content had to be erased.
create table day_statement (
    number          bigint primary key check (number > 0),
    worker_id       text not null,
    day             date not null,
    made_at         timestamptz not null default now(),
    content         text,
    content_sha256  bytea not null check (length(content_sha256) = 32),
    previous        bytea not null check (length(previous) = 32),
    digest          bytea not null check (length(digest) = 32),
    -- Of what it was made; made again when these are others.
    assessed_at     timestamptz not null,
    last_event_id   bigint not null,
    erased_at       timestamptz,
    check ((content is null) = (erased_at is not null))
);
create index day_statement_by_day on day_statement (worker_id, day, number);

-- One row and never another: where the chain ends.
create table statement_head (
    single  boolean primary key default true check (single),
    number  bigint not null default 0,
    digest  bytea not null default decode(repeat('00', 32), 'hex')
);
insert into statement_head default values;

create view v1_statement as
select number,
       worker_id,
       day,
       made_at,
       content,
       encode(content_sha256, 'hex') as content_sha256,
       encode(previous, 'hex')       as previous,
       encode(digest, 'hex')         as digest,
       erased_at
  from day_statement;
comment on view v1_statement is 'Statements of worker-days in the order of their chain.';
