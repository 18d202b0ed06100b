"""Who goes on from where the filter has passed finds what all fixes of the duty tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.compliance import Rules
from patrol.fix import epoch_ms
from patrol.track import UNKNOWN
from patrol.whereabouts import LiveState, Passed, find_live_state
from tests.makers import at, day_facts, pick, span, walk, without

RULES = Rules()
DUTY = span(0, 7200)
# Where somebody goes, in metres east of the middle: the border is at 200.
PLACES = st.lists(st.integers(-100, 450), min_size=3, max_size=12)
SILENCES = st.lists(st.tuples(st.integers(0, 7000), st.integers(30, 1500)), max_size=3)
LOOKS = st.lists(st.integers(1, 1500), min_size=3, max_size=15)


def told(places: list[int], seed: int, *, every_s: float):
    """Return two hours between these places, with errors, reflections, strays and blurred fixes."""
    chance = np.random.default_rng(seed)
    seconds = np.linspace(0, 7200, len(places)).tolist()
    legs = [(second, x_m, 0) for second, x_m in zip(seconds, places, strict=True)]
    fixes = walk(legs, every_s=every_s)
    count = len(fixes)
    off_e7 = np.rint(chance.normal(0, 700, count)).astype(np.int64)
    for start in chance.integers(0, count, 6).tolist():
        off_e7[start : start + int(chance.integers(1, 30))] += int(chance.integers(-15_000, 15_000))
    accuracy_dm = chance.choice([30, 80, 400, 2000, UNKNOWN], count, p=[0.4, 0.4, 0.1, 0.05, 0.05])
    return replace(fixes, lon_e7=fixes.lon_e7 + off_e7, accuracy_dm=accuracy_dm)


def whats(found: LiveState) -> tuple:
    return found.grid_id, found.state, found.since, found.epoch, found.inside_p


def approximately(passed: Passed) -> Passed:
    return replace(passed, odds=pytest.approx(passed.odds, rel=1e-6))


@settings(max_examples=80, deadline=None)
@given(
    places=PLACES,
    silences=SILENCES,
    looks=LOOKS,
    seed=st.integers(0, 2**32 - 1),
    every_s=st.sampled_from([5.0, 10.0, 30.0, 60.0]),
)
def test_from_where_the_filter_has_passed_the_same_is_found(places, silences, looks, seed, every_s):
    fixes = told(places, seed, every_s=every_s)
    for start_s, length_s in silences:
        fixes = without(fixes, start_s, start_s + length_s)
    passed = None
    for now_s in np.cumsum(looks).clip(max=7199).tolist():
        now = at(now_s)
        known = pick(fixes, np.flatnonzero(fixes.epoch_ms <= epoch_ms(now)))
        whole = find_live_state(day_facts(known, duty=[DUTY]), RULES, now=now)
        from_ms = passed.at_ms if passed else 0
        rest = pick(known, np.flatnonzero(known.epoch_ms >= from_ms))

        found = find_live_state(day_facts(rest, duty=[DUTY]), RULES, now=now, passed=passed)

        assert found is not None
        assert whole is not None
        assert whats(found) == whats(whole)
        passed = found.passed
        assert passed == (approximately(whole.passed) if whole.passed else None)


def test_what_is_passed_follows_ten_minutes_behind():
    """So a handful of fixes tells what a whole duty does."""
    fixes = walk([(0, 0, 0), (7200, 150, 0)])

    found = find_live_state(day_facts(fixes, duty=[DUTY]), RULES, now=at(7199))

    assert found is not None
    assert found.passed is not None
    assert at(6600) <= at((found.passed.at_ms - epoch_ms(at(0))) / 1000) <= at(6720)
