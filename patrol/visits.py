"""Home visits: stays at premises of the worker's own grid.

The plain rule: a stay counts for the nearest premises within reach. Which of two
neighbouring doors it was, a receiver cannot tell; hours count at any premises.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from patrol.fix import epoch_of
from patrol.geofence import PremisesIndex
from patrol.ids import PremisesId
from patrol.intervals import Interval
from patrol.stays import Stay


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRules:
    """When a stay is a visit; neighbouring ones up to `merge_s` apart are one."""

    reach_m: float = 25.0
    minimum_s: int = 300
    merge_s: int = 90


@dataclass(frozen=True, slots=True, order=True)
class HomeVisit:
    """A visit, and how much of it fixes show or gaps are bridged over."""

    interval: Interval
    premises_id: PremisesId
    observed: timedelta
    bridged: timedelta


def find_visits(
    stays: Iterable[Stay], premises: PremisesIndex, *, duty: Interval, rules: VisitRules
) -> list[HomeVisit]:
    """Return the visits within `duty`, in order and disjoint."""
    visits: list[HomeVisit] = []
    for stay in stays:
        found = premises.nearest(stay.lat_deg, stay.lon_deg, within_m=rules.reach_m)
        visit = _clip(stay, found, duty) if found is not None else None
        if visit is None:
            continue
        if visits and _is_same(visits[-1], visit, rules):
            visits[-1] = _join(visits[-1], visit)
        else:
            visits.append(visit)
    minimum = timedelta(seconds=rules.minimum_s)
    return [visit for visit in visits if visit.interval.length >= minimum]


def _clip(stay: Stay, premises_id: PremisesId, duty: Interval) -> HomeVisit | None:
    start = max(epoch_of(stay.start_ms), duty.start)
    end = min(epoch_of(stay.end_ms), duty.end)
    if start >= end:
        return None
    interval = Interval(start, end)
    bridged_share = stay.bridged_ms / (stay.end_ms - stay.start_ms)
    bridged = timedelta(seconds=round(interval.length.total_seconds() * bridged_share))
    return HomeVisit(interval, premises_id, interval.length - bridged, bridged)


def _is_same(earlier: HomeVisit, later: HomeVisit, rules: VisitRules) -> bool:
    apart = later.interval.start - earlier.interval.end
    return earlier.premises_id == later.premises_id and apart <= timedelta(seconds=rules.merge_s)


def _join(earlier: HomeVisit, later: HomeVisit) -> HomeVisit:
    apart = later.interval.start - earlier.interval.end
    return HomeVisit(
        Interval(earlier.interval.start, later.interval.end),
        earlier.premises_id,
        earlier.observed + later.observed,
        earlier.bridged + later.bridged + apart,
    )
