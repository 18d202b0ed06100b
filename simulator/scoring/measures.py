"""How far answers are from the truth: a mark for each worker-day, measures over many."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan
from typing import Any

import numpy as np

from patrol.compliance import Verdict
from patrol.intervals import Interval, intersect, subtract, total

WEEK_DAYS = 5
_OVERLAP = 0.5
_IN_TIME = timedelta(seconds=60)
# What is seen for less may be an error of the receiver: nobody could claim an absence.
_LEAST_SEEN = timedelta(minutes=2)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a worker did on duty.

    `present` is in the grid or at an authorised place, `far_exits` are the stretches of
    absences in which the worker was far beyond the edge for long. `walked_share` is the part
    of the grid's streets that was walked, None where nobody asks.
    """

    duty: Sequence[Interval]
    present: Sequence[Interval]
    visits: Sequence[Interval]
    far_exits: Sequence[Interval] = ()
    walked_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the rules made of the fixes, whose `epochs` are in order.

    `walked_share` is the share of streets that was walked, with the bounds of it.
    """

    inside: Sequence[Interval]
    outside: Sequence[Interval]
    unknown: Sequence[Interval]
    visits: Sequence[Interval]
    visited_low: timedelta
    visited_high: timedelta
    visit_verdict: Verdict
    epochs: Sequence[datetime]
    walked_share: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One worker-day's answer beside its truth; minutes and counts."""

    visit_error_min: float
    true_visits: int
    found_visits: int
    matched_visits: int
    presence_error_min: float
    unknown_min: float
    false_exits: int
    far_exits: int
    far_exits_in_time: int
    is_covered: bool
    is_decided: bool
    is_wrong: bool
    street_error_points: float | None = None
    is_street_share_covered: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Figures over many worker-days; NaN where there was nothing to measure."""

    visit_error_min: float
    visit_error_p95_min: float
    visit_bias_min: float
    visit_error_decided_min: float
    visit_precision: float
    visit_recall: float
    false_exits_a_week: float
    far_exits_in_time: float
    presence_error_min: float
    unknown_min: float
    verdicts_wrong: float
    verdicts_undetermined: float
    interval_coverage: float
    street_error_points: float
    street_interval_coverage: float


def mark(truth: Truth, answer: Answer, *, required: timedelta) -> Mark:
    """Return the mark of one worker-day; `required` is the time of visits owed."""
    visited = total(truth.visits)
    absent = subtract(truth.duty, truth.present)
    claimed_wrongly = [*intersect(answer.inside, absent), *intersect(answer.outside, truth.present)]
    seen = [at for one in truth.far_exits if (at := _seen_from(one, answer.epochs))]
    met = answer.visit_verdict is Verdict.MET
    is_decided = answer.visit_verdict is not Verdict.UNDETERMINED
    return Mark(
        visit_error_min=(total(answer.visits) - visited) / _MINUTE,
        true_visits=len(truth.visits),
        found_visits=len(answer.visits),
        matched_visits=_count_matches(truth.visits, answer.visits),
        presence_error_min=total(claimed_wrongly) / _MINUTE,
        unknown_min=total(answer.unknown) / _MINUTE,
        false_exits=sum(not intersect([one], absent) for one in answer.outside),
        far_exits=len(seen),
        far_exits_in_time=sum(_is_in_time(answer.outside, seen=at) for at in seen),
        is_covered=answer.visited_low <= visited <= answer.visited_high,
        is_decided=is_decided,
        is_wrong=is_decided and met != (visited >= required),
        **_mark_streets(truth.walked_share, answer.walked_share),
    )


def measure(marks: Sequence[Mark]) -> Measures:
    """Return the measures of at least one worker-day."""
    errors = np.array([one.visit_error_min for one in marks])
    decided = np.array([one.is_decided for one in marks])
    matched = _sum(marks, lambda one: one.matched_visits)
    return Measures(
        visit_error_min=float(np.abs(errors).mean()),
        visit_error_p95_min=float(np.percentile(np.abs(errors), 95)),
        visit_bias_min=float(errors.mean()),
        visit_error_decided_min=_share(np.abs(errors[decided]).sum(), decided.sum()),
        visit_precision=_share(matched, _sum(marks, lambda one: one.found_visits)),
        visit_recall=_share(matched, _sum(marks, lambda one: one.true_visits)),
        false_exits_a_week=_mean(marks, lambda one: one.false_exits) * WEEK_DAYS,
        far_exits_in_time=_share(
            _sum(marks, lambda one: one.far_exits_in_time), _sum(marks, lambda one: one.far_exits)
        ),
        presence_error_min=_mean(marks, lambda one: one.presence_error_min),
        unknown_min=_mean(marks, lambda one: one.unknown_min),
        verdicts_wrong=_mean(marks, lambda one: one.is_wrong),
        verdicts_undetermined=_mean(marks, lambda one: not one.is_decided),
        interval_coverage=_mean(marks, lambda one: one.is_covered),
        street_error_points=_known_mean([one.street_error_points for one in marks]),
        street_interval_coverage=_known_mean([one.is_street_share_covered for one in marks]),
    )


def _mark_streets(true: float | None, answer: tuple[float, float, float] | None) -> dict[str, Any]:
    if true is None or answer is None:
        return {}
    share, low, high = answer
    return {
        "street_error_points": 100 * abs(share - true),
        "is_street_share_covered": low <= true <= high,
    }


def _count_matches(truth: Sequence[Interval], found: Sequence[Interval]) -> int:
    """Count the true visits that a found one overlaps by half of both together."""
    # Visits are disjoint, so none can be matched by two others but by exact halves.
    left = list(found)
    count = 0
    for visit in truth:
        match = next((one for one in left if _overlap(visit, one) >= _OVERLAP), None)
        if match is not None:
            left.remove(match)
            count += 1
    return count


def _overlap(one: Interval, other: Interval) -> float:
    return total(intersect([one], [other])) / total([one, other])


def _seen_from(span: Interval, epochs: Sequence[datetime]) -> datetime | None:
    """Return the first fix within `span`, if there are fixes for long enough."""
    within = epochs[bisect_left(epochs, span.start) : bisect_left(epochs, span.end)]
    return within[0] if within and within[-1] - within[0] >= _LEAST_SEEN else None


def _is_in_time(found: Sequence[Interval], *, seen: datetime) -> bool:
    """Whether `found` says so not later than a minute after the first fix out there."""
    return any(one.start <= seen + _IN_TIME and one.end > seen for one in found)


def _sum(marks: Sequence[Mark], value: Callable[[Mark], float]) -> float:
    return sum(value(one) for one in marks)


def _mean(marks: Sequence[Mark], value: Callable[[Mark], float]) -> float:
    return _sum(marks, value) / len(marks)


def _known_mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return _share(sum(known), len(known))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else nan
