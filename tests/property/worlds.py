"""Whole worlds that can be drawn, and put down anywhere on the globe at any time.

Two hours of duty in two windows: the own grid with doors, an outline, checkpoints and a
neighbour's door near its edge; then the same or another one with streets. Cover, excuses, a
station.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeAlias

import numpy as np
from hypothesis import strategies as st

from patrol.compliance import DayFacts
from patrol.coverage import Checkpoint, Route, Street, Streets
from patrol.duty import DutyWindow
from patrol.fix import epoch_ms
from patrol.geodesy import LocalPlane
from patrol.geofence import AuthorisedPlace, Grid, Premises, PremisesIndex, read_area
from patrol.ids import CheckpointId, GridId, PlaceId, PremisesId
from patrol.intervals import Interval
from patrol.messages import Flag
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement
from patrol.track import UNKNOWN, FixColumns
from tests.makers import CITY, DAY, GRID, NOON, WORKER, Leg, door, pick, square, walk

EAST = GridId("G02")
PACE_MPS = 1.2
_ERROR_M, _LEAP_M = 2.5, 5_000.0
WINDOWS_S = ((0.0, 4000.0), (4600.0, 7600.0))
DOORS = {"A": (100.0, 0.0), "B": (-100.0, 50.0), "C": (60.0, -120.0), "D": (-20.0, 150.0)}
EAST_DOORS = {"E": (600.0, 0.0), "F": (700.0, -100.0)}
# Of a grid of somebody else's, a step beyond the northern edge.
BEYOND = {"N": (120.0, 225.0)}
CHECKPOINTS = {"K1": (0.0, 0.0), "K2": (-150.0, -150.0), "K3": (150.0, 160.0)}
STREETS = (((450.0, 0.0), (750.0, 0.0)), ((600.0, -150.0), (600.0, 150.0)))

# Begin and end of each, in seconds from the start of a world.
Spans: TypeAlias = list[tuple[float, float]]


class Deed(Enum):
    """What somebody does at a place, for so many minutes."""

    STAY = "stay"
    BE_SILENT = "be silent"
    PRETEND = "pretend"
    LEAP = "leap"


@dataclass(frozen=True, slots=True)
class Stop:
    """A way to a place, and what is done there for how long."""

    place_m: tuple[float, float]
    deed: Deed
    lasts_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A day: its stops, the errors of its receiver, and the time that is excused."""

    stops: tuple[Stop, ...]
    seed: int
    every_s: float = 10.0
    has_accuracy: bool = True
    excused_s: tuple[tuple[int, int], ...] = ()
    is_covering: bool = False
    plane: LocalPlane = CITY
    starts: datetime = NOON
    # The day to which the first window counts, where it begins.
    day: date = DAY
    # Where the second window is owed.
    then: GridId = EAST

    def span(self, start_s: float, end_s: float) -> Interval:
        """Return an interval told in seconds from the start."""
        return Interval(self._at(start_s), self._at(end_s))

    def fixes(self) -> FixColumns:
        """Return what the receiver told."""
        legs, spans = self._course()
        fixes = walk(legs, every_s=self.every_s, plane=self.plane, shift=self.starts - NOON)
        seconds = (fixes.epoch_ms - epoch_ms(self.starts)) / 1000
        off_m = np.random.default_rng(self.seed).normal(0.0, _ERROR_M, (2, len(fixes)))
        off_m[1] += np.where(_within(seconds, spans[Deed.LEAP]), _LEAP_M, 0.0)
        flags = np.where(_within(seconds, spans[Deed.PRETEND]), int(Flag.MOCK), 0)
        accuracy_dm = fixes.accuracy_dm if self.has_accuracy else np.full(len(fixes), UNKNOWN)
        told = replace(
            _strayed(fixes, self.plane, legs, off_m=off_m),
            flags=flags.astype(np.int64),
            accuracy_dm=accuracy_dm,
        )
        return pick(told, np.flatnonzero(~_within(seconds, spans[Deed.BE_SILENT])))

    def facts(self) -> DayFacts:
        """Return all that is known of the day."""
        return DayFacts(
            worker_id=WORKER,
            day=self.day,
            windows=[
                DutyWindow(WORKER, self.span(*edges), grid)
                for edges, grid in zip(WINDOWS_S, (GRID, self.then), strict=True)
            ],
            grids={GRID: self._grid(GRID, 0.0), EAST: self._grid(EAST, 600.0)},
            premises={
                GRID: PremisesIndex(self._doors(DOORS), self._doors(BEYOND)),
                EAST: PremisesIndex(self._doors(EAST_DOORS)),
            },
            places=[AuthorisedPlace(PlaceId("S"), self._circle((0.0, -400.0), 30.0))],
            fixes=self.fixes(),
            requirements=[Requirement(visit=timedelta(minutes=40), coverage_share=0.5)],
            excuses=[
                Excuse(interval=self.span(*edges), kind=ExcuseKind.OTHER)
                for edges in self.excused_s
            ],
            covers=[Cover(WORKER, self.span(600, 3000), EAST)] if self.is_covering else [],
            routes=self._routes(),
        )

    def _at(self, seconds: float) -> datetime:
        return self.starts + timedelta(seconds=seconds)

    def _course(self) -> tuple[list[Leg], dict[Deed, Spans]]:
        """Return the legs of the walk, and when each deed was done, seconds."""
        clock, here = -300.0, self.stops[0].place_m
        legs = [(clock, *here)]
        spans: dict[Deed, Spans] = {deed: [] for deed in Deed}
        for stop in self.stops:
            clock += np.hypot(stop.place_m[0] - here[0], stop.place_m[1] - here[1]) / PACE_MPS
            legs += [(clock, *stop.place_m), (clock + stop.lasts_s, *stop.place_m)]
            spans[stop.deed].append((clock, clock + stop.lasts_s))
            clock, here = clock + stop.lasts_s, stop.place_m
        return legs, spans

    def _grid(self, name: GridId, x_m: float) -> Grid:
        return Grid(name, read_area(square(plane=self.plane, middle_m=(0.0, x_m, 0.0))))

    def _circle(self, place_m: tuple[float, float], radius_m: float):
        lat_deg, lon_deg = self.plane.to_degrees(*np.array(place_m).reshape(2, 1))
        point = {"type": "Point", "coordinates": [float(lon_deg[0]), float(lat_deg[0])]}
        return read_area(point, radius_m=radius_m)

    def _doors(self, places: dict[str, tuple[float, float]]) -> list[Premises]:
        doors = [door(name, *place, plane=self.plane) for name, place in places.items()]
        if "D" not in places:
            return doors
        # This one is known by its outline.
        outline = square(20.0, plane=self.plane, middle_m=(0.0, *places["D"]))
        return [*doors[:-1], Premises(PremisesId("D"), read_area(outline))]

    def _routes(self) -> dict[GridId, Route]:
        lines = [
            Street((np.column_stack(self.plane.to_degrees(*np.array(line).T)[::-1]),))
            for line in STREETS
        ]
        checkpoints = [
            Checkpoint(CheckpointId(name), self._circle(place, 20.0))
            for name, place in CHECKPOINTS.items()
        ]
        return {
            GRID: Route(self._grid(GRID, 0.0), checkpoints=checkpoints),
            EAST: Route(self._grid(EAST, 600.0), streets=Streets(lines)),
        }


