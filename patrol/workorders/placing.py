"""Which grid a report is of: by where it was made, else by duty or assignment, and says by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import pi, tau
from typing import Final

import numpy as np

from patrol.geodesy import Floats, LocalPlane
from patrol.geofence import Grid
from patrol.ids import GridId
from patrol.messages import SCALE_E7
from patrol.workorders.terms import PlacingRule
from patrol.workorders.values import Place
from patrol.workorders.verification import accuracy_m

# Receivers claim less error than they have: what is measured is 1.6 times as much, and 3 m.
_TRUE_ERROR: Final = 1.6
_FLOOR_M: Final = 3.0
# The radius that holds 68 % of a normal error in the plane, in its standard deviations.
_SIGMAS_68: Final = 1.515

_RINGS: Final = 8
_SPOKES: Final = 16
# Beyond so many standard deviations lies nothing that counts.
_REACH: Final = 3.0


class PlacedBy(StrEnum):
    """By what the grid of a report is known."""

    POSITION = "position"
    DUTY = "duty"
    ASSIGNMENT = "assignment"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The grid of a report, and by what; `share` is how much of where it may be lies in it."""

    grid_id: GridId | None
    by: PlacedBy
    share: float | None = None


class GridIndex:
    """The outlines of a deployment's grids, for asking in which ones a place may be."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        # In the order of their ids, so that a tie does not depend on who listed them.
        self._grids = sorted(grids, key=lambda one: one.grid_id)
        boxes = [one.area.box_deg(0.0) for one in self._grids]
        self._boxes = np.array(boxes, dtype=float).reshape(-1, 4)

    def __len__(self) -> int:
        return len(self._grids)

    def shares(self, place: Place, rule: PlacingRule) -> Mapping[GridId, float]:
        """Return how much of where somebody may be lies in each grid, as parts of 1, above 0."""
        sigma_m = _sigma_m(place, rule)
        plane = LocalPlane(place.lat_e7 / SCALE_E7, place.lon_e7 / SCALE_E7)
        lat_deg, lon_deg = plane.to_degrees(_X * sigma_m, _Y * sigma_m)
        found = {}
        for k in self._near(plane, _REACH * sigma_m):
            grid = self._grids[k]
            share = float(np.mean(grid.area.outside_m(lat_deg, lon_deg) == 0.0))
            if share:
                found[grid.grid_id] = share
        return found

    def _near(self, plane: LocalPlane, reach_m: float) -> list[int]:
        if not self._grids:
            return []
        west, south, east, north = self._boxes.T
        reach = np.array([-reach_m, reach_m])
        lats_deg, lons_deg = plane.to_degrees(reach, reach)
        is_level = (south <= lats_deg[1]) & (north >= lats_deg[0])
        # Turned so that the place lies at 0: boxes across the antimeridian are then like others.
        turned = ((np.array([west, east]) - plane.lon_deg + 180.0) % 360.0) - 180.0
        half_deg = ((lons_deg[1] - lons_deg[0]) % 360.0) / 2
        begins, ends = turned[0], turned[1]
        is_across = (begins <= half_deg) & (ends >= -half_deg)
        is_around = begins > ends
        found: list[int] = np.flatnonzero(is_level & (is_across | is_around)).tolist()
        return found


def place_report(
    index: GridIndex,
    place: Place | None,
    rule: PlacingRule,
    *,
    on_duty: Sequence[GridId] = (),
    assigned: Sequence[GridId] = (),
) -> Placed:
    """Return the grid of a report that a worker made at `place`.

    A position tells it when enough of where it may be lies in one grid; the older the fix, the
    wider that is. Else it is the grid where the worker was on duty then, else one to which the
    worker belonged; of several the one in which most of the position lies, then the first one.
    """
    shares = {} if place is None else index.shares(place, rule)
    likely = max(shares, key=lambda one: shares[one], default=None)
    if likely is not None and shares[likely] >= rule.least_share:
        return Placed(grid_id=likely, by=PlacedBy.POSITION, share=shares[likely])
    for grids, by in ((on_duty, PlacedBy.DUTY), (assigned, PlacedBy.ASSIGNMENT)):
        if grids:
            grid_id = max(grids, key=lambda one: shares.get(one, 0.0))
            share = None if place is None else shares.get(grid_id, 0.0)
            return Placed(grid_id=grid_id, by=by, share=share)
    return Placed(grid_id=None, by=PlacedBy.NOTHING)


def _sigma_m(place: Place, rule: PlacingRule) -> float:
    error_m = _TRUE_ERROR * accuracy_m(place) / _SIGMAS_68 + _FLOOR_M
    walked_m = rule.walking_mps * (place.age_s or 0) / _SIGMAS_68
    return float(np.hypot(error_m, walked_m))


def _spread() -> tuple[Floats, Floats]:
    """Return places of equal weight in a normal error: rings of one mass each, spokes staggered."""
    ring, spoke = np.divmod(np.arange(_RINGS * _SPOKES), _SPOKES)
    radius = np.sqrt(-2 * np.log(1 - (ring + 0.5) / _RINGS))
    angle = tau * spoke / _SPOKES + pi / _SPOKES * (ring % 2)
    return radius * np.cos(angle), radius * np.sin(angle)


_X, _Y = _spread()
