"""How far visits are from the true ones: minutes a day, and visits found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import nan
from statistics import fmean

from benchmarks.assess.days import KnownDay
from patrol.intervals import Interval, intersect, subtract, total

_OVERLAP = 0.5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Figures over many worker-days; NaN where there was nothing to measure.

    What is claimed wrongly and what is missed cancel in the error of a day's minutes; in
    `wrong_min`, the minutes of both, they do not. A visit is found when a true one and it share half of the time of both together.
    """

    error_min: float
    bias_min: float
    wrong_min: float
    precision: float
    recall: float


def measure(days: Sequence[KnownDay], visits: Mapping[str, Sequence[Interval]]) -> Measures:
    """Return the measures of the visits found on each day."""
    pairs = [(day.true_visits, visits.get(day.key, ())) for day in days]
    errors_min = [(total(found) - total(true)) / _MINUTE for true, found in pairs]
    matched = sum(_count_matches(true, found) for true, found in pairs)
    return Measures(
        error_min=fmean(abs(error) for error in errors_min),
        bias_min=fmean(errors_min),
        wrong_min=fmean(_wrong(true, found) / _MINUTE for true, found in pairs),
        precision=_share(matched, sum(len(found) for _, found in pairs)),
        recall=_share(matched, sum(len(true) for true, _ in pairs)),
    )


def _wrong(true: Sequence[Interval], found: Sequence[Interval]) -> timedelta:
    return total(subtract(true, found)) + total(subtract(found, true))


def _count_matches(true: Sequence[Interval], found: Sequence[Interval]) -> int:
    # True visits are disjoint: two of them could share half with one found only by exact halves.
    return sum(any(_overlap(one, other) >= _OVERLAP for other in found) for one in true)


def _overlap(one: Interval, other: Interval) -> float:
    return total(intersect([one], [other])) / total([one, other])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
