"""What a deployment's own days tell of its receivers, one model of terminal at a time.

An expectation-maximisation step over many days: the visits that are found with the parameters
in force say which fixes were made indoors, and these say how the receivers behave there. Sums
are added up day by day; nothing of a worker or a place is in them.
docs/explanation/learned-parameters.md has the method and what it is worth.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from math import log, sqrt

import numpy as np

from patrol.chains.evidence import EvidenceRules, WordRules, word_of
from patrol.geodesy import Floats
from patrol.geofence import PremisesIndex
from patrol.intervals import Interval
from patrol.track import RADIUS_68, Track, TrackRules
from patrol.visits import Course, VisitRules, find_course

# Errors last for a minute: a shorter stay says nothing of how far fixes scatter, nor do few fixes.
_LEAST_STAY_S = 300.0
_LEAST_FIXES = 8
# Of fewer silences indoors nobody can say how often they begin there.
_LEAST_SILENCES = 20
# The median of the square of a distance whose two axes are normal, in variances of an axis.
_MEDIAN_SQUARE = 2 * log(2)
# Only what is nearly sure teaches.
_SURE = 0.9
# A model that has been seen for less is not learned: hours indoors, and hours in the street.
_LEAST_HOURS = 5.0
# Whatever the data say, parameters stay where physics leaves them. No receiver is taken to be
# better than it says: presence would see exits in what is but a slow error.
_OPTIMISM = (1.0, 4.0)
_SIGNAL_LOSS = (0.0, 4.0)
# What is learned of the receiver's word counts like so many fixes when a day is judged.
_WORD_WEIGHT = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over fixes and silences, to be added up over days.

    Seconds inside and in the street, those of them with fixes, and how many silences there;
    the log of accuracy with its square, by fixes; fixes of long stays, and how many times the
    variance that the receiver told theirs was.
    """

    inside_s: float = 0.0
    street_s: float = 0.0
    heard_inside_s: float = 0.0
    heard_street_s: float = 0.0
    silences_inside: float = 0.0
    silences_street: float = 0.0
    words_inside: float = 0.0
    word_inside: float = 0.0
    word2_inside: float = 0.0
    words_street: float = 0.0
    word_street: float = 0.0
    word2_street: float = 0.0
    stay_fixes: float = 0.0
    stay_ratio: float = 0.0

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
        return replace(self.teaching_rules(rules), signal_loss=self.signal_loss)

    def teaching_rules(self, rules: EvidenceRules) -> EvidenceRules:
        """Return `rules` with what may help to learn anew.

        That is all but the loss of signal. It decides whether a silence was indoors, and would
        learn from its own decisions: round by round it would grow.
        """
        return replace(
            rules,
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
    """Return what some windows of one worker-day tell of the receiver.

    They must know the same premises. Without any, nobody can say what was indoors.
    """
    course = find_course(track, premises, windows=windows, rules=rules) if premises else None
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
        heard_inside_s=float(span_s[indoors & ~silent].sum()),
        heard_street_s=float(span_s[street & ~silent].sum()),
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
    told = inside_word[0] - street_word[0]
    informed = heard and told >= known.informed_from * max(inside_word[1], street_word[1])
    return ReceiverParameters(
        # One that says the same indoors and out errs there by more, without being an optimist.
        optimism=_optimism(sums, track.optimism) if informed else track.optimism,
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
    """Return how far fixes of long stays lie from their middle, beside what the receiver said."""
    walk, nodes, outline = course.walk, course.solved.nodes, course.solved.outline
    counted, ratio = 0.0, 0.0
    changes = np.flatnonzero((np.diff(outline) != 0) | (np.diff(nodes.stretch) != 0)) + 1
    for run in np.split(np.arange(len(outline)), changes):
        sure = run[~nodes.is_gap[run] & (course.solved.inside[run] >= _SURE)]
        fixes = nodes.fix[sure]
        fixes = fixes[walk.accuracy_m[fixes] > 0]
        heard_s = float((nodes.end_s - nodes.start_s)[sure].sum())
        if outline[run[0]] < 0 or len(fixes) < _LEAST_FIXES or heard_s < _LEAST_STAY_S:
            continue
        said_m2 = (walk.accuracy_m[fixes] / RADIUS_68) ** 2
        apart_m2 = _deviations_m2(walk.x_m[fixes]) + _deviations_m2(walk.y_m[fixes])
        # By a median, so that reflections, which are few and far away, do not count as spread.
        counted += len(fixes)
        ratio += len(fixes) * float(np.median(apart_m2 / said_m2)) / _MEDIAN_SQUARE
    return {"stay_fixes": counted, "stay_ratio": ratio}


def _deviations_m2(places_m: Floats) -> Floats:
    result: Floats = (places_m - np.median(places_m)) ** 2
    return result


def _mean_and_spread(count: float, total: float, square: float) -> tuple[float, float] | None:
    if count < _LEAST_FIXES:
        return None
    mean = total / count
    return mean, sqrt(max(square / count - mean**2, 0.0))


def _optimism(sums: Sums, known: float) -> float:
    if not sums.stay_fixes:
        return known
    return _within(sqrt(sums.stay_ratio / sums.stay_fixes), _OPTIMISM)


def _signal_loss(sums: Sums, known: float) -> float:
    """Return what a silence says for being indoors, in nats.

    That is the log of how many times more often silences begin there than in the street, less
    what being heard before one says against it, of which the chain makes no evidence: on
    average, by an exponential law, 1 - 1/times.
    """
    if sums.silences_inside < _LEAST_SILENCES:
        return known
    # Half a silence more in either place: a model that never falls silent outdoors is thinkable.
    # Silences begin while a receiver is heard, and one that never is falls silent at once.
    inside = (sums.silences_inside + 0.5) / max(sums.heard_inside_s, 1.0)
    street = (sums.silences_street + 0.5) / max(sums.heard_street_s, 1.0)
    times = max(1.0, inside / street)
    return _within(log(times) - 1 + 1 / times, _SIGNAL_LOSS)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
