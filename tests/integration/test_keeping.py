"""How long facts are kept, in a real PostgreSQL, plain or with TimescaleDB."""

import argparse
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta

import psycopg
import pytest
from structlog.testing import capture_logs

from ingest.history.days import Span, find_days
from ingest.history.rebuild import Rebuilder
from ingest.judging.worklist import WorkerDay
from ingest.keeping import cli
from ingest.keeping import rows as lots
from ingest.keeping.cli import register
from ingest.keeping.health import read_health
from ingest.keeping.horizon import facts_from, hold_facts, move_horizon
from ingest.keeping.hourly import Hourly
from ingest.keeping.keep import Keeper
from ingest.keeping.settings import KeepingSettings
from ingest.keeping.yielding import giving_way
from patrol.compliance import Rules
from patrol.errors import InputError
from patrol.ids import WorkerId
from runtime.registers.load import load
from tests.district import (
    SHANGHAI,
    WALK,
    assess,
    count,
    letters,
    rows,
    store,
    write_registers,
)
from tests.processes import eventually

DAY = date(2026, 3, 2)
UNIT = WorkerDay(WorkerId("W01"), DAY)

# Two of each kind: one older than what is kept, and one of now.
FACTS = """
with ago (span) as (values (interval '200 days'), (interval '0'))
insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)
select 'T01', now() - span, 1, 1, now() - span from ago;

with ago (span) as (values (interval '200 days'), (interval '0'))
insert into checkin (terminal_id, checkin_id, at, kind, phase, received_at)
select 'T01', gen_random_uuid(), now() - span, 'declared', 'begin', now() - span from ago;

with ago (span) as (values (interval '200 days'), (interval '0'))
insert into set_aside_fix (terminal_id, seq, kind, epoch, lat_e7, lon_e7, received_at)
select 'T01', extract(day from span), 'weeks', '2007-01-01Z', 1, 1, now() - span from ago;

insert into latest_position (terminal_id, epoch, lat_e7, lon_e7, received_at)
values ('T01', now(), 1, 1, now()), ('T02', now() - interval '200 days', 1, 1, now());

with ago (span) as (values (interval '40 days'), (interval '0'))
insert into quarantine (topic, payload, reason, code, received_at)
select 'gp/1/T01/position', '', 'of no use', 'not_understood', now() - span from ago;
"""
TABLES = ("position", "checkin", "set_aside_fix", "latest_position", "quarantine")


def keeper(**days: int) -> Keeper:
    # The days of tests are long ago.
    return Keeper(settings=KeepingSettings(**{"results_days": 3660, **days}), zone=SHANGHAI)


def keep(dsn: str, *, dry_run: bool = False, **days: int):
    with psycopg.connect(dsn, autocommit=True) as conn:
        return keeper(**days).keep(conn, dry_run=dry_run)


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(statement)


@pytest.fixture
def old(database):
    """Return a database with facts of 200 days ago and of now."""
    run(database, "insert into terminal values ('T01', 'm'), ('T02', 'm')")
    run(database, FACTS)
    return database


