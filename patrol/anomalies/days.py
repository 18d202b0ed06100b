"""All findings that one worker-day shows by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from patrol.anomalies.checkins import find_checkins_elsewhere
from patrol.anomalies.clocks import find_rollover, find_shifted, find_stuck
from patrol.anomalies.findings import AnomalyRules, Finding, in_order
from patrol.anomalies.paths import find_apart, make_path
from patrol.anomalies.positions import (
    find_at_rest,
    find_frozen,
    find_mocked,
    find_ridden,
    find_teleports,
)
from patrol.geofence import AuthorisedPlace
from patrol.ids import WorkerId
from patrol.intervals import Interval, intersect
from patrol.notices.checkins import Elsewhere
from patrol.track import FixColumns, Track, TrackRules, build_track, is_within

_LEAST_FIXES = 2


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Traces:
    """What a worker's terminals told of a day.

    `track` is made of `fixes` by `cleaning`; `strays` are fixes that came in meanwhile and
    say that they are of another time, None where nobody looked for such; `elsewhere` are
    check-ins that fixes contradict.
    """

    worker_id: WorkerId
    fixes: FixColumns
    track: Track
    duty: Sequence[Interval]
    places: Sequence[AuthorisedPlace]
    cleaning: TrackRules
    strays: FixColumns | None = None
    elsewhere: Sequence[Elsewhere] = ()


def find_in_day(traces: Traces, *, rules: AnomalyRules) -> tuple[Finding, ...]:
    """Return the findings of a worker-day in the order of time; where it was on duty alone."""
    found = [*_in_epochs(traces, rules), *_in_positions(traces, rules), *_apart(traces, rules)]
    return in_order([*found, *find_checkins_elsewhere(traces.elsewhere, traces.duty)])


def _in_epochs(traces: Traces, rules: AnomalyRules) -> Iterator[Finding]:
    told = traces.fixes if traces.strays is None else _join(traces.fixes, traces.strays)
    yield from find_rollover(told, traces.duty, rules=rules.clock)
    yield from find_stuck(told, traces.duty, rules=rules.clock)
    yield from find_shifted(told, rules=rules.clock)


def _in_positions(traces: Traces, rules: AnomalyRules) -> Iterator[Finding]:
    yield from find_mocked(traces.fixes, traces.duty, rules=rules.position)
    track = traces.track.at(is_within(traces.track.epoch_ms, traces.duty))
    if len(track) < _LEAST_FIXES:
        return
    yield from find_teleports(track, rules=rules.position)
    yield from find_ridden(track, rules=rules.position)
    frozen = list(find_frozen(traces.fixes, track, rules=rules.position))
    yield from frozen
    for rest in find_at_rest(track, traces.places, rules=rules.position):
        # Nobody can say of a receiver that does not look where it lay.
        if not intersect([rest.interval], [one.interval for one in frozen]):
            yield rest


def _apart(traces: Traces, rules: AnomalyRules) -> Iterator[Finding]:
    terminals = traces.fixes.terminal
    if terminals is None:
        return
    codes = np.unique(terminals).tolist()
    if len(codes) < _LEAST_FIXES:
        return
    paths = [
        make_path(
            traces.worker_id,
            build_track(traces.fixes.at(terminals == code), traces.cleaning),
            traces.duty,
        )
        for code in codes
    ]
    yield from find_apart(paths, rules=rules.likeness)


def _join(one: FixColumns, other: FixColumns) -> FixColumns:
    """Return all fixes; a column that only one of them knows is not known."""
    columns: dict[str, Any] = {}
    for name in (column.name for column in fields(FixColumns)):
        parts = getattr(one, name), getattr(other, name)
        known = not any(part is None for part in parts)
        columns[name] = np.concatenate(parts) if known else None
    return FixColumns(**columns)
