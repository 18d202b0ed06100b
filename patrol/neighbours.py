"""Premises beyond the border: they compete with a grid's own for what happened near it."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from patrol.geofence import Area, Premises, PremisesIndex
from patrol.ids import GridId

# How far beyond the border a receiver may put somebody who is within the grid.
REACH_M = 60.0


def index_premises(
    area: Area, own: Sequence[Premises], around: Iterable[Premises]
) -> PremisesIndex:
    """Return the premises of a grid with those of `around` that lie near its `area`."""
    others = list(around)
    if not others:
        return PremisesIndex(own)
    lat_deg, lon_deg = np.array([one.area.centre() for one in others]).T
    near = area.outside_m(lat_deg, lon_deg) <= REACH_M
    return PremisesIndex(own, [one for one, is_near in zip(others, near, strict=True) if is_near])


def index_all(
    areas: Mapping[GridId, Area], premises: Mapping[GridId, Sequence[Premises]]
) -> dict[GridId, PremisesIndex]:
    """Return the index of every grid of a district."""
    listed = [(grid, one) for grid in areas for one in premises[grid]]
    lat_deg, lon_deg = np.array([one.area.centre() for _, one in listed]).reshape(-1, 2).T
    found = {}
    for grid, area in areas.items():
        # Most premises are far away, which a box tells at once.
        west, south, east, north = area.box_deg(REACH_M)
        around = (lat_deg >= south) & (lat_deg <= north)
        if west <= east:
            around &= (lon_deg >= west) & (lon_deg <= east)
        else:
            around &= (lon_deg >= west) | (lon_deg <= east)
        others = [listed[at] for at in np.flatnonzero(around).tolist()]
        found[grid] = index_premises(
            area, premises[grid], [one for other, one in others if other != grid]
        )
    return found
