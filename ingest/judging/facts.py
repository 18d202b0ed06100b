"""Reading what is known of a worker-day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import LiteralString

import numpy as np
import psycopg

from ingest.judging.checkins import read_checkins
from ingest.judging.routes import Routes
from ingest.judging.terms import read_covers, read_excuses, read_requirements
from ingest.judging.worklist import WorkerDay, register_changes
from ingest.parameters.tables import InForce
from patrol.compliance import DayFacts
from patrol.coverage import Route
from patrol.duty import DutyWindow, needed_span
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.intervals import Interval
from patrol.neighbours import index_premises
from patrol.requirements import Requirement
from patrol.track import UNKNOWN, FixColumns

# In the order in which they are read.
_COLUMNS = (
    "epoch_ms",
    "lat_e7",
    "lon_e7",
    "accuracy_dm",
    "hdop_d",
    "quality",
    "flags",
    "received_ms",
    "speed_cmps",
    "terminal",
)

_WINDOWS = """
select grid_id, start_at, end_at from duty_window
 where worker_id = %(worker)s and day = %(day)s order by start_at
"""

_GRID = "select outline from grid where grid_id = %(grid)s"

_PREMISES = """
select premises_id, geometry, radius_m from premises where grid_id = %(grid)s
 order by premises_id
"""

_AROUND = """
-- premises of other grids that may lie near the border, by one of their corners
select premises_id, geometry, radius_m from premises
 where grid_id <> %(grid)s and lat_deg between %(south)s and %(north)s
   and case when %(west)s::float8 <= %(east)s::float8
            then lon_deg between %(west)s and %(east)s
            else lon_deg >= %(west)s or lon_deg <= %(east)s end
 order by premises_id
"""

# Premises are asked for by one corner, and may be as large.
_AROUND_M = 300.0

_PLACES = "select place_id, geometry, radius_m from authorised_place order by place_id"

_FIXES = """
-- fixes of whatever terminals the worker had, within the spans that matter
select (extract(epoch from p.epoch) * 1000)::bigint, p.lat_e7, p.lon_e7,
       coalesce(p.accuracy_dm, %(unknown)s), coalesce(p.hdop_d, %(unknown)s),
       coalesce(p.quality, %(unknown)s), p.flags, (extract(epoch from p.received_at) * 1000)::bigint,
       coalesce(p.speed_cmps, %(unknown)s), hashtext(p.terminal_id)
  from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as span (start_at, end_at)
  join assignment a on a.worker_id = %(worker)s
   and a.valid_from < span.end_at and (a.valid_to is null or a.valid_to > span.start_at)
  join position p on p.terminal_id = a.terminal_id
   and p.epoch >= greatest(a.valid_from, span.start_at)
   and p.epoch < least(coalesce(a.valid_to, 'infinity'), span.end_at)
"""

_STRAYS = """
-- what was heard within the spans, or after them, from the terminals that the worker had then,
-- and says that it is of another time: hours off, or a round of 1,024 weeks back
select (extract(epoch from p.epoch) * 1000)::bigint, p.lat_e7, p.lon_e7,
       coalesce(p.accuracy_dm, %(unknown)s), coalesce(p.hdop_d, %(unknown)s),
       coalesce(p.quality, %(unknown)s), p.flags, (extract(epoch from p.received_at) * 1000)::bigint,
       coalesce(p.speed_cmps, %(unknown)s), hashtext(p.terminal_id)
  from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as span (start_at, end_at)
 cross join (values (interval '0', interval '16 hours', interval '0'),
                    (interval '172032 hours', interval '0', interval '72 hours'))
    as off (back, reach, late)
  join assignment a on a.worker_id = %(worker)s
   and a.valid_from < span.end_at and (a.valid_to is null or a.valid_to > span.start_at)
  join position p on p.terminal_id = a.terminal_id
   and p.epoch >= span.start_at - off.back - off.reach
   and p.epoch < span.end_at - off.back + off.reach
   and p.received_at >= greatest(a.valid_from, span.start_at)
   and p.received_at < least(coalesce(a.valid_to, 'infinity'), span.end_at) + off.late
 where not exists (
       select from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as own (start_at, end_at)
        where p.epoch >= own.start_at and p.epoch < own.end_at)
