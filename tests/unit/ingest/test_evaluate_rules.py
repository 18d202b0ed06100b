"""Rules out of a file: what it names replaces a default, and nothing is taken silently."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.evaluate.rules import read_rules
from patrol.compliance import Rules
from patrol.errors import InputError


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
        ("version = 1", "version is 1, not str"),
        ("version", "is not TOML"),
    ],
)
def test_what_is_no_rule_is_refused(text, reason, tmp_path):
    with pytest.raises(InputError, match=reason):
        rules(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
