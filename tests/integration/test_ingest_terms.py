"""What duty asks for and excuses, in a real PostgreSQL: history follows what is told later."""

import threading

import psycopg
import pytest
from structlog.testing import capture_logs

from ingest.judging import assess as judging
from ingest.judging.assess import Assessor, Judge
from patrol.compliance import Rules
from patrol.errors import InputError, StateError
from patrol.registers.files import FILES
from runtime.registers.load import load
from tests.district import (
    SHANGHAI,
    WALK,
    assess,
    collection,
    count,
    letters,
    positions,
    rows,
    store,
    write_registers,
)
from tests.makers import at, square, walk, without

REQUIREMENTS = "grid_id,valid_from,valid_to,presence_share,visit_s,coverage_share\n"
EXCUSES = "worker_id,grid_id,start,end,reason\n"
COVERS = "worker_id,grid_id,start,end\n"
STAY = walk([(0, 0, 0), (3600, 0, 0)])
OUTAGE = without(STAY, 1200, 2400)


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district loaded and one day stored."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))
    assess(database)
    return database


@pytest.fixture
def tell(district, tmp_path):
    """Load one file of a kind with the given text."""

    def load_one(kind: str, text: str) -> None:
        path = tmp_path / FILES[kind]
        path.write_text(text)
        load(district, {kind: path}, zone=SHANGHAI)

    return load_one


def hour(start_s: float, end_s: float) -> str:
    return f"{at(start_s).isoformat()},{at(end_s).isoformat()}"


def reason(dsn: str, what: str) -> dict:
    ((verdict, code, values),) = rows(
        dsn,
        f"select {what}_verdict, {what}_code, {what}_values from daily_compliance"  # noqa: S608 - a test's own word
        " where worker_id = 'W01'",
    )
    return {"verdict": verdict, "code": code, **values}


def test_a_requirement_changes_the_days_on_which_it_holds(district, tell):
    tell("requirements", f"{REQUIREMENTS}G01,2026-03-01,,0.5,600,\n")

    assert assess(district) == 1
    found = reason(district, "visit")
    assert (found["verdict"], found["code"], found["required_s"]) == ("met", "visits_met", 600)
    assert reason(district, "presence")["required_s"] == 1800


def test_a_requirement_of_other_days_or_grids_changes_nothing(district, tell):
    tell("requirements", f"{REQUIREMENTS},2026-03-03,,,600,\n,2026-01-01,2026-03-02,,600,\n")

    assert assess(district) == 0


def test_a_requirement_that_is_withdrawn_changes_its_days_back(district, tell):
    tell("requirements", f"{REQUIREMENTS},,,,600,\n")
    assess(district)
    tell("requirements", REQUIREMENTS)

    assert assess(district) == 1
    assert reason(district, "visit")["required_s"] == 10_800


def test_the_same_list_again_changes_nothing(district, tell):
    text = f"{REQUIREMENTS},,,,600,0.8\n"
    tell("requirements", text)
    assess(district)
    tell("requirements", text)

    assert assess(district) == 0


def test_excused_time_is_stored_with_its_reason_and_the_day_adds_up(district, tell):
    tell("excuses", f"{EXCUSES}W01,,{hour(1800, 2400)},leave\n")

    assert assess(district) == 1
    assert rows(
        district, "select excused_s, inside_s + outside_s + unknown_s from daily_compliance"
    ) == [(600, 3000)]
    assert rows(district, "select kind, start_at, end_at, grid_id from excused_interval") == [
        ("leave", at(1800), at(2400), "G01")
    ]
    assert reason(district, "visit")["excused_s"] == 600


@pytest.mark.parametrize("about", ["W02,", ",G02"])
def test_an_excuse_of_others_changes_nothing(district, tell, about):
    tell("grids", collection({"grid_id": "G02"}, square()))
    assess(district)
    tell("excuses", f"{EXCUSES}{about},{hour(1800, 2400)},leave\n")

    assert assess(district) == 0


