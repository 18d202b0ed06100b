"""The true day of a worker: rounds, home visits, talks in the street, ways out of the grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.buildings import Premises
from simulator.errands import Errand, add_call_next_door, draw_errands
from simulator.hazards.left_behind import lay_down
from simulator.patrols.habits import Habits
from simulator.patrols.worker import Worker
from simulator.tracks import Span, Stay, StayKind, Track, spans_inside
from simulator.world import City, Grid

_STATION_SHARE = 0.25
# How often, and by how much, somebody leaves before duty ends.
_EARLY_SHARE = 0.4
_EARLY_S = (0.0, 12 * 60.0)
_BEFORE_DUTY_MS = 60_000
# Grids are neighbours across a street, not across a crossing.
_SHARED_CROSSINGS = 2
_USUAL_HABITS = Habits()


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What a worker truly did: the duty windows, the way, and whether it lay in the grid.

    `terminal` is the way of the terminal: the worker's own, but for the times of `left`,
    when it lay somewhere and the worker went on.
    """

    grid_id: str
    duty: tuple[Span, ...]
    track: Track
    inside: tuple[Span, ...]
    outside: tuple[Span, ...]
    terminal: Track
    left: tuple[Span, ...]

    def stays(self, kind: StayKind) -> list[Stay]:
        """Return the worker's stays of one kind, in order."""
        return [stay for stay in self.track.stays if stay.kind is kind]


def make_day(
    city: City,
    grid: Grid,
    *,
    duty: Sequence[Span],
    rng: np.random.Generator,
    habits: Habits = _USUAL_HABITS,
) -> Day:
    """Return a day of the worker who owes presence in `grid` during `duty`, in time order."""
    start_ms = duty[0].start_ms - _BEFORE_DUTY_MS
    worker = Worker(city, grid, start_ms=start_ms, habits=habits, rng=rng)
    if rng.random() < _STATION_SHARE or worker.forgets_at_station:
        worker.answer_roll_call()
    parts = draw_errands(worker.premises(), duty, rng)
    _add_habits(parts, city, grid, habits=habits, rng=rng.spawn(1)[0])
    for window, errands in zip(duty, parts, strict=True):
        is_early = rng.random() < _EARLY_SHARE
        early_s = float(rng.uniform(*_EARLY_S)) if is_early else 0.0
        until_ms = window.end_ms - round(early_s * 1000)
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
        terminal=lay_down(track, worker.left),
        left=tuple(worker.left),
    )


def neighbours(city: City, grid: Grid) -> list[Premises]:
    """Return the premises of all grids across a street from `grid`."""
    return [
        premises
        for other in city.grids
        if other is not grid and len(other.border & grid.border) >= _SHARED_CROSSINGS
        for premises in other.premises
    ]


def _add_habits(
    parts: list[list[Errand]],
    city: City,
    grid: Grid,
    *,
    habits: Habits,
    rng: np.random.Generator,
) -> None:
    """Add what not every day has, by chances of its own: so other days stay what they are."""
    there = neighbours(city, grid)
    if there and rng.random() < habits.neighbours:
        add_call_next_door(parts, there, rng)
