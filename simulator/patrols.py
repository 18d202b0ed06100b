"""The true day of a worker: rounds, home visits, talks in the street, ways out of the grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import dist

import numpy as np

from simulator.buildings import HALF_STREET_M, Premises
from simulator.errands import VISIT_RANGE_S, Errand, Kind, draw_errands
from simulator.streets import Spot, WalkNet
from simulator.tracks import Span, Stay, StayKind, Track, TrackMaker, spans_inside
from simulator.world import City, Grid, Place

_STATION_SHARE = 0.25
_ROLL_CALL_S = (10 * 60.0, 20 * 60.0)
# How often, and by how much, somebody leaves before duty ends or comes late from a meal.
_EARLY_SHARE = 0.4
_EARLY_S = (0.0, 12 * 60.0)
_LATE_S = (-8 * 60.0, 8 * 60.0)
_MEAL_S = 35 * 60.0
# A shorter break is no time for a meal.
_LEAST_BREAK_S = 40 * 60.0
_SHORT_EXIT_M = (30.0, 80.0)
_BEFORE_DUTY_MS = 60_000

_SPEED_MPS = 1.15
_SPEED_SPREAD_MPS = 0.2
_SPEED_RANGE_MPS = (0.7, 1.6)
_INDOOR_SPEED_MPS = 0.7
_PAUSE_SHARE = 0.3
_PAUSE_S = 20.0
# Streets are not straight lines to the target.
_DETOUR = 1.3
_BETWEEN_ERRANDS_S = 150.0
_AT_THE_DOOR_S = 60.0
_MS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What a worker truly did: the duty windows, the way, and whether it lay in the grid."""

    grid_id: str
    duty: tuple[Span, ...]
    track: Track
    inside: tuple[Span, ...]
    outside: tuple[Span, ...]

    def stays(self, kind: StayKind) -> list[Stay]:
        """Return the stays of one kind, in order."""
        return [stay for stay in self.track.stays if stay.kind is kind]


def make_day(city: City, grid: Grid, *, duty: Sequence[Span], rng: np.random.Generator) -> Day:
    """Return a day of the worker who owes presence in `grid` during `duty`, in time order."""
    worker = _Worker(city, grid, start_ms=duty[0].start_ms - _BEFORE_DUTY_MS, rng=rng)
    if rng.random() < _STATION_SHARE:
        worker.answer_roll_call()
    parts = draw_errands(grid.premises, duty, rng)
    for window, errands in zip(duty, parts, strict=True):
        is_early = rng.random() < _EARLY_SHARE
        early_s = float(rng.uniform(*_EARLY_S)) if is_early else 0.0
        until_ms = window.end_ms - round(early_s * _MS)
        worker.work(errands, within=Span(window.start_ms, until_ms))
        later = [one.start_ms for one in duty if one.start_ms >= window.end_ms]
        worker.take_a_break(until_ms=min(later, default=None))
    track = worker.maker.track()
    tiles = [tile for window in duty for tile in spans_inside(track, grid.outline, window)]
    return Day(
        grid_id=grid.grid_id,
        duty=tuple(duty),
        track=track,
        inside=tuple(span for span, is_inside in tiles if is_inside),
        outside=tuple(span for span, is_inside in tiles if not is_inside),
    )


