"""When a worker-day is judged while its duty lasts, and by whom where there are several."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
import pytest

from ingest.judging.assess import Judge
from ingest.judging.worklist import Turn
from patrol.compliance import Rules
from runtime.registers.load import load
from tests.district import SHANGHAI, count, letters, positions, rows, store, write_registers
from tests.makers import NOON, walk
from tests.processes import eventually, patrol

HOUR = timedelta(hours=1)
REJUDGE_S = 120.0
LIVE = "select state, epoch, passed_fixes from live_state"
FIXES = "select count(*) from position where epoch <= (select passed_at from live_state)"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def on_duty(database: str, tmp_path: Path, now: datetime) -> str:
    """Return the DSN of a district whose worker's duty began two hours ago and ends in one."""
    start, end = (now - 2 * HOUR).isoformat(), (now + HOUR).isoformat()
    roster = f"worker_id,grid_id,start,end\nW01,G01,{start},{end}\n"
    load(database, write_registers(tmp_path, roster=roster), zone=SHANGHAI)
    return database


@pytest.fixture
def judge(on_duty: str) -> Iterator[Judge]:
    with psycopg.connect(on_duty, autocommit=True) as conn:
        yield Judge(conn=conn, rules=Rules(), stop=threading.Event(), rejudge_every_s=REJUDGE_S)


def tell(dsn: str, now: datetime, from_s: float, to_s: float, x_m: float = 0) -> None:
    """Store fixes at one place, between two times in seconds before now."""
    begin = now - timedelta(seconds=from_s)
    fixes = walk([(0, x_m, 0), (from_s - to_s, x_m, 0)], shift=begin - NOON)
    store(dsn, letters(positions(fixes)), now=now)


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(statement)


def test_while_duty_lasts_a_day_is_judged_once_in_a_while(judge, on_duty, now):
    tell(on_duty, now, 1800, 60)
    first = judge.judge_marked().judged
    tell(on_duty, now, 50, 20)
    soon = judge.judge_marked().judged
    run(on_duty, "update daily_compliance set assessed_at = now() - interval '121 s'")
    later = judge.judge_marked().judged

    assert (first, soon, later) == (1, 0, 1)
    assert count(on_duty, "dirty_day") == 0


def test_the_live_state_does_not_wait_for_the_day(judge, on_duty, now):
    tell(on_duty, now, 1800, 300)
    judge.judge_marked()
    tell(on_duty, now, 290, 20, x_m=600)

    assert judge.judge_marked().judged == 0
    ((state, epoch, _),) = rows(on_duty, LIVE)
    assert state == "outside"
    assert abs(epoch - (now - timedelta(seconds=20))) < timedelta(seconds=1)


def test_what_comes_after_duty_is_judged_at_once(judge, on_duty, now):
    tell(on_duty, now, 1800, 60)
    judge.judge_marked()
    tell(on_duty, now, 50, 20)
    run(on_duty, "update duty_window set end_at = now()")

    assert judge.judge_marked().judged == 1


def test_late_facts_enter_the_live_state_when_the_day_is_judged(judge, on_duty, now):
    """The filter has passed them, and is run anew over all fixes."""
    tell(on_duty, now, 3600, 20)
    judge.judge_marked()
    tell(on_duty, now, 7200, 3700)
    judge.judge_marked()
    before = rows(on_duty, LIVE)[0][2]
    run(on_duty, "update daily_compliance set assessed_at = now() - interval '121 s'")
    judge.judge_marked()
    judge.judge_marked()

    ((_, _, after),) = rows(on_duty, LIVE)
    assert after > before
    assert rows(on_duty, FIXES) == [(after,)]


def test_new_registers_are_in_the_live_state_at_once(judge, on_duty, now):
    tell(on_duty, now, 1800, 20)
    judge.judge_marked()
    moved = '{"type":"Point","coordinates":[100,30]}'
    run(
        on_duty,
        f"update grid set outline = '{moved}'; select nextval('register_change')",  # noqa: S608 - a test's own
    )
    judge.judge_marked()

    assert rows(on_duty, "select state from live_state") != [("inside",)]


def test_one_keeps_the_live_states_while_others_judge(judge, on_duty, now):
    tell(on_duty, now, 1800, 20)
    with psycopg.connect(on_duty) as other:
        other.execute("select pg_advisory_xact_lock(%s::integer, hashtext(''))", [Turn.LIVE.value])
        judged = judge.judge_marked().judged
        states = count(on_duty, "live_state")
    judge.judge_marked()

    assert (judged, states, count(on_duty, "live_state")) == (1, 0, 1)


WORKERS = 24
# Whoever stores a result while another has the day is found out, and its marks stay.
ALONE = """
create function be_alone() returns trigger language plpgsql as $$
begin
    if not pg_try_advisory_xact_lock(77, hashtext(new.worker_id || new.day)) then
        raise exception 'two at once';
    end if;
    return new;
end $$;
create trigger be_alone before insert on daily_compliance
    for each row execute function be_alone();
"""


@pytest.fixture
def crowd(database: str, tmp_path: Path) -> str:
    """Return the DSN of a district of many workers, whose day is over and marked."""
    names = [f"{number:02}" for number in range(WORKERS)]
    start, end = NOON.isoformat(), (NOON + HOUR).isoformat()
    load(
        database,
        write_registers(
            tmp_path,
            workers="worker_id,name\n" + "".join(f"W{name},x\n" for name in names),
            terminals="terminal_id,model,worker_id,valid_from,valid_to\n"
            + "".join(f"T{name},m,W{name},2026-01-01T00:00:00Z,\n" for name in names),
            roster="worker_id,grid_id,start,end\n"
            + "".join(f"W{name},G01,{start},{end}\n" for name in names),
        ),
        zone=SHANGHAI,
    )
    run(database, ALONE)
    return database


@pytest.mark.timeout(300)
def test_killed_at_random_nobody_judges_a_day_beside_another_and_none_is_left(crowd, tmp_path):
    environment = {"PATROL_DATABASE_DSN": crowd, "PATROL_INGEST_ASSESS_EVERY_S": "0.05"}
    chance = np.random.default_rng(4)
    still = positions(walk([(0, 0, 0), (3600, 0, 0)]))

    def begin(ends: ExitStack, number: int):
        log = tmp_path / f"assess-{number}.log"
        return ends.enter_context(patrol("ingest", "assess", environment=environment, log=log))

    with ExitStack() as ends:
        copies = [begin(ends, number) for number in range(3)]
        eventually(lambda: count(crowd, "daily_compliance"), within_s=90, what="they judge")
        for kill in range(3):
            for name in range(WORKERS):
                store(crowd, letters(still[kill * 100 : kill * 100 + 100], f"T{name:02}"))
            victim = int(chance.integers(3))
            copies[victim].kill()
            copies[victim].wait()
            copies[victim] = begin(ends, 10 + kill)
        eventually(lambda: count(crowd, "dirty_day") == 0, within_s=100, what="nothing is marked")

    logs = "".join(log.read_text() for log in tmp_path.glob("assess-*.log"))
    assert "day_failed" not in logs
    assert rows(crowd, "select distinct fixes from daily_compliance") == [(300,)]
    assert count(crowd, "daily_compliance") == WORKERS
