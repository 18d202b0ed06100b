"""A network that delivers late, twice and out of order."""

from dataclasses import replace

import numpy as np

from simulator.hazards.reports import Reports, joined, placed
from simulator.tracks import Ints

LONGEST_DELAY_MS = 39 * 3_600_000
_BURSTS = 3
_LEAST_DELAY_MS = 10 * 60_000
_BURST_MS = (5 * 60_000, 60 * 60_000)
_REORDERED_SHARE = 0.03
_REORDERED_MS = 60_000
_TWICE_SHARE = 0.02
# The same epoch again with another position: a receiver's second thought.
_REVISED_SHARE = 0.005
_REVISED_M = 10.0


def deliver_badly(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day as a bad network delivers it, in the order of arrival.

    Some bursts of fixes arrive together, up to 39 hours late, one of them at that limit; 3 %
    change places, 2 % come twice, and of 0.5 % the epoch comes again with another position.
    """
    received_ms = _held_back(reports, rng)
    swapped = rng.random(len(reports)) < _REORDERED_SHARE
    received_ms = received_ms + swapped * rng.integers(0, _REORDERED_MS, len(reports))
    told = replace(reports, received_ms=received_ms)
    again = told.at(rng.random(len(told)) < _TWICE_SHARE)
    again = replace(again, received_ms=again.received_ms + rng.integers(1, 600_000, len(again)))
    everything = joined(told, again, _revised(told, rng))
    return everything.at(np.argsort(everything.received_ms, kind="stable"))


def _held_back(reports: Reports, rng: np.random.Generator) -> Ints:
    received_ms = reports.received_ms.copy()
    for number in range(_BURSTS if len(reports) else 0):
        start_ms = int(rng.choice(reports.sent_ms))
        is_held = (reports.sent_ms >= start_ms) & (
            reports.sent_ms < start_ms + int(rng.integers(*_BURST_MS))
        )
        drawn_ms = np.exp(rng.uniform(np.log(_LEAST_DELAY_MS), np.log(LONGEST_DELAY_MS)))
        delay_ms = round(float(drawn_ms)) if number else LONGEST_DELAY_MS
        # All of a burst comes at once, the oldest of it with the whole delay.
        arrives_ms = np.maximum(start_ms + delay_ms, reports.sent_ms)
        received_ms = np.where(is_held, np.maximum(received_ms, arrives_ms), received_ms)
    return received_ms


def _revised(told: Reports, rng: np.random.Generator) -> Reports:
    some = told.at(rng.random(len(told)) < _REVISED_SHARE)
    moved = placed(some, *rng.normal(0, _REVISED_M, (2, len(some))))
    return replace(moved, received_ms=some.received_ms + 1000)
