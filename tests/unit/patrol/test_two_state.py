"""The two-state chain: against counting out every course, and at its limits."""

from itertools import product

import numpy as np
import pytest

from patrol.chains.two_state import (
    is_away,
    log_odds_beyond,
    probability_away,
    switch_prices,
    switch_shares,
)


def courses(evidence, prices) -> dict[tuple[int, ...], int]:
    """Return the score of every course of states."""
    return {
        states: sum(int(one) for one, away in zip(evidence, states, strict=True) if away)
        - sum(int(prices[i]) for i in range(len(prices)) if states[i] != states[i + 1])
        for states in product([0, 1], repeat=len(evidence))
    }


def chances(evidence, shares) -> np.ndarray:
    """Return the probability of being away at each node, counted out."""
    away, total = np.zeros(len(evidence)), 0.0
    for states in product([0, 1], repeat=len(evidence)):
        weight = np.exp(sum(one / 1024 for one, is_ in zip(evidence, states, strict=True) if is_))
        for i, share in enumerate(shares):
            weight *= share if states[i] != states[i + 1] else 1 - share
        total += weight
        away += weight * np.array(states)
    return 1000 * away / total


@pytest.mark.parametrize("seed", range(20))
def test_the_likeliest_course_is_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    evidence, prices = rng.integers(-3000, 3000, 9), rng.integers(0, 5000, 8)
    scores = courses(evidence, prices)

    found = tuple(is_away(evidence, prices).astype(int).tolist())

    assert scores[found] == max(scores.values())


@pytest.mark.parametrize("seed", range(10))
def test_the_probability_is_that_of_all_courses(seed):
    rng = np.random.default_rng(seed)
    evidence, shares = rng.integers(-3000, 3000, 9), rng.uniform(0.01, 0.5, 8)

    found = probability_away(evidence, shares)

    assert found == pytest.approx(chances(evidence, shares), abs=0.5001)


def test_of_two_equally_likely_states_it_is_here():
    nothing = np.zeros(3, dtype=np.int64)

    assert not is_away(nothing, np.full(2, 1000)).any()


def test_a_change_costs_less_the_longer_a_step_lasts():
    shares = switch_shares(np.array([1.0, 60.0, 3600.0, 1e9]), switches_per_h=1.0)
    prices = switch_prices(shares)

    assert shares[-1] == pytest.approx(0.5)
    assert prices[0] > prices[1] > prices[2] > prices[3] == 0


def test_no_fix_is_surer_than_that_it_is_no_stray():
    near, far, line = log_odds_beyond(np.array([1.0, 50.0, 0.0]), stray_share=0.02).tolist()

    assert line == 0
    assert near == pytest.approx(1024 * np.log(0.8413 / 0.1587), abs=2)
    assert far == pytest.approx(1024 * np.log(0.98 / 0.02), abs=50)