@pytest.fixture
def judged(database, tmp_path):
    """Return a district with one worker-day of long ago, judged."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))
    assess(database)
    return database


@pytest.fixture
def dropped(judged):
    """Return the same without its facts."""
    keep(judged)
    return judged


@pytest.fixture
def conn(database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def verdicts(dsn: str) -> list[tuple]:
    return rows(
        dsn, "select presence_verdict, inside_s, visit_s, assessed_at from daily_compliance"
    )


def test_what_is_older_than_it_is_kept_goes_and_the_rest_stays(old):
    keep(old)

    assert [count(old, table) for table in TABLES] == [1] * 5


def test_a_run_tells_what_it_dropped(old):
    kept = keep(old)

    # A day of its own is a chunk, where there are chunks.
    assert kept.dropped_positions + kept.dropped_chunks == 1
    assert (kept.dropped_checkins, kept.dropped_set_aside) == (1, 1)
    assert (kept.dropped_latest, kept.dropped_refused) == (1, 1)


def test_a_dry_run_tells_the_same_and_changes_nothing(old):
    told = keep(old, dry_run=True)
    left = [count(old, table) for table in TABLES]

    assert left == [2] * 5
    assert asdict(keep(old)) == asdict(told)


def test_a_second_run_finds_nothing_to_do(old):
    first = keep(old)
    second = keep(old)

    assert first.facts_from == second.facts_from
    assert [told for told in asdict(second).values() if told] == [second.facts_from]


def test_of_several_one_works(old):
    with psycopg.connect(old, autocommit=True) as conn, capture_logs():
        conn.execute("select pg_advisory_lock(4722166883)")

        assert keep(old) is None

    assert count(old, "position") == 2


def test_lots_are_small_and_all_of_them_are_deleted(old, monkeypatch):
    monkeypatch.setattr(lots, "_LOT", 7)
    run(
        old,
        "insert into checkin (terminal_id, checkin_id, at, kind, phase, received_at) select 'T02',"
        " gen_random_uuid(), now() - interval '1 year', 'declared', 'end', now()"
        " from generate_series(1, 30)",
    )

    assert keep(old).dropped_checkins == 31


def test_who_is_told_to_stop_leaves_the_rest_to_the_next_run(old):
    told = keeper()
    told.stop.set()
    with psycopg.connect(old, autocommit=True) as conn:
        told.keep(conn)

    assert count(old, "position") == 2
    assert keep(old).dropped_checkins == 1


def test_the_result_of_a_day_stays_when_its_facts_are_dropped(judged):
    before = verdicts(judged)
    keep(judged)

    assert count(judged, "position") == 0
    assert before == verdicts(judged)


def test_a_day_without_its_facts_is_not_judged_anew(dropped):
    before = verdicts(dropped)
    run(dropped, "insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")
    with capture_logs() as logs:
        assert assess(dropped) == 0

    assert before == verdicts(dropped)
    assert [one["event"] for one in logs] == ["ingest.days_left"]
    assert count(dropped, "dirty_day") == 0


def test_history_that_is_kept_no_longer_is_not_rebuilt(dropped):
    with psycopg.connect(dropped, autocommit=True) as conn:
        with pytest.raises(InputError, match="are kept no longer, and what was found of them"):
            find_days(conn, Span(from_day=DAY, to_day=DAY))
        change = Rebuilder(conn=conn, rules=Rules(), dry_run=False).judge(UNIT)

    assert change.before == change.after is not None


def test_facts_that_are_still_to_be_judged_are_held_for_a_week(database, tmp_path):
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))
    with capture_logs() as logs:
        held = keep(database)

    assert "ingest.facts_held" in [one["event"] for one in logs]
    assert held.held_days > 0
    assert count(database, "position") == len(WALK)
    assert assess(database) == 1


def test_facts_that_nobody_judged_for_a_week_go_and_it_is_told(database, tmp_path):
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))
    run(database, "update dirty_day set marked_at = now() - interval '8 days'")
    with capture_logs() as logs:
        kept = keep(database)

    assert "ingest.unjudged_dropped" in [one["event"] for one in logs]
    assert kept.unjudged == 1
    assert [count(database, one) for one in ("position", "dirty_day")] == [0, 0]


def test_where_nothing_was_dropped_older_days_may_still_be_loaded(database, tmp_path):
    keep(database)
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))

    assert assess(database) == 1


def test_what_was_dropped_is_not_taken_for_kept_by_later_settings(dropped, conn):
    before = facts_from(conn)
    keep(dropped, positions_days=3000)

    assert before == facts_from(conn) is not None


def test_whoever_reads_facts_keeps_them(database, conn):
    with psycopg.connect(database) as reader:
        hold_facts(reader)
        conn.execute("set lock_timeout = '50ms'")

        with pytest.raises(psycopg.errors.LockNotAvailable):
            move_horizon(conn, DAY)

    assert facts_from(conn) is None


def test_long_work_gives_way_to_who_waits_for_it(database, conn):
    with psycopg.connect(database) as worker, psycopg.connect(database) as waiter:
        worker.execute("lock table position in exclusive mode")
        store_one = (
            "insert into position (terminal_id, epoch, lat_e7, lon_e7, received_at)"
            " values ('T01', now(), 1, 1, now())"
        )
        thread = threading.Thread(target=waiter.execute, args=(store_one,))
        thread.start()

        with pytest.raises(psycopg.errors.QueryCanceled), giving_way(worker, after_s=0.5):
            worker.execute("select pg_sleep(60)")

        worker.rollback()
        thread.join(20)
    assert conn.execute("select count(*) from position").fetchone() == (1,)


def test_long_work_that_nobody_waits_for_goes_on(conn):
    with giving_way(conn, after_s=0.5):
        conn.execute("select pg_sleep(1.2)")

    assert conn.execute("select 1").fetchone() == (1,)


def test_facts_are_kept_by_the_hour_beside_other_work(old):
    told = keeper()
    hourly = Hourly(keeper=told, dsn=old, first_s=0.0)
    thread = threading.Thread(target=hourly.run)
    thread.start()
    try:
        eventually(lambda: count(old, "position") == 1)
    finally:
        told.stop.set()
        thread.join(5)

    assert not thread.is_alive()


def test_the_command_tells_what_it_did(old, monkeypatch, capsys):
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    monkeypatch.setenv("PATROL_DATABASE_DSN", old)
    monkeypatch.setattr(cli, "stop_on_signals", threading.Event)
    options = parser.parse_args(["keep"])
    capsys.readouterr()

    assert options.command(options) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["dropped_checkins"], told["dry_run"]) == (1, False)


def test_health_tells_of_rows_and_bytes(old, conn):
    health = read_health(conn)

    assert health.total_bytes > 0
    assert health.oldest_at is not None
    assert timedelta(days=199) < rows(old, "select now()")[0][0] - health.oldest_at
    assert (health.columnstore_chunks, health.late_rows, health.facts_from) == (0, 0, None)


@pytest.mark.parametrize(
    ("name", "days"),
    [("columnstore_days", 0), ("positions_days", 7), ("quarantine_days", 4000)],
)
def test_days_that_make_no_sense_are_refused(name, days):
    with pytest.raises(InputError, match=f"{name} is {days}"):
        KeepingSettings(**{name: days})
