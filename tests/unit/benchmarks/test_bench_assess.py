"""`make bench-assess` without the libraries: the measuring, the engine's part, the exchange."""

import csv
import json
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.assess.__main__ import main
from benchmarks.assess.contenders import (
    ENGINE,
    LIBRARIES,
    Absent,
    Outcome,
    run_engine,
    run_library,
    run_radius,
    visits_of,
)
from benchmarks.assess.days import Days, KnownDay, make_days, write_tracks
from benchmarks.assess.libraries.exchange import (
    Found,
    Request,
    Rule,
    Stop,
    answer,
    read_answers,
    timed,
)
from benchmarks.assess.measures import measure
from benchmarks.assess.table import Comparison, figures, rows, table
from patrol.fix import epoch_ms
from patrol.intervals import Interval, intersect, total
from tests.house.tree import ROOT

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KINDS = {"visit_error_min", "fixes_a_second", "ms_a_day_of_2880_fixes"}


@cache
def days() -> list[KnownDay]:
    """Return one worker-day with a fix every 60 s."""
    return make_days(Days(seeds=(101,), workers=1), interval_s=60)


def span(start_min: float, end_min: float) -> Interval:
    """Return the time between two minutes after nine."""
    return Interval(NINE + timedelta(minutes=start_min), NINE + timedelta(minutes=end_min))


def known(*true: Interval) -> KnownDay:
    """Return the day with other visits."""
    return replace(days()[0], true_visits=true)


