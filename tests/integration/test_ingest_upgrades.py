"""From every version that there ever was, with data in it, to the newest one."""

import threading
import uuid
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ingest.migrate import Migration, migrate, read_migrations
from tests.district import WALK, assess, count, letters, rows, store

MIGRATIONS = read_migrations(files("ingest") / "migrations")
FIRST = 3

# What was in a database of each version, as that version wrote it. The tables are those that
# the version made: what was put there by one before is there, too.
ROWS = {
    1: """
insert into grid values ('G01', 'North', '{"type": "Polygon", "coordinates":
    [[[104.05, 30.65], [104.07, 30.65], [104.07, 30.67], [104.05, 30.67], [104.05, 30.65]]]}');
insert into premises values
    ('P1', 'G01', '', 1, '{"type": "Point", "coordinates": [104.06, 30.66]}', 5);
insert into authorised_place values
    ('S1', '', 'station', '{"type": "Point", "coordinates": [104.06, 30.66]}', 30);
insert into worker values ('W01', 'Worker 01'), ('W02', 'Worker 02');
insert into terminal values ('T01', 'm'), ('T02', 'm');
insert into assignment values ('T01', 'W01', '2026-01-01Z', null);
insert into duty_window values
    ('W01', 'G01', '2026-03-02', '2026-03-02T00:00Z', '2026-03-02T01:00Z');
""",
    2: """
insert into position (terminal_id, epoch, lat_e7, lon_e7, accuracy_dm, received_at)
select 'T01', timestamptz '2026-03-02T00:00Z' + n * interval '10 seconds',
       306600000 + n, 1040600000, 50, '2026-03-02T02:00Z' from generate_series(0, 299) n;
insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, received_at)
    values ('T01', '2026-03-02T00:49:50Z', 306600299, 1040600000, '2026-03-02T02:00Z');
insert into terminal_status values ('T01', 'online', 'a', 300, 0, '2026-03-02T02:00Z');
insert into dirty_day (worker_id, day) values ('W01', '2026-03-02');
insert into quarantine (topic, payload, reason, received_at) values
    ('gp/1/T09/position', '{}', 'terminal T09 is not registered: add it with `x`', now()),
    ('gp/1/T01/position', 'junk', 'payload is not JSON: x', now()),
    ('gp/1/T01/position', '{}', '1 of 5 fixes are from the future, the first at x', now()),
    ('gp/1/T01/position', '{}', 'the database does not take it: x', now()),
    ('elsewhere', '{}', 'topic ''elsewhere'' is not under ''gp/1''', now());
""",
    3: """
insert into daily_compliance values
    ('W01', '2026-03-02', '{G01}', 3600, 3000, 600, 0, 2900, 3100, 600, 500, 700,
     'not_met', 'r', 'not_met', 'r', 300, 'v', '2026-03-02T02:00Z');
insert into presence_interval values
    ('W01', '2026-03-02', '2026-03-02T00:00Z', '2026-03-02T00:50Z', 'G01', 'inside');
insert into home_visit values
    ('W01', '2026-03-02', '2026-03-02T00:10Z', '2026-03-02T00:20Z', 'P1', 600, 0);
""",
    6: """
insert into requirement values ('G01', '2026-01-01', null, 0.9, 10800);
insert into excused_period (kind, worker_id, start_at, end_at)
    values ('leave', 'W02', '2026-03-02T00:00Z', '2026-03-02T01:00Z');
insert into cover values ('W01', 'G01', '2026-03-02T00:00Z', '2026-03-02T01:00Z');
insert into heard_span values ('W01', '2026-03-02', '2026-03-02T00:00Z', '2026-03-02T01:00Z',
    '2026-03-02T00:00Z', '2026-03-02T00:50Z');
insert into unsettled_day (day) values ('2026-03-02');
""",
    7: """
insert into checkpoint values
    ('C1', 'G01', '', '{"type": "Point", "coordinates": [104.06, 30.66]}', 10);
insert into grid_coverage values
    ('W01', '2026-03-02', 'G01', 'checkpoints', 1, 1, 1, '[]');
""",
    8: """
insert into finding (worker_id, day, kind, start_at, end_at, evidence, status, explanation)
    values ('W01', '2026-03-02', 'frozen', '2026-03-02T00:00Z', '2026-03-02T00:10Z', '{}',
            'explained', 'the terminal lay on the desk');
insert into day_trace values ('W01', '2026-03-02', '', '');
insert into uncompared_day (worker_id, day) values ('W01', '2026-03-02'), ('W01', '2026-03-02');
""",
    10: """
insert into parameter_set values ('learned-2026-03-03-1', now(), '2026-03-01', '2026-03-02', 9,
    'v', 'builtin-1', '{"m": {}}');
update parameters_in_force set version = 'learned-2026-03-03-1';
""",
    11: """
insert into checkin (terminal_id, checkin_id, at, kind, phase, received_at)
    values ('T01', '019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f', '2026-03-02T00:10Z', 'declared',
            'begin', '2026-03-02T02:00Z');
""",
    13: """
insert into outbox_seq (terminal_id, outbox, heard, heard_at)
    values ('T01', 'a', '{[1,301)}', '2026-03-02T02:00Z');
""",
}

