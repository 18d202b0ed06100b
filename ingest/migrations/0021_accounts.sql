-- Areas, who may see what in them, and who has looked.

-- A tree: city, districts, streets, communities; grids hang on any of them.
create table area (
    area_id    text primary key,
    name       text not null,
    kind       text not null default 'community'
               check (kind in ('city', 'district', 'street', 'community')),
    parent_id  text references area,
    revision   integer not null default 1,
    check (parent_id <> area_id)
);
create index area_by_parent on area (parent_id);

alter table grid add area_id text references area;
create index grid_by_area on grid (area_id);

create function area_must_be_a_tree() returns trigger language plpgsql as $$
begin
    if exists (
        with recursive above as (
            select a.area_id, a.parent_id from area a where a.area_id = new.parent_id
            union
            select a.area_id, a.parent_id from area a join above b on a.area_id = b.parent_id
        )
        select from above where area_id = new.area_id
    ) then
        raise exception 'area % would lie within itself', new.area_id
              using errcode = 'check_violation', constraint = 'area_is_a_tree';
    end if;
    return new;
end
$$;
create trigger area_is_a_tree after insert or update of parent_id on area
    for each row when (new.parent_id is not null) execute function area_must_be_a_tree();

-- Somebody, or some machine, who asks. Without a password it signs in elsewhere (`subject` is
-- the issuer and the name there), or with keys alone.
create table account (
    account_id     text primary key check (account_id ~ '^[A-Za-z0-9_.@-]{1,64}$'),
    name           text not null default '',
    worker_id      text unique references worker,
    -- In whose administrators' care it is, beside those of everywhere.
    area_id        text references area,
    password_hash  text,
    -- The password was chosen by somebody else: until it is changed, nothing else may be done.
    is_given       boolean not null default false,
    subject        text unique,
    is_active      boolean not null default true,
    created_at     timestamptz not null default now(),
    revision       integer not null default 1
);

-- What an account may do, and where: in one grid, in an area with all that lies in it, or, with
-- neither, everywhere. A worker's role is about the worker alone.
create table account_role (
    account_id  text not null references account on delete cascade,
    role        text not null check (role in ('worker', 'grid_supervisor', 'area_supervisor',
                                              'administrator', 'auditor')),
    area_id     text references area,
    grid_id     text references grid,
    valid_from  timestamptz not null default now(),
    valid_to    timestamptz,
    granted_by  text not null default '',
    grant_id    bigint generated always as identity primary key,
    check (valid_to > valid_from),
    check (role <> 'grid_supervisor' or (grid_id is not null and area_id is null)),
    check (role = 'grid_supervisor' or grid_id is null),
    check (role <> 'worker' or area_id is null)
);
create unique index account_role_once
    on account_role (account_id, role, coalesce(area_id, ''), coalesce(grid_id, ''), valid_from);

-- What somebody shows to be let in: SHA-256 of 256 random bits. A session is short, its refresh
-- makes the next one, once; a key stays until its end, and is for `scopes` alone.
create table bearer (
    digest        bytea primary key check (length(digest) = 32),
    account_id    text not null references account on delete cascade,
    kind          text not null check (kind in ('session', 'refresh', 'key')),
    -- All that came of one sign-in, so that all of it ends together; of a key, its name.
    family        text not null,
    scopes        text[],
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    used_at       timestamptz
);
create index bearer_by_account on bearer (account_id, kind);
create index bearer_by_end on bearer (expires_at);
create unique index bearer_key_once on bearer (account_id, family) where kind = 'key';

-- Attempts to sign in since the last that succeeded, by address, by account and by both. Keys are
-- hashes: neither addresses nor what people type as their names is kept. Nobody has to clear
-- this: every limit ends by itself, and rows go at later sign-ins.
create table sign_in_limit (
    what      text not null check (what in ('address', 'account', 'both')),
    key       text not null,
    attempts  integer not null,
    last_at   timestamptz not null,
    free_at   timestamptz not null,
    primary key (what, key)
);
create index sign_in_limit_by_time on sign_in_limit (last_at);

-- From where (a hash) an account has signed in: guesses from elsewhere do not shut it out there.
create table sign_in_place (
    account_id  text not null references account on delete cascade,
    key         text not null,
    last_at     timestamptz not null default now(),
    primary key (account_id, key)
);
create index sign_in_place_by_time on sign_in_place (last_at);

-- A sign-in through a provider that has begun: good once, in the browser that began it.
create table oidc_request (
    state       bytea primary key check (length(state) = 32),
    browser     bytea not null check (length(browser) = 32),
    nonce       text not null,
    verifier    text not null,
    expires_at  timestamptz not null
);
create index oidc_request_by_end on oidc_request (expires_at);