def stop_at_visit(day: KnownDay, *, north_deg: float = 0.0) -> Stop:
    """Return a stop for as long as the first true visit, at the fix nearest to its middle."""
    visit = day.true_visits[0]
    start_ms, end_ms = epoch_ms(visit.start), epoch_ms(visit.end)
    fixes = day.facts.fixes
    index = int(np.argmin(np.abs(fixes.epoch_ms - (start_ms + end_ms) // 2)))
    lat_deg, lon_deg = fixes.lat_e7[index] / 1e7, fixes.lon_e7[index] / 1e7
    return Stop(day.key, start_ms, end_ms, lat_deg + north_deg, lon_deg)


def outcome(name: str, took_s: float, *found: Interval) -> Outcome:
    """Return what somebody found on the day in so many seconds."""
    return Outcome(name=name, text="", took_s=took_s, visits={days()[0].key: found})


def comparison(*outcomes: Outcome) -> Comparison:
    """Return a comparison on a day with an hour of visits."""
    absent = [Absent("elsewhere", "could not be installed here: no wheel")]
    return Comparison(interval_s=60, days=[known(span(0, 60))], outcomes=outcomes, absent=absent)


def request(tmp_path: Path) -> Request:
    """Return a request to answer one pass over the day."""
    write_tracks(tmp_path / "tracks.csv", days())
    return Request(tmp_path / "tracks.csv", tmp_path / "answers.json", passes=1)


def environment(tmp_path: Path, name: str, script: str) -> Path:
    """Make an environment whose interpreter is a shell script."""
    python = tmp_path / name / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    (tmp_path / name / ".made").touch()
    return tmp_path


def test_the_error_is_that_of_the_minutes_of_a_day():
    found = measure([known(span(0, 30))], {days()[0].key: [span(0, 20), span(40, 44)]})

    assert (found.error_min, found.bias_min) == (6, -6)


def test_errors_of_two_days_do_not_cancel_but_in_the_bias():
    pair = [replace(known(span(0, 30)), key="one"), replace(known(span(0, 30)), key="two")]
    found = measure(pair, {"one": [span(0, 40)], "two": [span(0, 20)]})

    assert (found.error_min, found.bias_min) == (10, 0)


def test_minutes_at_a_wrong_time_are_wrong_although_their_number_is_right():
    found = measure([known(span(0, 10))], {days()[0].key: [span(5, 15)]})

    assert (found.error_min, found.wrong_min) == (0, 10)


def test_a_visit_is_found_when_half_of_both_together_is_shared():
    found = measure(
        [known(span(0, 10), span(20, 30))], {days()[0].key: [span(0, 20), span(20, 41)]}
    )

    assert (found.precision, found.recall) == (0.5, 0.5)


def test_who_finds_nothing_misses_all():
    found = measure([known(span(0, 10))], {})

    assert (found.error_min, found.recall) == (10, 0)
    assert np.isnan(found.precision)


def test_tracks_are_the_fixes_that_the_engine_gets(tmp_path):
    write_tracks(tmp_path / "tracks.csv", days())

    with (tmp_path / "tracks.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    fixes = days()[0].facts.fixes
    assert [int(row["epoch_ms"]) for row in read] == sorted(fixes.epoch_ms.tolist())
    assert sorted(round(float(row["lat_deg"]) * 1e7) for row in read) == sorted(
        fixes.lat_e7.tolist()
    )


def test_the_engine_finds_most_of_the_visits():
    found = run_engine(days(), passes=1)

    assert measure(days(), found.visits).recall > 0.5
    assert found.took_s > 0


def test_the_plain_rule_holds_what_is_near_the_same_premises_on_duty():
    found = run_radius(days(), passes=1).visits[days()[0].key]

    assert total(intersect(found, days()[0].true_visits)) / total(days()[0].true_visits) > 0.5
    assert total(intersect(found, days()[0].duty())) == total(found)


def test_a_stop_at_premises_is_a_visit():
    stop = stop_at_visit(days()[0])

    assert visits_of([stop], days()) == {days()[0].key: [days()[0].true_visits[0]]}


def test_a_stop_away_from_premises_is_none():
    stop = stop_at_visit(days()[0], north_deg=0.1)

    assert visits_of([stop], days()) == {days()[0].key: []}


def test_a_stop_counts_on_duty_alone():
    first, *_ = days()[0].duty()
    stop = stop_at_visit(days()[0])._replace(start_ms=epoch_ms(first.start) - 3_600_000)

    assert visits_of([stop], days())[days()[0].key][0].start == first.start


def test_each_pass_is_timed():
    times_s, result = timed(lambda: "same", passes=3)

    assert len(times_s) == 3
    assert result == "same"


def test_what_a_library_answers_is_read_again(tmp_path):
    stop = Stop("101-W01", 1, 2, 30.0, 104.0)
    asked = request(tmp_path)
    answer(asked, [Rule("plain", "50 m", lambda: "raw", lambda _: [stop])], version="1.0")

    version, found = read_answers(asked.answers)
    assert version == "1.0"
    assert found == [Found("plain", "50 m", found[0].times_s, [stop])]


def test_a_library_that_was_not_installed_says_why(tmp_path):
    (tmp_path / "trackintel").mkdir()
    (tmp_path / "trackintel" / "install.log").write_text("Looking\nERROR: no wheel\n")
    found = run_library("trackintel", days(), tmp_path, request=request(tmp_path))

    assert found == Absent("trackintel", "could not be installed here: ERROR: no wheel")


def test_a_library_that_fails_says_why(tmp_path):
    folder = environment(tmp_path, "trackintel", "echo 'ImportError: no numpy' >&2; exit 1")
    found = run_library("trackintel", days(), folder, request=request(tmp_path))

    assert found == Absent("trackintel", "fails here: ImportError: no numpy")


def test_a_library_runs_in_its_own_environment(tmp_path):
    """An environment that answers with the stops of the truth has no error."""
    stops = [
        stop_at_visit(days()[0])._replace(start_ms=epoch_ms(one.start), end_ms=epoch_ms(one.end))
        for one in days()[0].true_visits
    ]
    text = json.dumps(
        {"version": "2", "found": [{"name": "x", "text": "", "times_s": [1, 9, 2], "stops": stops}]}
    )
    # Arguments are -W ignore -m MODULE TRACKS ANSWERS PASSES.
    folder = environment(tmp_path, "trackintel", f"printf '%s' '{text}' > \"$6\"")
    found = run_library("trackintel", days(), folder, request=request(tmp_path))

    assert isinstance(found, list)
    assert [(one.name, one.took_s) for one in found] == [("trackintel.x", 2)]
    assert measure(days(), found[0].visits).error_min == 0


def test_ratios_are_to_the_engine():
    engine, other = rows(
        comparison(outcome(ENGINE, 0.5, span(0, 58)), outcome("x", 2, span(0, 30)))
    )

    assert (engine.error_ratio, engine.speed_ratio) == (1, 1)
    assert (other.error_ratio, other.speed_ratio) == (15, 4)


def test_who_is_missing_is_in_the_table_and_without_a_value():
    made = comparison(outcome(ENGINE, 0.5, span(0, 58)))

    assert "elsewhere" in table([made])
    assert "no wheel" in table([made])
    assert {"name": "60s.elsewhere", "value": None, "goal": None, "reached": None} in figures(
        [made]
    )


@pytest.mark.parametrize(("took_s", "reached"), [(1e-6, True), (10.0, False)])
def test_a_goal_is_reached_or_not(took_s, reached):
    said = {one["name"]: one for one in figures([comparison(outcome(ENGINE, took_s, span(0, 58)))])}

    assert said[f"60s.{ENGINE}.fixes_a_second"]["reached"] is reached
    assert said[f"60s.{ENGINE}.ms_a_day_of_2880_fixes"]["reached"] is reached
    assert said[f"60s.{ENGINE}.visit_error_min"]["reached"] is True


def test_the_benchmark_ends_with_one_line_of_figures(tmp_path, capsys):
    where = ["--folder", str(tmp_path / "new")]
    code = main([*where, "--seeds", "101", "--workers", "1", "--interval", "60", "--passes", "1"])

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    names = {one["name"] for one in last["figures"]}
    assert code == 0
    assert last["bench"] == "assess"
    assert {f"60s.{ENGINE}.{kind}" for kind in KINDS} <= names
    assert {f"60s.{name}" for name in LIBRARIES} <= names


def test_every_library_has_a_lock_with_hashes_and_a_runner():
    for name in LIBRARIES:
        lock = (ROOT / "requirements" / f"bench-{name}.lock").read_text(encoding="utf-8")
        runner = f"run_{name.replace('-', '_')}.py"

        assert f"\n{name}==" in f"\n{lock}"
        assert lock.count("==") <= lock.count("--hash=sha256:")
        assert (ROOT / "benchmarks" / "assess" / "libraries" / runner).exists()


def test_make_installs_the_libraries_that_are_measured():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert f"LIBRARIES := {' '.join(LIBRARIES)}\n" in makefile


def test_what_runs_beside_a_library_needs_nothing_of_this_project():
    """Its interpreter has none of this project's dependencies."""
    code = """
import sys
import benchmarks.assess.libraries.exchange
print({name.split(".")[0] for name in sys.modules} & {"numpy", "shapely", "patrol"})
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"
