"""A district out of the files of one folder: areas, and the worker-days that its roster makes."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from ingest.evaluate.checkins import CheckInRow, read_checkins
from patrol.compliance import DayFacts
from patrol.coverage import Route
from patrol.duty import DutyWindow, needed_span
from patrol.errors import InputError
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.neighbours import index_all
from patrol.notices.checkins import CheckIn
from patrol.registers.checks import check_duty, check_near, check_once
from patrol.registers.files import Problems, Source
from patrol.registers.routes import (
    RouteRows,
    check_routes,
    make_routes,
    read_checkpoints,
    read_streets,
)
from patrol.registers.rows import (
    AreaRow,
    DutyRow,
    read_grids,
    read_places,
    read_premises,
    read_roster,
)
from patrol.registers.terms import (
    Terms,
    check_terms,
    read_covers,
    read_excuses,
    read_requirements,
)
from patrol.requirements import Cover, Excuse, Requirement
from patrol.track import FixColumns
from runtime.registers.sources import read_source

T = TypeVar("T")

GRIDS = "grids.geojson"
PREMISES = "premises.geojson"
PLACES = "places.geojson"
CHECKPOINTS = "checkpoints.geojson"
STREETS = "streets.geojson"
ROSTER = "roster.csv"
REQUIREMENTS = "requirements.csv"
EXCUSES = "excuses.csv"
COVERS = "covers.csv"
CHECKINS = "checkins.csv"


@dataclass(frozen=True, slots=True, order=True)
class WorkerDay:
    """The duty of one worker that begins on one local day."""

    worker_id: WorkerId
    day: date


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class District:
    """What does not move, and who owes presence when."""

    grids: Mapping[GridId, Grid]
    premises: Mapping[GridId, PremisesIndex]
    places: Sequence[AuthorisedPlace]
    windows: Mapping[WorkerDay, Sequence[DutyWindow]]
    requirements: Sequence[Requirement] = ()
    excuses: Sequence[Excuse] = ()
    covers: Sequence[Cover] = ()
    routes: Mapping[GridId, Route] = field(default_factory=dict)
    checkins: Mapping[WorkerId, Sequence[CheckIn]] = field(default_factory=dict)

    def facts(self, unit: WorkerDay, fixes: FixColumns) -> DayFacts:
        """Return what is known of a worker-day whose fixes are given."""
        windows = self.windows[unit]
        covers = [one for one in self.covers if one.worker_id == unit.worker_id]
        grids = sorted({one.grid_id for one in windows} | {one.grid_id for one in covers})
        spans = needed_span(windows)
        return DayFacts(
            worker_id=unit.worker_id,
            day=unit.day,
            windows=windows,
            grids={grid: self.grids[grid] for grid in grids},
            premises={grid: self.premises[grid] for grid in grids},
            places=self.places,
            fixes=fixes,
            requirements=self.requirements,
            excuses=self.excuses,
            covers=covers,
            routes={grid: self.routes[grid] for grid in grids if grid in self.routes},
            checkins=[
                one
                for one in self.checkins.get(unit.worker_id, ())
                if any(span.start <= one.at < span.end for span in spans)
            ],
        )


def read_district(folder: Path, zone: ZoneInfo) -> District:
    """Return the district in `folder`; days are those of `zone`.

    Raises InputError that lists every bad row of every file, or when the roster is empty.
    """
    problems = Problems(ignores_other_columns=True)
    grids = read_grids(read_source(folder / GRIDS), problems)
    premises = read_premises(read_source(folder / PREMISES), problems)
    places = _optional(folder / PLACES, read_places, problems)
    roster = read_roster(read_source(folder / ROSTER), problems)
    for rows in (grids, premises, places):
        check_once(((row.id, row.where) for row in rows), problems)
    terms = _read_terms(folder, problems)
    _check_grids(grids, premises, roster, problems=problems)
    check_terms(terms, problems, grids={row.id for row in grids})
    to_reach = _read_routes(folder, problems)
    areas = {row.id: row.area for row in grids}
    check_routes(to_reach, problems, grids=set(areas), areas=areas)
    check_duty(roster, problems)
    checkins = _optional(folder / CHECKINS, read_checkins, problems)
    _check_premises(checkins, {row.id for row in premises}, problems)
    _check_workers(terms, roster, problems)
    problems.raise_any()
    if not roster:
        raise InputError(f"{folder / ROSTER} names no duty: there is nothing to judge")
    return District(
        grids={GridId(row.id): Grid(GridId(row.id), row.area) for row in grids},
        premises=_by_grid(grids, premises),
        places=[
            AuthorisedPlace(PlaceId(row.id), row.area) for row in sorted(places, key=lambda r: r.id)
        ],
        windows=_by_day(roster, zone),
        requirements=[row.requirement for row in terms.requirements or ()],
        excuses=[row.excuse for row in terms.excuses or ()],
        covers=[row.cover for row in terms.covers or ()],
        routes=make_routes(
            [Grid(GridId(row.id), row.area) for row in sorted(grids, key=lambda r: r.id)], to_reach
        ),
        checkins=_by_worker(checkins),
    )


def _read_routes(folder: Path, problems: Problems) -> RouteRows:
    return RouteRows(
        checkpoints=_optional(folder / CHECKPOINTS, read_checkpoints, problems),
        streets=_optional(folder / STREETS, read_streets, problems),
    )


def _optional(
    path: Path, read: Callable[[Source, Problems], list[T]], problems: Problems
) -> list[T]:
    return read(read_source(path), problems) if path.exists() else []


def _read_terms(folder: Path, problems: Problems) -> Terms:
    return Terms(
        requirements=_optional(folder / REQUIREMENTS, read_requirements, problems),
        excuses=_optional(folder / EXCUSES, read_excuses, problems),
        covers=_optional(folder / COVERS, read_covers, problems),
    )


def _check_grids(
    grids: Sequence[AreaRow],
    premises: Sequence[AreaRow],
    roster: Sequence[DutyRow],
    *,
    problems: Problems,
) -> None:
    areas = {row.id: row.area for row in grids}
    for row in premises:
        if row.grid_id in areas:
            check_near(row, areas[row.grid_id], problems)
        else:
            problems.add(row.where, f"grid {row.grid_id} is not in {GRIDS}")
    for duty in roster:
        if duty.window.grid_id not in areas:
            problems.add(duty.where, f"grid {duty.window.grid_id} is not in {GRIDS}")


def _check_premises(checkins: Sequence[CheckInRow], premises: set[str], problems: Problems) -> None:
    for row in checkins:
        named = row.checkin.premises_id
        if named is not None and named not in premises:
            problems.add(row.where, f"premises {named} are not in {PREMISES}")


def _check_workers(terms: Terms, roster: Sequence[DutyRow], problems: Problems) -> None:
    known = {row.window.worker_id for row in roster}
    named = [(row.where, row.excuse.worker_id) for row in terms.excuses or ()]
    named += [(row.where, row.cover.worker_id) for row in terms.covers or ()]
    for where, worker in named:
        if known and worker is not None and worker not in known:
            problems.add(where, f"worker {worker} has no duty in {ROSTER}")


def _by_worker(checkins: Sequence[CheckInRow]) -> dict[WorkerId, list[CheckIn]]:
    own: dict[WorkerId, list[CheckIn]] = defaultdict(list)
    for row in checkins:
        own[row.worker_id].append(row.checkin)
    return own


def _by_grid(grids: Sequence[AreaRow], premises: Sequence[AreaRow]) -> dict[GridId, PremisesIndex]:
    own: dict[str, list[Premises]] = {row.id: [] for row in grids}
    for row in premises:
        own[row.grid_id].append(Premises(PremisesId(row.id), row.area))
    return index_all(
        {GridId(row.id): row.area for row in grids},
        {GridId(grid): listed for grid, listed in own.items()},
    )


def _by_day(roster: Sequence[DutyRow], zone: ZoneInfo) -> dict[WorkerDay, list[DutyWindow]]:
    windows: dict[WorkerDay, list[DutyWindow]] = defaultdict(list)
    for window in sorted(row.window for row in roster):
        windows[WorkerDay(window.worker_id, window.day(zone))].append(window)
    return dict(sorted(windows.items()))
