"""What a deployment's own days tell of its receivers, one model of terminal at a time.

An expectation-maximisation step over many days: the visits that are found with the parameters
in force say which fixes were made indoors, and these say how the receivers behave there. Sums
are added up day by day; nothing of a worker or a place is in them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from math import log, sqrt

import numpy as np

from patrol.chains.evidence import EvidenceRules, WordRules, word_of
from patrol.geodesy import Floats
from patrol.geofence import PremisesIndex
from patrol.intervals import Interval
from patrol.stays import Course, find_course
from patrol.track import RADIUS_68, Track, TrackRules
from patrol.visits import VisitRules

# Stays of fewer fixes say nothing of how far fixes scatter.
_LEAST_FIXES = 8
# Only what is nearly sure teaches.
_SURE = 0.9
# A model that has been seen for less is not learned: hours of fixes indoors, and in the street.
_LEAST_HOURS = 5.0
# Whatever the data say, parameters stay where physics leaves them.
_OPTIMISM = (0.5, 4.0)
_SIGNAL_LOSS = (0.0, 4.0)
# What is learned of the receiver's word counts like so many fixes when a day is judged.
_WORD_WEIGHT = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over fixes and silences, to be added up over days.

    Seconds inside and in the street, and how many silences there; log accuracy with its square,
    by fixes; squares of the scatter within stays (m2, an axis) and of what the receiver said.
    """

    inside_s: float = 0.0
    street_s: float = 0.0
    silences_inside: float = 0.0
    silences_street: float = 0.0
    words_inside: float = 0.0
    word_inside: float = 0.0
    word2_inside: float = 0.0
    words_street: float = 0.0
    word_street: float = 0.0
    word2_street: float = 0.0
    said_scatter_m2: float = 0.0
    said_m2: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverParameters:
    """The parameters of one model of terminal; hours are what they were learned from."""

    optimism: float
    signal_loss: float
    inside_mean: float
    inside_spread: float
    outside_mean: float
    outside_spread: float
    word_weight: float
    inside_h: float
    street_h: float

    def track_rules(self, rules: TrackRules) -> TrackRules:
        """Return `rules` with what was learned."""
        return replace(rules, optimism=self.optimism)

    def evidence_rules(self, rules: EvidenceRules) -> EvidenceRules:
        """Return `rules` with what was learned."""
        return replace(
            rules,
            signal_loss=self.signal_loss,
            word=WordRules(
                inside_mean=self.inside_mean,
                inside_spread=self.inside_spread,
                outside_mean=self.outside_mean,
                outside_spread=self.outside_spread,
                weight=self.word_weight,
            ),
        )


def observe(
    track: Track, premises: PremisesIndex, *, windows: Sequence[Interval], rules: VisitRules
) -> Sums:
    """Return what the windows of one worker-day tell of the receiver."""
    course = find_course(track, premises, windows=windows, rules=rules)
    if course is None:
        return Sums()
    nodes, inside = course.solved.nodes, course.solved.inside
    indoors, street = inside >= _SURE, inside <= 1 - _SURE
    span_s, silent = nodes.end_s - nodes.start_s, nodes.is_gap
    word = word_of(course.walk)[nodes.fix]
    spoken = ~silent & np.isfinite(word)
    return Sums(
        inside_s=float(span_s[indoors].sum()),
        street_s=float(span_s[street].sum()),
        silences_inside=float((indoors & silent).sum()),
        silences_street=float((street & silent).sum()),
        **_word_sums("inside", word[spoken & indoors]),
        **_word_sums("street", word[spoken & street]),
        **_scatter(course),
    )


def fit(sums: Sums, *, known: EvidenceRules, track: TrackRules) -> ReceiverParameters | None:
    """Return the parameters of a model of terminal, or None when it was seen for too little.

    What the sums do not tell stays as it is `known`.
    """
    if min(sums.inside_s, sums.street_s) < _LEAST_HOURS * 3600:
        return None
    inside = _mean_and_spread(sums.words_inside, sums.word_inside, sums.word2_inside)
    street = _mean_and_spread(sums.words_street, sums.word_street, sums.word2_street)
    heard = inside is not None and street is not None
    before = known.word
    inside_word = inside or (before.inside_mean, before.inside_spread)
    street_word = street or (before.outside_mean, before.outside_spread)
    return ReceiverParameters(
        optimism=_optimism(sums, track.optimism),
        signal_loss=_signal_loss(sums, known.signal_loss),
        inside_mean=inside_word[0],
        inside_spread=inside_word[1],
        outside_mean=street_word[0],
        outside_spread=street_word[1],
        word_weight=_WORD_WEIGHT if heard else 0.0,
        inside_h=sums.inside_s / 3600,
        street_h=sums.street_s / 3600,
    )


def add_up(parts: Iterable[Sums]) -> Sums:
    """Return all sums as one."""
    return sum(parts, Sums())


def _word_sums(where: str, word: Floats) -> dict[str, float]:
    return {
        f"words_{where}": float(len(word)),
        f"word_{where}": float(word.sum()),
        f"word2_{where}": float((word**2).sum()),
    }


def _scatter(course: Course) -> dict[str, float]:
    """Return how far fixes of a stay lie from its middle, and what their receiver said."""
    walk, nodes, outline = course.walk, course.solved.nodes, course.solved.outline
    sums = dict.fromkeys(("said_scatter_m2", "said_m2"), 0.0)
    changes = np.flatnonzero(np.diff(outline) != 0) + 1
    for run in np.split(np.arange(len(outline)), changes):
        fixes = nodes.fix[run[~nodes.is_gap[run] & (course.solved.inside[run] >= _SURE)]]
        if outline[run[0]] < 0 or len(fixes) < _LEAST_FIXES:
            continue
        apart_m2 = _deviations_m2(walk.x_m[fixes]) + _deviations_m2(walk.y_m[fixes])
        said_m2 = (walk.accuracy_m[fixes] / RADIUS_68) ** 2
        heard = np.isfinite(said_m2)
        sums["said_scatter_m2"] += float(apart_m2[heard].sum()) / 2
        sums["said_m2"] += float(said_m2[heard].sum())
    return sums


def _deviations_m2(places_m: Floats) -> Floats:
    # Around a median, so that a reflection is one fix far away and not a shifted middle.
    result: Floats = (places_m - np.median(places_m)) ** 2
    return result


def _mean_and_spread(count: float, total: float, square: float) -> tuple[float, float] | None:
    if count < _LEAST_FIXES:
        return None
    mean = total / count
    return mean, sqrt(max(square / count - mean**2, 0.0))


def _optimism(sums: Sums, known: float) -> float:
    if sums.said_m2 <= 0:
        return known
    return _within(sqrt(sums.said_scatter_m2 / sums.said_m2), _OPTIMISM)


def _signal_loss(sums: Sums, known: float) -> float:
    """Return how much more often silences begin indoors than in the street, in nats."""
    if not sums.silences_inside:
        return known
    # Half a silence more in either place: a model that never falls silent outdoors is thinkable.
    inside = (sums.silences_inside + 0.5) / sums.inside_s
    street = (sums.silences_street + 0.5) / sums.street_s
    return _within(log(inside / street), _SIGNAL_LOSS)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
