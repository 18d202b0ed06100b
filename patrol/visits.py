"""Home visits: which stretches of a walk were spent inside premises of the worker's grid.

A chain in continuous time over fixes and silences: walking, standing in the street, or
inside one of the premises, with no way from one premises to another but through the
street. docs/explanation/home-visits.md has the method and what it is worth. Which of two
neighbouring doors it was, a receiver cannot tell; hours count at any premises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.evidence import Walk
from patrol.chains.kernels import outline_distances
from patrol.chains.star import Nodes, Solved, StarRules, make_nodes, solve
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.geofence import PremisesIndex
from patrol.ids import PremisesId
from patrol.intervals import Interval
from patrol.track import Integers, Mask, Track

# Fixes just before and after duty help to judge its edges.
_MARGIN_MS = 600_000
# A normal value lies within so many standard deviations nine times in ten.
_NINE_IN_TEN = 1.645


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRules:
    """Which premises come into question, and what counts as a visit; seconds, metres.

    `edge_s` is how far the begin and end of a visit are off; `spread_factor` scales the
    interval of the visit time, `plain_spread_factor` where the receiver's word on its
    accuracy told nothing.
    """

    star: StarRules = field(default_factory=StarRules)
    near_m: float = 60.0
    near_gap_m: float = 80.0
    near_fixes: int = 3
    # Of a longer silence that is no visit nobody can say what it was ...
    unseen_gap_s: float = 600.0
    # ... and one longer than this is never taken for a visit.
    longest_gap_s: float = 2700.0
    minimum_s: float = 180.0
    merge_s: float = 90.0
    walking_mps: float = 1.2
    edge_s: float = 45.0
    spread_factor: float = 1.05
    plain_spread_factor: float = 2.0


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


class _Found(NamedTuple):
    """Visits of one stretch, the variance of their time, and the silence that says nothing."""

    visits: list[HomeVisit]
    variance_s2: float
    silent_s: float


class _Stay(NamedTuple):
    """A run of nodes inside one premises (a column of the solution), seconds into the walk."""

    start_s: float
    end_s: float
    column: int
    nodes: slice


def find_visits(
    track: Track, premises: PremisesIndex, *, duty: Interval, rules: VisitRules
) -> VisitTime:
    """Return the visits within `duty` and how much of it is not known."""
    visits: list[HomeVisit] = []
    variance_s2 = 0.0
    seen = timedelta()
    for stretch in _stretches(track, duty, rules.longest_gap_s):
        found = _find_in(stretch, premises, duty=duty, rules=rules)
        visits += found.visits
        variance_s2 += found.variance_s2
        seen += _overlap(stretch, duty) - timedelta(seconds=round(found.silent_s))
    return VisitTime(
        visits=tuple(visits),
        margin=timedelta(seconds=round(_NINE_IN_TEN * float(np.sqrt(variance_s2)))),
        unseen=duty.length - seen,
    )


def _stretches(track: Track, duty: Interval, longest_gap_s: float) -> Iterator[Track]:
    """Yield the parts of the track that belong to duty, cut where silence says nothing."""
    first = np.searchsorted(track.epoch_ms, epoch_ms(duty.start) - _MARGIN_MS)
    last = np.searchsorted(track.epoch_ms, epoch_ms(duty.end) + _MARGIN_MS)
    part = track.at(slice(int(first), int(last)))
    cuts = np.flatnonzero(np.diff(part.epoch_ms) > longest_gap_s * 1000) + 1
    borders = [0, *cuts.tolist(), len(part)]
    for start, end in pairwise(borders):
        if end - start > 1:
            yield part.at(slice(start, end))


def _overlap(stretch: Track, duty: Interval) -> timedelta:
    start = max(epoch_of(int(stretch.epoch_ms[0])), duty.start)
    end = min(epoch_of(int(stretch.epoch_ms[-1])), duty.end)
    return max(end - start, timedelta())


def _find_in(
    stretch: Track, premises: PremisesIndex, *, duty: Interval, rules: VisitRules
) -> _Found:
    walk = evidence.make_walk(
        (stretch.epoch_ms - stretch.epoch_ms[0]) / 1000,
        premises.plane.to_metres(stretch.lat_deg, stretch.lon_deg),
        accuracy_m=stretch.accuracy_m,
        sigma_m=stretch.sigma_m,
        rules=rules.star.evidence,
    )
    away_m = outline_distances(walk.x_m, walk.y_m, *premises.outlines())
    near = _candidates(walk, away_m, rules)
    if not near.size:
        nodes = make_nodes(walk)
        span_s = _span_in_duty(nodes, stretch, duty)
        return _Found([], 0.0, _silent_s(nodes.is_gap, span_s, rules))
    solved = solve(walk, away_m[:, near], rules.star)
    span_s = _span_in_duty(solved.nodes, stretch, duty)
    stays = _merged(list(_stays(solved, rules)), rules.merge_s)
    names = [premises.ids[column] for column in near.tolist()]
    visits = [_visit(stay, solved, span_s, stretch=stretch, names=names) for stay in stays]
    kept = [clipped for one in visits if (clipped := _clip(one, duty, rules.minimum_s))]
    return _Found(
        kept,
        _variance_s2(solved, span_s, len(kept), rules=rules),
        _silent_s(solved.nodes.is_gap & (solved.path < 0), span_s, rules),
    )


def _silent_s(in_street: Mask, span_s: Floats, rules: VisitRules) -> float:
    """Return how long the silences outside visits are of which nobody can say what they were."""
    return float(span_s[in_street & (span_s > rules.unseen_gap_s)].sum())


def _candidates(walk: Walk, away_m: Floats, rules: VisitRules) -> Integers:
    """Return the premises that were near often enough, or near where a silence began or ended."""
    at_gap = np.zeros(len(walk), dtype=bool)
    at_gap[:-1] |= walk.is_gap
    at_gap[1:] |= walk.is_gap
    often = (away_m < rules.near_m).sum(axis=0) >= rules.near_fixes
    silent = (away_m[at_gap] < rules.near_gap_m).any(axis=0)
    return np.flatnonzero(often | silent)


def _span_in_duty(nodes: Nodes, stretch: Track, duty: Interval) -> Floats:
    """Return how many seconds of each node lie within duty."""
    begin_s = (epoch_ms(duty.start) - int(stretch.epoch_ms[0])) / 1000
    end_s = (epoch_ms(duty.end) - int(stretch.epoch_ms[0])) / 1000
    inner = np.minimum(nodes.end_s, end_s) - np.maximum(nodes.start_s, begin_s)
    result: Floats = np.maximum(inner, 0.0)
    return result


def _stays(solved: Solved, rules: VisitRules) -> Iterator[_Stay]:
    """Yield the runs of the path that lie inside premises."""
    nodes, path = solved.nodes, solved.path
    changes = np.flatnonzero(np.diff(path)) + 1
    for first, end in pairwise([0, *changes.tolist(), len(path)]):
        column = int(path[first])
        if column < 0:
            continue
        start_s, end_s = float(nodes.start_s[first]), float(nodes.end_s[end - 1])
        # A silence at either end holds the way to and from the last fix in the street, too.
        if nodes.is_gap[first]:
            start_s += solved.away_m[nodes.fix[first], column] / rules.walking_mps
        if nodes.is_gap[end - 1]:
            end_s -= solved.away_m[nodes.fix[end - 1] + 1, column] / rules.walking_mps
        if start_s < end_s:
            yield _Stay(start_s, end_s, column, slice(first, end))


def _merged(stays: list[_Stay], merge_s: float) -> list[_Stay]:
    """Return the stays with those shortly after one another as one, at the longer one's door."""
    merged: list[_Stay] = []
    for stay in stays:
        if merged and stay.start_s - merged[-1].end_s <= merge_s:
            last = merged.pop()
            longer = max(last, stay, key=lambda one: one.end_s - one.start_s)
            nodes = slice(last.nodes.start, stay.nodes.stop)
            merged.append(_Stay(last.start_s, stay.end_s, longer.column, nodes))
        else:
            merged.append(stay)
    return merged


