"""Reading what is known of worker-days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString

import psycopg

from ingest.judging.reading.checkins import read_checkins_of
from ingest.judging.reading.fixes import read_fixes_of, read_strays_of
from ingest.judging.reading.spans import Asked
from ingest.judging.reading.terms import read_covers_of, read_excuses_of
from ingest.judging.routes import Routes
from ingest.judging.worklist import WorkerDay, day_columns
from ingest.parameters.tables import InForce
from patrol.compliance import DayFacts
from patrol.coverage import Route
from patrol.duty import DutyWindow, needed_span
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import GridId, PlaceId, PremisesId
from patrol.intervals import Interval
from patrol.neighbours import index_premises
from patrol.requirements import Requirement
from runtime.registers.term_tables import read_requirements
from runtime.registers.turns import register_changes

_WINDOWS = """
select u.number, w.grid_id, w.start_at, w.end_at
  from unnest(%(workers)s::text[], %(days)s::date[]) with ordinality as u (worker_id, day, number)
  join duty_window w on w.worker_id = u.worker_id and w.day = u.day
 order by w.start_at
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
    return read_days(conn, [unit], areas)[0]


def read_days(
    conn: psycopg.Connection, units: Sequence[WorkerDay], areas: Areas
) -> list[DayFacts | None]:
    """Return the facts of worker-days in their order; None where no duty is owed (any more)."""
    windows = _read_windows(conn, units)
    hulls = [
        Asked(number, units[number].worker_id, [Interval(own[0].interval.start, _end_of(own))])
        for number, own in windows.items()
    ]
    needed = [
        Asked(number, units[number].worker_id, needed_span(own)) for number, own in windows.items()
    ]
    covers = read_covers_of(conn, hulls)
    excuses = read_excuses_of(conn, hulls)
    checkins = read_checkins_of(conn, needed)
    strays = read_strays_of(conn, needed)
    fixes = read_fixes_of(conn, needed)
    facts: list[DayFacts | None] = [None] * len(units)
    for number, own in windows.items():
        unit = units[number]
        grids = sorted({one.grid_id for one in own} | {one.grid_id for one in covers[number]})
        facts[number] = DayFacts(
            worker_id=unit.worker_id,
            day=unit.day,
            windows=own,
            grids={grid: areas.grid(grid) for grid in grids},
            premises={grid: areas.premises(grid) for grid in grids},
            routes=areas.routes(grids),
            places=areas.places(),
            fixes=fixes[number],
            strays=strays[number],
            requirements=areas.requirements(),
            excuses=excuses[number],
            covers=covers[number],
            checkins=checkins[number],
        )
    return facts


def _read_windows(
    conn: psycopg.Connection, units: Sequence[WorkerDay]
) -> dict[int, list[DutyWindow]]:
    """Return the duty of those worker-days that have any, by their places in `units`."""
    found: dict[int, list[DutyWindow]] = defaultdict(list)
    for ordinal, grid, start, end in conn.execute(_WINDOWS, day_columns(units)):
        window = DutyWindow(units[ordinal - 1].worker_id, Interval(start, end), GridId(grid))
        found[ordinal - 1].append(window)
    return found


def _end_of(windows: Sequence[DutyWindow]) -> datetime:
    return max(window.interval.end for window in windows)
