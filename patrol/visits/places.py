"""Check-ins held against fixes: where a terminal was when somebody said to be at a door."""

from collections.abc import Iterable, Mapping

import numpy as np

from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import Area, PremisesIndex
from patrol.ids import PremisesId
from patrol.intervals import Interval, intersect
from patrol.notices.checkins import CheckIn, CheckInKind, Elsewhere
from patrol.track import Track
from patrol.visits.pairs import CheckInRules, in_order


def areas_of(*indexes: PremisesIndex) -> dict[PremisesId, Area]:
    """Return the areas of all premises by their ids."""
    return {one.premises_id: one.area for index in indexes for one in (*index.own, *index.others)}


def find_elsewhere(
    checkins: Iterable[CheckIn],
    track: Track,
    areas: Mapping[PremisesId, Area],
    *,
    rules: CheckInRules,
) -> list[Elsewhere]:
    """Return the tags and photos that the fixes around them contradict, in the order of time.

    Of a mere statement none is sought, and of premises that are not in `areas` nothing is known.
    """
    found = []
    for one in in_order(checkins):
        area = None if one.premises_id is None else areas.get(one.premises_id)
        if area is None or one.kind is CheckInKind.DECLARED:
            continue
        near_ms = round(rules.near_s * 1000)
        first, last = np.searchsorted(
            track.epoch_ms, [epoch_ms(one.at) - near_ms, epoch_ms(one.at) + near_ms + 1]
        )
        part = track.at(slice(first, last))
        away_m = area.outside_m(part.lat_deg, part.lon_deg)
        if len(part) >= rules.least_fixes and bool((away_m > _far_m(part, rules)).all()):
            found.append(Elsewhere(one, float(away_m.min()), len(part)))
    return found


def contradicted(
    span: Interval, track: Track, area: Area, *, rules: CheckInRules
) -> list[Interval]:
    """Return the time of `span` in which fixes show somebody far from `area`."""
    near_ms = round(rules.near_s * 1000)
    bounds_ms = [epoch_ms(span.start) - near_ms, epoch_ms(span.end) + near_ms]
    first, last = np.searchsorted(track.epoch_ms, bounds_ms)
    part = track.at(slice(first, last))
    if not len(part):
        return []
    # Each fix tells of the time half way to its neighbours, and not for long.
    half_ms = np.clip(np.diff(part.epoch_ms) // 2, 1, near_ms)
    start_ms = part.epoch_ms - np.concatenate([[near_ms], half_ms])
    end_ms = part.epoch_ms + np.concatenate([half_ms, [near_ms]])
    far = area.outside_m(part.lat_deg, part.lon_deg) > _far_m(part, rules)
    spans = (
        Interval(epoch_of(start), epoch_of(end))
        for start, end in zip(start_ms[far].tolist(), end_ms[far].tolist(), strict=True)
    )
    return intersect(spans, [span])


def _far_m(track: Track, rules: CheckInRules) -> Floats:
    # What the receiver says of its error, or what is believed of it where that is more.
    result: Floats = rules.far_m + np.fmax(track.accuracy_m, track.sigma_m)
    return result
