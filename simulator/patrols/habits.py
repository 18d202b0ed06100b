"""What happens on some days and not on others."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import dist
from typing import NamedTuple

import numpy as np

from simulator.buildings import Premises
from simulator.streets import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """The shares of days that have something; each day draws for itself.

    On a day of `riding` the longer ways out of the grid and back are ridden; on one of
    `neighbours` the worker also calls at premises of a neighbouring grid; on one of
    `forgetting` the terminal is left behind at premises, now and then at the station, and
    fetched later; on one of `few_streets` rounds and calls keep
    to a third of the crossings.
    """

    riding: float = 1 / 3
    neighbours: float = 0.25
    forgetting: float = 0.0
    few_streets: float = 0.0


class Left(NamedTuple):
    """A terminal that lies somewhere: since when, where, and when it is missed.

    Without premises it lies at the station.
    """

    since_ms: int
    missed_ms: int
    room: Point
    premises: Premises | None


def draw_beat(places: Mapping[int, Point], rng: np.random.Generator) -> frozenset[int]:
    """Return a third of the crossings, around one that is drawn."""
    middle = places[int(rng.choice(sorted(places)))]
    by_distance = sorted(places, key=lambda node: dist(places[node], middle))
    return frozenset(by_distance[: len(places) // 3])
