"""`patrol simulate score`, and how the simulator's truth becomes that of the measures."""

import argparse
import json
from datetime import timedelta

import numpy as np
import pytest

from patrol.compliance import Rules
from patrol.errors import InputError
from patrol.intervals import intersect, subtract, total
from simulator.cli import register
from simulator.noise import Receiver
from simulator.scenario import build_days
from simulator.scoring.run import Plan, hazards, run_all
from simulator.scoring.truth import facts_of, ground_of, truth_of
from simulator.tracks import StayKind
from tests.unit.simulator.simulated import small

SEEDS = range(1, 6)


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
    code = run("--seeds", "7", "--interval", "30", "60", "--workers", "1")

    said = capsys.readouterr().out
    last = json.loads(said.splitlines()[-1])
    assert code == 0
    assert [f"{hazard.name}, 1 worker-days" in said for hazard in hazards()] == [True] * 4
    assert last["bench"] == "score"
    assert {"name", "value", "goal", "reached"} == {key for one in last["figures"] for key in one}
    assert {one["name"].split(".")[1] for one in last["figures"]} == {"30s", "60s"}


def test_the_same_seeds_give_the_same_measures(capsys):
    said = []
    for _ in range(2):
        run("--seeds", "3-4", "--interval", "60", "--workers", "1")
        said.append(lines(capsys.readouterr().out)[:-1])

    assert said[0] == said[1]


@pytest.mark.parametrize("seeds", ["a-b", "9-8", "", "1-2-3"])
def test_seeds_that_are_none_are_refused(seeds):
    with pytest.raises(InputError, match="seeds"):
        run("--seeds", seeds)


def test_every_hazard_is_run_at_every_interval_on_every_day():
    plan = Plan(seeds=[1, 2], intervals_s=[60, 120], workers=1)

    runs = run_all(plan, Rules(), tell=lambda _: None)
    assert [(one.hazard, one.interval_s, len(one.marks)) for one in runs] == [
        (hazard.name, interval_s, 2) for hazard in hazards() for interval_s in (60, 120)
    ]


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


def test_hazards_take_fixes_away_and_add_none():
    scenario, city, days = small()
    ground = ground_of(city)
    shares = {}
    for hazard in hazards():
        kept = hazard.keep(days[0], np.random.default_rng(1)) & days[0].solutions.solved
        facts = facts_of(scenario, days[0], ground, kept=kept)
        shares[hazard.name] = len(facts.fixes) / np.count_nonzero(days[0].solutions.solved)

    assert shares["usual"] == shares["uninformed"] == 1
    assert shares["thinned"] == pytest.approx(1 / 3, abs=0.05)
    assert 0.1 < shares["sparing"] < 0.9
