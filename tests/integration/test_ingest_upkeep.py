"""A judge that runs for months, in a real PostgreSQL: what it leaves alone, puts aside, drops."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from structlog.testing import capture_logs

from ingest.judging import worklist
from ingest.judging.assess import Judge
from ingest.judging.facts import KeptAreas
from ingest.judging.upkeep import drop_old
from ingest.judging.worklist import mark_ended
from patrol.compliance import Rules
from patrol.fix import epoch_ms
from runtime.registers.load import load
from runtime.registers.turns import change_registers, hold_registers
from tests.district import (
    SHANGHAI,
    assess,
    collection,
    count,
    letters,
    positions,
    rows,
    store,
    write_registers,
)
from tests.makers import CITY, NOON, at, square, walk, without

STAY = walk([(0, 0, 0), (3600, 0, 0)])
OUTAGE = without(STAY, 1200, 2400)
MARKED = "select distinct worker_id from dirty_day order by 1"


def run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute(statement)


def crew(*duty: tuple[datetime, datetime]) -> dict[str, str]:
    """Return the registers of so many workers, each with a terminal, on duty at these times."""
    each = range(1, len(duty) + 1)
    spans = zip(each, duty, strict=True)
    return {
        "workers": "worker_id,name\n" + "".join(f"W0{n},\n" for n in each),
        "terminals": "terminal_id,model,worker_id,valid_from,valid_to\n"
        + "".join(f"T0{n},m,W0{n},2026-01-01T00:00:00Z,\n" for n in each),
        "roster": "worker_id,grid_id,start,end\n"
        + "".join(f"W0{n},G01,{a.isoformat()},{b.isoformat()}\n" for n, (a, b) in spans),
    }


@pytest.fixture
def crowd(database, tmp_path):
    """Return a district with six workers who were on duty for an hour, long ago."""
    paths = write_registers(tmp_path, **crew(*[(at(0), at(3600))] * 6))
    load(database, paths, zone=SHANGHAI)
    return database


@pytest.fixture
def outage(database, tmp_path):
    """Return seven on duty for hours yet, of whom six fell silent 16 minutes ago.

    W07 began eight minutes later, has been heard all the time, and is told of 15 minutes of
    the silence; W08 is on duty when all is over.
    """
    began = (datetime.now(UTC) - timedelta(minutes=50)).replace(microsecond=0)
    later = began + timedelta(hours=6)
    duty = [(began, later)] * 7 + [(later, later + timedelta(hours=1))]
    load(database, write_registers(tmp_path, **crew(*duty)), zone=SHANGHAI)
    run(database, "update duty_window set day = (select min(day) from duty_window)")
    run(database, "delete from dirty_day")
    for number in range(1, 7):
        tell(database, began, f"T0{number}", (0, 2040))
    tell(database, began, "T07", (0, 2700))
    settle(database)
    return began, database


def tell(dsn: str, began: datetime, terminal: str, span_s: tuple[int, int]) -> None:
    """Store the fixes of a terminal from and until so many seconds after `began`."""
    shift_ms = epoch_ms(began) - epoch_ms(NOON)
    told = without(without(STAY, span_s[1] + 1, 4000), -1, span_s[0])
    told = replace(told, epoch_ms=told.epoch_ms + shift_ms)
    store(dsn, letters(positions(told), terminal), now=datetime.now(UTC))


def settle(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return Judge(conn=conn, rules=Rules(), stop=threading.Event()).judge_all()


def excused_s(dsn: str) -> list[tuple]:
    return rows(
        dsn, "select extract(epoch from end_at - start_at)::integer from excused_period order by 1"
    )


def test_a_fix_during_an_outage_does_not_judge_everybody_again(outage):
    began, dsn = outage
    before = excused_s(dsn)
    tell(dsn, began, "T07", (2700, 2830))

    assert settle(dsn) == 1
    assert before == excused_s(dsn) == [(600,)]


def test_an_outage_that_lasts_is_excused_in_steps_for_those_on_duty_then(outage):
    began, dsn = outage
    tell(dsn, began, "T07", (2700, 2950))
    with psycopg.connect(dsn, autocommit=True) as conn:
        Judge(conn=conn, rules=Rules(), stop=threading.Event()).judge_marked()
    marked = rows(dsn, MARKED)

    assert excused_s(dsn) == [(900,)]
    assert marked == [(f"W0{number}",) for number in range(1, 8)]


def test_an_open_outage_is_as_long_as_it_was_when_duty_is_over(outage):
    _, dsn = outage
    run(dsn, "update heard_span set duty_end = now() - interval '3 minutes'")
    run(dsn, "insert into unsettled_day (day) select distinct day from heard_span")
    with psycopg.connect(dsn, autocommit=True) as conn:
        judge = Judge(conn=conn, rules=Rules(), stop=threading.Event())
        judge.settler.settle(conn)

    assert excused_s(dsn) == [(660,)]


def test_a_day_that_has_ended_since_it_was_judged_is_settled_anew(database, tmp_path):
    began = datetime.now(UTC) - timedelta(hours=5)
    duty = [(began, began + timedelta(hours=1))]
    load(database, write_registers(tmp_path, **crew(*duty)), zone=SHANGHAI)
    settle(database)
    with psycopg.connect(database, autocommit=True) as conn:
        mark_ended(conn)
        early = count(database, "unsettled_day")
        conn.execute("update daily_compliance set assessed_at = now() - interval '3 hours'")
        mark_ended(conn)

    assert [early, count(database, "unsettled_day"), count(database, "dirty_day")] == [0, 1, 1]


def test_a_change_of_silence_marks_only_who_was_on_duty_in_what_changed(database, tmp_path):
    """W06 was on duty in the outage as it was first known, but not in what it lasted longer."""
    duty = [(at(0), at(3600))] * 5 + [(at(0), at(1800))]
    load(database, write_registers(tmp_path, **crew(*duty)), zone=SHANGHAI)
    for number in range(1, 6):
        store(database, letters(positions(OUTAGE), f"T0{number}"))
    store(database, letters(positions(without(STAY, 1800, 4000)), "T06"))
    settle(database)
    run(database, "update excused_period set end_at = end_at - interval '5 minutes'")
    run(database, "insert into unsettled_day (day) select distinct day from heard_span")
    with psycopg.connect(database, autocommit=True) as conn:
        Judge(conn=conn, rules=Rules(), stop=threading.Event()).settler.settle(conn)

    assert rows(database, MARKED) == [(f"W0{number}",) for number in range(1, 6)]


def test_all_is_judged_until_nothing_is_marked(crowd):
    """What the settlement of the last day marks is judged, too."""
    for number in range(1, 7):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))

    assert settle(crowd) == 12
    assert [count(crowd, one) for one in ("dirty_day", "unsettled_day", "uncompared_day")] == [
        0
    ] * 3


def test_days_of_today_go_before_a_backlog_and_a_pass_has_an_end(crowd, monkeypatch):
    monkeypatch.setattr(worklist, "SLICE", 2)
    run(
        crowd,
        "insert into duty_window select 'W03', 'G01', current_date, now() - interval '1 hour', now()",
    )
    run(crowd, "insert into dirty_day (worker_id, day) values ('W03', current_date)")

    assert assess(crowd) == 2
    assert rows(crowd, "select worker_id from daily_compliance where day = current_date") == [
        ("W03",)
    ]


@pytest.fixture
def damaged(crowd):
    """Return the crowd with a trace that cannot be read, and its day to be compared anew."""
    for number in (1, 2):
        store(crowd, letters(positions(STAY), f"T0{number}"))
    settle(crowd)
    run(crowd, "update day_trace set path = '\\x00' where worker_id = 'W01'")
    run(crowd, "insert into uncompared_day (worker_id, day) values ('W02', '2026-03-02')")
    return crowd


def test_a_day_that_cannot_be_compared_is_put_aside_and_told_of(damaged):
    with psycopg.connect(damaged, autocommit=True) as conn, capture_logs() as logs:
        judge = Judge(conn=conn, rules=Rules(), stop=threading.Event())
        judge.judge_all()

    (failed,) = [one for one in logs if one["event"] == "ingest.settlement_failed"]
    assert failed["what"] == "likeness"
    assert failed["cause"].startswith("error at ")
    assert len(judge.settler.aside) == count(damaged, "uncompared_day") == 1


def test_a_trace_written_in_another_form_is_no_trace(damaged):
    run(damaged, "update day_trace set format = 2 where worker_id = 'W01'")
    with psycopg.connect(damaged, autocommit=True) as conn:
        judge = Judge(conn=conn, rules=Rules(), stop=threading.Event())
        judge.judge_all()

    assert judge.settler.aside == {}
    assert count(damaged, "uncompared_day") == 0


def test_a_day_that_another_copy_settles_is_left_to_it_without_waiting(crowd):
    run(crowd, "insert into unsettled_day (day) values ('2026-03-02')")
    with psycopg.connect(crowd) as busy:
        busy.execute("select pg_advisory_xact_lock(2, hashtext('2026-03-02'))")
        assess(crowd)

        assert count(crowd, "unsettled_day") > 0
    assess(crowd)
    assert count(crowd, "unsettled_day") == 0


def test_copies_that_judge_at_once_come_to_one_result_and_each_ends(crowd):
    for number in range(1, 7):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))
    with ThreadPoolExecutor(3) as copies:
        judged = sum(copies.map(settle, [crowd] * 3))

    assert judged >= 12
    assert excused_s(crowd) == [(1210,)]
    assert [count(crowd, one) for one in ("dirty_day", "unsettled_day", "uncompared_day")] == [
        0
    ] * 3


def test_nothing_is_settled_after_a_stop(crowd):
    run(crowd, "insert into unsettled_day (day) values ('2026-03-02')")
    stop = threading.Event()
    stop.set()
    with psycopg.connect(crowd, autocommit=True) as conn:
        Judge(conn=conn, rules=Rules(), stop=stop).judge_marked()

    assert count(crowd, "unsettled_day") == 1


def test_areas_are_kept_until_the_registers_change(crowd, tmp_path):
    with psycopg.connect(crowd, autocommit=True) as conn:
        kept = KeptAreas(conn)
        before, again = kept.now(), kept.now()
        load(crowd, write_registers(tmp_path), zone=SHANGHAI)
        with conn.transaction():
            hold_registers(conn)
            after = kept.now()

    assert before is again
    assert after is not before


def test_premises_near_the_border_mark_the_days_of_the_grid_beyond_it(crowd, tmp_path):
    east = {"grids": collection({"grid_id": "G02"}, square(middle_m=(0, 400, 0)))}
    load(crowd, {"grids": write_registers(tmp_path, **east)["grids"]}, zone=SHANGHAI)

    def put(x_m: float) -> list[tuple]:
        run(crowd, "delete from dirty_day")
        lat_deg, lon_deg = CITY.to_degrees(x_m, 0.0)
        door = {"type": "Point", "coordinates": [float(lon_deg), float(lat_deg)]}
        about = {"premises_id": "P2", "grid_id": "G02", "radius_m": 5}
        paths = write_registers(tmp_path, premises=collection(about, door))
        load(crowd, {"premises": paths["premises"]}, zone=SHANGHAI)
        return rows(crowd, MARKED)

    everybody = [(f"W0{number}",) for number in range(1, 7)]
    # Far off, near, and far off again: where it was is as good as where it is.
    assert [put(500), put(230), put(500), put(500)] == [[], everybody, everybody, []]


def keep(dsn: str) -> list[int]:
    with psycopg.connect(dsn, autocommit=True) as conn:
        drop_old(conn)
    return [count(dsn, "heard_span"), count(dsn, "day_trace")]


@pytest.fixture
def settled(crowd):
    """Return the crowd, its outage excused and its day compared."""
    for number in range(1, 7):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))
    settle(crowd)
    return crowd


def test_what_days_are_compared_by_is_dropped_when_it_is_old(settled):
    young = keep(settled)
    run(settled, "update heard_span set stored_at = now() - interval '15 days'")
    no_spans = keep(settled)
    run(settled, "update day_trace set stored_at = now() - interval '68 days'")

    assert [young, no_spans, keep(settled)] == [[12, 6], [0, 6], [0, 0]]


def test_nothing_is_dropped_that_is_yet_to_be_settled(settled):
    run(settled, "update heard_span set stored_at = now() - interval '15 days'")
    run(settled, "insert into unsettled_day (day) values ('2026-03-02')")

    assert keep(settled) == [12, 6]


def test_what_was_found_stays_when_a_day_that_was_dropped_is_judged_again(settled):
    run(settled, "update heard_span set stored_at = now() - interval '15 days'")
    run(settled, "update day_trace set stored_at = now() - interval '68 days'")
    found = "select kind, worker_id from finding order by 1, 2"
    run(settled, "update finding set found_at = now()")
    before = rows(settled, found), excused_s(settled)
    keep(settled)
    run(settled, "insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")
    settle(settled)

    assert (rows(settled, found), excused_s(settled)) == before
    assert before[1] == [(1210,)]


def test_judging_goes_on_while_registers_are_being_loaded(crowd):
    """And what is between the days is settled when the load is done."""
    store(crowd, letters(positions(STAY)))
    with psycopg.connect(crowd) as loading:
        change_registers(loading)
        judged = assess(crowd)
        marks = count(crowd, "unsettled_day")
    settle(crowd)

    assert [judged, marks, count(crowd, "unsettled_day")] == [6, 1, 0]
