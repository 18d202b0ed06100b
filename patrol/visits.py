"""Home visits: which stretches of a walk were spent inside premises of the worker's grid.

docs/explanation/home-visits.md has the method and what it is worth. Which of two neighbouring
doors it was, a receiver cannot tell; hours count at any premises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np

from patrol.chains.star import Solved
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import PremisesIndex
from patrol.ids import PremisesId
from patrol.intervals import Interval
from patrol.stays import Course, Stay, StayRules, find_course, find_stays
from patrol.track import Track

# A normal value lies within so many standard deviations nine times in ten.
_NINE_IN_TEN = 1.645
# Nothing is surer than this.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRules(StayRules):
    """What counts as a visit, and how far its time may be off; seconds.

    `edge_s` is how far the begin and end of a visit are off; `spread_factor` scales the
    interval of the visit time, `plain_spread_factor` where the receiver's word on its
    accuracy told nothing.
    """

    # Of a longer silence that is no visit nobody can say what it was.
    unseen_gap_s: float = 600.0
    minimum_s: float = 180.0
    edge_s: float = 45.0
    spread_factor: float = 1.05
    plain_spread_factor: float = 1.5
    # A chain is surer than it may be: its log odds count for so much.
    trust: float = 0.8


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class HomeVisit:
    """A visit, how much of it fixes show or silence spans, and how sure it is.

    `p_any` is the probability of having been inside any premises, `p_premises` inside these.
    """

    interval: Interval
    premises_id: PremisesId
    observed: timedelta
    bridged: timedelta
    p_any: float
    p_premises: float

    @property
    def grade(self) -> Literal["B"]:
        """Evidence by position; a tag at the door would make it A, a mere statement C."""
        return "B"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTime:
    """The visits of a stretch of duty, and how far their time may be off.

    The true time lies within `margin` nine times in ten, as far as there is evidence; of the
    time `unseen` nothing is known.
    """

    visits: tuple[HomeVisit, ...]
    margin: timedelta
    unseen: timedelta

    @property
    def visited(self) -> timedelta:
        """How long the visits lasted together."""
        return sum((one.interval.length for one in self.visits), timedelta())


def find_visits(
    track: Track, premises: PremisesIndex, *, windows: Sequence[Interval], rules: VisitRules
) -> list[VisitTime]:
    """Return the visits within each of some windows, which must not overlap.

    What is learned of the receiver in one window helps to judge the others.
    """
    course = find_course(track, premises, windows=windows, rules=rules)
    if course is None:
        return [VisitTime(visits=(), margin=timedelta(), unseen=duty.length) for duty in windows]
    visits = [
        _visit(stay, course, trust=rules.trust)
        for stay in find_stays(course, rules)
        if premises.is_own[stay.outline]
    ]
    return [_within(duty, visits, course=course, rules=rules) for duty in windows]


def _within(
    duty: Interval, visits: list[HomeVisit], *, course: Course, rules: VisitRules
) -> VisitTime:
    """Return what of the visits lies within `duty`, and what is not known of it."""
    nodes = course.solved.nodes
    begin_s, end_s = ((epoch_ms(at) - course.begin_ms) / 1000 for at in (duty.start, duty.end))
    span_s = np.maximum(np.minimum(nodes.end_s, end_s) - np.maximum(nodes.start_s, begin_s), 0.0)
    kept = [clipped for one in visits if (clipped := _clip(one, duty, rules.minimum_s))]
    seen_s = float(span_s.sum()) - _silent_s(course.solved, span_s, rules)
    variance_s2 = _variance_s2(course.solved, span_s, len(kept), rules=rules)
    return VisitTime(
        visits=tuple(kept),
        margin=timedelta(seconds=round(_NINE_IN_TEN * float(np.sqrt(variance_s2)))),
        unseen=max(duty.length - timedelta(seconds=round(seen_s)), timedelta()),
    )


def _silent_s(solved: Solved, span_s: Floats, rules: VisitRules) -> float:
    """Return how long the silences outside visits are of which nobody can say what they were."""
    in_street = solved.nodes.is_gap & (solved.outline < 0)
    return float(span_s[in_street & (span_s > rules.unseen_gap_s)].sum())


def _visit(stay: Stay, course: Course, *, trust: float) -> HomeVisit:
    solved = course.solved
    start_ms, end_ms = (course.begin_ms + round(at * 1000) for at in (stay.start_s, stay.end_s))
    span_s = solved.nodes.end_s[stay.nodes] - solved.nodes.start_s[stay.nodes]
    in_gap = solved.nodes.is_gap[stay.nodes]
    gap_share = float(span_s[in_gap].sum() / span_s.sum())
    length = timedelta(milliseconds=end_ms - start_ms)
    bridged = timedelta(milliseconds=round((end_ms - start_ms) * gap_share))
    inside = solved.inside[stay.nodes]
    any_at = _tempered(inside, trust)
    here_at = any_at * solved.likely(stay.outline, stay.nodes) / np.maximum(inside, 1e-9)
    p_any, p_premises = (
        min(1.0, round(float((span_s * likely).sum() / span_s.sum()), 3))
        for likely in (any_at, here_at)
    )
    return HomeVisit(
        interval=Interval(epoch_of(start_ms), epoch_of(end_ms)),
        premises_id=course.premises.ids[stay.outline],
        observed=length - bridged,
        bridged=bridged,
        p_any=p_any,
        p_premises=p_premises,
    )


def _clip(visit: HomeVisit, duty: Interval, minimum_s: float) -> HomeVisit | None:
    """Return what of a visit lies within duty, or None when that is too short for one."""
    start, end = max(visit.interval.start, duty.start), min(visit.interval.end, duty.end)
    if end - start < timedelta(seconds=minimum_s):
        return None
    share = (end - start) / visit.interval.length
    bridged = timedelta(milliseconds=round(visit.bridged * share / timedelta(milliseconds=1)))
    return replace(
        visit, interval=Interval(start, end), observed=end - start - bridged, bridged=bridged
    )


def _variance_s2(solved: Solved, span_s: Floats, visits: int, *, rules: VisitRules) -> float:
    """Return how far the visit time may be off: whole runs that are doubtful, and their edges."""
    doubt = _tempered(solved.inside, rules.trust)
    doubt_s = span_s * np.sqrt(doubt * (1 - doubt))
    run = np.cumsum(np.concatenate([[0], (np.diff(solved.outline) != 0)]))
    by_run = np.bincount(run, weights=doubt_s)
    factor = rules.spread_factor if solved.is_informed else rules.plain_spread_factor
    return float((by_run**2).sum() + visits * rules.edge_s**2) * factor**2


def _tempered(likely: Floats, trust: float) -> Floats:
    """Return the probabilities whose log odds are `trust` times those of `likely`."""
    odds = (likely / np.maximum(1 - likely, _LEAST)) ** trust
    result: Floats = odds / (1 + odds)
    return result
