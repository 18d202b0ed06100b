"""Parameters learned from stored days, and history judged again by them, in a real PostgreSQL."""

import argparse
import json
import re
import signal
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

import ingest.cli
import ingest.evaluate.cli
from ingest.history import days as history
from ingest.history.days import Progress, Span, find_days
from ingest.history.rebuild import Rebuilder
from ingest.judging.worklist import WorkerDay, find_work, lock_day
from ingest.parameters.sets import BUILT_IN, ParameterSet
from ingest.parameters.tables import Lesson, list_sets, read_set, store_lesson, version_in_force
from patrol.compliance import Rules
from patrol.errors import InputError, StateError
from patrol.ids import WorkerId
from patrol.learning import ReceiverParameters
from patrol.messages import Position
from patrol.registers.files import FILES
from runtime.registers.load import load
from simulator.files import save
from simulator.hazards.reports import reports_of
from simulator.scenario import Scenario
from simulator.scoring.truth import fixes_of
from tests.district import (
    SHANGHAI,
    WALK,
    assess,
    collection,
    count,
    letters,
    rows,
    store,
    write_registers,
)
from tests.makers import at, square
from tests.processes import eventually, patrol
from tests.unit.simulator.simulated import DAY, made

DAYS = ["--from", "2026-03-01", "--to", "2026-03-31"]
TODAY = date(2026, 11, 22)
LEARNED = ReceiverParameters(
    optimism=2.5,
    signal_loss=3.0,
    inside_mean=2.7,
    inside_spread=0.3,
    outside_mean=1.6,
    outside_spread=0.5,
    word_weight=40.0,
    inside_h=10.0,
    street_h=10.0,
)
WAITING = """
-- those of this database who wait for an advisory lock
select count(*) from pg_locks l join pg_database d on d.oid = l.database
 where d.datname = current_database() and l.locktype = 'advisory' and not l.granted
"""
VERSIONS = "select rules_version, parameters_version from daily_compliance"


def lesson(**models: ReceiverParameters) -> Lesson:
    return Lesson(from_day=DAY, to_day=DAY, worker_days=3, read_with=BUILT_IN, models=models)


def learned(dsn: str, **models: ReceiverParameters) -> ParameterSet:
    with psycopg.connect(dsn, autocommit=True) as conn:
        return store_lesson(conn, lesson(**models), today=TODAY)


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the small district and its day stored and judged."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    store(database, letters(WALK))
    assess(database)
    return database


