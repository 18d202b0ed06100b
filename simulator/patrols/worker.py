"""Somebody at work: walks, visits, and whatever else a day of duty holds."""

from collections.abc import Callable, Sequence
from math import dist

import numpy as np

from simulator.buildings import HALF_STREET_M, Premises
from simulator.errands import VISIT_RANGE_S, Errand, Kind
from simulator.patrols.habits import Habits, Left, draw_beat
from simulator.streets import Point, Spot, WalkNet
from simulator.tracks import Span, StayKind, TrackMaker
from simulator.world import City, Grid, Place

_ROLL_CALL_S = (10 * 60.0, 20 * 60.0)
# By how much somebody comes late from a meal.
_LATE_S = (-8 * 60.0, 8 * 60.0)
_MEAL_S = 35 * 60.0
# A shorter break is no time for a meal.
_LEAST_BREAK_S = 40 * 60.0
_SHORT_EXIT_M = (30.0, 80.0)

_SPEED_MPS = 1.15
_SPEED_SPREAD_MPS = 0.2
_SPEED_RANGE_MPS = (0.7, 1.6)
_INDOOR_SPEED_MPS = 0.7
# Nobody unlocks a bicycle for a shorter way.
_RIDE_FROM_M = 200.0
_RIDE_MPS = (3.0, 8.0)
_PAUSE_SHARE = 0.3
_PAUSE_S = 20.0
# Streets are not straight lines to the target.
_DETOUR = 1.3
_BETWEEN_ERRANDS_S = 150.0
_AT_THE_DOOR_S = 60.0
_STATION_FORGETS_SHARE = 0.25
# The terminal is left at one of the first visits, and missed after so long.
_FORGETFUL_VISITS = 4
_MISSED_AFTER_S = (30 * 60.0, 90 * 60.0)
_FETCH_S = 30.0
# Rounds lead to what was passed least: more passes than a day has keep somebody away.
_SHUNNED = 10_000
_MS = 1000


