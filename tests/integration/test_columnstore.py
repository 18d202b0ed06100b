"""Old positions in the columnstore of TimescaleDB: skipped where there is none."""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.resources import files

import psycopg
import pytest

from ingest.keeping import keep as keeping
from ingest.keeping.health import Health, read_health
from ingest.keeping.keep import Keeper
from ingest.keeping.settings import KeepingSettings
from ingest.migrate import migrate
from patrol.fix import epoch_of
from runtime.registers.load import load
from tests.district import SHANGHAI, WALK, assess, count, letters, rows, store, write_registers

HAS_EXTENSION = "select count(*) from pg_extension where extname = 'timescaledb'"
COLUMNS = "(terminal_id, epoch, lat_e7, lon_e7, received_at)"
TRACK = "select epoch, lat_deg, lon_deg, accuracy_m, received_at from v1_track order by epoch"
# Every ten seconds of four hours for three terminals, on each of the last twelve days.
FILL = """
insert into position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, received_at)
select 'T0' || terminal, current_date - day + interval '10 s' * number, 306600000 + number * 7,
       1040600000 - number * 5, number % 150, current_date - day + interval '10 s' * number
  from generate_series(1, 3) terminal, generate_series(1, 12) day, generate_series(0, 1439) number
"""


@pytest.fixture
def timescale(database):
    """Return a database whose `position` is a hypertable."""
    if rows(database, HAS_EXTENSION) == [(0,)]:
        pytest.skip("TimescaleDB is not on this server: name one with PATROL_TEST_DSN")
    return database


@pytest.fixture
def filled(timescale):
    with psycopg.connect(timescale) as conn:
        conn.execute(FILL)
    return timescale


@pytest.fixture
def packed(filled) -> Iterator[psycopg.Connection]:
    """Return a connection to a database with what is old in the columnstore."""
    keep(filled)
    with psycopg.connect(filled, autocommit=True) as conn:
        yield conn


