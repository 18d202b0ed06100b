"""Checkpoints and parts of a grid: areas that are reached by being in them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from patrol.chains import outlines
from patrol.coverage.sightings import Sightings
from patrol.coverage.targets import (
    Checkpoint,
    CheckpointPass,
    CoverageRules,
    Target,
    name_places,
    weigh,
)
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import Area
from patrol.ids import CheckpointId
from patrol.intervals import Interval, merge
from patrol.track import Mask

_NORMAL = NormalDist()
# Less of a square in the grid is not worth a way of its own; told by so many places a side.
_LEAST_SHARE = 0.25
_PARTS = 5


class Areas(NamedTuple):
    """Areas to be reached: their names, and how far places (rows) lie from each, signed."""

    names: list[str]
    signed_m: Callable[[Floats, Floats], Floats]

    def away_m(self, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Return how far places (rows) lie outside each."""
        result: Floats = np.maximum(self.signed_m(lat_deg, lon_deg), 0.0)
        return result


def checkpoint_areas(checkpoints: Sequence[Checkpoint]) -> Areas:
    """Return the areas of checkpoints."""

    def signed_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
        return np.column_stack(
            [outlines.signed_m(one.area, lat_deg, lon_deg) for one in checkpoints]
        )

    return Areas([one.checkpoint_id for one in checkpoints], signed_m)


def squares_of(area: Area, side_m: float) -> Areas:
    """Return the squares, from the south-west on, of which enough lies in an area."""
    corners = area.edges_in(area.plane)[:, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    count = np.maximum(np.ceil((high - low) / side_m - _LEAST_SHARE), 1).astype(int)
    middles = [low[axis] + (np.arange(count[axis]) + 0.5) * side_m for axis in (0, 1)]
    x_m, y_m = (one.ravel() for one in np.meshgrid(*middles))
    parts = (np.arange(_PARTS) + 0.5) / _PARTS * side_m - side_m / 2
    dx_m, dy_m = (one.ravel() for one in np.meshgrid(parts, parts))
    places = (x_m[:, None] + dx_m).ravel(), (y_m[:, None] + dy_m).ravel()
    within = area.outside_m(*area.plane.to_degrees(*places)) == 0.0
    kept = within.reshape(len(x_m), -1).mean(axis=1) >= _LEAST_SHARE
    x_m, y_m = x_m[kept], y_m[kept]

    def signed_m(lat_deg: Floats, lon_deg: Floats) -> Floats:
        at_x_m, at_y_m = area.plane.to_metres(lat_deg, lon_deg)
        dx_m = np.abs(at_x_m[:, None] - x_m) - side_m / 2
        dy_m = np.abs(at_y_m[:, None] - y_m) - side_m / 2
        away_m = np.hypot(np.maximum(dx_m, 0.0), np.maximum(dy_m, 0.0))
        result: Floats = np.where(away_m > 0.0, away_m, np.maximum(dx_m, dy_m))
        return result

    return Areas(name_places(area.plane, x_m, y_m), signed_m)


def find_in_areas(seen: Sequence[Sightings], areas: Areas, rules: CoverageRules) -> list[Target]:
    """Return what is known of each area."""
    count = len(areas.names)
    outdoors, indoors = np.full(count, -np.inf), np.full(count, -np.inf)
    can_be = np.zeros(count, dtype=bool)
    for one in seen:
        spreads = _spreads_within(one, areas)
        for best, which in ((outdoors, ~one.is_visit), (indoors, one.is_visit)):
            np.maximum(best, spreads[which].max(axis=0, initial=-np.inf), out=best)
        can_be |= one.can_have_been(areas.away_m)
    # Indoors a receiver strays: what it tells from there neither proves a way nor denies it.
    may_be = can_be | (_probabilities(indoors) >= rules.missed_p)
    reached_p = _probabilities(outdoors)
    return weigh(areas.names, np.ones(count) / count, reached_p, may_be=may_be, rules=rules)


def find_passes(
    seen: Sequence[Sightings], areas: Areas, rules: CoverageRules
) -> list[CheckpointPass]:
    """Return, in order, the times at which somebody was rather within an area than without."""
    found = []
    for one in seen:
        near = _spreads_within(one, areas)
        near[one.is_visit] = -np.inf
        for name, spreads in zip(areas.names, near.T, strict=True):
            for stay in _stays(one, spreads >= 0.0, rules):
                start, end = np.searchsorted(one.at_ms, [epoch_ms(stay.start), epoch_ms(stay.end)])
                p = round(_NORMAL.cdf(float(spreads[start:end].max())), 3)
                found.append(CheckpointPass(interval=stay, checkpoint_id=CheckpointId(name), p=p))
    return sorted(found)


def _stays(one: Sightings, within: Mask, rules: CoverageRules) -> list[Interval]:
    """Return the stretches of places that are within, each until the next place."""
    step_ms = np.append(np.diff(one.at_ms), 0)
    until_ms = one.at_ms + np.clip(step_ms, 1000, rules.sightings.silent_from_s * 1000)
    spans = np.column_stack([one.at_ms, until_ms])[within].astype(np.int64).tolist()
    stays = [Interval(epoch_of(start_ms), epoch_of(end_ms)) for start_ms, end_ms in spans]
    return merge(stays, bridge=timedelta(seconds=rules.merge_s))


def _spreads_within(one: Sightings, areas: Areas) -> Floats:
    """Return how far places (rows) lie within each area, in spreads of their error."""
    result: Floats = -areas.signed_m(one.lat_deg, one.lon_deg) / one.spread_m[:, None]
    return result


def _probabilities(spreads: Floats) -> Floats:
    return np.array([_NORMAL.cdf(one) for one in spreads.tolist()])