def test_an_excuse_that_is_withdrawn_is_owed_again(district, tell):
    tell("excuses", f"{EXCUSES},,{hour(1800, 2400)},weather\n")
    assess(district)
    tell("excuses", EXCUSES)
    assess(district)

    assert rows(district, "select excused_s from daily_compliance") == [(0,)]
    assert count(district, "excused_interval") == 0


def test_cover_for_another_grid_changes_the_worker_day(district, tell):
    east = collection({"grid_id": "G02"}, square(middle_m=(0, 900, 0)))
    tell("grids", east)
    fixes = walk([(3610, 900, 0), (7200, 900, 0)])
    roster = "worker_id,grid_id,start,end\n"
    tell("roster", f"{roster}W01,G01,{hour(0, 3600)}\nW01,G01,{hour(3600, 7200)}\n")
    store(district, letters(positions(fixes)), now=at(8000))
    assess(district)
    ((outside_s,),) = rows(district, "select outside_s from daily_compliance")
    tell("covers", f"{COVERS}W01,G02,{hour(3000, 7200)}\n")
    assess(district)

    assert outside_s == pytest.approx(3600, abs=60)
    assert rows(district, "select outside_s from daily_compliance") == [(0,)]
    tell("grids", east)
    assert assess(district) == 1
    tell("covers", COVERS)
    assess(district)
    assert rows(district, "select outside_s from daily_compliance") == [(outside_s,)]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("requirements", f"{REQUIREMENTS}G09,,,,,\n", "grid G09 is not known"),
        ("requirements", f"{REQUIREMENTS},,,,600,\n,,,,900,\n", "the same grid from the same day"),
        ("excuses", f"{EXCUSES}W09,,{hour(0, 60)},leave\n", "worker W09 is not known"),
        ("covers", f"{COVERS}W01,G09,{hour(0, 60)}\n", "grid G09 is not known"),
    ],
)
def test_what_is_told_of_nobody_is_refused(tell, kind, text, said):
    with pytest.raises(InputError, match=said):
        tell(kind, text)


def test_a_result_keeps_its_plausible_time_parameters_and_kinds_of_evidence(district):
    ((plausible_s, inside_s, version),) = rows(
        district, "select plausible_s, inside_s, parameters_version from daily_compliance"
    )
    assert 0 <= plausible_s <= inside_s
    assert version == "builtin-1"
    ((grade, p_any, p_premises, in_all),) = rows(
        district,
        "select grade, p_any, p_premises, observed_s + bridged_s + check_in_s - "
        "extract(epoch from end_at - start_at) from home_visit",
    )
    assert grade == "B"
    assert 0.9 < p_premises <= p_any <= 1
    assert -3 < in_all <= 0


@pytest.fixture
def crowd(database, tmp_path):
    """Return a district with six workers on duty for an hour, each with a terminal."""
    each = range(1, 7)
    paths = write_registers(
        tmp_path,
        workers="worker_id,name\n" + "".join(f"W0{n},\n" for n in each),
        terminals="terminal_id,model,worker_id,valid_from,valid_to\n"
        + "".join(f"T0{n},m,W0{n},2026-01-01T00:00:00Z,\n" for n in each),
        roster="worker_id,grid_id,start,end\n"
        + "".join(f"W0{n},G01,{hour(0, 3600)}\n" for n in each),
    )
    load(database, paths, zone=SHANGHAI)
    return database


def settle(dsn: str) -> None:
    """Assess until nothing is marked any more."""
    while assess(dsn):
        pass


def excused(dsn: str) -> list[tuple]:
    return rows(dsn, "select worker_id, excused_s, unknown_s from daily_compliance order by 1")


