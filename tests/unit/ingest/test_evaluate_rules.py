"""Rules out of a file: what it names replaces a default, and nothing is taken silently."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.evaluate.rules import read_rules
from ingest.parameters.sets import ParameterSet, rules_file
from patrol.compliance import Rules
from patrol.errors import InputError
from patrol.learning import ReceiverParameters


def rules(folder: Path, text: str) -> Rules:
    path = folder / "rules.toml"
    path.write_text(text)
    return read_rules(path)


def test_a_version_alone_changes_nothing_else(tmp_path):
    assert rules(tmp_path, 'version = "mine"') == replace(Rules(), version="mine")


def test_a_length_of_time_is_given_in_seconds(tmp_path):
    found = rules(tmp_path, 'version = "mine"\nrequired_visit_s = 5400\n')

    assert found.required_visit == timedelta(minutes=90)


def test_a_table_overrides_what_it_names_and_keeps_the_rest(tmp_path):
    found = rules(
        tmp_path, 'version = "mine"\n[visit]\nmerge_s = 30\n[track]\nmax_speed_mps = 20\n'
    )

    assert found.visit == replace(Rules().visit, merge_s=30)
    assert found.track == replace(Rules().track, max_speed_mps=20.0)


def test_a_table_within_tables_overrides_what_it_names(tmp_path):
    found = rules(tmp_path, 'version = "mine"\n[visit.star.evidence.word]\nweight = 40\n')

    star = Rules().visit.star
    word = replace(star.evidence.word, weight=40.0)
    assert found.visit.star == replace(star, evidence=replace(star.evidence, word=word))


def test_learned_parameters_are_the_same_in_a_file(tmp_path):
    learned = ReceiverParameters(
        optimism=1.1 / 3,
        signal_loss=0.0,
        inside_mean=1e-7,
        inside_spread=1 / 7,
        outside_mean=2.0,
        outside_spread=0.5,
        word_weight=40.0,
        inside_h=10.0,
        street_h=10.0,
    )
    known = ParameterSet(version="learned-2026-11-22-1", models={"m": learned})

    assert rules(tmp_path, rules_file(known, "m")) == known.rules_for(Rules(), "m")
    assert rules(tmp_path, rules_file(known, "other")) == known.rules_for(Rules(), "other")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no version"),
        ('version = ""', "has no version"),
        (
            'version = "a"\nspeed = 1',
            "speed is not a rule; known: version, parameters_version, track",
        ),
        ('version = "a"\nrequired_visit = 1', "required_visit is not a rule; .*required_visit_s"),
        ('version = "a"\n[visit]\nreach = 1', r"\[visit\]: reach is not a rule; known: .*merge_s"),
        ('version = "a"\nvisit = 1', r"visit is a table: write \[visit\]"),
        ('version = "a"\n[visit]\nmerge_s = "30"', r"\[visit\]: merge_s is '30', not"),
        ('version = "a"\n[track]\nmax_speed_mps = nan', "max_speed_mps is nan, not a number"),
        ('version = "a"\n[track]\nmax_speed_mps = true', "max_speed_mps is True, not a number"),
        ('version = "a"\nrequired_presence_share = 90', "_share is 90, allowed is from 0 to 1"),
        ('version = "a"\n[visit]\ntrust = -0.1', r"\[visit\]: trust is -0.1, allowed is from 0"),
        ('version = "a"\nrequired_visit_s = -5', "required_visit_s is -5, allowed is 0 or more"),
        ('version = "a"\nrequired_visit_s = 1e300', "more seconds than can be counted"),
        ('version = "a"\n[track]\nmax_accuracy_m = -3', "max_accuracy_m is -3, allowed is 0"),
        ('version = "a"\n[track]\nmax_speed_mps = -1', "max_speed_mps is -1, allowed is 0"),
        ('version = "a"\n[presence]\nmemory_s = 0', "memory_s is 0, allowed is more than 0"),
        ('version = "a"\n[presence]\nswitches_per_h = 0', "_per_h is 0, allowed is more than 0"),
        ('version = "a"\n[coverage.streets]\nwalks = -1', "walks is -1, allowed is 0 or more"),
        ("version = 1", "version is 1, not str"),
        ("version", "is not TOML"),
    ],
)
def test_what_is_no_rule_is_refused(text, reason, tmp_path):
    with pytest.raises(InputError, match=reason):
        rules(tmp_path, text)


def test_the_ends_of_a_range_and_means_below_0_are_allowed(tmp_path):
    found = rules(
        tmp_path,
        'version = "a"\nrequired_presence_share = 1\nrequired_visit_s = 0\n'
        "[visit.star.evidence.word]\ninside_mean = -1.5\n",
    )

    assert (found.required_presence_share, found.required_visit) == (1.0, timedelta())
    assert found.visit.star.evidence.word.inside_mean == -1.5


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
