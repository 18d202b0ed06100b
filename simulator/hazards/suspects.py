"""Days that a person has to look at: positions that are not where the worker was.

Each function returns what the terminal reports instead; the truth of the worker stays.
"""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from simulator.hazards.reports import Reports, placed
from simulator.tracks import Bools

_DAY_MS = 24 * 3_600_000
_FROZEN_MS = (60 * 60_000, 150 * 60_000)
_MOCKED_MS = (30 * 60_000, 120 * 60_000)
_ELSEWHERE_MS = (20 * 60_000, 90 * 60_000)
# Far beyond what a reflection does: another town.
_ELSEWHERE_M = (5_000.0, 50_000.0)
_WALKED_MPS = 1.3
_TURN = 0.3
_MOCK_ACCURACY_DM = 30


class Anomaly(StrEnum):
    """What is wrong with a day, as the truth has it."""

    MOCK = "mock_location"
    TELEPORT = "teleport"
    FROZEN = "frozen_receiver"
    ONE_PATH = "same_path"
    REPLAY = "replayed_day"
    LEFT_BEHIND = "terminal_at_rest"
    CLOCK_OFFSET = "clock_offset"
    CLOCK_RESET = "clock_rollover"
    CLOCK_STUCK = "clock_stuck"
    CLOCK_DRIFT = "clock_drift"


def freeze(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return a day on which the receiver repeats one coordinate for 1 to 2.5 hours."""
    frozen = _a_while(reports, _FROZEN_MS, rng)
    if not frozen.any():
        return reports
    first = int(np.argmax(frozen))
    return replace(
        reports,
        lat_e7=np.where(frozen, reports.lat_e7[first], reports.lat_e7),
        lon_e7=np.where(frozen, reports.lon_e7[first], reports.lon_e7),
        speed_cmps=np.where(frozen, 0, reports.speed_cmps),
    )


def mock(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return a day with a made-up walk for half an hour to two, flagged as such.

    It lies where the worker was when it began, moves evenly, and claims 3 m.
    """
    mocked = _a_while(reports, _MOCKED_MS, rng)
    if not mocked.any():
        return reports
    first = int(np.argmax(mocked))
    angle = np.cumsum(rng.normal(0, _TURN, len(reports)))
    step_m = np.diff(reports.sent_ms, prepend=reports.sent_ms[0]) / 1000 * _WALKED_MPS * mocked
    start = np.full(len(reports), first)
    walked = placed(
        reports.at(start), np.cumsum(step_m * np.cos(angle)), np.cumsum(step_m * np.sin(angle))
    )
    return replace(
        reports,
        lat_e7=np.where(mocked, walked.lat_e7, reports.lat_e7),
        lon_e7=np.where(mocked, walked.lon_e7, reports.lon_e7),
        speed_cmps=np.where(mocked, round(_WALKED_MPS * 100), reports.speed_cmps),
        accuracy_dm=np.where(mocked, _MOCK_ACCURACY_DM, reports.accuracy_dm),
        is_mock=reports.is_mock | mocked,
    )


def teleport(reports: Reports, rng: np.random.Generator) -> Reports:
    """Return a day that is 5 to 50 km away for 20 to 90 minutes, within one step."""
    away = _a_while(reports, _ELSEWHERE_MS, rng)
    angle, size_m = rng.uniform(0, 2 * np.pi), rng.uniform(*_ELSEWHERE_M)
    return placed(reports, away * size_m * np.cos(angle), away * size_m * np.sin(angle))


def replay(yesterday: Reports) -> Reports:
    """Return yesterday's reports sent again as those of today."""
    return yesterday.later(_DAY_MS)


def _a_while(reports: Reports, bounds_ms: tuple[int, int], rng: np.random.Generator) -> Bools:
    """Return which reports fall into a while of so much time with fixes, anywhere in the day."""
    chosen = np.zeros(len(reports), dtype=np.bool_)
    if len(reports) > 1:
        drawn_ms = int(rng.integers(*bounds_ms))
        count = min(round(drawn_ms / float(np.median(np.diff(reports.sent_ms)))), len(reports))
        first = int(rng.integers(len(reports) - count + 1))
        chosen[first : first + count] = True
    return chosen
