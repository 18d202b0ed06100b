"""What a worker sets out to do in a day, drawn before the day is walked."""

from collections.abc import Sequence
from enum import Enum, auto
from itertools import accumulate, pairwise
from math import log
from typing import NamedTuple

import numpy as np

from simulator.buildings import Premises
from simulator.tracks import Span

VISIT_RANGE_S = (4 * 60.0, 50 * 60.0)
_VISIT_MEDIAN_S = 16 * 60.0
_VISIT_SPREAD = 0.55
_VISITS = 10
_VISITS_RANGE = (7, 14)
# Of the doors rung at, those where nobody opens.
_RING_SHARE = 0.25
_RING_RANGE_S = (20.0, 60.0)
_TALKS = 6
_TALK_MEDIAN_S = 3 * 60.0
_TALK_SPREAD = 0.6
_TALK_RANGE_S = (30.0, 15 * 60.0)
_SHORT_EXITS = 2
_SHORT_EXIT_RANGE_S = (20.0, 120.0)
_LONG_EXIT_SHARE = 0.25
_LONG_EXIT_RANGE_S = (15 * 60.0, 40 * 60.0)
_MEAL_RANGE_S = (30 * 60.0, 45 * 60.0)
_NEXT_DOOR_RANGE_S = (4 * 60.0, 25 * 60.0)
# A longer duty window needs a meal in the middle.
_LONGEST_FAST_MS = 5 * 3_600_000


class Kind(Enum):
    """What is done: at a door, in the street, or beyond the edge of the grid."""

    VISIT = auto()
    RING = auto()
    TALK = auto()
    SHORT_EXIT = auto()
    LONG_EXIT = auto()
    NEXT_DOOR = auto()


class Errand(NamedTuple):
    """One thing to do, at premises; from an exit the worker comes back to them.

    NEXT_DOOR is a call at premises of a neighbouring grid.
    """

    kind: Kind
    length_s: float
    premises: Premises


def draw_errands(
    premises: Sequence[Premises], duty: Sequence[Span], rng: np.random.Generator
) -> list[list[Errand]]:
    """Return the errands of each duty window, in the order in which to run them."""
    exits = [Errand(kind, length_s, _any_of(premises, rng)) for kind, length_s in _exits(rng)]
    errands = [*_at_premises(premises, rng), *exits]
    mixed = [errands[index] for index in rng.permutation(len(errands)).tolist()]
    parts = _share_out(mixed, duty)
    for window, part in zip(duty, parts, strict=True):
        if window.end_ms - window.start_ms > _LONGEST_FAST_MS:
            meal_s = float(rng.uniform(*_MEAL_RANGE_S))
            meal = Errand(Kind.LONG_EXIT, meal_s, _any_of(premises, rng))
            part.insert(len(part) // 2, meal)
    return parts


def add_call_next_door(
    parts: Sequence[list[Errand]], neighbours: Sequence[Premises], rng: np.random.Generator
) -> None:
    """Put a call at premises of a neighbouring grid somewhere among the errands."""
    drawn_s = rng.lognormal(log(_VISIT_MEDIAN_S), _VISIT_SPREAD)
    length_s = float(np.clip(drawn_s, *_NEXT_DOOR_RANGE_S))
    part = parts[int(rng.integers(len(parts)))]
    call = Errand(Kind.NEXT_DOOR, length_s, _any_of(neighbours, rng))
    part.insert(int(rng.integers(len(part) + 1)), call)


def _at_premises(premises: Sequence[Premises], rng: np.random.Generator) -> list[Errand]:
    visits = int(np.clip(rng.poisson(_VISITS), *_VISITS_RANGE))
    rings = int(rng.negative_binomial(visits, 1 - _RING_SHARE))
    talks = int(rng.poisson(_TALKS))
    kinds = [Kind.VISIT] * visits + [Kind.RING] * rings + [Kind.TALK] * talks
    kinds = kinds[: len(premises)]
    # Flats are called at more often than houses, but not once for every household.
    weights = np.sqrt([one.households for one in premises])
    chosen = rng.choice(
        len(premises), size=len(kinds), replace=False, p=weights / weights.sum()
    ).tolist()
    return [
        Errand(kind, _length_s(kind, rng), premises[index])
        for kind, index in zip(kinds, chosen, strict=True)
    ]


def _exits(rng: np.random.Generator) -> list[tuple[Kind, float]]:
    exits = [
        (Kind.SHORT_EXIT, float(rng.uniform(*_SHORT_EXIT_RANGE_S)))
        for _ in range(int(rng.poisson(_SHORT_EXITS)))
    ]
    if rng.random() < _LONG_EXIT_SHARE:
        exits.append((Kind.LONG_EXIT, float(rng.uniform(*_LONG_EXIT_RANGE_S))))
    return exits


def _any_of(premises: Sequence[Premises], rng: np.random.Generator) -> Premises:
    return premises[int(rng.integers(len(premises)))]


def _length_s(kind: Kind, rng: np.random.Generator) -> float:
    if kind is Kind.RING:
        return float(rng.uniform(*_RING_RANGE_S))
    median_s, spread, bounds_s = (
        (_VISIT_MEDIAN_S, _VISIT_SPREAD, VISIT_RANGE_S)
        if kind is Kind.VISIT
        else (_TALK_MEDIAN_S, _TALK_SPREAD, _TALK_RANGE_S)
    )
    return float(np.clip(rng.lognormal(log(median_s), spread), *bounds_s))


def _share_out(errands: Sequence[Errand], duty: Sequence[Span]) -> list[list[Errand]]:
    """Give each window a part of the errands as large as its part of the time."""
    lengths = [window.end_ms - window.start_ms for window in duty]
    cuts = [round(len(errands) * upto / sum(lengths)) for upto in accumulate(lengths, initial=0)]
    return [list(errands[start:end]) for start, end in pairwise(cuts)]