_TABLES = """
select relname from pg_class
 where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migration'
"""

_SHAPE = """
-- all that a schema promises, without names that the server makes up
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
union all
select t.relname, 'constraint', pg_get_constraintdef(o.oid), null, null
  from pg_constraint o join pg_class t on t.oid = o.conrelid
 where t.relnamespace = 'public'::regnamespace
union all
select tablename, indexname, indexdef, null, null from pg_indexes where schemaname = 'public'
union all
select viewname, 'view', definition, null, null from pg_views where schemaname = 'public'
 order by 1, 2, 3
"""


_DUTY = """
insert into duty_window values ('W01', 'G01', '2026-03-01', to_timestamp(%s), to_timestamp(%s))
"""


class Old:
    """A database as some version left it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self._folder = folder

    def apply(self, migration: Migration) -> None:
        """Let the version come that brought this migration, and be used for a while."""
        (self._folder / migration.name).write_text(migration.sql, encoding="utf-8")
        migrate(self.dsn, self._folder)
        with psycopg.connect(self.dsn) as conn:
            conn.execute(ROWS.get(migration.number, "").encode())

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with psycopg.connect(self.dsn) as conn:
            tables = [name for (name,) in conn.execute(_TABLES)]
            counted = sql.SQL(" union all ").join(
                sql.SQL("select {}, count(*) from {}").format(name, sql.Identifier(name))
                for name in tables
            )
            return dict(conn.execute(counted).fetchall())


@pytest.fixture
def old(postgres, tmp_path) -> Iterator[Old]:
    """Return a database without anything in it."""
    name = f"old_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    yield Old(postgres.dsn_of(name), tmp_path)
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def newest(postgres, template) -> list[tuple]:
    """Return the shape of a schema that was never an older one."""
    return rows(postgres.dsn_of(template), _SHAPE)


@pytest.mark.parametrize("version", [one.number for one in MIGRATIONS])
def test_every_version_comes_to_the_same_schema_and_keeps_its_rows(old, newest, version):
    for migration in MIGRATIONS[:version]:
        old.apply(migration)
    before = old.counts()

    migrate(old.dsn)

    after = old.counts()
    # Marks are added for what is to be judged anew, and doubled ones go.
    marks = {"dirty_day", "uncompared_day", "unsettled_day"}
    assert {name: after[name] for name in before if name not in marks} == {
        name: number for name, number in before.items() if name not in marks
    }
    assert all(after[name] > 0 for name in marks & set(before) if before[name])
    assert rows(old.dsn, _SHAPE) == newest


def test_reasons_of_before_are_told_by_kind(old):
    for migration in MIGRATIONS:
        old.apply(migration)

    assert rows(old.dsn, "select code, terminal_id from quarantine order by quarantine_id") == [
        ("unknown_terminal", "T09"),
        ("not_understood", "T01"),
        ("from_the_future", "T01"),
        ("database_refused", "T01"),
        ("wrong_topic", None),
    ]


def test_what_an_old_version_stored_is_judged_by_the_newest(old):
    for migration in MIGRATIONS[:FIRST]:
        old.apply(migration)
    migrate(old.dsn)
    with psycopg.connect(old.dsn) as conn:
        conn.execute("update daily_compliance set assessed_at = '2026-01-01Z'")

    assert assess(old.dsn) == 1
    assert rows(old.dsn, "select fixes, assessed_at > '2026-01-01Z' from daily_compliance") == [
        (300, True)
    ]


def test_an_upgraded_database_takes_what_comes(old):
    for migration in MIGRATIONS[:FIRST]:
        old.apply(migration)
    migrate(old.dsn)
    with psycopg.connect(old.dsn) as conn:
        conn.execute("delete from duty_window")
        conn.execute(_DUTY, [one.epoch_ms / 1000 for one in (WALK[0], WALK[-1])])
        conn.execute("delete from position")

    written = store(old.dsn, letters(WALK[:100]))

    assert (written.stored, count(old.dsn, "position")) == (100, 100)


@pytest.mark.parametrize("version", [0, FIRST])
def test_of_many_starters_one_applies_each_migration(old, version):
    for migration in MIGRATIONS[:version]:
        old.apply(migration)
    results: list[list[str]] = []
    starters = [threading.Thread(target=lambda: results.append(migrate(old.dsn))) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()

    applied = sorted(name for result in results for name in result)
    had = {name for (name,) in rows(old.dsn, "select name from schema_migration")}
    assert len(results) == 4
    assert len(applied) == len(set(applied))
    assert set(applied) == had - {one.name for one in MIGRATIONS[:version]}


def test_a_starter_that_dies_amid_a_migration_leaves_it_to_the_next(old):
    """The server takes back what a connection has not committed."""
    for migration in MIGRATIONS[:FIRST]:
        old.apply(migration)
    with psycopg.connect(old.dsn) as dying:
        dying.execute("select pg_advisory_xact_lock(4722166880)")
        dying.execute(MIGRATIONS[FIRST + 1].sql.encode())
        dying.close()

    assert MIGRATIONS[FIRST + 1].name in migrate(old.dsn)
