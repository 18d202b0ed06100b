"""Home visits: which stretches of a walk were spent inside premises of the worker's grid.

docs/explanation/home-visits.md has the method and what it is worth. Which of two neighbouring
doors it was, a receiver cannot tell; hours count at any premises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from patrol.chains.star import Solved
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import Area, PremisesIndex
from patrol.ids import PremisesId
from patrol.intervals import Interval, intersect, subtract, total
from patrol.notices.checkins import CheckIn
from patrol.track import Integers, Mask, Track
from patrol.visits.attested import attest
from patrol.visits.pairs import Paired, pair_up
from patrol.visits.places import areas_of, contradicted, find_elsewhere
from patrol.visits.stays import Course, Stay, find_course, find_stays
from patrol.visits.visit import HomeVisit, VisitRules, VisitTime, clip

# A normal value lies within so many standard deviations nine times in ten.
_NINE_IN_TEN = 1.645
# Nothing is surer than this.
_LEAST = 1e-6


class _Told(NamedTuple):
    """A course, and of each of its nodes how likely it is inside, tempered, and its run.

    `is_silent` are silences of which nobody can say what they were.
    """

    course: Course
    likely: Floats
    run: Integers
    is_silent: Mask


def find_visits(
    track: Track,
    premises: PremisesIndex,
    *,
    windows: Sequence[Interval],
    rules: VisitRules,
    checkins: Sequence[CheckIn] = (),
) -> list[VisitTime]:
    """Return the visits within each of some windows, which must not overlap.

    What is learned of the receiver in one window helps to judge the others; check-ins may be
    of the whole day and in any order.
    """
    course = find_course(track, premises, windows=windows, rules=rules)
    told = None if course is None else _read(course, rules)
    visits = [] if told is None else _by_position(told, rules)
    if not checkins:
        return [_within(duty, visits, told=told, rules=rules) for duty in windows]
    areas = areas_of(premises)
    usable = _usable(checkins, track, areas, rules=rules)
    own = {one.premises_id for one in premises.own}
    attested = attest(visits, usable, premises=own, rules=rules)
    times = []
    for duty in windows:
        found = _within(duty, attested, told=told, rules=rules)
        possible = _possible(found.visits, track, areas, rules=rules)
        seen = [] if told is None else _seen(duty, told)
        times.append(_with_claims(found, possible, seen))
    return times


def _read(course: Course, rules: VisitRules) -> _Told:
    solved = course.solved
    return _Told(
        course,
        likely=_tempered(solved.inside, rules.trust),
        run=np.concatenate([[0], np.cumsum(solved.outline[1:] != solved.outline[:-1])]),
        is_silent=_is_silent(solved, rules),
    )


def _by_position(told: _Told, rules: VisitRules) -> list[HomeVisit]:
    course = told.course
    return [
        _visit(stay, told)
        for stay in find_stays(course, rules)
        if course.premises.is_own[stay.outline]
    ]


def _usable(
    checkins: Sequence[CheckIn],
    track: Track,
    areas: Mapping[PremisesId, Area],
    *,
    rules: VisitRules,
) -> Paired:
    """Return those check-ins in pairs that fixes do not contradict."""
    elsewhere = find_elsewhere(checkins, track, areas, rules=rules.checkin)
    refused = {one.checkin for one in elsewhere}
    kept = (one for one in checkins if one not in refused)
    paired = pair_up(kept, shortest_s=rules.minimum_s, rules=rules.checkin)
    away = timedelta(seconds=rules.checkin.away_s)
    parted = [
        pair
        for pair in paired.tagged
        if (area := areas.get(pair.premises_id)) is not None
        and total(contradicted(pair.interval, track, area, rules=rules.checkin)) > away
    ]
    return paired.parted(parted)


def _within(
    duty: Interval, visits: list[HomeVisit], *, told: _Told | None, rules: VisitRules
) -> VisitTime:
    """Return what of the visits lies within `duty`, and what is not known of it."""
    # What makes a visit too short is its own length, not where a window or a cover cuts it.
    least = timedelta(seconds=rules.minimum_s)
    whole = (one for one in visits if one.interval.length >= least)
    kept = tuple(clipped for one in whole if (clipped := clip(one, duty, 0.0)))
    if told is None:
        return VisitTime(visits=kept, margin=timedelta(), unseen=duty.length)
    span_s = _span_s(told.course, duty)
    seen_s = float(span_s.sum()) - float(span_s[told.is_silent].sum())
    # Between two tags nothing is in doubt.
    for one in kept:
        if one.grade == "A":
            span_s = span_s - _span_s(told.course, one.interval)
    by_position = sum(one.grade == "B" for one in kept)
    variance_s2 = _variance_s2(told, span_s, by_position, rules=rules)
    return VisitTime(
        visits=kept,
        margin=timedelta(seconds=round(_NINE_IN_TEN * float(np.sqrt(variance_s2)))),
        unseen=max(duty.length - timedelta(seconds=round(seen_s)), timedelta()),
    )


def _span_s(course: Course, span: Interval) -> Floats:
    """Return how much of each node lies within `span`."""
    nodes = course.solved.nodes
    begin_s, end_s = ((epoch_ms(at) - course.begin_ms) / 1000 for at in (span.start, span.end))
    starts, ends = np.maximum(nodes.start_s, begin_s), np.minimum(nodes.end_s, end_s)
    result: Floats = np.maximum(ends - starts, 0.0)
    return result


def _is_silent(solved: Solved, rules: VisitRules) -> Mask:
    """Return which are silences outside visits of which nobody can say what they were."""
    nodes = solved.nodes
    in_street = nodes.is_gap & (solved.outline < 0)
    # A silence is as long as it is, wherever duty or a cover cuts it.
    result: Mask = in_street & (nodes.end_s - nodes.start_s > rules.unseen_gap_s)
    return result


def _seen(duty: Interval, told: _Told) -> list[Interval]:
    """Return the time of duty of which position tells something."""
    course = told.course
    nodes = course.solved.nodes
    seen = (_span_s(course, duty) > 0) & ~told.is_silent
    starts_ms, ends_ms = (
        (course.begin_ms + np.rint(at_s[seen] * 1000).astype(np.int64)).tolist()
        for at_s in (nodes.start_s, nodes.end_s)
    )
    spans = (
        Interval(epoch_of(start), epoch_of(end))
        for start, end in zip(starts_ms, ends_ms, strict=True)
        if start < end
    )
    return intersect(spans, [duty])


def _possible(
    visits: Sequence[HomeVisit],
    track: Track,
    areas: Mapping[PremisesId, Area],
    *,
    rules: VisitRules,
) -> list[Interval]:
    """Return the time that is declared and that no fix contradicts."""
    return [
        part
        for one in visits
        if one.grade == "C"
        for part in subtract(
            [one.interval],
            contradicted(one.interval, track, areas[one.premises_id], rules=rules.checkin),
        )
    ]


def _with_claims(
    found: VisitTime, possible: Sequence[Interval], seen: Sequence[Interval]
) -> VisitTime:
    """Return the time with what is declared, and without what check-ins show of the unseen.

    Of time that is unseen nothing is known whatever is declared of it.
    """
    shown = [one.interval for one in found.visits if one.grade != "C"]
    attested = total(subtract(shown, seen))
    return replace(
        found,
        unseen=max(found.unseen - attested, timedelta()),
        claimed=total(intersect(possible, seen)),
    )


def _visit(stay: Stay, told: _Told) -> HomeVisit:
    course, solved = told.course, told.course.solved
    start_ms, end_ms = (course.begin_ms + round(at * 1000) for at in (stay.start_s, stay.end_s))
    span_s = solved.nodes.end_s[stay.nodes] - solved.nodes.start_s[stay.nodes]
    in_gap = solved.nodes.is_gap[stay.nodes]
    gap_share = float(span_s[in_gap].sum() / span_s.sum())
    length = timedelta(milliseconds=end_ms - start_ms)
    bridged = timedelta(milliseconds=round((end_ms - start_ms) * gap_share))
    inside = solved.inside[stay.nodes]
    any_at = told.likely[stay.nodes]
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


def _variance_s2(told: _Told, span_s: Floats, visits: int, *, rules: VisitRules) -> float:
    """Return how far the visit time may be off: whole runs that are doubtful, and their edges.

    Silences of which nobody can say what they were stand in the unseen time, whole: their doubt
    must not count twice.
    """
    doubt_s = np.where(told.is_silent, 0.0, span_s * np.sqrt(told.likely * (1 - told.likely)))
    by_run = np.bincount(told.run, weights=doubt_s)
    is_informed = told.course.solved.is_informed
    factor = rules.spread_factor if is_informed else rules.plain_spread_factor
    return float((by_run**2).sum() + visits * rules.edge_s**2) * factor**2


def _tempered(likely: Floats, trust: float) -> Floats:
    """Return the probabilities whose log odds are `trust` times those of `likely`."""
    odds = (likely / np.maximum(1 - likely, _LEAST)) ** trust
    result: Floats = odds / (1 + odds)
    return result
