"""`patrol simulate score`, and how the simulator's truth becomes that of the measures."""

import argparse
import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from patrol.anomalies.findings import AnomalyRules, FindingKind
from patrol.compliance import Rules
from patrol.errors import InputError
from patrol.ids import GridId
from patrol.intervals import intersect, subtract, total
from patrol.messages import Flag
from simulator.cli import register
from simulator.hazards.reports import reports_of
from simulator.hazards.suspects import Anomaly
from simulator.noise import Receiver
from simulator.patrols.day import neighbours
from simulator.scenario import Scenario, build_city, build_day, build_days
from simulator.scoring.findings import findings_of
from simulator.scoring.run import Plan, run_all
from simulator.scoring.scenarios import chosen, hazards
from simulator.scoring.trials import trials
from simulator.scoring.truth import ground_of, truth_of
from simulator.tracks import StayKind
from tests.unit.simulator.simulated import DAY, HOUR_MS, small

SEEDS = range(1, 6)
SOME = ["usual", "thinned", "delivery"]


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    options = parser.parse_args(["simulate", "score", *arguments])
    code: int = options.command(options)
    return code


def lines(said: str) -> list[str]:
    """Return what does not depend on how fast this machine is."""
    return [line for line in said.splitlines() if "fixes" not in line and "millisec" not in line]


def test_score_prints_a_table_and_the_figures(capsys):
    code = run("--seeds", "7", "--interval", "30", "60", "--workers", "2")

    said = capsys.readouterr().out
    last = json.loads(said.splitlines()[-1])
    assert code == 0
    assert [one.name for one in hazards() if f"{one.name}, 2 worker-days" not in said] == []
    assert last["bench"] == "score"
    assert {"name", "value", "goal", "reached"} == {key for one in last["figures"] for key in one}
    assert {one["name"].split(".")[1] for one in last["figures"]} == {"30s", "60s"}


def test_the_same_seeds_give_the_same_measures(capsys):
    said = []
    for _ in range(2):
        run("--seeds", "3-4", "--interval", "60", "--workers", "1", "--scenarios", *SOME)
        said.append(lines(capsys.readouterr().out)[:-1])

    assert said[0] == said[1]


@pytest.mark.parametrize("seeds", ["a-b", "9-8", "", "1-2-3"])
def test_seeds_that_are_none_are_refused(seeds):
    with pytest.raises(InputError, match="seeds"):
        run("--seeds", seeds)


def test_every_hazard_is_run_at_every_interval_on_every_day():
    plan = Plan(hazards=chosen(SOME), seeds=[1, 2], intervals_s=[60, 120], workers=1)

    runs = run_all(plan, Rules(), tell=lambda _: None)
    assert [(one.hazard, one.interval_s, len(one.marks)) for one in runs] == [
        (name, interval_s, 2) for name in SOME for interval_s in (60, 120)
    ]


@pytest.mark.parametrize(
    "name", ["clock_hours", "clock_reset", "clock_stuck", "one_path", "replay", "mock", "teleport"]
)
def test_what_is_wrong_with_a_day_is_found_and_nothing_else(name):
    plan = Plan(hazards=chosen([name]), seeds=[2], intervals_s=[10], workers=2)

    [found] = run_all(plan, Rules(), tell=lambda _: None)
    assert found.found_share() == 1
    assert found.others_a_week() == 0


def test_on_a_usual_day_nothing_is_found():
    plan = Plan(hazards=chosen(["usual"]), seeds=[2], intervals_s=[10], workers=3)

    [found] = run_all(plan, Rules(), tell=lambda _: None)
    assert found.others_a_week() == 0


def test_the_rules_know_the_premises_across_the_street_as_those_of_others():
    _, city, _ = small()
    ground = ground_of(city)
    for grid in city.grids:
        index = ground.premises[GridId(grid.grid_id)]
        own = [name for name, is_own in zip(index.ids, index.is_own, strict=True) if is_own]
        assert own == sorted(one.premises_id for one in grid.premises)
        assert len(index.ids) == len(own) + len(neighbours(city, grid))


def test_who_has_no_colleague_carries_no_second_terminal():
    days = list(trials(small()[0], chosen(["one_path"])))

    named = [one.named for one in findings_of(days, Rules(), AnomalyRules())]
    assert named == [FindingKind.SAME_PATH, FindingKind.SAME_PATH, None]


def test_every_anomaly_is_a_kind_of_finding():
    assert {anomaly.value for anomaly in Anomaly} <= {kind.value for kind in FindingKind}


def test_an_unknown_scenario_is_refused_with_those_that_are_known():
    with pytest.raises(InputError, match=r"'monsoon'.*usual, uninformed"):
        run("--scenarios", "monsoon")


def test_a_scenario_is_the_same_whichever_others_are_asked_for():
    scenario = Scenario(workers=1, day=DAY, interval_s=60)
    alone = list(trials(scenario, chosen(["thinned"])))
    among = [one for one in trials(scenario, hazards()) if one.hazard.name == "thinned"]

    assert alone[0].reports.epoch_ms.tolist() == among[0].reports.epoch_ms.tolist()