def _strayed(
    fixes: FixColumns, plane: LocalPlane, legs: list[Leg], *, off_m: np.ndarray
) -> FixColumns:
    """Return fixes with errors in metres, which are the same ones wherever the world lies."""
    times, xs, ys = (np.array(column, dtype=float) for column in zip(*legs, strict=True))
    seconds = (fixes.epoch_ms - fixes.epoch_ms[0]) / 1000 + times[0]
    lat_deg, lon_deg = plane.to_degrees(
        np.interp(seconds, times, xs) + off_m[0], np.interp(seconds, times, ys) + off_m[1]
    )
    return replace(
        fixes,
        lat_e7=np.rint(lat_deg * 1e7).astype(np.int64),
        lon_e7=np.rint(lon_deg * 1e7).astype(np.int64),
    )


def _within(seconds: np.ndarray, spans: Spans) -> np.ndarray:
    inner = [(seconds > start) & (seconds < end) for start, end in spans]
    return np.any([np.zeros(len(seconds), dtype=bool), *inner], axis=0)


CALLS = st.builds(
    Stop,
    st.sampled_from([*DOORS.values(), *EAST_DOORS.values(), *BEYOND.values()]),
    st.sampled_from([Deed.STAY, Deed.STAY, Deed.STAY, Deed.BE_SILENT]),
    st.integers(8, 25).map(lambda minutes: 60 * minutes),
)
# On the round, at the station, and clearly beyond every edge.
STAYS = st.builds(
    Stop,
    st.sampled_from([*CHECKPOINTS.values(), (0.0, -400.0), (-500.0, 100.0), (600.0, 120.0)]),
    st.sampled_from([Deed.STAY, Deed.STAY, Deed.PRETEND]),
    st.integers(0, 12).map(lambda minutes: 60 * minutes),
)
LEAPS = st.builds(Stop, st.just((-60.0, -30.0)), st.just(Deed.LEAP), st.just(1000))
SILENCES = st.builds(
    Stop, st.just((-60.0, -30.0)), st.just(Deed.BE_SILENT), st.sampled_from([300, 900, 2000])
)
# Calls are the rule, and leaps are rare.
STOPS = st.sampled_from([CALLS, CALLS, CALLS, STAYS, STAYS, SILENCES, LEAPS]).flatmap(
    lambda stops: stops
)
WORLDS = st.builds(
    World,
    stops=st.lists(STOPS, min_size=6, max_size=14).map(tuple),
    seed=st.integers(0, 2**32 - 1),
    every_s=st.sampled_from([5.0, 10.0, 30.0]),
    has_accuracy=st.booleans(),
    excused_s=st.lists(
        st.tuples(st.integers(-600, 7000), st.integers(60, 2000)).map(
            lambda edges: (edges[0], sum(edges))
        ),
        max_size=2,
    ).map(tuple),
    is_covering=st.booleans(),
    then=st.sampled_from([GRID, EAST]),
)
