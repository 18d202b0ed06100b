"""The truth of a simulated day in the words of the rules, and the facts that they get of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np

from patrol.compliance import DayFacts
from patrol.coverage import Route, Street, Streets
from patrol.duty import DutyWindow, needed_span
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.intervals import Interval, intersect, merge
from patrol.messages import Flag
from patrol.track import FixColumns
from simulator.buildings import Premises as TruePremises
from simulator.files import grid_features, place_features, premises_features
from simulator.hazards.reports import Reports
from simulator.patrols.day import neighbours
from simulator.scenario import Scenario, WorkerDay
from simulator.scoring.measures import Truth
from simulator.streets import Point
from simulator.tracks import Bools, Span, StayKind, Track, is_inside, spans_inside
from simulator.world import City
from simulator.world import Grid as TrueGrid

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
    routes: dict[GridId, Route]


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
    streets = _streets_of(city)
    return Ground(
        routes={grid.grid_id: Route(grid, streets=streets) for grid in grids},
        grids={grid.grid_id: grid for grid in grids},
        premises={
            GridId(grid.grid_id): _indexed(own, grid, neighbours(city, grid)) for grid in city.grids
        },
        places=places,
    )


def _indexed(
    registered: Mapping[GridId, Sequence[Premises]],
    grid: TrueGrid,
    others: Sequence[TruePremises],
) -> PremisesIndex:
    """Return the premises of a grid, and with them those of the grids across its streets."""
    names = {one.premises_id for one in others}
    return PremisesIndex(
        registered[GridId(grid.grid_id)],
        [one for listed in registered.values() for one in listed if one.premises_id in names],
    )


def _streets_of(city: City) -> Streets:
    """Return all streets; none says which grid it belongs to."""
    lines = []
    for a, b in city.net.street_of:
        x_m, y_m = np.array([city.net.nodes[a], city.net.nodes[b]]).T
        lat_deg, lon_deg = city.plane.to_degrees(x_m, y_m)
        lines.append(Street((np.column_stack([lon_deg, lat_deg]),)))
    return Streets(lines)


def facts_of(scenario: Scenario, one: WorkerDay, ground: Ground, *, reports: Reports) -> DayFacts:
    """Return what is known of a day on which the worker's terminal reported that.

    As in the field, the claimed epoch says which day a fix belongs to.
    """
    worker, grid = WorkerId(one.worker_id), GridId(one.day.grid_id)
    windows = [DutyWindow(worker, interval, grid) for interval in _intervals(one.day.duty)]
    return DayFacts(
        worker_id=worker,
        day=scenario.day,
        windows=windows,
        grids={grid: ground.grids[grid]},
        premises={grid: ground.premises[grid]},
        places=ground.places,
        fixes=fixes_of(reports.at(_is_needed(reports, windows))),
    )


def truth_of(one: WorkerDay, city: City, *, of_terminal: bool = False) -> Truth:
    """Return what the worker did on duty, or what became of the terminal, left behind or not."""
    grid = _grid_of(one, city)
    track = one.day.terminal if of_terminal else one.day.track
    tiles = [tile for window in one.day.duty for tile in spans_inside(track, grid.outline, window)]
    inside, outside = ([span for span, state in tiles if state is what] for what in (True, False))
    duty = _intervals(one.day.duty)
    stays = {
        kind: intersect(_intervals(stay.span for stay in track.stays if stay.kind is kind), duty)
        for kind in StayKind
    }
    return Truth(
        duty=duty,
        present=merge(_intervals(inside) + stays[StayKind.STATION]),
        visits=stays[StayKind.VISIT],
        far_exits=[far for span in outside for far in _far_exits(span, track, grid, city=city)],
    )


def stray_fixes(reports: Reports, windows: Sequence[DutyWindow]) -> FixColumns:
    """Return the fixes that claim to be of another time than that of `windows`."""
    return fixes_of(reports.at(~_is_needed(reports, windows)))


def _is_needed(reports: Reports, windows: Sequence[DutyWindow]) -> Bools:
    needed = np.zeros(len(reports), dtype=np.bool_)
    for span in needed_span(windows):
        start_ms, end_ms = epoch_ms(span.start), epoch_ms(span.end)
        needed |= (reports.epoch_ms >= start_ms) & (reports.epoch_ms < end_ms)
    return needed


def fixes_of(reports: Reports) -> FixColumns:
    """Return reports as the fixes that are stored of them."""
    return FixColumns(
        epoch_ms=reports.epoch_ms,
        lat_e7=reports.lat_e7,
        lon_e7=reports.lon_e7,
        accuracy_dm=reports.accuracy_dm,
        hdop_d=np.rint(reports.hdop_c / 10).astype(np.int64),
        quality=np.ones(len(reports), dtype=np.int64),
        flags=np.where(reports.is_mock, Flag.MOCK, 0).astype(np.int64),
        received_ms=reports.received_ms,
        speed_cmps=reports.speed_cmps,
    )


def _far_exits(span: Span, track: Track, grid: TrueGrid, *, city: City) -> Iterator[Interval]:
    at_ms = np.arange(span.start_ms, span.end_ms, _STEP_MS, dtype=np.int64)
    x_m, y_m = track.places(at_ms)
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


def _grid_of(one: WorkerDay, city: City) -> TrueGrid:
    return next(grid for grid in city.grids if grid.grid_id == one.day.grid_id)


def _intervals(spans: Iterable[Span]) -> list[Interval]:
    return [Interval(epoch_of(span.start_ms), epoch_of(span.end_ms)) for span in spans]