class Worker:
    """Somebody at a spot on a street, at a time, who has errands to run."""

    def __init__(
        self, city: City, grid: Grid, *, start_ms: int, habits: Habits, rng: np.random.Generator
    ) -> None:
        self._city = city
        self._grid = grid
        self._rng = rng
        # By chances of its own: so a day on which nothing of it happens stays what it is.
        self._whim = rng.spawn(1)[0]
        self._rides = bool(self._whim.random() < habits.riding)
        self._forgets = bool(self._whim.random() < habits.forgetting)
        self.forgets_at_station = bool(
            self._forgets and self._whim.random() < _STATION_FORGETS_SHARE
        )
        # Of the visits before that one the terminal comes back as from any other.
        self._visits_before = int(self._whim.integers(_FORGETFUL_VISITS))
        self._left: Left | None = None
        self._in_room_ms = start_ms
        self.left: list[Span] = []
        self._net = WalkNet(city.net, grid.pavement)
        self._own = frozenset(grid.pavement)
        self._passed = dict.fromkeys(grid.pavement, 0)
        self._beat = self._own
        if self._whim.random() < habits.few_streets:
            self._beat = draw_beat(grid.pavement, self._whim)
            self._passed.update(dict.fromkeys(self._own - self._beat, _SHUNNED))
        self._spot = self._some_premises().gate
        self.maker = TrackMaker(start_ms, self._net.point(self._spot))
        self._doing: dict[Kind, Callable[[Errand, int], None]] = {
            Kind.VISIT: self._visit,
            Kind.RING: self._ring,
            Kind.TALK: self._talk,
            Kind.SHORT_EXIT: self._go_over_the_edge,
            Kind.LONG_EXIT: self._go_away,
            Kind.NEXT_DOOR: self._call_next_door,
        }

    def premises(self) -> list[Premises]:
        """Return the premises at which the worker calls, at one of the day's streets each."""
        return [one for one in self._grid.premises if not self._beat.isdisjoint(one.gate.edge)]

    def answer_roll_call(self) -> None:
        """Begin the day anew, at the station."""
        station = self._city.station
        self._spot = station.gate
        self.maker = TrackMaker(self.maker.now_ms, self._net.point(self._spot))
        for_s = float(self._rng.uniform(*_ROLL_CALL_S))
        self._stay_at(station, StayKind.STATION, for_s=for_s)
        if self.forgets_at_station:
            self._forget(None, room=station.middle, until_ms=self.maker.now_ms)
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
        if self._left is not None:
            self._fetch(self._left)

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
            if self._left is not None and self.maker.now_ms >= self._left.missed_ms:
                self._fetch(self._left)

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
        self._go_in(premises)
        end_ms = self.maker.now_ms + round(min(errand.length_s, left_s) * _MS)
        room = premises.inside(*self._rng.uniform(0.2, 0.8, size=2).tolist())
        self._walk_indoors(room)
        if self._forgets and not self.forgets_at_station:
            self._forget(premises, room=room, until_ms=end_ms)
        way_out_s = dist(room, premises.door) / _INDOOR_SPEED_MPS
        self._stand(for_s=(end_ms - self.maker.now_ms) / _MS - way_out_s)
        self._come_out(premises, StayKind.VISIT)

    def _call_next_door(self, errand: Errand, _until_ms: int) -> None:
        """Visit premises of a neighbouring grid, and come back to the edge of the own one."""
        premises = errand.premises
        self._walk_to(premises.gate)
        self._go_in(premises)
        room = premises.inside(*self._whim.uniform(0.2, 0.8, size=2).tolist())
        self._walk_indoors(room)
        self._stand(for_s=errand.length_s)
        self._come_out(premises, StayKind.NEIGHBOUR)
        here = self.maker.here
        ways_in = sorted(self._grid.border)
        node = min(ways_in, key=lambda one: dist(self._net.point(self._at(one)), here))
        self._walk_to(self._at(node))

    def _forget(self, premises: Premises | None, *, room: Point, until_ms: int) -> None:
        """Leave the terminal in the room where it was put down; from some visits it comes along."""
        if self._visits_before > 0 and premises is not None:
            self._visits_before -= 1
            return
        self._forgets = False
        missed_ms = until_ms + round(float(self._whim.uniform(*_MISSED_AFTER_S)) * _MS)
        self._left = Left(self._in_room_ms, missed_ms, room, premises)

    def _fetch(self, left: Left) -> None:
        self._left = None
        if left.premises is None:
            self._stay_at(self._city.station, StayKind.STATION, for_s=_FETCH_S)
            self._walk_to(self._some_premises().gate)
        else:
            self._walk_to(left.premises.gate, within_grid=True)
            self._go_in(left.premises)
            self._walk_indoors(left.room)
            self._stand(for_s=_FETCH_S)
            self._come_out(left.premises, StayKind.FETCH)
        self.left.append(Span(left.since_ms, self._in_room_ms))

    def _go_in(self, premises: Premises) -> None:
        edge = premises.gate.edge
        self.maker.walk(premises.door, edge=edge, speed_mps=self._speed_mps())
        self.maker.enter()

    def _walk_indoors(self, room: Point) -> None:
        self.maker.walk(room, edge=self._spot.edge, speed_mps=_INDOOR_SPEED_MPS)
        self._in_room_ms = self.maker.now_ms

    def _stand(self, *, for_s: float) -> None:
        self.maker.stand(edge=self._spot.edge, for_s=for_s)

    def _come_out(self, premises: Premises, kind: StayKind) -> None:
        self.maker.walk(premises.door, edge=self._spot.edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.leave(kind, premises.premises_id)
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
        self.maker.enter()
        self._walk_indoors(place.middle)
        self._stand(for_s=for_s)
        gate = self._net.point(place.gate)
        self.maker.walk(gate, edge=self._spot.edge, speed_mps=_INDOOR_SPEED_MPS)
        self.maker.leave(kind)

    def _walk_to(self, spot: Spot, *, within_grid: bool = False) -> None:
        speed_mps = self._speed_mps()
        route = self._net.route(self._spot, spot, within=self._own if within_grid else None)
        if self._rides and not within_grid and self._net.route_m(self._spot, route) >= _RIDE_FROM_M:
            speed_mps = float(self._whim.uniform(*_RIDE_MPS))
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
        if errand.kind is Kind.NEXT_DOOR:
            return errand.length_s + 2 * self._way_s(errand.premises.gate) + _AT_THE_DOOR_S
        return errand.length_s + self._way_s(errand.premises.gate) + _AT_THE_DOOR_S

    def _way_s(self, spot: Spot) -> float:
        return dist(self.maker.here, self._net.point(spot)) * _DETOUR / _SPEED_MPS

    def _nearest_canteen(self) -> Place:
        return min(self._city.lunch_places, key=lambda place: self._way_s(place.gate))

    def _some_premises(self) -> Premises:
        premises = self.premises()
        return premises[int(self._rng.integers(len(premises)))]
