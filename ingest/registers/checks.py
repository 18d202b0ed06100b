"""What must hold between the rows of registers, wherever they come from."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.registers.files import Problems
from ingest.registers.rows import AreaRow, DutyRow
from patrol.duty import DutyWindow, check_length, find_overlaps, shown
from patrol.errors import InputError
from patrol.geofence import Area

# Premises farther from their own grid than this are a slip in the coordinates.
_FAR_M = 5_000.0


def check_once(named: Iterable[tuple[str, str]], problems: Problems) -> None:
    """Note every id, given as (id, where), that stands more than once."""
    listed = list(named)
    count = Counter(name for name, _ in listed)
    for name, where in listed:
        if count[name] > 1:
            problems.add(where, f"{name} stands {count[name]} times in the file: keep one")


def check_near(premises: AreaRow, grid: Area, problems: Problems) -> None:
    """Note premises that lie far from their own grid."""
    lat_deg, lon_deg = premises.area.centre()
    far_m = _outside_m(grid, lat_deg, lon_deg)
    if far_m <= _FAR_M:
        return
    if _outside_m(grid, lon_deg, lat_deg) <= _FAR_M:
        problems.add(premises.where, "has its axes swapped: GeoJSON has longitude first")
    else:
        problems.add(
            premises.where,
            f"lies {far_m / 1000:.0f} km from its grid {premises.grid_id}: "
            "are the coordinates right?",
        )


def check_duty(
    roster: Sequence[DutyRow], problems: Problems, *, others: Sequence[DutyWindow] = ()
) -> None:
    """Note duty that is too long, or overlaps itself or the `others` in the database."""
    where = {row.window: row.where for row in roster}
    for row in roster:
        try:
            check_length(row.window)
        except InputError as error:
            problems.add(row.where, error)
    for earlier, later in find_overlaps([*(row.window for row in roster), *others]):
        problems.add(
            where.get(later) or where[earlier],
            f"duty {shown(later)} of {later.worker_id} overlaps "
            f"{shown(earlier)} ({where.get(earlier, 'in the database')}): shorten one",
        )


def _outside_m(area: Area, lat_deg: float, lon_deg: float) -> float:
    return float(area.outside_m(np.array([lat_deg]), np.array([lon_deg]))[0])
