"""The truth of a simulated day in the words of the rules, and the facts that they get of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np

from patrol.compliance import DayFacts
from patrol.duty import DutyWindow
from patrol.fix import epoch_of
from patrol.geodesy import Floats
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.intervals import Interval, intersect, merge
from patrol.track import FixColumns
from simulator.files import grid_features, place_features, premises_features
from simulator.scenario import Scenario, WorkerDay
from simulator.scoring.measures import Truth
from simulator.streets import Point
from simulator.tracks import Bools, Span, StayKind, is_inside
from simulator.world import City

# An absence that nobody may miss: this far beyond the edge for this long.
_FAR_M = 60.0
_LONG = timedelta(minutes=5)
_STEP_MS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A city as the rules see it: the areas of its registers."""

    grids: dict[GridId, Grid]
    premises: dict[GridId, PremisesIndex]
    places: list[AuthorisedPlace]


def ground_of(city: City) -> Ground:
    """Return the areas out of the very features that `patrol simulate city` writes."""
    own: dict[GridId, list[Premises]] = {GridId(grid.grid_id): [] for grid in city.grids}
    for feature in premises_features(city):
        about = feature["properties"]
        area = read_area(feature["geometry"])
        own[GridId(about["grid_id"])].append(Premises(PremisesId(about["premises_id"]), area))
    grids = [
        Grid(GridId(feature["properties"]["grid_id"]), read_area(feature["geometry"]))
        for feature in grid_features(city)
    ]
    places = [
        AuthorisedPlace(
            PlaceId(feature["properties"]["place_id"]),
            read_area(feature["geometry"], radius_m=feature["properties"]["radius_m"]),
        )
        for feature in place_features(city)
    ]
    return Ground(
        grids={grid.grid_id: grid for grid in grids},
        premises={grid: PremisesIndex(listed) for grid, listed in own.items()},
        places=places,
    )


def facts_of(scenario: Scenario, one: WorkerDay, ground: Ground, *, kept: Bools) -> DayFacts:
    """Return what is known of a day of whose solutions those are `kept`."""
    worker, grid = WorkerId(one.worker_id), GridId(one.day.grid_id)
    return DayFacts(
        worker_id=worker,
        day=scenario.day,
        windows=[DutyWindow(worker, interval, grid) for interval in _intervals(one.day.duty)],
        grids={grid: ground.grids[grid]},
        premises={grid: ground.premises[grid]},
        places=ground.places,
        fixes=_fixes(one, kept),
    )


def truth_of(one: WorkerDay, city: City) -> Truth:
    """Return what the worker did on duty."""
    duty = _intervals(one.day.duty)
    station = [stay.span for stay in one.day.stays(StayKind.STATION)]
    return Truth(
        duty=duty,
        present=merge(_intervals(one.day.inside) + intersect(_intervals(station), duty)),
        visits=intersect(_intervals(stay.span for stay in one.day.stays(StayKind.VISIT)), duty),
        far_exits=[found for span in one.day.outside for found in _far_exits(span, one, city)],
    )


def _fixes(one: WorkerDay, kept: Bools) -> FixColumns:
    told = one.solutions
    count = int(np.count_nonzero(kept))
    return FixColumns(
        epoch_ms=told.epoch_ms[kept],
        lat_e7=told.lat_e7[kept],
        lon_e7=told.lon_e7[kept],
        accuracy_dm=told.accuracy_dm[kept],
        hdop_d=np.rint(told.hdop_c[kept] / 10).astype(np.int64),
        quality=np.ones(count, dtype=np.int64),
        flags=np.zeros(count, dtype=np.int64),
    )


def _far_exits(span: Span, one: WorkerDay, city: City) -> Iterator[Interval]:
    at_ms = np.arange(span.start_ms, span.end_ms, _STEP_MS, dtype=np.int64)
    x_m, y_m = one.day.track.places(at_ms)
    grid = next(grid for grid in city.grids if grid.grid_id == one.day.grid_id)
    station_m = np.hypot(x_m - city.station.middle[0], y_m - city.station.middle[1])
    away_m = np.minimum(_outside_m(x_m, y_m, grid.outline), station_m - city.station.radius_m)
    is_far = np.concatenate([[False], away_m > _FAR_M, [False]])
    changes = np.flatnonzero(np.diff(is_far.astype(np.int8)))
    for first, last in changes.reshape(-1, 2).tolist():
        end_ms = int(at_ms[last]) if last < len(at_ms) else span.end_ms
        far = Interval(epoch_of(int(at_ms[first])), epoch_of(end_ms))
        if far.length >= _LONG:
            yield far


def _outside_m(x_m: Floats, y_m: Floats, outline: Sequence[Point]) -> Floats:
    """Return how far each point lies outside a polygon; of geometry that no rule uses."""
    nearest = np.full(len(x_m), np.inf)
    for (ax, ay), (bx, by) in pairwise([*outline, outline[0]]):
        dx, dy = bx - ax, by - ay
        along = ((x_m - ax) * dx + (y_m - ay) * dy) / (dx * dx + dy * dy)
        on_side = np.clip(along, 0.0, 1.0)
        away = np.hypot(x_m - ax - on_side * dx, y_m - ay - on_side * dy)
        nearest = np.minimum(nearest, away)
    result: Floats = np.where(is_inside(x_m, y_m, outline), 0.0, nearest)
    return result


def _intervals(spans: Iterable[Span]) -> list[Interval]:
    return [Interval(epoch_of(span.start_ms), epoch_of(span.end_ms)) for span in spans]
