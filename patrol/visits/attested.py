"""Visits that are found by position, joined with what check-ins attest."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from patrol.ids import PremisesId
from patrol.intervals import Interval, subtract
from patrol.notices.checkins import CheckIn, CheckInKind, Phase
from patrol.visits.pairs import Pair, Paired
from patrol.visits.visit import HomeVisit, VisitRules, clip


def attest(
    found: Sequence[HomeVisit],
    paired: Paired,
    *,
    premises: Collection[PremisesId],
    rules: VisitRules,
) -> list[HomeVisit]:
    """Return the visits of all grades, none of which overlap, in the order of time.

    `found` are those by position, in order. Of check-ins only those at `premises` are used,
    the grid's own.
    """
    tagged = [_of_pair(pair, found) for pair in paired.tagged if _is_at(pair.begin, premises)]
    taken = [one.interval for one in tagged]
    rest = [
        part
        for visit in found
        for span in subtract([visit.interval], taken)
        if (part := clip(visit, span, rules.minimum_s))
    ]
    marks = _marks([one for one in paired.single if _is_at(one, premises)], rest, rules)
    moved = _moved(rest, marks, taken=taken, rules=rules)
    taken += [one.interval for one in moved]
    claimed = [
        _declared(pair, span)
        for pair in paired.claimed
        if _is_at(pair.begin, premises)
        for span in subtract([pair.interval], taken)
        if span.length >= timedelta(seconds=rules.minimum_s)
    ]
    return sorted([*tagged, *moved, *claimed], key=lambda one: one.interval)


def _is_at(checkin: CheckIn, premises: Collection[PremisesId]) -> bool:
    return checkin.premises_id in premises


def _of_pair(pair: Pair, found: Sequence[HomeVisit]) -> HomeVisit:
    """Return the visit between two tags; what of it was found by position is shown by that."""
    shown = [part for visit in found if (part := clip(visit, pair.interval, 0.0))]
    return replace(
        _declared(pair, pair.interval),
        observed=sum((one.observed for one in shown), timedelta()),
        bridged=sum((one.bridged for one in shown), timedelta()),
        p_any=1.0,
        p_premises=1.0,
        grade="A",
    )


def _declared(pair: Pair, span: Interval) -> HomeVisit:
    return HomeVisit(
        interval=span,
        premises_id=pair.premises_id,
        observed=timedelta(),
        bridged=timedelta(),
        p_any=None,
        p_premises=None,
        grade="C",
    )


def _marks(
    single: Sequence[CheckIn], visits: Sequence[HomeVisit], rules: VisitRules
) -> Mapping[int, list[CheckIn]]:
    """Return what was checked in at each visit, by its place in `visits`.

    A begin belongs to the visit that begins nearest, an end to that which ends nearest, within
    minutes; otherwise either to the visit within which it lies, if there is one.
    """
    marks: dict[int, list[CheckIn]] = defaultdict(list)
    adjacent = timedelta(seconds=rules.checkin.adjacent_s)
    for one in single:
        edges = [(abs(_edge(visit, one.phase) - one.at), at) for at, visit in enumerate(visits)]
        within = [
            at
            for at, visit in enumerate(visits)
            if visit.interval.start <= one.at < visit.interval.end
        ]
        nearest, at = min(edges, default=(adjacent, -1))
        if at >= 0 and nearest <= adjacent:
            marks[at].append(one)
        elif within:
            marks[within[0]].append(one)
    return marks


def _edge(visit: HomeVisit, phase: Phase) -> datetime:
    return visit.interval.start if phase is Phase.BEGIN else visit.interval.end


def _moved(
    visits: Sequence[HomeVisit],
    marks: Mapping[int, Sequence[CheckIn]],
    *,
    taken: Sequence[Interval],
    rules: VisitRules,
) -> list[HomeVisit]:
    """Return the visits by position with the premises and the edges that marks tell."""
    walls = sorted([*taken, *(one.interval for one in visits)])
    before = {later: earlier.end for earlier, later in pairwise(walls)}
    after = {earlier: later.start for earlier, later in pairwise(walls)}
    moved: list[HomeVisit] = []
    for at, visit in enumerate(visits):
        own = marks.get(at, ())
        # The visit before may reach farther now than it did.
        ends = [before.get(visit.interval), *(one.interval.end for one in moved[-1:])]
        earliest = max((end for end in ends if end is not None), default=None)
        between = _between(visit, own, (earliest, after.get(visit.interval)), rules=rules)
        moved.append(_named(between, own))
    return moved


def _between(
    visit: HomeVisit,
    marks: Sequence[CheckIn],
    bounds: tuple[datetime | None, datetime | None],
    *,
    rules: VisitRules,
) -> HomeVisit:
    """Return the visit from tag to tag as far as there are such near its edges."""
    tags = [one for one in marks if one.kind is CheckInKind.TAG]
    start, end = (_told(visit, tags, phase, rules=rules) for phase in (Phase.BEGIN, Phase.END))
    earliest, latest = bounds
    start = start if earliest is None else max(start, earliest)
    end = end if latest is None else min(end, latest)
    if end - start < timedelta(seconds=rules.minimum_s):
        return visit
    shown = clip(visit, Interval(start, end), 0.0)
    return visit if shown is None else replace(shown, interval=Interval(start, end))


def _told(
    visit: HomeVisit, tags: Sequence[CheckIn], phase: Phase, *, rules: VisitRules
) -> datetime:
    """Return the time of the tag nearest to an edge of a visit, or that edge."""
    edge = _edge(visit, phase)
    adjacent = timedelta(seconds=rules.checkin.adjacent_s)
    near = (one.at for one in tags if one.phase is phase and abs(one.at - edge) <= adjacent)
    return min(near, key=lambda at: (abs(at - edge), at), default=edge)


def _named(visit: HomeVisit, marks: Sequence[CheckIn]) -> HomeVisit:
    """Return the visit at the premises of its first tag, or else of its first photo."""
    first = min(marks, key=lambda one: (one.kind is not CheckInKind.TAG, one.at), default=None)
    if first is None:
        return visit
    return replace(visit, premises_id=PremisesId(str(first.premises_id)), p_premises=visit.p_any)
