"""What must hold between the rows of registers, wherever they come from."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from patrol.duty import DutyWindow, check_length, find_overlaps, shown
from patrol.errors import InputError
from patrol.geofence import Area
from patrol.registers.files import Problems
from patrol.registers.rows import AreaRow, DutyRow

# Premises farther from their own grid than this are a slip in the coordinates.
_FAR_M = 5_000.0


def check_once(named: Iterable[tuple[str, str]], problems: Problems) -> None:
    """Note every id, given as (id, where), that stands more than once."""
    listed = list(named)
    count = Counter(name for name, _ in listed)
    for name, where in listed:
        if count[name] > 1:
            problems.add(where, f"{name} stands {count[name]} times in the file: keep one")


def check_all_near(rows: Sequence[AreaRow], areas: Mapping[str, Area], problems: Problems) -> None:
    """Note premises that lie far from their own grids, as far as the `areas` of these are known."""
    by_grid: dict[str, list[AreaRow]] = defaultdict(list)
    for row in rows:
        if row.grid_id in areas:
            by_grid[row.grid_id].append(row)
    far = set()
    for grid, own in by_grid.items():
        # All at once: one by one it takes ten times as long.
        lat_deg, lon_deg = np.array([row.area.centre() for row in own]).T
        away_m = areas[grid].outside_m(lat_deg, lon_deg)
        far |= {own[at].where for at in np.flatnonzero(away_m > _FAR_M).tolist()}
    for row in rows:
        if row.where in far:
            check_near(row, areas[row.grid_id], problems)


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


def check_validity(
    roster: Sequence[DutyRow],
    problems: Problems,
    *,
    validity: Mapping[str, tuple[date | None, date | None]],
    zone: ZoneInfo,
) -> None:
    """Note duty on days on which its grid is none yet, or no more."""
    for row in roster:
        first, end = validity.get(row.window.grid_id, (None, None))
        day = row.window.day(zone)
        if (first is not None and day < first) or (end is not None and day >= end):
            problems.add(
                row.where,
                f"grid_id {row.window.grid_id} holds from {first or 'ever'} until before "
                f"{end or 'ever'}, not on {day}: name the grid of that day",
            )


def _outside_m(area: Area, lat_deg: float, lon_deg: float) -> float:
    return float(area.outside_m(np.array([lat_deg]), np.array([lon_deg]))[0])
