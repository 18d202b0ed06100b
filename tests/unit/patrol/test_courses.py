"""The star's likeliest course and odds, held against every course there is."""

from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

from patrol.chains.courses import (
    FIRST_RAY,
    best_course,
    course_odds,
    tabled_chances,
    tell_chances,
)
from patrol.chains.rays import NOWHERE, Rays, find_rays, lay_out

PARTS = 1000
WALK, STAND = 0, 1


class Star(NamedTuple):
    """A small star: rays as rows (outline, first node, last node), `enter` for each outline."""

    hub: np.ndarray
    said: np.ndarray
    rays: Rays
    links: np.ndarray
    prior: np.ndarray
    enter: np.ndarray

    def enter_at(self) -> np.ndarray:
        """Return how likely the rays of each lane are entered."""
        return self.enter[self.rays.kind]

    def odds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what (nodes, rays) share of the probability, and that of any at each node."""
        table, likely, ahead = tabled_chances(PARTS), *np.empty((2, self.rays.row[-1]))
        best = tell_chances(self.said, self.rays.row, table, likely)
        start = self.prior, self.enter_at(), table
        by_node = course_odds((self.hub, best, likely), self.rays, self.links, start, ahead)
        each = np.zeros((len(self.hub), len(self.rays.outline)))
        for i, ray in rays_at(self):
            each[i, ray] = ahead[self.rays.row[i] + self.rays.lane[ray]]
        return each, by_node

    def course(self) -> np.ndarray:
        """Return the likeliest course."""
        links, prior, enter = (
            np.rint(np.log(part) * PARTS).astype(np.int64)
            for part in (self.links, self.prior, self.enter_at())
        )
        scores = np.empty_like(self.said)
        return best_course((self.hub, self.said), self.rays, links, (prior, enter), scores)


def star(seed: int, runs: list[tuple[int, int, int]], nodes: int = 5) -> Star:
    rng = np.random.default_rng(seed)
    outline, first, last = np.array(runs).T.copy()
    # Every outline is a kind of its own.
    rays = Rays(*lay_out(outline, (first, last), np.arange(outline.max() + 1), nodes))
    said = np.full(rays.row[-1], NOWHERE)
    one = Star(
        hub=rng.integers(-3000, 0, (nodes, 2)),
        said=said,
        rays=rays,
        links=rng.uniform(0.05, 1.0, (nodes, 9)),
        prior=rng.uniform(0.1, 1.0, 3),
        enter=rng.uniform(0.1, 1.0, int(outline.max()) + 1),
    )
    for i, ray in rays_at(one):
        said[rays.row[i] + rays.lane[ray]] = rng.integers(-3000, 0)
    return one


def rays_at(one: Star):
    """Yield the nodes of all rays."""
    for ray, (first, last) in enumerate(zip(one.rays.first, one.rays.last, strict=True)):
        for i in range(first, last + 1):
            yield i, ray


def courses(one: Star):
    """Yield every possible course with its weight."""
    states = [[WALK, STAND] for _ in one.hub]
    for i, ray in rays_at(one):
        states[i].append(ray + FIRST_RAY)
    for course in product(*states):
        weight = start(one, course[0]) * np.exp(evidence(one, 0, course[0]) / PARTS)
        for i in range(1, len(course)):
            weight *= step(one, i, (course[i - 1], course[i]))
            weight *= np.exp(evidence(one, i, course[i]) / PARTS)
        if weight > 0:
            yield course, weight


def start(one: Star, state: int) -> float:
    if state < FIRST_RAY:
        return float(one.prior[state])
    return float(one.prior[2] * one.enter[one.rays.outline[state - FIRST_RAY]])


def evidence(one: Star, node: int, state: int) -> int:
    if state < FIRST_RAY:
        return int(one.hub[node, state])
    return int(one.said[one.rays.row[node] + one.rays.lane[state - FIRST_RAY]])


def step(one: Star, node: int, states: tuple[int, int]) -> float:
    source, target = (min(state, 2) for state in states)
    link = float(one.links[node, 3 * source + target])
    if target < FIRST_RAY:
        return link
    if source == FIRST_RAY:
        return link if states[0] == states[1] else 0.0
    return link * float(one.enter[one.rays.outline[states[1] - FIRST_RAY]])


RUNS = [
    [(0, 0, 4)],
    [(0, 0, 2), (1, 1, 4)],
    [(0, 1, 1), (0, 3, 4), (1, 0, 4)],
    [(0, 4, 4), (1, 0, 0)],
    [(0, 0, 1), (0, 2, 4)],
]


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("seed", range(6))
def test_the_course_found_is_the_likeliest_of_all(seed, runs):
    one = star(seed, runs)

    found = one.course()

    weights = dict(courses(one))
    # Whole numbers are rounded: what is found may be less likely by as much.
    assert weights[tuple(found.tolist())] >= max(weights.values()) * np.exp(-12 / PARTS)


@pytest.mark.parametrize("runs", RUNS)
@pytest.mark.parametrize("seed", range(6))
def test_the_odds_are_the_shares_of_all_courses(seed, runs):
    one = star(seed, runs)

    each, by_node = one.odds()

    expected, total = np.zeros_like(each), 0.0
    for course, weight in courses(one):
        total += weight
        for i, state in enumerate(course):
            if state >= FIRST_RAY:
                expected[i, state - FIRST_RAY] += weight
    assert each == pytest.approx(expected / total, abs=1e-9)
    assert by_node == pytest.approx(each.sum(axis=1))


def test_what_is_all_but_impossible_has_no_share():
    one = star(1, [(0, 0, 4)])
    one.said[:] = -1_000_000

    each, _ = one.odds()

    assert each == pytest.approx(0.0, abs=1e-12)


def test_of_equal_premises_the_first_is_the_likeliest():
    one = star(2, [(1, 0, 4), (0, 0, 4)])
    one.enter[:] = 0.5
    one.said[one.said > NOWHERE] = 5000

    assert set(one.course()) == {FIRST_RAY}


def test_a_lane_holds_one_kind_and_rests_between_two_rays():
    runs = np.array([(0, 0, 3), (1, 4, 6), (0, 5, 9), (2, 7, 9), (0, 11, 11)])
    outline, first, last = runs.T.copy()

    rays = Rays(*lay_out(outline, (first, last), np.array([0, 0, 1]), 12))

    assert rays.lane.tolist() == [0, 1, 0, 2, 0]
    assert rays.kind[:3].tolist() == [0, 0, 1]
    assert np.all(np.diff(rays.row)[first] > rays.lane)


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
