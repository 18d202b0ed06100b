"""Grids whose results depend on premises of others: those whose border these lie near."""

from collections.abc import Iterable, Mapping

import numpy as np
import psycopg

from patrol.geofence import Area, read_area
from patrol.neighbours import REACH_M
from patrol.registers.rows import AreaRow

_PLACES = "select geometry, radius_m from premises where premises_id = any(%(ids)s)"

# A degree as it comes out of one plane is not quite that of another.
_SLACK_M = 1.0


def known_places(conn: psycopg.Connection, premises: Iterable[str]) -> list[Area]:
    """Return where the database has these premises."""
    rows = conn.execute(_PLACES, {"ids": list(premises)})
    return [read_area(geometry, radius_m=radius_m) for geometry, radius_m in rows]


def grids_near(
    areas: Mapping[str, Area], premises: Iterable[AreaRow], known: Iterable[Area]
) -> set[str]:
    """Return the grids near which premises lie, or lay where they were `known` before."""
    centres = [area.centre() for area in (*(row.area for row in premises), *known)]
    if not centres:
        return set()
    lat_deg, lon_deg = np.array(centres).T
    found = set()
    for grid, area in areas.items():
        west, south, east, north = area.box_deg(REACH_M + _SLACK_M)
        after, before = lon_deg >= west, lon_deg <= east
        # Across the antimeridian west is the larger one.
        around = after & before if west <= east else after | before
        if np.any(around & (lat_deg >= south) & (lat_deg <= north)):
            found.add(grid)
    return found
