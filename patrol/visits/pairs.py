"""Check-ins in pairs: a begin and an end at the same premises."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from patrol.ids import PremisesId
from patrol.intervals import Interval
from patrol.notices.checkins import CheckIn, CheckInKind, Phase

# At one moment what ends comes before what begins.
_ORDER = (Phase.END, Phase.NOBODY_HOME, Phase.BEGIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRules:
    """What a check-in is worth; seconds, metres.

    A begin and an end farther apart than `longest_s` are no pair. One alone tells of a visit
    whose begin or end lies within `adjacent_s`. It is not used where all fixes within `near_s`,
    `least_fixes` or more, lie farther than `far_m` from the premises beyond their error; nor
    are two tags a pair between which fixes lay there for longer than `away_s`.
    """

    longest_s: float = 14_400.0
    adjacent_s: float = 300.0
    near_s: float = 120.0
    least_fixes: int = 2
    far_m: float = 150.0
    away_s: float = 300.0


class Pair(NamedTuple):
    """A begin and an end at the same premises."""

    begin: CheckIn
    end: CheckIn

    @property
    def is_tagged(self) -> bool:
        """Whether both are tags."""
        return self.begin.kind is self.end.kind is CheckInKind.TAG

    @property
    def premises_id(self) -> PremisesId:
        """Where both were made: check-ins without premises are in no pair."""
        return PremisesId(str(self.begin.premises_id))

    @property
    def interval(self) -> Interval:
        """From one to the other."""
        return Interval(self.begin.at, self.end.at)


class Paired(NamedTuple):
    """Check-ins in the order of time: pairs of two tags, other pairs, and single ones.

    Single are tags and photos that are in no pair of tags; they may be in one of the others.
    """

    tagged: tuple[Pair, ...]
    claimed: tuple[Pair, ...]
    single: tuple[CheckIn, ...]

    def parted(self, pairs: Collection[Pair]) -> "Paired":
        """Return the same with the tags of some pairs as single ones."""
        freed = [one for pair in self.tagged if pair in pairs for one in pair]
        return Paired(
            tagged=tuple(pair for pair in self.tagged if pair not in pairs),
            claimed=self.claimed,
            single=tuple(in_order([*self.single, *freed])),
        )


def pair_up(checkins: Iterable[CheckIn], *, shortest_s: float, rules: CheckInRules) -> Paired:
    """Return check-ins in pairs, whatever their order; of no known premises is of no use.

    The later of two begins in a row is the one that counts, and the earlier of two ends: that
    is the shorter visit. What says that the worker is at other premises ends what was begun.
    """
    bounds_s = shortest_s, rules.longest_s
    ordered = in_order(one for one in checkins if one.premises_id is not None)
    tags = [one for one in ordered if one.kind is CheckInKind.TAG]
    # Tags tell of tags alone: a statement between two of them must not part them.
    tagged = tuple(_pairs(tags, bounds_s))
    used = {one for pair in tagged for one in pair}
    rest = [one for one in ordered if one not in used]
    single = (one for one in rest if one.kind is not CheckInKind.DECLARED)
    return Paired(
        tagged=tagged,
        # Two tags that are no pair among tags were read twice.
        claimed=tuple(pair for pair in _pairs(rest, bounds_s) if not pair.is_tagged),
        single=tuple(one for one in single if one.phase is not Phase.NOBODY_HOME),
    )


def in_order(checkins: Iterable[CheckIn]) -> list[CheckIn]:
    """Return each check-in once, in the order of time."""
    known = {
        (one.at, _ORDER.index(one.phase), one.kind, str(one.premises_id), one.checkin_id): one
        for one in checkins
    }
    return [known[key] for key in sorted(known)]


def _pairs(ordered: Iterable[CheckIn], bounds_s: tuple[float, float]) -> Iterator[Pair]:
    shortest_s, longest_s = bounds_s
    begun: CheckIn | None = None
    for one in ordered:
        if one.phase is Phase.BEGIN:
            begun = one
        elif begun is not None and one.premises_id != begun.premises_id:
            begun = None
        elif begun is not None and one.phase is Phase.END:
            if shortest_s <= (one.at - begun.at).total_seconds() <= longest_s:
                yield Pair(begun, one)
            begun = None
