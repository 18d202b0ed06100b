"""The way made around a fix: what it says, and when it says nothing."""

import numpy as np

from patrol.chains.motion import motion, neighbours

# Walking and its spread, dawdling and its speed, and the shortest way in seconds that tells.
SPEEDS = (1.15, 0.5, 0.35, 0.4, 15.0)
ERRORS = (75.0, 0.03)


def said(at_s: list[float], x_m: list[float], parted: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    at, x, each = np.array(at_s), np.array(x_m), np.full(len(at_s), 10.0)
    around = neighbours(at, np.array(parted), 31.0)
    return motion((at, x, np.zeros(len(at)), each, np.full(len(at), 4.0)), around, SPEEDS, ERRORS)


def test_a_way_at_the_pace_of_a_walk_speaks_for_walking():
    walking, still = said([0, 10, 20, 30, 40], [0, 12, 24, 36, 48], [False] * 4)

    assert np.all(walking > still)


def test_no_way_speaks_for_not_moving():
    walking, still = said([0, 10, 20, 30, 40], [0, 1, 0, 1, 0], [False] * 4)

    assert np.all(still > walking)


def test_a_fix_alone_between_two_silences_says_nothing():
    walking, still = said(
        [0, 10, 20, 300, 600, 610, 620], [0] * 7, [False, False, True, True, *[False] * 2]
    )

    assert (walking[3], still[3]) == (0.0, 0.0)
    assert np.all(still[[1, 5]] > walking[[1, 5]])
