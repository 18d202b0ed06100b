"""The star's likeliest course and odds, held against every course there is."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from patrol.chains.courses import FIRST_RAY, best_course, course_odds, tabled_chances
from patrol.chains.rays import Rays, find_rays, list_entries

PARTS = 1000
WALK, STAND = 0, 1


class Star(NamedTuple):
    """A small star: rays as rows (outline, first node, last node)."""

    hub: np.ndarray
    said: np.ndarray
    rays: Rays
    links: np.ndarray
    prior: np.ndarray
    enter: np.ndarray


def star(seed: int, runs: list[tuple[int, int, int]], nodes: int = 5) -> Star:
    rng = np.random.default_rng(seed)
    outline, first, last = np.array(runs).T
    rays = Rays(*list_entries(outline, first, last, nodes))
    links = rng.uniform(0.05, 1.0, (nodes, 9))
    return Star(
        hub=rng.integers(-3000, 0, (nodes, 2)),
        said=rng.integers(-3000, 0, len(rays.outline)),
        rays=rays,
        links=links,
        prior=rng.uniform(0.1, 1.0, 3),
        enter=rng.uniform(0.1, 1.0, int(outline.max()) + 1),
    )


def courses(one: Star):
    """Yield every possible course, as entries, with its weight."""
    nodes = len(one.hub)
    states = [
        [WALK, STAND, *(e + FIRST_RAY for e in range(one.rays.begin[i], one.rays.begin[i + 1]))]
        for i in range(nodes)
    ]
    for course in product(*states):
        weight = start(one, course[0]) * np.exp(evidence(one, 0, course[0]) / PARTS)
        for i in range(1, nodes):
            weight *= step(one, i, (course[i - 1], course[i]))
            weight *= np.exp(evidence(one, i, course[i]) / PARTS)
        if weight > 0:
            yield course, weight


def start(one: Star, state: int) -> float:
    if state < FIRST_RAY:
        return float(one.prior[state])
    return float(one.prior[2] * one.enter[one.rays.outline[state - FIRST_RAY]])


def evidence(one: Star, node: int, state: int) -> int:
    return int(one.hub[node, state] if state < FIRST_RAY else one.said[state - FIRST_RAY])


def step(one: Star, node: int, states: tuple[int, int]) -> float:
    source, target = (min(state, 2) for state in states)
    link = float(one.links[node, 3 * source + target])
    if target < FIRST_RAY:
        return link
    entry = states[1] - FIRST_RAY
    if source == FIRST_RAY:
        return link if one.rays.before[entry] == states[0] - FIRST_RAY else 0.0
    return link * float(one.enter[one.rays.outline[entry]])


RUNS = [
    [(0, 0, 4)],
    [(0, 0, 2), (1, 1, 4)],
    [(0, 1, 1), (0, 3, 4), (1, 0, 4)],
    [(0, 4, 4), (1, 0, 0)],
]


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("seed", range(6))
def test_the_course_found_is_the_likeliest_of_all(seed, runs):
    one = star(seed, runs)
    logs = [np.rint(np.log(part) * PARTS).astype(np.int64) for part in one[3:]]

    found = best_course(one.hub, one.said, one.rays, logs[0], (logs[1], logs[2]))

    weights = dict(courses(one))
    # Whole numbers are rounded: what is found may be less likely by as much.
    assert weights[tuple(found.tolist())] >= max(weights.values()) * np.exp(-12 / PARTS)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("seed", range(6))
def test_the_odds_are_the_shares_of_all_courses(seed, runs):
    one = star(seed, runs)

    each, by_node = course_odds(
        one.hub, one.said, one.rays, one.links, (one.prior, one.enter, tabled_chances(PARTS))
    )

    expected, total = np.zeros(len(one.said)), 0.0
    for course, weight in courses(one):
        total += weight
        for state in course:
            if state >= FIRST_RAY:
                expected[state - FIRST_RAY] += weight
    assert each == pytest.approx(expected / total, abs=1e-9)
    assert by_node == pytest.approx(
        [
            each[begin:end].sum()
            for begin, end in zip(one.rays.begin, one.rays.begin[1:], strict=False)
        ]
    )


def test_what_is_all_but_impossible_has_no_share():
    one = star(1, [(0, 0, 4)])
    one.said[:] = -1_000_000

    each, _ = course_odds(
        one.hub, one.said, one.rays, one.links, (one.prior, one.enter, tabled_chances(PARTS))
    )

    assert each == pytest.approx(0.0, abs=1e-12)


def found(x_m: list[float], *, silent: bool = False, stretch=None, circles=((0.0, 0.0, 5.0),)):
    """Return the rays of a walk along a line with a fix every ten seconds."""
    count = len(x_m)
    walk = (
        np.arange(count) * 10.0,
        np.array(x_m, dtype=float),
        np.zeros(count),
        np.array(stretch if stretch is not None else [0] * count),
        np.full(count, silent),
    )
    return find_rays(walk, np.array(circles), (60.0, 50.0, 3, 300.0)).tolist()


def test_an_outline_comes_into_question_while_it_is_near():
    assert found([200, 150, 40, 20, 10, 30, 150]) == [[0, 2, 5]]


def test_an_outline_seen_too_seldom_is_out_of_question():
    assert found([200, 40, 20, 200]) == []


def test_a_silence_near_an_outline_brings_it_into_question():
    assert found([200, 40, 200], silent=True) == [[0, 1, 1]]


def test_being_away_for_a_while_ends_a_ray():
    away = [200] * 40

    assert found([0] * 5 + away + [0] * 5) == [[0, 0, 4], [0, 45, 49]]


def test_being_away_for_long_drops_what_was_seen_too_seldom():
    assert found([0, *([200] * 40), 0, 0, 0]) == [[0, 41, 43]]


def test_another_stretch_is_another_ray():
    assert found([0] * 10, stretch=[0] * 5 + [1] * 5) == [[0, 0, 4], [0, 5, 9]]


def test_any_number_of_outlines_comes_into_question():
    assert len(found([0, 0, 0], circles=[(0.0, 0.0, 5.0)] * 200)) == 200
