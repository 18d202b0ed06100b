"""Findings that need more than one worker-day: two on one path, a day told again."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby

from ingest.evaluate.district import District, WorkerDay
from ingest.evaluate.tracks import Tracks
from patrol.anomalies.clocks import ROUND_MS
from patrol.anomalies.findings import Finding
from patrol.anomalies.paths import find_same_paths, make_path
from patrol.anomalies.replays import Steps, find_replay, make_steps
from patrol.compliance import Rules
from patrol.duty import DutyWindow
from patrol.ids import WorkerId
from patrol.intervals import Interval, merge
from patrol.track import FixColumns, build_track

# A day is held against so many earlier ones of its worker.
_REMEMBERED = 60


def find_alike(
    district: District, tracks: Tracks, rules: Rules, *, tell: Callable[[int], None]
) -> dict[WorkerDay, list[Finding]]:
    """Return the findings of each worker-day that has any; `tell` is called with days compared."""
    found: dict[WorkerDay, list[Finding]] = defaultdict(list)
    earlier: dict[WorkerId, list[Steps]] = defaultdict(list)
    count = 0
    by_day = sorted(district.windows, key=lambda unit: (unit.day, unit.worker_id))
    for day, units in groupby(by_day, key=lambda unit: unit.day):
        paths = []
        for unit in units:
            duty = merge(window.interval for window in district.windows[unit])
            track = build_track(tracks.of(unit.worker_id, duty), rules.track)
            paths.append(make_path(unit.worker_id, track, duty))
            steps = make_steps(day, track, duty, rules=rules.anomaly.likeness)
            known = earlier[unit.worker_id]
            found[unit] += find_replay(steps, known, rules=rules.anomaly.likeness)
            earlier[unit.worker_id] = [*known[1 - _REMEMBERED :], steps]
            count += 1
            tell(count)
        for worker_id, finding in find_same_paths(paths, rules=rules.anomaly.likeness):
            found[WorkerDay(worker_id, day)].append(finding)
    return {unit: findings for unit, findings in found.items() if findings}


def read_strays(tracks: Tracks, windows: Sequence[DutyWindow]) -> FixColumns:
    """Return the fixes of a worker whose epochs lie a round of weeks before these windows."""
    back = timedelta(milliseconds=ROUND_MS)
    spans = merge(
        Interval(window.interval.start - back, window.interval.end - back) for window in windows
    )
    return tracks.of(windows[0].worker_id, spans)
