"""Reading what is known of a worker-day."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.compliance import DayFacts
from patrol.duty import DutyWindow, needed_span
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.intervals import Interval
from patrol.track import UNKNOWN, FixColumns

_WINDOWS = """
select grid_id, start_at, end_at from duty_window
 where worker_id = %(worker)s and day = %(day)s order by start_at
"""

_GRID = "select outline from grid where grid_id = %(grid)s"

_PREMISES = """
select premises_id, geometry, radius_m from premises where grid_id = %(grid)s
 order by premises_id
"""

_PLACES = "select place_id, geometry, radius_m from authorised_place order by place_id"

_FIXES = """
-- fixes of whatever terminals the worker had, within the spans that matter
select (extract(epoch from p.epoch) * 1000)::bigint, p.lat_e7, p.lon_e7,
       coalesce(p.accuracy_dm, %(unknown)s), coalesce(p.hdop_d, %(unknown)s),
       coalesce(p.quality, %(unknown)s), p.flags
  from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as span (start_at, end_at)
  join assignment a on a.worker_id = %(worker)s
   and a.valid_from < span.end_at and (a.valid_to is null or a.valid_to > span.start_at)
  join position p on p.terminal_id = a.terminal_id
   and p.epoch >= greatest(a.valid_from, span.start_at)
   and p.epoch < least(coalesce(a.valid_to, 'infinity'), span.end_at)
"""


@dataclass(slots=True)
class Areas:
    """The areas that days are judged against, each read once."""

    conn: psycopg.Connection
    _grids: dict[GridId, Grid] = field(default_factory=dict)
    _premises: dict[GridId, PremisesIndex] = field(default_factory=dict)
    _places: list[AuthorisedPlace] | None = None

    def grid(self, grid: GridId) -> Grid:
        """Return a grid that duty windows refer to."""
        if grid not in self._grids:
            ((outline,),) = self.conn.execute(_GRID, {"grid": grid}).fetchall()
            self._grids[grid] = Grid(grid, read_area(outline))
        return self._grids[grid]

    def premises(self, grid: GridId) -> PremisesIndex:
        """Return the premises of a grid."""
        if grid not in self._premises:
            rows = self.conn.execute(_PREMISES, {"grid": grid})
            self._premises[grid] = PremisesIndex(
                [
                    Premises(PremisesId(name), read_area(geometry, radius_m=radius_m))
                    for name, geometry, radius_m in rows
                ]
            )
        return self._premises[grid]

    def places(self) -> list[AuthorisedPlace]:
        """Return all authorised places."""
        if self._places is None:
            self._places = [
                AuthorisedPlace(PlaceId(name), read_area(geometry, radius_m=radius_m))
                for name, geometry, radius_m in self.conn.execute(_PLACES)
            ]
        return self._places


def read_facts(conn: psycopg.Connection, unit: WorkerDay, areas: Areas) -> DayFacts | None:
    """Return the facts of a worker-day, or None when no duty is owed on it (any more)."""
    windows = [
        DutyWindow(unit.worker_id, Interval(start, end), GridId(grid))
        for grid, start, end in conn.execute(_WINDOWS, {"worker": unit.worker_id, "day": unit.day})
    ]
    if not windows:
        return None
    grids = sorted({window.grid_id for window in windows})
    return DayFacts(
        worker_id=unit.worker_id,
        day=unit.day,
        windows=windows,
        grids={grid: areas.grid(grid) for grid in grids},
        premises={grid: areas.premises(grid) for grid in grids},
        places=areas.places(),
        fixes=read_fixes(conn, unit.worker_id, needed_span(windows)),
    )


def read_fixes(conn: psycopg.Connection, worker: WorkerId, spans: Sequence[Interval]) -> FixColumns:
    """Return the fixes of whatever terminals `worker` had within `spans`, in any order."""
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            _FIXES,
            {
                "worker": worker,
                "starts": [span.start for span in spans],
                "ends": [span.end for span in spans],
                "unknown": UNKNOWN,
            },
        )
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 7)
    epoch_ms, lat_e7, lon_e7, accuracy_dm, hdop_d, quality, flags = rows.T
    return FixColumns(
        epoch_ms=epoch_ms,
        lat_e7=lat_e7,
        lon_e7=lon_e7,
        accuracy_dm=accuracy_dm,
        hdop_d=hdop_d,
        quality=quality,
        flags=flags,
    )
