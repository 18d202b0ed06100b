"""The way made around a fix: what it says, and when it says nothing."""

import numpy as np

from patrol.chains.motion import find_ways, neighbours, still, walking

# Walking and its spread, dawdling and its speed.
SPEEDS = (1.15, 0.5, 0.35, 0.4)


def said(at_s: list[float], x_m: list[float], parted: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    at, x, each = np.array(at_s), np.array(x_m), np.full(len(at_s), 10.0)
    around = neighbours(at, np.array(parted), 31.0)
    walk = at, x.astype(float), np.zeros(len(at)), each
    ways = find_ways(walk, around, shortest_s=15.0, memory_s=75.0)
    sigma_m = np.full(len(at), 4.0)
    return walking(ways, sigma_m, SPEEDS), still(ways, sigma_m, outliers=0.03)


def test_a_way_at_the_pace_of_a_walk_speaks_for_walking():
    walks, stands = said([0, 10, 20, 30, 40], [0, 12, 24, 36, 48], [False] * 4)

    assert np.all(walks > stands)


def test_no_way_speaks_for_not_moving():
    walks, stands = said([0, 10, 20, 30, 40], [0, 1, 0, 1, 0], [False] * 4)

    assert np.all(stands > walks)


def test_a_fix_alone_between_two_silences_says_nothing():
    walks, stands = said(
        [0, 10, 20, 300, 600, 610, 620], [0] * 7, [False, False, True, True, *[False] * 2]
    )

    assert (walks[3], stands[3]) == (0.0, 0.0)
    assert np.all(stands[[1, 5]] > walks[[1, 5]])