@pytest.fixture
def run(monkeypatch, capsys) -> Iterator:
    """Return what runs a command on a database and returns its exit code and what it said."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    parser = argparse.ArgumentParser()
    rooms = parser.add_subparsers()
    ingest.cli.register(rooms)
    ingest.evaluate.cli.register(rooms)

    def run_on(dsn: str, *arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setenv("PATROL_DATABASE_DSN", dsn)
        options = parser.parse_args([*map(str, arguments)])
        # What was said before is no answer of this command.
        capsys.readouterr()
        code: int = options.command(options)
        return code, capsys.readouterr().out

    yield run_on
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def city(database, tmp_path) -> tuple[str, Path]:
    """Return a database with a simulated day of three workers, and its files.

    Two terminals are of the model alpha, one is of beta.
    """
    scenario, city, days = made(Scenario(seed=5, workers=3, day=DAY, interval_s=10))
    save(tmp_path, scenario, city=city, days=days)
    models = ["alpha", "alpha", "beta"]
    lines = ["terminal_id,model,worker_id,valid_from,valid_to"]
    for model, one in zip(models, days, strict=True):
        lines.append(f"{one.terminal_id},{model},{one.worker_id},2000-01-01T00:00:00Z,")
    (tmp_path / "terminals.csv").write_text("\n".join(lines) + "\n")
    paths = {kind: path for kind, name in FILES.items() if (path := tmp_path / name).exists()}
    load(database, paths, zone=SHANGHAI)
    for one in days:
        store(database, letters(_positions(one), one.terminal_id), now=at(86_400))
    return database, tmp_path


def _positions(one) -> list[Position]:
    fixes = fixes_of(reports_of(one.solutions))
    columns = (fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, fixes.accuracy_dm, fixes.hdop_d)
    return [
        Position(t, lat, lon, accuracy_dm=said_dm, hdop_d=hdop_d)
        for t, lat, lon, said_dm, hdop_d in zip(*(c.tolist() for c in columns), strict=True)
    ]


def test_a_version_is_learned_from_stored_days_and_is_in_force(city, run):
    dsn, _ = city

    code, said = run(dsn, "ingest", "learn", *DAYS)

    assert code == 0
    assert re.search(
        r"^alpha: 2 worker-days, \d+\.\d h indoors, \d+\.\d h in the street$", said, re.MULTILINE
    )
    assert re.search(r"^  optimism +1\.60 -> \d\.\d\d$", said, re.MULTILINE)
    assert re.search(
        r"^beta: 1 worker-days.*\n  stays with the built-in .*: too little", said, re.MULTILINE
    )
    with psycopg.connect(dsn) as conn:
        (made_now,) = list_sets(conn)
        assert version_in_force(conn) == made_now.version
        assert (made_now.models, made_now.worker_days) == (["alpha"], 3)
        assert re.fullmatch(r"learned-\d{4}-\d{2}-\d{2}-1", made_now.version)
        alpha = read_set(conn, made_now.version).models["alpha"]
    assert alpha.optimism == pytest.approx(1.6, rel=0.15)


def test_a_dry_run_of_learning_stores_nothing(city, run):
    dsn, _ = city

    code, said = run(dsn, "ingest", "learn", *DAYS, "--dry-run")

    assert code == 0
    assert said.endswith("nothing was stored\n")
    assert count(dsn, "parameter_set") == 0
    assert rows(dsn, "select version from parameters_in_force") == [(None,)]


def test_too_few_days_make_no_version(district, run):
    code, said = run(district, "ingest", "learn", *DAYS)

    assert code == 0
    assert "simulated: 1 worker-days" in said
    assert said.endswith("nothing was stored\n")


def test_terminals_without_a_model_are_not_learned_as_one(city, run):
    dsn, _ = city
    with psycopg.connect(dsn) as conn:
        conn.execute("update terminal set model = ''")

    _, said = run(dsn, "ingest", "learn", *DAYS)

    assert "(no model): 3 worker-days" in said
    assert "these may be of many models\nnothing was stored" in said


def test_an_auditor_repeats_a_learned_judgement_over_files(city, run):
    dsn, folder = city
    run(dsn, "ingest", "learn", *DAYS)
    assess(dsn)
    ((version,),) = rows(dsn, "select version from parameters_in_force")
    by_model = rows(
        dsn,
        "select c.worker_id, c.visit_s, c.inside_s, c.parameters_version"
        " from daily_compliance c join assignment using (worker_id) join terminal using (terminal_id)"
        " where model = 'alpha' order by 1",
    )
    _, text = run(dsn, "ingest", "parameters", "--toml", version, "alpha")
    (folder / "rules.toml").write_text(text)

    _, said = run("", "evaluate", folder, "--rules", folder / "rules.toml")

    answers = {one["worker_id"]: one for one in map(json.loads, said.splitlines())}
    assert len(by_model) == 2
    assert {one[3] for one in by_model} == {version}
    for worker, visit_s, inside_s, _ in by_model:
        found = answers[worker]
        assert (found["rules_version"], found["parameters_version"]) == (Rules().version, version)
        assert found["visit_s"] == pytest.approx(visit_s, abs=1)
        assert found["inside_s"] == pytest.approx(inside_s, abs=1)


def test_results_name_the_parameters_in_force_also_of_models_that_they_do_not_have(district):
    visits = "select visit_s, visit_low_s, visit_high_s from daily_compliance"
    before = rows(district, visits)
    made_now = learned(district, other=LEARNED)
    with psycopg.connect(district) as conn:
        conn.execute("insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")

    assess(district)

    assert rows(district, VERSIONS) == [(Rules().version, made_now.version)]
    assert rows(district, visits) == before


def test_learned_parameters_change_what_is_judged(district, run):
    """A receiver that is far more of an optimist than thought proves less of a visit's time."""
    learned(district, simulated=LEARNED)

    _, said = run(district, "ingest", "rebuild", *DAYS)

    assert re.search(r"^\d+ s of time inside changed, [1-9]\d* s of visits$", said, re.MULTILINE)


def test_versions_of_one_day_are_numbered(district):
    names = [learned(district, m=LEARNED).version for _ in range(2)]

    assert names == ["learned-2026-11-22-1", "learned-2026-11-22-2"]


