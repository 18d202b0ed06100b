-- requires: timescaledb
-- `position` becomes a hypertable; nothing else differs from a plain database. Its unique
-- index serves every query, so the extension's own index on the epoch alone is left out.

create extension if not exists timescaledb;
select create_hypertable('position', by_range('epoch', interval '1 day'),
                         create_default_indexes => false, migrate_data => true);
