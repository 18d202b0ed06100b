-- From which day on facts are kept: what was dropped on purpose is no reason to judge anew.

-- One row and never another: `single` is true, and is the key. Positions and check-ins of
-- worker-days before `from_day` (local) were dropped or may be at any moment; null: none were.
create table facts_kept (
    single      boolean primary key default true check (single),
    from_day    date,
    changed_at  timestamptz not null default now()
);
insert into facts_kept default values;
