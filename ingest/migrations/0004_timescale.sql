-- requires: timescaledb
-- `position` becomes a hypertable; nothing else differs from a plain database.

create extension if not exists timescaledb;
select create_hypertable('position', by_range('epoch', interval '1 day'), migrate_data => true);
