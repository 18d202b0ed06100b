"""Receivers whose clock is wrong: each fault changes reported epochs, and nothing else.

Every function takes the reports of any day and draws the size of its fault.
"""

from dataclasses import replace

import numpy as np

from simulator.hazards.reports import Reports
from simulator.tracks import Ints

_HOUR_MS = 3_600_000
_WEEK_MS = 7 * 24 * _HOUR_MS
# Receivers count weeks with ten bits; one that has lost count is back in the last round.
ROLLOVER_MS = 1024 * _WEEK_MS
# Local time told as UTC, a zone next door, a clock that was never changed back.
_WHOLE_HOURS = (-8, -1, 1, 8)
_ODD_S = (20.0, 15 * 60.0)
_JITTER_MS = 2000.0
_STUCK_MS = (10 * 60_000, 40 * 60_000)
_DRIFT_S_PER_H = (20.0, 120.0)


def shift_whole_hours(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day by a clock that is wrong by whole hours, all day."""
    return _shifted(reports, int(rng.choice(_WHOLE_HOURS)) * _HOUR_MS)


def shift_oddly(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day by a clock that is 20 s to 15 min fast or slow, all day."""
    return _shifted(reports, round(_either_way(_drawn(_ODD_S, rng), rng) * 1000))


def jitter(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day with epochs that are off by N(0, 2 s) each; some change places."""
    off_ms = np.rint(rng.normal(0, _JITTER_MS, len(reports))).astype(np.int64)
    return _shifted(reports, off_ms)


def reset(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day by a clock that loses count of the weeks at some moment of it."""
    since = reports.sent_ms >= _moment(reports, rng)
    return _shifted(reports, np.where(since, -ROLLOVER_MS, 0))


def stick(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day by a clock that stands for 10 to 40 minutes while fixes go on."""
    start_ms = _moment(reports, rng)
    is_stuck = (reports.sent_ms >= start_ms) & (
        reports.sent_ms < start_ms + int(rng.integers(*_STUCK_MS))
    )
    first_ms = reports.epoch_ms[np.argmax(is_stuck)] if is_stuck.any() else 0
    return replace(reports, epoch_ms=np.where(is_stuck, first_ms, reports.epoch_ms))


def drift(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return the day by a clock that gains or loses 20 to 120 s an hour from its begin."""
    rate = _either_way(_drawn(_DRIFT_S_PER_H, rng), rng) * 1000 / _HOUR_MS
    since_ms = reports.sent_ms - reports.sent_ms[:1]
    return _shifted(reports, np.rint(since_ms * rate).astype(np.int64))


def _shifted(reports: Reports, by_ms: int | Ints) -> Reports:
    return replace(reports, epoch_ms=reports.epoch_ms + by_ms)


def _moment(reports: Reports, rng: np.random.Generator) -> int:
    """Return a moment in the middle half of the day."""
    if not len(reports):
        return 0
    quarter = len(reports) // 4
    return int(reports.sent_ms[quarter + int(rng.integers(len(reports) - 2 * quarter))])


def _drawn(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """Return a size between the bounds, small ones as likely as large ones (log-uniform)."""
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _either_way(size: float, rng: np.random.Generator) -> float:
    return size if rng.random() < 1 / 2 else -size
