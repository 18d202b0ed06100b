-- What was learned of the receivers of each model of terminal, as versions; and which is in force.

-- `models` holds, by the model of terminal, what was learned of its receiver; of a worker or a
-- place there is nothing in it. A version never changes, because results name it.
create table parameter_set (
    version        text primary key check (version ~ '^learned-\d{4}-\d{2}-\d{2}-\d+$'),
    made_at        timestamptz not null default now(),
    from_day       date not null,
    to_day         date not null,
    worker_days    integer not null check (worker_days > 0),
    -- By which days were read: the rules, and the parameters in force then.
    rules_version  text not null,
    read_with      text not null,
    models         jsonb not null check (jsonb_typeof(models) = 'object' and models <> '{}'),
    check (to_day >= from_day)
);

-- One row and never another: `single` is true, and is the key. No version: the built-in parameters.
create table parameters_in_force (
    single    boolean primary key default true check (single),
    version   text references parameter_set,
    since_at  timestamptz not null default now()
);
insert into parameters_in_force default values;

create view v1_parameter_set as
select p.version,
       p.made_at,
       p.from_day,
       p.to_day,
       p.worker_days,
       p.rules_version,
       p.read_with,
       p.models,
       f.version is not null as is_in_force
  from parameter_set p
  left join parameters_in_force f using (version);
comment on view v1_parameter_set is
    'Versions of what was learned of receivers; results name theirs. None in force: the built-in.';

-- Goes up with every change of the registers: who works long sees that what was read is old.
create sequence register_change;
