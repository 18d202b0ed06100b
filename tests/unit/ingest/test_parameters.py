"""Which model of terminal a day was recorded by, and what is known of it."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.parameters.models import main_model
from ingest.parameters.sets import BUILT_IN, ParameterSet
from patrol.compliance import Rules
from patrol.learning import ReceiverParameters
from tests.makers import NO_FIXES, walk

MODELS = {1: "a", 2: "b", 3: "a", 4: ""}
LEARNED = ReceiverParameters(
    optimism=2.0,
    signal_loss=3.0,
    inside_mean=2.5,
    inside_spread=0.4,
    outside_mean=1.5,
    outside_spread=0.4,
    word_weight=40.0,
    inside_h=9.0,
    street_h=9.0,
)


def of(*terminals: int):
    fixes = walk([(0, 0, 0), (10 * (len(terminals) - 1), 0, 0)])
    return replace(fixes, terminal=np.array(terminals))


@pytest.mark.parametrize(
    ("terminals", "model"),
    [
        ([1, 2, 1], "a"),
        # Of one model, whatever the terminal.
        ([1, 2, 2, 3, 3], "a"),
        ([1, 2], "b"),
        ([4, 4, 1], None),
        ([9], None),
    ],
)
def test_a_day_counts_for_the_model_of_most_fixes(terminals, model):
    assert main_model(of(*terminals), MODELS) == model


def test_without_fixes_or_terminals_there_is_no_model():
    nothing = replace(NO_FIXES, terminal=np.array([], dtype=np.int64))

    assert main_model(nothing, MODELS) is None
    assert main_model(NO_FIXES, MODELS) is None


def test_built_in_parameters_change_nothing():
    assert BUILT_IN.rules_for(Rules(), "a") == Rules()
    assert BUILT_IN.teaching_rules_for(Rules(), "a") == Rules()


def test_only_what_was_learned_of_a_model_differs():
    known = ParameterSet(version="learned-2026-11-22-1", models={"a": LEARNED})
    named = replace(Rules(), parameters_version=known.version)

    found = known.rules_for(Rules(), "a")

    assert known.rules_for(Rules(), "b") == known.rules_for(Rules(), None) == named
    assert found.track == replace(named.track, optimism=2.0)
    star = named.visit.star
    assert found.visit.star == replace(star, evidence=LEARNED.evidence_rules(star.evidence))
    assert replace(found, track=named.track, visit=named.visit) == named


def test_what_a_silence_was_is_not_read_by_what_was_learned_of_silences():
    known = ParameterSet(version="learned-2026-11-22-1", models={"a": LEARNED})

    found = known.teaching_rules_for(Rules(), "a").visit.star.evidence

    assert found.signal_loss == Rules().visit.star.evidence.signal_loss
    assert found.word.weight == 40.0
