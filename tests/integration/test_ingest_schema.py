"""The schema: applied once, in order, whole or not at all."""

import os
import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ingest.migrate import check_migrated, migrate
from patrol.errors import StateError
from tests.district import (
    count,
    rows,
)


def test_migrating_again_changes_nothing(database):
    assert migrate(database) == []


def test_several_starters_migrate_one_database(postgres):
    name = f"race_{os.getpid()}"
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    results: list[list[str]] = []
    starters = [
        threading.Thread(target=lambda: results.append(migrate(postgres.dsn_of(name))))
        for _ in range(3)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")

    applied = [name for result in results for name in result]
    assert len(results) == 3
    assert len(applied) == len(set(applied)) >= 4


def test_an_edited_migration_is_refused(database):
    with psycopg.connect(database) as conn:
        conn.execute("update schema_migration set checksum = 'other' where number = 2")

    with pytest.raises(StateError, match=r"0002_facts\.sql was changed after it had been applied"):
        migrate(database)


def test_a_database_newer_than_the_program_is_refused(database):
    with psycopg.connect(database) as conn:
        conn.execute("insert into schema_migration values (9999, '9999_later.sql', 'x')")

    with pytest.raises(StateError, match=r"9999_later\.sql, which this program does not know"):
        migrate(database)


def test_a_migration_that_fails_leaves_nothing_behind(database, tmp_path):
    (tmp_path / "0001_half.sql").write_text("create table half (x int); select 1/0;")
    with psycopg.connect(database) as conn:
        conn.execute("delete from schema_migration")

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(database, tmp_path)

    assert rows(database, "select to_regclass('half')") == [(None,)]


def test_a_process_says_that_the_schema_is_missing(database):
    with psycopg.connect(database) as conn:
        conn.execute("delete from schema_migration where number = 3")

    with pytest.raises(StateError, match=r"lacks 0003_results\.sql: run `patrol ingest migrate`"):
        check_migrated(database)


def test_a_process_that_starts_amid_a_migration_says_so_too(postgres):
    name = f"amid_{os.getpid()}"
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    with psycopg.connect(postgres.dsn_of(name)) as busy:
        busy.execute("create table schema_migration (number int, name text, checksum text)")

        with pytest.raises(StateError, match="run `patrol ingest migrate` first"):
            check_migrated(postgres.dsn_of(name))

    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


def test_an_ordinary_owner_migrates_and_a_reader_checks(postgres):
    owner, reader = f"owner_{os.getpid()}", f"reader_{os.getpid()}"
    dsn = postgres.dsn_of(owner)
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create role {owner} login")
        conn.execute(f"create role {reader} login")
        conn.execute(f"create database {owner} owner {owner}")
    with psycopg.connect(postgres.dsn_of(owner), autocommit=True) as conn:
        conn.execute(f"grant all on schema public to {owner}")
    try:
        assert len(migrate(make_conninfo(dsn, user=owner))) >= 4
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(f"grant select on all tables in schema public to {reader}")
        check_migrated(make_conninfo(dsn, user=reader))
    finally:
        with psycopg.connect(postgres.dsn, autocommit=True) as conn:
            conn.execute(f"drop database {owner} with (force)")
            conn.execute(f"drop role {owner}")
            conn.execute(f"drop role {reader}")


def test_position_is_a_hypertable_where_there_is_timescale(database):
    has_extension = count(database, "pg_extension where extname = 'timescaledb'") == 1
    if not has_extension:
        assert rows(database, "select relkind from pg_class where relname = 'position'") == [("r",)]
        return

    tables = rows(database, "select hypertable_name from timescaledb_information.hypertables")
    assert tables == [("position",)]
