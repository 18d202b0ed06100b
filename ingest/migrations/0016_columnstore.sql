-- requires: timescaledb
-- How old positions are kept: packed in columns, one terminal at a time. Nothing is packed by
-- this; `patrol ingest keep` does it. The columnstore is not in the edition under the Apache
-- licence alone, and without it all else is the same.

do $$
begin
    if current_setting('timescaledb.license', true) = 'timescale' then
        alter table position set (
            timescaledb.enable_columnstore,
            timescaledb.segmentby = 'terminal_id',
            timescaledb.orderby = 'epoch'
        );
    end if;
end
$$;
