"""Simulated days for tests, each made once."""

from collections.abc import Sequence
from datetime import date, time
from functools import cache

from simulator.patrols import Day
from simulator.scenario import Scenario, WorkerDay, build_city, build_days
from simulator.streets import Point
from simulator.tracks import Span
from simulator.world import City, Grid

DAY = date(2026, 3, 2)
ONE_WINDOW = ((time(9, 0), time(17, 0)),)
HOUR_MS = 3_600_000


@cache
def small(seed: int = 1) -> tuple[Scenario, City, list[WorkerDay]]:
    """Return a city of three workers and its day."""
    return made(Scenario(seed=seed, workers=3, day=DAY))


@cache
def made(scenario: Scenario) -> tuple[Scenario, City, list[WorkerDay]]:
    """Return a scenario with everything that follows from it."""
    city = build_city(scenario)
    return scenario, city, list(build_days(scenario, city))


def grid_of(city: City, day: Day) -> Grid:
    """Return the grid in which presence is owed."""
    return next(grid for grid in city.grids if grid.grid_id == day.grid_id)


def minutes(spans: Sequence[Span]) -> float:
    """Return how long the spans last together."""
    return sum(span.end_ms - span.start_ms for span in spans) / 60_000


def box(west: float, south: float, east: float, north: float) -> list[Point]:
    """Return a rectangle's corners."""
    return [(west, south), (east, south), (east, north), (west, north)]
