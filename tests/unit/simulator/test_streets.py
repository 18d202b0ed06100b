"""The street net, and the ways through it."""

from collections import Counter
from functools import cache
from itertools import pairwise
from math import dist

import numpy as np
import pytest

from simulator.streets import Spot, StreetNet, WalkNet
from simulator.world import City, make_city

SEEDS = range(8)


@cache
def city(seed: int) -> City:
    return make_city(np.random.default_rng(seed), grids=12, lat_deg=30.66, lon_deg=104.06)


def reached(net: StreetNet, start: int) -> set[int]:
    walk, found, waiting = WalkNet(net, {}), {start}, [start]
    while waiting:
        new = set(walk.next_to(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def shortest_m(net: StreetNet) -> np.ndarray:
    """Return the length of the shortest way between any two crossings (Floyd-Warshall)."""
    length_m = np.full((len(net.nodes), len(net.nodes)), np.inf)
    np.fill_diagonal(length_m, 0)
    for a, b in net.street_of:
        length_m[a, b] = length_m[b, a] = dist(net.nodes[a], net.nodes[b])
    for k in range(len(net.nodes)):
        length_m = np.minimum(length_m, length_m[:, k : k + 1] + length_m[k : k + 1, :])
    return length_m


def at(walk: WalkNet, node: int) -> Spot:
    other = walk.next_to(node)[0]
    a, b = min(node, other), max(node, other)
    return Spot(a, b, 0.0 if node == a else 1.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_crossing_can_be_reached(seed):
    net = city(seed).net

    assert reached(net, 0) == set(range(len(net.nodes)))


def test_some_streets_within_grids_were_never_built():
    net = city(1).net
    degrees = Counter(node for edge in net.street_of for node in edge)

    assert 3 in {degrees[node] for node in city(1).grids[0].pavement}


def test_a_third_of_the_streets_are_canyons():
    streets = [street for seed in SEEDS for street in city(seed).net.streets]

    share = sum(street.is_canyon for street in streets) / len(streets)
    assert share == pytest.approx(0.35, abs=0.05)


def test_a_canyon_shifts_positions_by_twelve_metres_as_a_rule():
    bias_m = [
        street.bias_m for seed in SEEDS for street in city(seed).net.streets if street.is_canyon
    ]

    assert np.std(bias_m) == pytest.approx(12, rel=0.1)


def test_outside_a_canyon_nothing_is_shifted():
    assert {street.bias_m for street in city(1).net.streets if not street.is_canyon} == {0.0}


def test_a_route_is_the_shortest_way():
    net = city(2).net
    walk, expected_m = WalkNet(net, {}), shortest_m(net)
    rng = np.random.default_rng(5)

    for start, end in rng.integers(0, len(net.nodes), (40, 2)).tolist():
        route = walk.route(at(walk, start), at(walk, end))
        points = [net.nodes[start], *(walk.point(spot) for spot in route)]
        walked_m = sum(dist(one, two) for one, two in pairwise(points))
        assert walked_m == pytest.approx(expected_m[start, end])


def test_every_step_of_a_route_lies_on_one_piece_of_street():
    walk = WalkNet(city(3).net, {})
    edges = list(city(3).net.street_of)
    rng = np.random.default_rng(5)

    for start, end in rng.integers(0, len(edges), (40, 2)).tolist():
        first, last = Spot(*edges[start], share=0.3), Spot(*edges[end], share=0.6)
        before = walk.point(first)
        for spot in walk.route(first, last):
            a, b = walk.point(Spot(*spot.edge, share=0)), walk.point(Spot(*spot.edge, share=1))
            assert dist(a, before) + dist(before, b) == pytest.approx(dist(a, b))
            before = walk.point(spot)
        assert before == walk.point(last)


def test_a_way_along_one_piece_of_street_is_one_step():
    a, b = next(iter(city(1).net.street_of))

    assert WalkNet(city(1).net, {}).route(Spot(a, b, 0.2), Spot(a, b, 0.9)) == [Spot(a, b, 0.9)]


def test_a_route_within_a_grid_passes_no_other_crossing():
    grid = city(4).grids[5]
    walk = WalkNet(city(4).net, grid.pavement)

    for one, two in pairwise(grid.premises):
        route = walk.route(one.gate, two.gate, within=grid.pavement)
        assert {node for spot in route for node in spot.edge} <= set(grid.pavement)