class _Worker:
    """Somebody at a spot on a street, at a time, who has errands to run."""

    def __init__(self, city: City, grid: Grid, *, start_ms: int, rng: np.random.Generator) -> None:
        self._city = city
        self._grid = grid
        self._rng = rng
        self._net = WalkNet(city.net, grid.pavement)
        self._own = frozenset(grid.pavement)
        self._passed = dict.fromkeys(grid.pavement, 0)
        self._spot = self._some_premises().gate
        self.maker = TrackMaker(start_ms, self._net.point(self._spot))
        self._doing: dict[Kind, Callable[[Errand, int], None]] = {
            Kind.VISIT: self._visit,
            Kind.RING: self._ring,
            Kind.TALK: self._talk,
            Kind.SHORT_EXIT: self._go_over_the_edge,
            Kind.LONG_EXIT: self._go_away,
        }

    def answer_roll_call(self) -> None:
        """Begin the day anew, at the station."""
        station = self._city.station
        self._spot = station.gate
        self.maker = TrackMaker(self.maker.now_ms, self._net.point(self._spot))
        self._stay_at(station, StayKind.STATION, for_s=float(self._rng.uniform(*_ROLL_CALL_S)))
        self._walk_to(self._some_premises().gate)

    def work(self, errands: Sequence[Errand], *, within: Span) -> None:
        """Run the errands that fit in, and walk the streets of the grid between them."""
        self._patrol(until_ms=within.start_ms)
        until_ms = within.end_ms
        busy_s = sum(errand.length_s + _BETWEEN_ERRANDS_S for errand in errands)
        spare_s = max(0.0, (until_ms - self.maker.now_ms) / _MS - busy_s)
        shares = self._rng.dirichlet([1.0] * (len(errands) + 1)).tolist()
        for errand, share in zip(errands, shares, strict=False):
            self._patrol(until_ms=self.maker.now_ms + round(share * spare_s * _MS))
            if self.maker.now_ms + self._needs_s(errand) * _MS <= until_ms:
                self._doing[errand.kind](errand, until_ms)
        self._patrol(until_ms=until_ms)

    def take_a_break(self, *, until_ms: int | None) -> None:
        """Have a meal outside until duty begins again, more or less; or for good."""
        place = self._nearest_canteen()
        if until_ms is None:
            self._stay_at(place, StayKind.MEAL, for_s=_MEAL_S)
            return
        late_s = float(self._rng.uniform(*_LATE_S))
        left_s = (until_ms - self.maker.now_ms) / _MS + late_s
        if left_s < _LEAST_BREAK_S:
            return
        self._stay_at(place, StayKind.MEAL, for_s=left_s - 2 * self._way_s(place.gate))
        self._walk_to(self._some_premises().gate)

    def _patrol(self, *, until_ms: int) -> None:
        """Walk from crossing to crossing, the least visited first."""
        while self.maker.now_ms < until_ms:
            node = self._next_crossing()
            self._passed[node] += 1
            self._walk_to(self._at(node), within_grid=True)
            if self._rng.random() < _PAUSE_SHARE:
                self.maker.stand(edge=self._spot.edge, for_s=self._rng.exponential(_PAUSE_S))

    def _next_crossing(self) -> int:
        a, b, share = self._spot
        if 0 < share < 1:
            choice = [node for node in (a, b) if node in self._own]
        else:
            here = a if share == 0 else b
            choice = [node for node in self._net.next_to(here) if node in self._own]
        least = min(self._passed[node] for node in choice)
        return int(self._rng.choice([node for node in choice if self._passed[node] == least]))

    def _visit(self, errand: Errand, until_ms: int) -> None:
        premises = errand.premises
        self._walk_to(premises.gate, within_grid=True)
        left_s = (until_ms - self.maker.now_ms) / _MS - _AT_THE_DOOR_S
        if left_s < VISIT_RANGE_S[0]:
            return
        edge = premises.gate.edge
        self.maker.walk(premises.door, edge=edge, speed_mps=self._speed_mps())
        self.maker.enter()
        end_ms = self.maker.now_ms + round(min(errand.length_s, left_s) * _MS)
        room = premises.inside(*self._rng.uniform(0.2, 0.8, size=2).tolist())
        way_out_s = dist(room, premises.door) / _INDOOR_SPEED_MPS
        self.maker.walk(room, edge=edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.stand(edge=edge, for_s=(end_ms - self.maker.now_ms) / _MS - way_out_s)
        self.maker.walk(premises.door, edge=edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.leave(StayKind.VISIT, premises.premises_id)
        self._back_to_street()

    def _ring(self, errand: Errand, _until_ms: int) -> None:
        premises = errand.premises
        self._walk_to(premises.gate, within_grid=True)
        edge = premises.gate.edge
        self.maker.walk(premises.door, edge=edge, speed_mps=self._speed_mps())
        self.maker.stand(edge=edge, for_s=errand.length_s)
        self._back_to_street()

    def _talk(self, errand: Errand, _until_ms: int) -> None:
        self._walk_to(errand.premises.gate, within_grid=True)
        self.maker.stand(edge=self._spot.edge, for_s=errand.length_s)

    def _go_over_the_edge(self, errand: Errand, _until_ms: int) -> None:
        """Walk 30 to 80 m out of the grid along a street, stand there, and come back."""
        ways_out = [
            (node, other)
            for node in sorted(self._grid.border)
            for other in self._net.next_to(node)
            if other not in self._own
        ]
        goal = self._net.point(errand.premises.gate)
        node, other = min(ways_out, key=lambda way: dist(self._net.point(self._at(way[0])), goal))
        edge = (min(node, other), max(node, other))
        out_m = HALF_STREET_M + float(self._rng.uniform(*_SHORT_EXIT_M))
        share = min(0.95, out_m / self._net.length_m(edge))
        self._walk_to(self._at(node), within_grid=True)
        self._walk_to(Spot(*edge, share=share if node == edge[0] else 1 - share))
        self.maker.stand(edge=edge, for_s=errand.length_s)
        self._walk_to(Spot(*edge, share=0.0 if node == edge[0] else 1.0))

    def _go_away(self, errand: Errand, _until_ms: int) -> None:
        self._stay_at(self._nearest_canteen(), StayKind.MEAL, for_s=errand.length_s)
        self._walk_to(errand.premises.gate)

    def _stay_at(self, place: Place, kind: StayKind, *, for_s: float) -> None:
        self._walk_to(place.gate)
        edge = place.gate.edge
        self.maker.enter()
        self.maker.walk(place.middle, edge=edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.stand(edge=edge, for_s=for_s)
        self.maker.walk(self._net.point(place.gate), edge=edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.leave(kind)

    def _walk_to(self, spot: Spot, *, within_grid: bool = False) -> None:
        speed_mps = self._speed_mps()
        route = self._net.route(self._spot, spot, within=self._own if within_grid else None)
        for step in route:
            self.maker.walk(self._net.point(step), edge=step.edge, speed_mps=speed_mps)
        self._spot = spot

    def _back_to_street(self) -> None:
        point = self._net.point(self._spot)
        self.maker.walk(point, edge=self._spot.edge, speed_mps=self._speed_mps())

    def _at(self, node: int) -> Spot:
        other = self._net.next_to(node)[0]
        a, b = min(node, other), max(node, other)
        return Spot(a, b, share=0.0 if node == a else 1.0)

    def _speed_mps(self) -> float:
        drawn = float(self._rng.normal(_SPEED_MPS, _SPEED_SPREAD_MPS))
        return min(max(drawn, _SPEED_RANGE_MPS[0]), _SPEED_RANGE_MPS[1])

    def _needs_s(self, errand: Errand) -> float:
        if errand.kind is Kind.LONG_EXIT:
            return errand.length_s + 2 * self._way_s(self._nearest_canteen().gate)
        if errand.kind is Kind.SHORT_EXIT:
            return errand.length_s + 2 * _BETWEEN_ERRANDS_S
        return errand.length_s + self._way_s(errand.premises.gate) + _AT_THE_DOOR_S

    def _way_s(self, spot: Spot) -> float:
        return dist(self.maker.here, self._net.point(spot)) * _DETOUR / _SPEED_MPS

    def _nearest_canteen(self) -> Place:
        return min(self._city.lunch_places, key=lambda place: self._way_s(place.gate))

    def _some_premises(self) -> Premises:
        return self._grid.premises[int(self._rng.integers(len(self._grid.premises)))]