def test_two_who_learn_at_once_make_two_versions(district):
    makers = [
        threading.Thread(target=lambda: learned(district, m=LEARNED), daemon=True) for _ in range(4)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(20)

    assert count(district, "parameter_set") == 4
    assert count(district, "parameters_in_force") == 1


def test_the_versions_are_listed_with_the_one_in_force(district, run):
    first, second = (learned(district, m=LEARNED).version for _ in range(2))

    _, said = run(district, "ingest", "parameters")

    built_in, older, newer = said.splitlines()
    assert built_in.startswith(f"  {BUILT_IN.version} ")
    assert older.startswith(f"  {first} ")
    assert newer.startswith(f"* {second} ")
    assert newer.endswith("from 2026-03-02 to 2026-03-02, 3 worker-days, for m")


def test_a_version_can_be_put_in_force_and_the_built_in_one_again(district, run):
    first = learned(district, m=LEARNED).version
    learned(district, m=LEARNED)

    run(district, "ingest", "parameters", "--use", first)
    assert rows(district, "select version from parameters_in_force") == [(first,)]
    assert rows(district, "select version from v1_parameter_set where is_in_force") == [(first,)]

    run(district, "ingest", "parameters", "--use", BUILT_IN.version)
    assert rows(district, "select version from parameters_in_force") == [(None,)]


def test_a_version_that_is_not_known_is_refused_with_those_that_are(district, run):
    made_now = learned(district, m=LEARNED).version

    with pytest.raises(InputError, match=f"not known; known: {BUILT_IN.version}, {made_now}"):
        run(district, "ingest", "parameters", "--use", "learned-2020-01-01-1")
    assert rows(district, "select version from parameters_in_force") == [(made_now,)]


def test_there_is_never_a_second_set_in_force(district):
    with (
        psycopg.connect(district) as conn,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        conn.execute("insert into parameters_in_force default values")


def test_a_row_that_is_lost_is_said(district):
    with psycopg.connect(district) as conn:
        conn.execute("delete from parameters_in_force")
        with pytest.raises(StateError, match="insert into parameters_in_force default values"):
            version_in_force(conn)


def pretend(dsn: str) -> None:
    """Make the stored result one of other rules, that found another verdict."""
    with psycopg.connect(dsn) as conn:
        conn.execute(
            "update daily_compliance set rules_version = 'chain-0', presence_verdict = 'not_met',"
            " visit_s = visit_s - 100"
        )


def test_rebuilding_says_what_changed(district, run):
    right = rows(district, "select presence_verdict, visit_s from daily_compliance")
    pretend(district)

    code, said = run(district, "ingest", "rebuild", *DAYS)

    version = Rules().version
    assert code == 0
    assert said.splitlines() == [
        "2026-03-02 W01 presence: not_met -> met",
        "1 worker-days judged again, 0 of them for the first time",
        "1 verdicts changed",
        "0 s of time inside changed, 100 s of visits",
        f"1 from chain-0 with builtin-1 to {version} with builtin-1",
    ]
    assert rows(district, "select presence_verdict, visit_s from daily_compliance") == right


def test_a_dry_run_says_the_same_and_stores_nothing(district, run):
    pretend(district)
    tables = ("daily_compliance", "home_visit", "presence_interval", "day_trace", "dirty_day")
    before = [rows(district, f"select * from {table}") for table in tables]  # noqa: S608 - a test's own words

    _, said = run(district, "ingest", "rebuild", *DAYS, "--dry-run")

    assert "2026-03-02 W01 presence: not_met -> met" in said
    assert said.endswith("nothing was stored\n")
    assert [rows(district, f"select * from {table}") for table in tables] == before  # noqa: S608 - a test's own words


def test_what_was_never_judged_is_told_as_such(district, run):
    with psycopg.connect(district) as conn:
        conn.execute("delete from daily_compliance")

    _, said = run(district, "ingest", "rebuild", *DAYS, "--workers", "W01")

    assert "1 worker-days judged again, 1 of them for the first time" in said
    assert f"1 from no result to {Rules().version} with builtin-1" in said


def test_days_and_workers_that_are_not_there_are_named(district, run):
    with pytest.raises(InputError, match="worker W99 is not known"):
        run(district, "ingest", "rebuild", *DAYS, "--workers", "W01", "W99")
    with pytest.raises(InputError, match="no duty from 2026-04-01 to 2026-04-02 has begun"):
        run(district, "ingest", "rebuild", "--from", "2026-04-01", "--to", "2026-04-02")
    with pytest.raises(InputError, match="--to 2026-03-01 is before --from 2026-03-02"):
        run(district, "ingest", "rebuild", "--from", "2026-03-02", "--to", "2026-03-01")


def test_a_rebuild_waits_for_who_judges_the_day_just_now(district):
    pretend(district)
    unit = WorkerDay(WorkerId("W01"), DAY)

    def rebuild() -> None:
        with psycopg.connect(district, autocommit=True) as conn:
            Rebuilder(conn=conn, rules=Rules(), dry_run=False).judge(unit)

    rebuilder = threading.Thread(target=rebuild, daemon=True)
    with psycopg.connect(district) as conn:
        lock_day(conn, unit)
        rebuilder.start()
        eventually(lambda: rows(district, WAITING) != [(0,)], what="the rebuild waits")
        assert rows(district, VERSIONS)[0][0] == "chain-0"
    rebuilder.join(20)

    assert rows(district, VERSIONS)[0][0] == Rules().version


def test_marks_of_new_facts_stay_for_who_judges_them(district):
    store(district, letters(WALK[:-1]))
    with psycopg.connect(district, autocommit=True) as conn:
        conn.execute("insert into dirty_day (worker_id, day) values ('W01', '2026-03-02')")
        (task,) = find_work(conn)
        Rebuilder(conn=conn, rules=Rules(), dry_run=False).judge(task.unit)

        assert find_work(conn) == [task]


def test_registers_that_are_loaded_amid_a_rebuild_are_not_overlooked(district, tmp_path):
    small = write_registers(tmp_path, grids=collection({"grid_id": "G01"}, square(60)))
    unit = WorkerDay(WorkerId("W01"), DAY)
    with psycopg.connect(district, autocommit=True) as conn:
        rebuilder = Rebuilder(conn=conn, rules=Rules(), dry_run=False)
        rebuilder.judge(unit)
        load(district, {"grids": small["grids"]}, zone=SHANGHAI)
        change = rebuilder.judge(unit)

    assert change.before is not None
    assert change.after is not None
    assert change.after.inside_s < change.before.inside_s - 300


def test_a_stop_between_days_leaves_each_day_whole(city):
    dsn, _ = city
    assess(dsn)
    pretend(dsn)
    progress = Progress(stop=threading.Event())
    with psycopg.connect(dsn, autocommit=True) as conn:
        rebuilder = Rebuilder(conn=conn, rules=Rules(), dry_run=False)
        units = find_days(conn, Span(from_day=DAY, to_day=DAY))
        for _ in progress.each(units, rebuilder.judge):
            progress.stop.set()

    assert (progress.done, progress.of, progress.is_whole) == (1, 3, False)
    done = rows(dsn, "select worker_id from daily_compliance where rules_version <> 'chain-0'")
    assert done == [(units[0].worker_id,)]


def test_a_day_that_cannot_be_judged_keeps_the_others_from_nothing(city, run):
    dsn, _ = city
    assess(dsn)
    pretend(dsn)
    with psycopg.connect(dsn) as conn:
        conn.execute("insert into grid values ('G0', '', '{}')")
        conn.execute("update duty_window set grid_id = 'G0' where worker_id = 'W01'")

    with capture_logs() as logs, pytest.raises(StateError, match="1 worker-days cannot be judged"):
        run(dsn, "ingest", "rebuild", *DAYS)

    assert [one["worker"] for one in logs if one["event"] == "ingest.day_failed"] == ["W01"]
    left = rows(dsn, "select worker_id from daily_compliance where rules_version = 'chain-0'")
    assert left == [("W01",)]


def test_when_many_days_fail_the_fault_is_ours_and_it_stops(monkeypatch):
    monkeypatch.setattr(history, "_MOST_FAILED", 1)

    def fail(_: WorkerDay) -> None:
        raise ValueError

    progress = Progress(stop=threading.Event())
    with pytest.raises(StateError, match="because of ValueError at "):
        list(progress.each([WorkerDay(WorkerId("W01"), DAY)], fail))


def test_ctrl_c_ends_a_rebuild_after_the_day_in_hand(city, tmp_path):
    dsn, _ = city
    assess(dsn)
    pretend(dsn)
    unit = WorkerDay(WorkerId("W01"), DAY)
    environment = {"PATROL_DATABASE_DSN": dsn}
    with psycopg.connect(dsn) as conn:
        lock_day(conn, unit)
        log = tmp_path / "log"
        with patrol("ingest", "rebuild", *DAYS, environment=environment, log=log) as process:
            eventually(lambda: rows(dsn, WAITING) != [(0,)], what="the rebuild waits")
            process.send_signal(signal.SIGINT)
            conn.rollback()

            assert process.wait(60) == 130

    done = rows(dsn, "select worker_id from daily_compliance where rules_version <> 'chain-0'")
    assert done == [("W01",)]
