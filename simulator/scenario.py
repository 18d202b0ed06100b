"""One day in one city, whole: from a few numbers to what every receiver observed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeAlias

import numpy as np

from patrol.duty import read_zone
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.geodesy import Floats, LocalPlane
from simulator.hazards.sparing import moves
from simulator.nmea import MODELS, Solutions
from simulator.noise import CANYON, INDOORS, OPEN, Observed, Receiver, Scene, observe
from simulator.patrols import Day, Habits, make_day
from simulator.streets import StreetNet
from simulator.tracks import OUTDOORS, Ints, Span, Track
from simulator.world import MOST_GRIDS, City, make_city

Windows: TypeAlias = tuple[tuple[time, time], ...]

DEFAULT_DUTY: Windows = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
_MOST_INTERVAL_S = 300
_USUAL_RECEIVER = Receiver()
_USUAL_HABITS = Habits()
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
# Kinds of chance, each drawn from a stream of its own: so one more worker, or another
# day, changes nothing else.
_CITY, _PATROL, _NOISE = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that a simulated day depends on.

    Terminals that are `sparing` say nothing while they stand still. Raises InputError when a value is out of range or the time zone is not known.
    """

    seed: int = 1
    workers: int = 12
    day: date
    timezone: str = "Asia/Shanghai"
    interval_s: int = 10
    lat_deg: float = 30.66
    lon_deg: float = 104.06
    duty: Windows = DEFAULT_DUTY
    sparing: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}: use 0 or more")
        if not 1 <= self.workers <= MOST_GRIDS:
            raise InputError(f"workers is {self.workers}: use 1 to {MOST_GRIDS}")
        if not 1 <= self.interval_s <= _MOST_INTERVAL_S:
            raise InputError(f"interval is {self.interval_s}: use 1 to {_MOST_INTERVAL_S} seconds")
        # Receivers tell the year with two digits.
        if not _FIRST_YEAR <= self.day.year <= _LAST_YEAR:
            raise InputError(f"day is {self.day}: use one from {_FIRST_YEAR} to {_LAST_YEAR}")
        read_zone(self.timezone)

    def at(self, clock: time) -> datetime:
        """Return the moment at which the clocks of the city show `clock` on the day."""
        return datetime.combine(self.day, clock, tzinfo=read_zone(self.timezone))

    def duty_spans(self) -> tuple[Span, ...]:
        """Return the duty windows of the day."""
        return tuple(Span(epoch_ms(self.at(one)), epoch_ms(self.at(two))) for one, two in self.duty)


@dataclass(frozen=True, slots=True, eq=False)
class WorkerDay:
    """A worker with a terminal: what was true, and what the terminal told."""

    worker_id: str
    name: str
    terminal_id: str
    model: str
    day: Day
    solutions: Solutions


def build_city(scenario: Scenario) -> City:
    """Return the city; it is the same on every day."""
    return make_city(
        _chance(scenario, _CITY),
        grids=scenario.workers,
        lat_deg=scenario.lat_deg,
        lon_deg=scenario.lon_deg,
    )


def terminal_ids(scenario: Scenario) -> list[str]:
    """Return the names of the terminals, in the order of their workers."""
    return [f"T{number:02d}" for number in range(1, scenario.workers + 1)]


def build_days(
    scenario: Scenario,
    city: City,
    *,
    receiver: Receiver = _USUAL_RECEIVER,
    habits: Habits = _USUAL_HABITS,
) -> Iterator[WorkerDay]:
    """Yield the day of every worker; the truth is the same whatever the receivers are."""
    for terminal_id in terminal_ids(scenario):
        yield build_day(scenario, city, terminal_id, receiver=receiver, habits=habits)


def build_day(
    scenario: Scenario,
    city: City,
    terminal_id: str,
    *,
    receiver: Receiver = _USUAL_RECEIVER,
    habits: Habits = _USUAL_HABITS,
) -> WorkerDay:
    """Return the day of the worker who carries a terminal, or raise InputError."""
    known = terminal_ids(scenario)
    if terminal_id not in known:
        raise InputError(f"no terminal {terminal_id!r} here: known are {known[0]} to {known[-1]}")
    index = known.index(terminal_id)
    number = index + 1
    rng = _chance(scenario, _PATROL, number)
    duty = scenario.duty_spans()
    day = make_day(city, city.grids[index], duty=duty, rng=rng, habits=habits)
    return WorkerDay(
        worker_id=f"W{number:02d}",
        name=f"Worker {number:02d}",
        terminal_id=terminal_id,
        model=list(MODELS)[index % len(MODELS)],
        day=day,
        solutions=told(scenario, city, day, number=number, receiver=receiver),
    )


