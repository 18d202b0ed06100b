"""The grids of a deployment as ground, kept in memory and read anew where they change."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import structlog

from patrol.errors import InputError
from patrol.geofence import Area, Grid, read_area
from patrol.ids import GridId
from patrol.workorders.placing import GridIndex
from runtime.registers.turns import register_changes

log = structlog.get_logger()

_GRIDS = """
-- grids of a day, by revision
select grid_id, revision
  from grid
 where (valid_from is null or valid_from <= %(day)s) and (valid_to is null or valid_to > %(day)s)
"""

_OUTLINES = "select grid_id, revision, outline from grid where grid_id = any(%(grids)s)"


class Ground:
    """The index of the grids that there are today, as one connection sees them."""

    def __init__(self) -> None:
        self._index = GridIndex([])
        self._areas: dict[tuple[str, int], Area | None] = {}
        self._read_of: tuple[int, date] | None = None

    def index(self, conn: psycopg.Connection, *, at: datetime, zone: ZoneInfo) -> GridIndex:
        """Return the grids of the local day of `at`; the registers must be held."""
        day = at.astimezone(zone).date()
        read_of = register_changes(conn), day
        if read_of != self._read_of:
            self._read(conn, day)
            self._read_of = read_of
        return self._index

    def _read(self, conn: psycopg.Connection, day: date) -> None:
        wanted = [(name, revision) for name, revision in conn.execute(_GRIDS, {"day": day})]
        new = [name for name, revision in wanted if (name, revision) not in self._areas]
        if not new and self._areas.keys() == set(wanted):
            return
        for name, revision, outline in conn.execute(_OUTLINES, {"grids": new}):
            self._areas[name, revision] = _area_of(name, outline)
        self._areas = {key: self._areas[key] for key in wanted}
        self._index = GridIndex(
            [
                Grid(GridId(name), area)
                for (name, _), area in self._areas.items()
                if area is not None
            ]
        )


def _area_of(grid_id: str, outline: dict[str, Any]) -> Area | None:
    """Return the ground of a grid; of one that cannot be read no position tells."""
    try:
        return read_area(outline)
    except InputError as error:
        # No report is to wait for whoever puts it right.
        log.error("orders.grid_unreadable", grid_id=grid_id, reason=str(error))  # noqa: TRY400 - the fault is in the register
        return None
