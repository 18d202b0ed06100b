"""Time that is excused because many terminals of the files fell silent together."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

from ingest.evaluate.district import District
from ingest.evaluate.tracks import Tracks
from patrol.duty import needed_span
from patrol.requirements import Excuse, ExcuseKind, Heard, find_common_silence, hear


def excuse_common_silence(district: District, tracks: Tracks) -> District:
    """Return the district with the common silence of each local day as excused periods."""
    heard: dict[date, list[Heard]] = defaultdict(list)
    for unit, windows in district.windows.items():
        fixes = tracks.of(unit.worker_id, needed_span(windows))
        heard[unit.day] += [hear(fixes.epoch_ms, window.interval) for window in windows]
    found = [
        Excuse(interval=silence, kind=ExcuseKind.COMMON_SILENCE)
        for day in sorted(heard)
        for silence in find_common_silence(heard[day])
    ]
    return replace(district, excuses=[*district.excuses, *found])