def told(scenario: Scenario, city: City, day: Day, *, number: int, receiver: Receiver) -> Solutions:
    """Return what terminal `number` tells on the way of the terminal of `day`."""
    rng = _chance(scenario, _NOISE, number)
    at_ms = _epochs(scenario, first_s=int(rng.integers(scenario.interval_s)))
    observed = observe(_scene(city.net, day.terminal, at_ms), receiver, rng)
    every = _in_whole_units(at_ms, observed, city.plane)
    if not scenario.sparing:
        return every
    return every.at(moves(every.epoch_ms, every.lat_e7, every.lon_e7, heard=every.solved))


def _chance(scenario: Scenario, kind: int, number: int = 0) -> np.random.Generator:
    day = scenario.day.toordinal() if kind != _CITY else 0
    seeds = np.random.SeedSequence([scenario.seed, kind, number, day])
    return np.random.Generator(np.random.PCG64(seeds))


def _epochs(scenario: Scenario, *, first_s: int) -> Ints:
    """Return when the receiver gives solutions: during duty alone, like the terminal."""
    step_ms = scenario.interval_s * 1000
    return np.concatenate(
        [
            np.arange(window.start_ms + first_s * 1000, window.end_ms, step_ms, dtype=np.int64)
            for window in scenario.duty_spans()
        ]
    )


def _scene(net: StreetNet, track: Track, at_ms: Ints) -> Scene:
    pieces = track.pieces(at_ms)
    x_m, y_m = track.places(at_ms)
    x_mps, y_mps = track.velocities(at_ms)
    stay_of, edge_of = track.stay_of[pieces], track.edge_of[pieces]
    is_canyon = np.array([net.streets[net.street_of[edge]].is_canyon for edge in track.edges])
    outdoors = np.where(is_canyon[edge_of], CANYON, OPEN)
    is_outdoors = stay_of == OUTDOORS
    bias_x_m, bias_y_m = _street_biases(net, track)
    return Scene(
        at_ms=at_ms,
        x_m=x_m,
        y_m=y_m,
        x_mps=x_mps,
        y_mps=y_mps,
        street_bias_x_m=bias_x_m[edge_of] * is_outdoors,
        street_bias_y_m=bias_y_m[edge_of] * is_outdoors,
        surroundings=np.where(is_outdoors, outdoors, INDOORS).astype(np.int64),
        stay_of=stay_of,
        stays=tuple(stay.span for stay in track.stays),
    )


def _street_biases(net: StreetNet, track: Track) -> tuple[Floats, Floats]:
    """Return the shift across each piece of street that the track uses."""
    starts = np.array([net.nodes[a] for a, _ in track.edges])
    ways = np.array([net.nodes[b] for _, b in track.edges]) - starts
    bias_m = np.array([net.streets[net.street_of[edge]].bias_m for edge in track.edges])
    across = np.stack([-ways[:, 1], ways[:, 0]]) / np.hypot(ways[:, 0], ways[:, 1])
    return across[0] * bias_m, across[1] * bias_m


def _in_whole_units(at_ms: Ints, observed: Observed, plane: LocalPlane) -> Solutions:
    lat_deg, lon_deg = plane.to_degrees(observed.x_m, observed.y_m)
    course_deg = np.degrees(np.arctan2(observed.x_mps, observed.y_mps)) % 360
    return Solutions(
        epoch_ms=at_ms,
        solved=observed.solved,
        lat_e7=_whole(lat_deg * 1e7),
        lon_e7=_whole(lon_deg * 1e7),
        altitude_dm=_whole(observed.altitude_m * 10),
        speed_cmps=_whole(np.hypot(observed.x_mps, observed.y_mps) * 100),
        course_ddeg=_whole(course_deg * 10) % 3600,
        hdop_c=_whole(observed.hdop * 100),
        accuracy_dm=_whole(observed.accuracy_m * 10),
        satellites=observed.satellites,
    )


def _whole(values: Floats) -> Ints:
    return np.rint(values).astype(np.int64)