"""


@dataclass(slots=True)
class Areas:
    """The areas that days are judged against, each read once; `learned` are the parameters."""

    conn: psycopg.Connection
    learned: InForce = field(init=False)
    _grids: dict[GridId, Grid] = field(default_factory=dict)
    _premises: dict[GridId, PremisesIndex] = field(default_factory=dict)
    _places: list[AuthorisedPlace] | None = None
    _requirements: list[Requirement] | None = None
    _routes: Routes | None = None

    def __post_init__(self) -> None:
        self.learned = InForce(self.conn)

    def grid(self, grid: GridId) -> Grid:
        """Return a grid that duty windows refer to."""
        if grid not in self._grids:
            ((outline,),) = self.conn.execute(_GRID, {"grid": grid}).fetchall()
            self._grids[grid] = Grid(grid, read_area(outline))
        return self._grids[grid]

    def premises(self, grid: GridId) -> PremisesIndex:
        """Return the premises of a grid."""
        if grid not in self._premises:
            area = self.grid(grid).area
            west, south, east, north = area.box_deg(_AROUND_M)
            box = {"west": west, "south": south, "east": east, "north": north}
            self._premises[grid] = index_premises(
                area,
                self._read_premises(_PREMISES, {"grid": grid}),
                self._read_premises(_AROUND, {"grid": grid, **box}),
            )
        return self._premises[grid]

    def _read_premises(
        self, statement: LiteralString, values: Mapping[str, object]
    ) -> list[Premises]:
        return [
            Premises(PremisesId(name), read_area(geometry, radius_m=radius_m))
            for name, geometry, radius_m in self.conn.execute(statement, values)
        ]

    def places(self) -> list[AuthorisedPlace]:
        """Return all authorised places."""
        if self._places is None:
            self._places = [
                AuthorisedPlace(PlaceId(name), read_area(geometry, radius_m=radius_m))
                for name, geometry, radius_m in self.conn.execute(_PLACES)
            ]
        return self._places

    def requirements(self) -> list[Requirement]:
        """Return all requirements."""
        if self._requirements is None:
            self._requirements = read_requirements(self.conn)
        return self._requirements

    def routes(self, grids: Iterable[GridId]) -> dict[GridId, Route]:
        """Return what is to be reached in each of the grids of which that is known."""
        if self._routes is None:
            self._routes = Routes(self.conn)
        return self._routes.of([self.grid(grid) for grid in grids])


@dataclass(slots=True)
class KeptAreas:
    """The areas, kept until the registers change: reading a district's streets takes seconds."""

    conn: psycopg.Connection
    _areas: Areas | None = None
    _read_at: int = -1

    def now(self) -> Areas:
        """Return the areas as they are; the registers must be held."""
        changes = register_changes(self.conn)
        if self._areas is None or changes != self._read_at:
            self._areas, self._read_at = Areas(self.conn), changes
        return self._areas


def read_facts(conn: psycopg.Connection, unit: WorkerDay, areas: Areas) -> DayFacts | None:
    """Return the facts of a worker-day, or None when no duty is owed on it (any more)."""
    windows = [
        DutyWindow(unit.worker_id, Interval(start, end), GridId(grid))
        for grid, start, end in conn.execute(_WINDOWS, {"worker": unit.worker_id, "day": unit.day})
    ]
    if not windows:
        return None
    covers = read_covers(conn, unit, windows)
    grids = sorted({one.grid_id for one in windows} | {one.grid_id for one in covers})
    return DayFacts(
        worker_id=unit.worker_id,
        day=unit.day,
        windows=windows,
        grids={grid: areas.grid(grid) for grid in grids},
        premises={grid: areas.premises(grid) for grid in grids},
        routes=areas.routes(grids),
        places=areas.places(),
        fixes=read_fixes(conn, unit.worker_id, needed_span(windows)),
        strays=_read(conn, _STRAYS, unit.worker_id, spans=needed_span(windows)),
        requirements=areas.requirements(),
        excuses=read_excuses(conn, unit, windows),
        covers=covers,
        checkins=read_checkins(conn, unit.worker_id, needed_span(windows)),
    )


def read_fixes(conn: psycopg.Connection, worker: WorkerId, spans: Sequence[Interval]) -> FixColumns:
    """Return the fixes of whatever terminals `worker` had within `spans`, in any order."""
    return _read(conn, _FIXES, worker, spans=spans)


def _read(
    conn: psycopg.Connection, query: LiteralString, worker: WorkerId, *, spans: Sequence[Interval]
) -> FixColumns:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            query,
            {
                "worker": worker,
                "starts": [span.start for span in spans],
                "ends": [span.end for span in spans],
                "unknown": UNKNOWN,
            },
        )
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, len(_COLUMNS))
    return FixColumns(**dict(zip(_COLUMNS, rows.T, strict=True)))
