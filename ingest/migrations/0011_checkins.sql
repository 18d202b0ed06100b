-- Check-ins of workers at premises, the tags at their doors, and visits by what shows them.

-- Facts, stored once and never changed. Of a tag's token its SHA-256 alone is kept: whoever has
-- a token can check in by it. What the terminal takes for the premises may not be known here.
create table checkin (
    terminal_id      text not null,
    checkin_id       uuid not null,
    at               timestamptz not null,
    kind             text not null check (kind in ('tag', 'photo', 'declared')),
    phase            text not null check (phase in ('begin', 'end', 'nobody_home')),
    token_sha256     bytea,
    premises_id      text,
    fix_epoch        timestamptz,
    fix_lat_e7       integer,
    fix_lon_e7       integer,
    fix_accuracy_dm  integer,
    received_at      timestamptz not null,
    primary key (terminal_id, checkin_id),
    check ((kind = 'tag') = (token_sha256 is not null))
);
create index checkin_by_time on checkin (terminal_id, at);
create index checkin_by_token on checkin (token_sha256) where token_sha256 is not null;

-- At which door a tag is, and when: half-open, open where nothing is said.
create table premises_tag (
    token_sha256  bytea not null,
    premises_id   text not null references premises,
    valid_from    timestamptz,
    valid_to      timestamptz,
    check (valid_to > valid_from)
);
create unique index premises_tag_once
    on premises_tag (token_sha256, coalesce(valid_from, '-infinity'));

-- Seconds of visits by grade: visit_s is A and B, what is declared only stands beside it.
alter table daily_compliance
    add visit_a_s  integer not null default 0,
    add visit_b_s  integer not null default 0,
    add visit_c_s  integer not null default 0;
update daily_compliance set visit_b_s = visit_s;

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
       c.visit_c_s
  from daily_compliance c
  join worker w using (worker_id);
