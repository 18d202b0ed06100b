"""A home visit: when, where, on what evidence, and how sure."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeAlias, get_args

from patrol.ids import PremisesId
from patrol.intervals import Interval
from patrol.visits.pairs import CheckInRules
from patrol.visits.stays import StayRules

# By tags at begin and end; by position; declared only.
Grade: TypeAlias = Literal["A", "B", "C"]
GRADES: tuple[Grade, ...] = get_args(Grade)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRules(StayRules):
    """What counts as a visit, and how far its time may be off; seconds.

    `edge_s` is how far the begin and end of a visit are off; `spread_factor` scales the
    interval of the visit time, `plain_spread_factor` where the receiver's word on its
    accuracy told nothing.
    """

    # Of a longer silence that is no visit nobody can say what it was.
    unseen_gap_s: float = 300.0
    minimum_s: float = 180.0
    edge_s: float = 45.0
    spread_factor: float = 1.05
    plain_spread_factor: float = 1.5
    # A chain is surer than it may be: its log odds count for so much.
    trust: float = 0.8
    checkin: CheckInRules = field(default_factory=CheckInRules)


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class HomeVisit:
    """A visit, how much of it fixes show or silence spans, and how sure it is.

    `p_any` is the probability of having been inside any premises, `p_premises` inside these;
    of a visit that is declared only nobody can say.
    """

    interval: Interval
    premises_id: PremisesId
    observed: timedelta
    bridged: timedelta
    p_any: float | None
    p_premises: float | None
    grade: Grade = "B"

    @property
    def checked_in(self) -> timedelta:
        """What neither fixes nor silence show, but check-ins attest."""
        return self.interval.length - self.observed - self.bridged


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTime:
    """The visits of a stretch of duty, and how far their time may be off.

    The true time lies within `margin` nine times in ten, as far as there is evidence; of the
    time `unseen` nothing is known, and of `claimed` no more than that it is declared.
    """

    visits: tuple[HomeVisit, ...]
    margin: timedelta
    unseen: timedelta
    claimed: timedelta = timedelta()

    @property
    def visited(self) -> timedelta:
        """How long the visits lasted together that more than a statement shows."""
        return self.lasting("A") + self.lasting("B")

    def lasting(self, grade: Grade) -> timedelta:
        """Return how long the visits of a grade lasted together."""
        lengths = (one.interval.length for one in self.visits if one.grade == grade)
        return sum(lengths, timedelta())


def clip(visit: HomeVisit, span: Interval, minimum_s: float) -> HomeVisit | None:
    """Return what of a visit lies within `span`, or None when that is too short for one."""
    start, end = max(visit.interval.start, span.start), min(visit.interval.end, span.end)
    if end <= start or end - start < timedelta(seconds=minimum_s):
        return None
    share = (end - start) / visit.interval.length
    bridged = _part(visit.bridged, share)
    attested = _part(visit.checked_in, share)
    return replace(
        visit,
        interval=Interval(start, end),
        observed=end - start - bridged - attested,
        bridged=bridged,
    )


def _part(length: timedelta, share: float) -> timedelta:
    return timedelta(milliseconds=round(length * share / timedelta(milliseconds=1)))