def test_days_for_choosing_parameters_are_in_other_cities_than_those_for_marking():
    cities = [build_city(Scenario(seed=seed, workers=1, day=DAY)) for seed in (1, 2, 101, 102)]

    assert len({city.grids[0].outline for city in cities}) == 4


def test_present_and_absent_are_the_duty():
    for seed in SEEDS:
        _, city, days = small(seed)
        for one in days:
            truth = truth_of(one, city)
            absent = subtract(truth.duty, truth.present)
            assert total(truth.present) + total(absent) == total(truth.duty)
            assert intersect(truth.visits, absent) == []


def test_the_station_is_a_place_to_be():
    found = 0
    for seed in SEEDS:
        _, city, days = small(seed)
        for one in days:
            for stay in one.day.stays(StayKind.STATION):
                truth = truth_of(one, city)
                start = max(stay.span.start_ms, one.day.duty[0].start_ms)
                found += any(
                    interval.start.timestamp() * 1000 <= start < interval.end.timestamp() * 1000
                    for interval in truth.present
                )

    assert found > 0


def test_far_exits_lie_within_absences_and_last():
    found = 0
    for seed in SEEDS:
        _, city, days = small(seed)
        for one in days:
            truth = truth_of(one, city)
            absent = subtract(truth.duty, truth.present)
            for far in truth.far_exits:
                found += 1
                assert far.length >= timedelta(minutes=5)
                assert intersect([far], absent) == [far]

    assert found > 0


def test_another_receiver_changes_no_truth():
    scenario, city, days = small()
    others = list(build_days(scenario, city, receiver=Receiver(informed=0.0)))

    for one, other in zip(days, others, strict=True):
        assert truth_of(one, city) == truth_of(other, city)
        assert not np.array_equal(one.solutions.accuracy_dm, other.solutions.accuracy_dm)


def told_share(name: str) -> float:
    """Return the share of the fixes of a day that a scenario leaves."""
    scenario, _, days = small()
    trial = next(trials(scenario, chosen([name])))
    return len(trial.facts.fixes) / np.count_nonzero(days[0].solutions.solved)


def test_scenarios_leave_as_many_fixes_as_they_say():
    assert told_share("usual") == told_share("uninformed") == 1
    assert told_share("thinned") == pytest.approx(1 / 3, abs=0.05)
    assert 0.1 < told_share("sparing") < 0.9
    assert 1 < told_share("delivery") < 1.1


def test_fixes_of_another_time_are_not_those_of_the_day():
    """A clock that is 1,024 weeks behind leaves the day without what it says."""
    assert 0.2 < told_share("clock_reset") < 0.8


def test_the_truth_of_a_terminal_left_behind_is_another_than_the_worker_s():
    scenario = small()[0]
    names = ["left_behind", "left_behind_terminal"]
    by_worker = list(trials(scenario, chosen(names)))
    for worker, terminal in zip(by_worker[:3], by_worker[3:], strict=True):
        assert worker.facts.fixes.lat_e7.tolist() == terminal.facts.fixes.lat_e7.tolist()
        assert worker.truth.visits != terminal.truth.visits


def test_mocked_fixes_are_flagged():
    scenario = small()[0]
    [trial, *_] = trials(scenario, chosen(["mock"]))

    assert np.count_nonzero(trial.facts.fixes.flags & Flag.MOCK) == trial.reports.is_mock.sum() > 0


def test_two_terminals_on_one_path_tell_of_the_first_worker_s_way():
    scenario, city, days = small()
    [first, second, _] = trials(scenario, chosen(["one_path"]))
    x_m, y_m = city.plane.to_metres(second.reports.lat_e7 / 1e7, second.reports.lon_e7 / 1e7)
    there_x_m, there_y_m = days[0].day.track.places(second.reports.epoch_ms)

    assert np.median(np.hypot(x_m - there_x_m, y_m - there_y_m)) < 20
    assert second.truth.duty == first.truth.duty
    assert second.truth.visits != first.truth.visits
    assert second.reports.lat_e7.tolist() != first.reports.lat_e7.tolist()


def test_a_replayed_day_is_yesterday_s_by_the_clock_of_today():
    scenario, city, _ = small()
    [trial, *_] = trials(scenario, chosen(["replay"]))
    before = replace(scenario, day=scenario.day - timedelta(days=1))
    told = reports_of(build_day(before, city, "T01").solutions)

    assert trial.reports.lat_e7.tolist() == told.lat_e7.tolist()
    assert set((trial.reports.epoch_ms - told.epoch_ms).tolist()) == {24 * HOUR_MS}


def test_every_anomaly_has_a_scenario_and_the_usual_day_has_none():
    named = {one.name: one.anomaly for one in hazards()}

    assert set(named.values()) == {None, *Anomaly}
    assert named["usual"] is None