-- Who has read what of a worker: written before the answer leaves. Without a worker it was about
-- all whom `grid_id` or the reader's subtree holds.
create table access_log (
    access_id   bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    reader      text not null,
    role        text not null default '',
    what        text not null,
    worker_id   text,
    day         date,
    last_day    date,
    grid_id     text,
    purpose     text not null default ''
);
create index access_log_by_worker on access_log (worker_id, access_id);
create index access_log_by_time on access_log (at);

-- Who asks is said by settings that the API makes in each transaction:
--   gridpatrol.account  the account, or '' for a token of the deployment's own file
--   gridpatrol.roles    those of its roles that may do what is asked, comma between them
--   gridpatrol.all      'on' for a token of the deployment's own file, which sees all
-- Nothing set, nothing seen.
create view v1_my_role as
select r.account_id, r.role, r.area_id, r.grid_id, a.worker_id, r.valid_to
  from account a
  join account_role r using (account_id)
 where a.account_id = current_setting('gridpatrol.account', true)
   and a.is_active
   and r.role = any (string_to_array(current_setting('gridpatrol.roles', true), ','))
   and r.valid_from <= now()
   and (r.valid_to is null or r.valid_to > now());
comment on view v1_my_role is 'The roles of whoever asks that count for what is asked.';

create view v1_my_area as
with recursive mine as (
    select area_id
      from area
     where current_setting('gridpatrol.all', true) = 'on'
        or exists (select
                     from v1_my_role
                    where area_id is null and grid_id is null and role <> 'worker')
    union
    select area_id from v1_my_role where area_id is not null
    union
    select a.area_id from area a join mine m on a.parent_id = m.area_id
)
select area_id from mine;
comment on view v1_my_area is 'Areas within the subtrees of whoever asks.';

create view v1_my_grid as
select grid_id
  from grid
 where current_setting('gridpatrol.all', true) = 'on'
    or exists (select
                 from v1_my_role
                where area_id is null and grid_id is null and role <> 'worker')
    or area_id in (select area_id from v1_my_area)
    or grid_id in (select grid_id from v1_my_role where grid_id is not null);
comment on view v1_my_grid is 'Grids within the subtrees of whoever asks.';

-- An account is in the care of an area's administrators, but not while it has a role that
-- reaches beyond: whoever could set its password could do what it may do.
create view v1_my_account as
select a.account_id
  from account a
 where current_setting('gridpatrol.all', true) = 'on'
    or exists (select
                 from v1_my_role
                where area_id is null and grid_id is null and role <> 'worker')
    or (a.area_id in (select area_id from v1_my_area)
        and not exists (select
                          from account_role r
                         where r.account_id = a.account_id
                           and r.role <> 'worker'
                           and (r.valid_to is null or r.valid_to > now())
                           and coalesce(r.area_id not in (select area_id from v1_my_area), true)
                           and coalesce(r.grid_id not in (select grid_id from v1_my_grid), true))
        -- Who could sign in as somebody sees what that one sees: all days of a worker.
        and not exists (select
                          from duty_window d
                         where d.worker_id = a.worker_id
                           and d.grid_id not in (select grid_id from v1_my_grid)));
comment on view v1_my_account is 'Accounts that whoever asks may manage.';

create view v1_my_worker as
select worker_id from v1_my_role where role = 'worker' and worker_id is not null;
comment on view v1_my_worker is 'The worker who asks about the own days; nobody otherwise.';

-- A worker-day is for those in whose grids its duty was, and for the worker.
create view v1_seen_day as
select d.worker_id, d.day
  from duty_window d
 where d.grid_id in (select grid_id from v1_my_grid)
union all
select d.worker_id, d.day
  from duty_window d
 where d.worker_id in (select worker_id from v1_my_worker);
comment on view v1_seen_day is 'Worker-days that whoever asks may see; a row may come twice.';

-- What has been changed of registry, accounts and decisions: who, when, what it was and what it
-- became. Nothing that says where a person was. Rows are only ever added, and no key leads to the
-- account: they outlive it.
create table change_log (
    change_id   bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    -- The account; 'command' for one given at the terminal of the server.
    account_id  text not null,
    what        text not null,
    key         text not null,
    before      jsonb,
    after       jsonb,
    reason      text not null default ''
);
create index change_log_by_key on change_log (what, key, change_id);
create index change_log_by_time on change_log (at);
create index change_log_by_account on change_log (account_id, change_id);