def test_many_terminals_silent_together_are_excused_and_who_was_heard_keeps_the_time(crowd):
    for number in range(1, 6):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))
    store(crowd, letters(positions(STAY), "T06"))
    settle(crowd)

    silent = [(f"W0{number}", 1210, 0) for number in range(1, 6)]
    assert [one for one in excused(crowd) if one[0] != "W06"] == silent
    assert [excused_s for name, excused_s, _ in excused(crowd) if name == "W06"] == [0]
    assert rows(crowd, "select distinct kind, start_at, end_at from excused_period") == [
        ("common_silence", at(1190), at(2400))
    ]


def test_late_fixes_take_an_excuse_of_silence_away_again(crowd):
    """Six fell silent, then what two of them had kept arrives: so it was no common fault."""
    for number in range(1, 7):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))
    settle(crowd)
    before = excused(crowd)
    for number in (1, 2):
        store(crowd, letters(positions(STAY), f"T0{number}"))
    settle(crowd)

    assert {excused_s for _, excused_s, _ in before} == {1210}
    assert {excused_s for _, excused_s, _ in excused(crowd)} == {0}
    assert count(crowd, "excused_period") == count(crowd, "excused_interval") == 0
    assert count(crowd, "unsettled_day") == 0


def test_a_worker_day_that_goes_takes_its_silence_along(crowd):
    for number in range(1, 6):
        store(crowd, letters(positions(OUTAGE), f"T0{number}"))
    settle(crowd)
    with psycopg.connect(crowd) as conn:
        conn.execute("delete from duty_window where worker_id = 'W01'")
        conn.execute("insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")
    settle(crowd)

    assert count(crowd, "excused_period") == 0


@pytest.fixture
def broken(crowd):
    """Return the crowd, with a grid for W01 whose outline is none."""
    with psycopg.connect(crowd) as conn:
        conn.execute("insert into grid values ('G0', '', '{}')")
        conn.execute("update duty_window set grid_id = 'G0' where worker_id = 'W01'")
    return crowd


def judge_all(dsn: str, aside: judging.Aside) -> int:
    with psycopg.connect(dsn, autocommit=True) as conn:
        judge = Judge(conn=conn, rules=Rules(), stop=threading.Event(), aside=aside)
        return judge.judge_marked().judged


def test_a_day_that_cannot_be_judged_keeps_nobody_else_waiting(broken):
    aside: judging.Aside = {}
    with capture_logs() as logs:
        done = judge_all(broken, aside)

    assert done == count(broken, "daily_compliance") == 5
    assert rows(broken, "select distinct worker_id from dirty_day") == [("W01",)]
    (failed,) = [one for one in logs if one["event"] == "ingest.day_failed"]
    assert failed["worker"] == "W01"
    assert failed["cause"].startswith("InputError at ")
    assert [unit.worker_id for unit in aside] == ["W01"]


def test_a_day_put_aside_is_tried_again_when_there_are_new_facts(broken):
    aside: judging.Aside = {}
    judge_all(broken, aside)
    with psycopg.connect(broken) as conn:
        conn.execute("update duty_window set grid_id = 'G01' where worker_id = 'W01'")

    assert judge_all(broken, aside) == 0
    store(broken, letters(WALK))
    assert judge_all(broken, aside) == 1
    assert aside == {}


def test_when_many_days_fail_the_fault_is_ours_and_it_stops(broken, monkeypatch):
    monkeypatch.setattr(judging, "_MOST_ASIDE", 1)
    assessor = Assessor(dsn=broken, rules=Rules(), every_s=0.1, stop=threading.Event())

    with pytest.raises(StateError, match="1 worker-days cannot be judged"):
        assessor.run()


def test_a_database_that_goes_away_is_no_fault_of_a_day(district):
    aside: judging.Aside = {}
    with psycopg.connect(district, autocommit=True) as conn:
        conn.execute("insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")
        conn.execute("set statement_timeout = 1")
        conn.execute("set lock_timeout = 1")
        with psycopg.connect(district) as other:
            other.execute("lock table daily_compliance in access exclusive mode")
            with pytest.raises(psycopg.OperationalError):
                Judge(conn=conn, rules=Rules(), stop=threading.Event(), aside=aside).judge_marked()

    assert aside == {}
