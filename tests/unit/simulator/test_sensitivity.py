"""How far the visit time depends on each parameter: which there are, and what is changed."""

import argparse
from dataclasses import replace

import pytest

from patrol.compliance import Rules
from patrol.track import TrackRules
from simulator.cli import register
from simulator.scoring.measures import measure
from simulator.scoring.run import Plan
from simulator.scoring.scenarios import chosen
from simulator.scoring.sensitivity import Row, changed, parameters, sensitivity, sensitivity_table
from tests.unit.simulator.test_measures import marked

OPTIMISM = ("track", "optimism")


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    options = parser.parse_args(["simulate", "score", *arguments])
    code: int = options.command(options)
    return code


def test_every_number_of_the_rules_is_a_parameter():
    found = dict(parameters(Rules()))

    assert found[OPTIMISM] == TrackRules().optimism
    assert {path[0] for path in found} == {"track", "visit"}
    assert any(len(path) > 2 for path in found)


def test_one_parameter_is_changed_and_no_other():
    before, after = dict(parameters(Rules())), dict(parameters(changed(Rules(), OPTIMISM, 2.0)))

    assert after.pop(OPTIMISM) == 2 * before.pop(OPTIMISM)
    assert after == before


def test_a_whole_number_stays_whole():
    [path] = [path for path, value in parameters(Rules()) if path[-1] == "near_fixes"]

    assert isinstance(dict(parameters(changed(Rules(), path, 0.5)))[path], int)


def test_a_parameter_that_matters_moves_the_visit_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "simulator.scoring.sensitivity.parameters",
        lambda rules: [(("visit", "minimum_s"), rules.visit.minimum_s)],
    )
    told: list[str] = []
    plan = Plan(hazards=chosen(["usual"]), seeds=[1], intervals_s=[60], workers=2)
    rules = replace(Rules(), visit=replace(Rules().visit, minimum_s=900.0))

    usual, [row] = sensitivity(plan, rules, tell=told.append)
    assert told == ["visit.minimum_s"]
    assert row.value == 900
    assert row.halved is not None
    assert row.doubled is not None
    assert row.doubled.visit_bias_min < usual.visit_bias_min < row.halved.visit_bias_min


def test_the_table_shows_error_bias_and_wrong_verdicts():
    right, early = measure([marked()]), measure([marked(visits=[])])
    row = Row(path=("visit", "merge_s"), value=90.0, halved=right, doubled=early)

    said = sensitivity_table(right, [row]).splitlines()
    assert said[0] == "as they are: 0.0, +0.0, 0.0%"
    assert said[-1] == "| `visit.merge_s` | 90 | 0.0, +0.0, 0.0% | 200.0, -200.0, 0.0% |"


def test_what_is_impossible_is_told_as_such(monkeypatch: pytest.MonkeyPatch):
    """Twice a share of 0.6 is none."""
    monkeypatch.setattr(
        "simulator.scoring.sensitivity.parameters",
        lambda rules: [(("visit", "star", "leave_to_walk"), rules.visit.star.leave_to_walk)],
    )
    plan = Plan(hazards=chosen(["usual"]), seeds=[1], intervals_s=[60], workers=1)

    usual, [row] = sensitivity(plan, Rules(), tell=lambda _: None)
    assert row.doubled is None
    assert sensitivity_table(usual, [row]).splitlines()[-1].endswith("| - |")


def test_sensitivity_is_of_the_seeds_for_choosing_unless_others_are_named(capsys):
    run("--sensitivity", "--workers", "1", "--interval", "120", "--seeds", "2")

    said = capsys.readouterr().out
    assert "cities 2-2, as they are:" in said
    assert "| `track.optimism` |" in said