def _visit(
    stay: _Stay, solved: Solved, span_s: Floats, *, stretch: Track, names: list[PremisesId]
) -> HomeVisit:
    begin_ms = int(stretch.epoch_ms[0])
    start_ms, end_ms = (begin_ms + round(at_s * 1000) for at_s in (stay.start_s, stay.end_s))
    each, weight = solved.each[stay.nodes], span_s[stay.nodes] + 1e-3
    in_gap = solved.nodes.is_gap[stay.nodes]
    gap_share = float(weight[in_gap].sum() / weight.sum())
    length = timedelta(milliseconds=end_ms - start_ms)
    bridged = timedelta(milliseconds=round((end_ms - start_ms) * gap_share))
    p_any, p_premises = (
        round(float((weight * likely).sum() / weight.sum()), 3)
        for likely in (each.sum(axis=1), each[:, stay.column])
    )
    return HomeVisit(
        interval=Interval(epoch_of(start_ms), epoch_of(end_ms)),
        premises_id=names[stay.column],
        observed=length - bridged,
        bridged=bridged,
        p_any=min(p_any, 1.0),
        p_premises=min(p_premises, 1.0),
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
    doubt = np.clip(solved.each.sum(axis=1), 0.0, 1.0)
    doubt_s = span_s * np.sqrt(doubt * (1 - doubt))
    run = np.cumsum(np.concatenate([[0], (np.diff(solved.path) != 0)]))
    by_run = np.bincount(run, weights=doubt_s)
    factor = rules.spread_factor if solved.is_informed else rules.plain_spread_factor
    return float((by_run**2).sum() + visits * rules.edge_s**2) * factor**2
