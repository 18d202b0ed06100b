"""Stays: the runs of a walk that were spent inside one of the premises.

A chain in continuous time over fixes and silences: walking, standing in the street, or
inside one of the premises, with no way from one premises to another but through the
street.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from patrol.chains.outlines import signed_distances
from patrol.chains.star import Shapes, Solved, StarRules, solve
from patrol.chains.walks import Walk, make_walk
from patrol.fix import epoch_ms
from patrol.geofence import PremisesIndex
from patrol.intervals import Interval
from patrol.track import Integers, Mask, Track

# Fixes just before and after duty help to judge its edges.
_MARGIN_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StayRules:
    """The chain, and what joins and parts stays; seconds, metres."""

    star: StarRules = field(default_factory=StarRules)
    # A longer silence is never taken for a visit.
    longest_gap_s: float = 2700.0
    merge_s: float = 90.0
    # Premises of another grid are where a stay was if those of the own one are so much farther.
    clearly_nearer_m: float = 15.0
    walking_mps: float = 1.2


class Stay(NamedTuple):
    """A run of nodes inside one premises, seconds into the walk."""

    start_s: float
    end_s: float
    outline: int
    nodes: slice


class Course(NamedTuple):
    """What is known of a walk: where somebody was at each node, and when it began."""

    solved: Solved
    begin_ms: int
    premises: PremisesIndex
    walk: Walk

    def away_m(self, fix: int, outline: int) -> float:
        """Return how far a fix lies from premises."""
        corners, first, radius_m = self.premises.outlines()
        edges = corners[first[outline] : first[outline + 1]]
        place_m = self.walk.x_m[fix : fix + 1], self.walk.y_m[fix : fix + 1]
        return max(0.0, float(signed_distances(*place_m, edges)[0] - radius_m[outline]))


def find_course(
    track: Track, premises: PremisesIndex, *, windows: Sequence[Interval], rules: StayRules
) -> Course | None:
    """Return the likeliest course of a worker past premises within `windows` of duty.

    What is learned of the receiver in one window helps to judge the others. None without
    fixes.
    """
    part, stretch = _stretches(track, windows, rules.longest_gap_s)
    if not len(part):
        return None
    about = rules.star.evidence
    walk = make_walk(
        (part.epoch_ms - part.epoch_ms[0]) / 1000,
        premises.plane.to_metres(part.lat_deg, part.lon_deg),
        (part.accuracy_m, part.sigma_m),
        stretch=stretch,
        gap_from=(about.gap_from_s, about.gap_from_intervals, about.gap_anyway_s),
    )
    shapes = Shapes(*premises.outlines(), premises.circles, premises.is_own)
    return Course(solve(walk, shapes, rules.star), int(part.epoch_ms[0]), premises, walk)


def find_stays(course: Course, rules: StayRules) -> list[Stay]:
    """Return the stays of a course, in order."""
    stays = [_own_door(stay, course, rules) for stay in _runs(course, rules)]
    return _merged(stays, course.premises.is_own, rules.merge_s)


def _stretches(
    track: Track, windows: Sequence[Interval], longest_gap_s: float
) -> tuple[Track, Integers]:
    """Return the fixes that belong to duty, and the number of the stretch of each.

    Stretches are cut where silence says nothing, and a fix alone is none.
    """
    number = np.full(len(track), -1)
    for duty in windows:
        bounds = epoch_ms(duty.start) - _MARGIN_MS, epoch_ms(duty.end) + _MARGIN_MS
        first, last = np.searchsorted(track.epoch_ms, bounds)
        number[first:last] = 0
    (kept,) = np.nonzero(number == 0)
    at_ms = track.epoch_ms[kept]
    apart = at_ms[1:] - at_ms[:-1] > longest_gap_s * 1000
    apart |= kept[1:] - kept[:-1] > 1
    stretch = np.concatenate([[0], np.cumsum(apart)])[: len(kept)]
    shared = np.bincount(stretch)[stretch] > 1
    return track.at(kept[shared]), stretch[shared]


def _runs(course: Course, rules: StayRules) -> Iterator[Stay]:
    """Yield the runs of the path that lie inside premises."""
    nodes, outline = course.solved.nodes, course.solved.outline
    changes = np.flatnonzero((np.diff(outline) != 0) | (np.diff(nodes.stretch) != 0)) + 1
    for first, end in pairwise([0, *changes.tolist(), len(outline)]):
        where = int(outline[first])
        if where < 0:
            continue
        start_s, end_s = float(nodes.start_s[first]), float(nodes.end_s[end - 1])
        # A silence at either end holds the way to and from the last fix in the street, too.
        if nodes.is_gap[first]:
            start_s += course.away_m(nodes.fix[first], where) / rules.walking_mps
        if nodes.is_gap[end - 1]:
            end_s -= course.away_m(nodes.fix[end - 1] + 1, where) / rules.walking_mps
        if start_s < end_s:
            yield Stay(start_s, end_s, where, slice(first, end))


def _own_door(stay: Stay, course: Course, rules: StayRules) -> Stay:
    """Return the stay at premises of the own grid unless those of another are clearly nearer.

    A receiver errs the same way for the whole of a stay: the doubt is in the worker's favour.
    """
    is_own = course.premises.is_own
    if is_own[stay.outline]:
        return stay
    away_m = course.solved.mean_away_m(stay.nodes, len(is_own))
    own_m = np.where(is_own, away_m, np.inf)
    if own_m.min(initial=np.inf) - away_m[stay.outline] > rules.clearly_nearer_m:
        return stay
    return stay._replace(outline=int(own_m.argmin()))


def _merged(stays: list[Stay], is_own: Mask, merge_s: float) -> list[Stay]:
    """Return the stays with those shortly after one another as one, at the longer one's door."""
    merged: list[Stay] = []
    for stay in stays:
        if (
            merged
            and stay.start_s - merged[-1].end_s <= merge_s
            and is_own[stay.outline] == is_own[merged[-1].outline]
        ):
            last = merged.pop()
            longer = max(last, stay, key=lambda one: one.end_s - one.start_s)
            nodes = slice(last.nodes.start, stay.nodes.stop)
            merged.append(Stay(last.start_s, stay.end_s, longer.outline, nodes))
        else:
            merged.append(stay)
    return merged