@pytest.fixture
def plain(postgres, tmp_path, timescale) -> Iterator[str]:  # noqa: ARG001 - skips without it
    """Return a database that has had every migration but those of TimescaleDB."""
    (tmp_path / "plain").mkdir()
    for file in (files("ingest") / "migrations").iterdir():
        text = file.read_text(encoding="utf-8")
        if "-- requires:" not in text:
            (tmp_path / "plain" / file.name).write_text(text)
    name = f"plain_{os.getpid()}"
    with psycopg.connect(postgres.dsn, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    try:
        # As on a server where the extension is not to be had: its files stay to be applied.
        migrate(postgres.dsn_of(name), tmp_path / "plain")
        yield postgres.dsn_of(name)
    finally:
        with psycopg.connect(postgres.dsn, autocommit=True) as conn:
            conn.execute(f"drop database {name} with (force)")


def keep(dsn: str, **days: int):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return Keeper(settings=KeepingSettings(**days), zone=SHANGHAI).keep(conn)


def health(dsn: str) -> Health:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return read_health(conn)


def late(conn: psycopg.Connection, *, second: int, terminal: str = "T01") -> list[tuple]:
    """Return fifty positions of ten days ago, so many seconds past those that are stored."""
    ((first,),) = conn.execute("select current_date - 10 + interval '1 hour'").fetchall()
    times = [first + timedelta(seconds=10 * number + second) for number in range(50)]
    return [(terminal, one, 1, 1, first) for one in times]


def copy(conn: psycopg.Connection, positions: list[tuple]) -> None:
    with conn.transaction(), conn.cursor().copy(f"copy position {COLUMNS} from stdin") as into:
        for one in positions:
            into.write_row(one)


def insert(conn: psycopg.Connection, positions: list[tuple]) -> int:
    with conn.cursor() as cursor:
        cursor.executemany(
            f"insert into position {COLUMNS} values (%s, %s, %s, %s, %s)"  # noqa: S608 - our own columns
            " on conflict (terminal_id, epoch) do nothing",
            positions,
        )
        return cursor.rowcount


def test_what_is_older_than_a_week_goes_to_the_columnstore(filled):
    before = rows(filled, "select * from position order by terminal_id, epoch")
    kept = keep(filled)

    # A chunk goes when its last moment is a week ago.
    assert kept.columnstore_chunks == 5
    assert before == rows(filled, "select * from position order by terminal_id, epoch")


def test_the_columnstore_takes_a_tenth_of_the_room(filled):
    keep(filled)
    told = health(filled)

    assert told.columnstore_chunks == 5
    assert told.columnstore_rows == 5 * 3 * 1440
    assert told.columnstore_bytes_after < told.columnstore_bytes_before / 10


def test_chunks_that_should_be_in_the_columnstore_are_overdue(filled):
    before = health(filled).overdue_chunks
    keep(filled)

    assert (before, health(filled).overdue_chunks) == (5, 0)


def test_rows_are_estimated_for_both_kinds_of_chunks(packed):
    packed.execute("analyze position")

    assert read_health(packed).rows == pytest.approx(12 * 3 * 1440, rel=0.05)


def test_late_positions_are_stored_beside_the_columnstore(packed):
    copy(packed, late(packed, second=5))

    assert read_health(packed).late_rows == 50
    assert read_health(packed).late_chunks == read_health(packed).overdue_chunks == 1


def test_late_positions_follow_into_the_columnstore(filled, packed):
    copy(packed, late(packed, second=5))
    kept = keep(filled)

    assert kept.columnstore_chunks == 1
    assert (read_health(packed).late_rows, read_health(packed).overdue_chunks) == (0, 0)
    assert count(filled, "position") == 12 * 3 * 1440 + 50


def test_a_copy_of_what_is_in_the_columnstore_is_refused(packed):
    with pytest.raises(psycopg.errors.UniqueViolation):
        copy(packed, late(packed, second=0))

    assert packed.execute("select count(*) from position").fetchone() == (12 * 3 * 1440,)


def test_an_insert_of_what_is_in_the_columnstore_is_ignored(packed):
    known, new = late(packed, second=0), late(packed, second=5)

    assert insert(packed, known + new) == 50
    assert packed.execute("select count(*) from position").fetchone() == (12 * 3 * 1440 + 50,)


def test_a_chunk_that_somebody_writes_to_is_left_to_the_next_run(filled, monkeypatch):
    monkeypatch.setattr(keeping, "_BE_IMPATIENT", "set lock_timeout = '50ms'")
    with psycopg.connect(filled) as writer:
        writer.cursor().executemany(
            f"insert into position {COLUMNS} values (%s, %s, %s, %s, %s)",  # noqa: S608 - our own columns
            late(writer, second=5),
        )
        kept = keep(filled)

    assert (kept.busy_chunks, kept.columnstore_chunks) == (1, 4)
    assert keep(filled).columnstore_chunks == 1


def test_chunks_of_before_what_is_kept_are_dropped(filled):
    kept = keep(filled, positions_days=8, columnstore_days=1)
    ((oldest,),) = rows(filled, "select min(epoch) >= current_date - 9 from position")

    assert oldest
    assert kept.dropped_chunks >= 3
    assert kept.facts_from is not None


def test_a_late_day_is_judged_from_the_columnstore_as_from_rows(timescale, tmp_path):
    load(timescale, write_registers(tmp_path), zone=SHANGHAI)
    store(timescale, letters(WALK[::2]))
    keep(timescale, positions_days=3000)
    store(timescale, letters(WALK[1::2], "T01"))
    assess(timescale)

    assert health(timescale).columnstore_chunks == 1
    assert rows(timescale, "select fixes from daily_compliance") == [(len(WALK),)]


def test_a_plain_database_with_data_becomes_a_hypertable(plain, tmp_path):
    load(plain, write_registers(tmp_path), zone=SHANGHAI)
    store(plain, letters(WALK))
    before = rows(plain, TRACK)
    applied = migrate(plain)
    kept = keep(plain, positions_days=3000)

    assert applied == ["0004_timescale.sql", "0016_columnstore.sql"]
    assert kept.columnstore_chunks == health(plain).chunks == 1
    assert before == rows(plain, TRACK) != []


def test_a_plain_database_that_dropped_facts_becomes_a_hypertable(plain, tmp_path):
    load(plain, write_registers(tmp_path), zone=SHANGHAI)
    store(plain, letters(WALK))
    assess(plain)
    before = keep(plain).facts_from
    migrate(plain)

    assert health(plain).facts_from == before
    assert isinstance(before, date)


def test_values_are_what_they_were_whatever_they_are(packed):
    """The least and the most that the wire carries, and nothing at all, come back."""
    many = [
        replace_epoch(one, shift_s=number)
        for number, one in enumerate(
            [(-(2**31), 2**31 - 1, None), (0, 0, 32_767), (900_000_000, -1_800_000_000, 0)]
        )
    ]
    packed.cursor().executemany(
        "insert into position (terminal_id, epoch, lat_e7, lon_e7, speed_cmps, received_at)"
        " values ('T09', %s, %s, %s, %s, '2026-01-01Z')",
        many,
    )
    Keeper(settings=KeepingSettings(positions_days=3000), zone=SHANGHAI).keep(packed)
    query = "select epoch, lat_e7, lon_e7, speed_cmps from position where terminal_id = 'T09'"

    assert many == packed.execute(f"{query} order by epoch").fetchall()


def replace_epoch(values: tuple, *, shift_s: int) -> tuple[datetime, ...]:
    return (epoch_of(1_772_411_400_000 + shift_s * 1000), *values)
