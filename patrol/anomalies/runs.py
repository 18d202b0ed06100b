"""Runs: neighbours in time that belong together."""

import numpy as np

from patrol.track import Integers, Mask


def runs_of(mask: Mask) -> tuple[Integers, Integers]:
    """Return the first index of each run of true values, and the first one behind it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return edges[0::2], edges[1::2]


def runs_in_time(at_ms: Integers, *, bridge_s: float) -> list[tuple[int, int]]:
    """Return first and last index of each run of ordered times with no longer pause in it."""
    if not len(at_ms):
        return []
    cuts = np.flatnonzero(np.diff(at_ms) > bridge_s * 1000)
    firsts = np.concatenate([[0], cuts + 1]).tolist()
    lasts = np.concatenate([cuts, [len(at_ms) - 1]]).tolist()
    return list(zip(firsts, lasts, strict=True))
