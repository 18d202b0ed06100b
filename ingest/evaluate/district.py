"""A district out of the files of one folder: areas, and the worker-days that its roster makes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.registers.checks import check_duty, check_near, check_once
from ingest.registers.files import Problems
from ingest.registers.rows import (
    AreaRow,
    DutyRow,
    read_grids,
    read_places,
    read_premises,
    read_roster,
)
from patrol.compliance import DayFacts
from patrol.duty import DutyWindow
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.track import FixColumns

GRIDS = "grids.geojson"
PREMISES = "premises.geojson"
PLACES = "places.geojson"
ROSTER = "roster.csv"


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

    def facts(self, unit: WorkerDay, fixes: FixColumns) -> DayFacts:
        """Return what is known of a worker-day whose fixes are given."""
        windows = self.windows[unit]
        grids = sorted({window.grid_id for window in windows})
        return DayFacts(
            worker_id=unit.worker_id,
            day=unit.day,
            windows=windows,
            grids={grid: self.grids[grid] for grid in grids},
            premises={grid: self.premises[grid] for grid in grids},
            places=self.places,
            fixes=fixes,
        )


def read_district(folder: Path, zone: ZoneInfo) -> District:
    """Return the district in `folder`; days are those of `zone`.

    Raises InputError that lists every bad row of every file.
    """
    problems = Problems()
    grids = read_grids(folder / GRIDS, problems)
    premises = read_premises(folder / PREMISES, problems)
    has_places = (folder / PLACES).exists()
    places = read_places(folder / PLACES, problems) if has_places else []
    roster = read_roster(folder / ROSTER, problems)
    for rows in (grids, premises, places):
        check_once(((row.id, row.where) for row in rows), problems)
    _check_grids(grids, premises, roster, problems=problems)
    check_duty(roster, problems)
    problems.raise_any()
    return District(
        grids={GridId(row.id): Grid(GridId(row.id), row.area) for row in grids},
        premises=_by_grid(grids, premises),
        places=[
            AuthorisedPlace(PlaceId(row.id), row.area) for row in sorted(places, key=lambda r: r.id)
        ],
        windows=_by_day(roster, zone),
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


def _by_grid(grids: Sequence[AreaRow], premises: Sequence[AreaRow]) -> dict[GridId, PremisesIndex]:
    own: dict[str, list[Premises]] = {row.id: [] for row in grids}
    for row in premises:
        own[row.grid_id].append(Premises(PremisesId(row.id), row.area))
    return {GridId(grid): PremisesIndex(listed) for grid, listed in own.items()}


def _by_day(roster: Sequence[DutyRow], zone: ZoneInfo) -> dict[WorkerDay, list[DutyWindow]]:
    windows: dict[WorkerDay, list[DutyWindow]] = defaultdict(list)
    for window in sorted(row.window for row in roster):
        windows[WorkerDay(window.worker_id, window.day(zone))].append(window)
    return dict(sorted(windows.items()))
