"""What a receiver's fixes and silences say about walking, standing and being indoors.

Each function returns log-likelihoods, relative to one another and tempered: errors of a
receiver last for a minute, so ten fixes in a minute are not ten witnesses.
docs/explanation/home-visits.md tells where the figures come from.
"""

from dataclasses import dataclass, field

import numpy as np

from patrol.chains import motion
from patrol.chains.kernels import moments, word_nats
from patrol.chains.walks import Walk
from patrol.geodesy import Floats
from patrol.track import Integers

# From fewer fixes, indoors or out, nothing is learned.
_ENOUGH_FIXES = 20
# No word is surer than this, in logs of metres.
_LEAST_SPREAD = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRules:
    """What is known beforehand of a receiver's word on its accuracy: logs of metres.

    It counts like `weight` fixes indoors and as many outdoors; by itself each track decides.
    """

    inside_mean: float = 3.4
    inside_spread: float = 0.5
    outside_mean: float = 2.3
    outside_spread: float = 0.5
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """The parameters of the evidence: metres, seconds, shares."""

    # Indoors a fix is off by this much more, the same way for the whole stay.
    indoor_bias_m: float = 8.0
    # At the door, a place says this much (nats a minute of evidence) for being inside.
    at_door: float = 0.95
    # So much more for each e-fold that there are fewer premises around than usual.
    alone: float = 0.8
    usual_doors: float = 10.0
    doors_m: float = 60.0
    outlier_share: float = 0.03
    outlier_m: float = 60.0
    position_memory_s: float = 60.0
    accuracy_memory_s: float = 20.0
    walking_mps: float = 1.15
    walking_spread_mps: float = 0.5
    dawdling_share: float = 0.35
    dawdling_mps: float = 0.4
    half_window_s: float = 30.0
    error_memory_s: float = 75.0
    # Spread of an axis where the receiver's own word says nothing about indoors.
    plain_outdoor_m: float = 6.0
    plain_indoor_m: float = 22.0
    # How far apart, in standard deviations, its word must lie indoors and out to count.
    informed_from: float = 0.4
    word: WordRules = field(default_factory=WordRules)
    gap_from_s: float = 45.0
    gap_from_intervals: float = 4.5
    gap_anyway_s: float = 240.0
    gap_speed_mps: float = 1.2
    gap_walking_s: float = 45.0
    gap_standing_s: float = 180.0
    gap_inside_s: float = 1500.0
    gap_inside_shape: float = 2.0
    signal_loss: float = 2.6
    # The nearer end of a silence says this share of where it was, of so many nats at most.
    gap_place_share: float = 0.5
    gap_place_nats: float = 8.0


def door_evidence(doors_around: Integers, rules: EvidenceRules) -> Floats:
    """Return what being at each premises says for being inside, in nats a minute of evidence.

    Where doors stand close, whoever stands in the street stands at one; one that stands alone
    says more. `doors_around` counts the premises around each, itself among them.
    """
    result: Floats = rules.at_door + rules.alone * np.log(rules.usual_doors / doors_around)
    return result


class MotionEvidence:
    """What the ways made around fixes say of walking and of not moving.

    Walking is a speed of about 1.15 m/s, with a share of dawdling; not moving leaves the
    difference of two errors, which is Rayleigh distributed.
    """

    def __init__(self, walk: Walk, rules: EvidenceRules) -> None:
        self._rules = rules
        parted = walk.is_gap | (np.diff(walk.stretch) != 0)
        self._ways = motion.find_ways(
            (walk.at_s, walk.x_m, walk.y_m, walk.for_s),
            motion.neighbours(walk.at_s, parted, rules.half_window_s + 1.0),
            shortest_s=rules.half_window_s / 2,
            memory_s=rules.error_memory_s,
        )

    def walking(self, sigma_m: Floats) -> Floats:
        """Return what speaks for walking at each fix, by the spread of an axis."""
        about = self._rules
        speeds = about.walking_mps, about.walking_spread_mps
        dawdling = about.dawdling_share, about.dawdling_mps
        return motion.walking(self._ways, sigma_m, (*speeds, *dawdling))

    def still(self, sigma_m: Floats) -> Floats:
        """Return what speaks for not moving at each fix, by the spread of an axis."""
        return motion.still(self._ways, sigma_m, outliers=self._rules.outlier_share)


class WordEvidence:
    """What the receiver's word on its accuracy says for being inside, learned from this track."""

    def __init__(self, walk: Walk, rules: EvidenceRules) -> None:
        self._rules = rules
        self._word = word_of(walk)
        self._weight = witness_weights(walk, rules.accuracy_memory_s)

    def learn(self, inside: Floats) -> Floats | None:
        """Return it for each fix; fixes are inside with the probabilities `inside`.

        None where that word is the same indoors and out, so that it tells nothing.
        """
        before = self._rules.word
        known_in = before.inside_mean, before.inside_spread, before.weight
        known_out = before.outside_mean, before.outside_spread, before.weight
        indoors = moments(self._word, inside, known_in)
        outdoors = moments(self._word, 1 - inside, known_out)
        if min(indoors.weight, outdoors.weight) < _ENOUGH_FIXES:
            return None
        spread_in, spread_out = (max(one.spread, _LEAST_SPREAD) for one in (indoors, outdoors))
        told = indoors.mean - outdoors.mean
        if told < self._rules.informed_from * max(spread_in, spread_out):
            return None
        return word_nats(
            (self._word, self._weight), (indoors.mean, spread_in), (outdoors.mean, spread_out)
        )


def gap_evidence(walk: Walk, rules: EvidenceRules) -> tuple[Floats, Floats, Floats]:
    """Return for each gap the evidence of walking, of standing and of being inside.

    What of a silence cannot have been the way between its two ends was spent somewhere:
    seldom walking, at times standing, mostly indoors, where the signal goes.
    """
    (ends,) = np.nonzero(walk.is_gap)
    way_m = np.hypot(np.diff(walk.x_m)[ends], np.diff(walk.y_m)[ends])
    left_s = np.maximum(0.0, np.diff(walk.at_s)[ends] - way_m / rules.gap_speed_mps)
    walking = -left_s / rules.gap_walking_s - np.log(rules.gap_walking_s)
    standing = -left_s / rules.gap_standing_s - np.log(rules.gap_standing_s)
    shape = rules.gap_inside_shape
    inside = np.log(shape / rules.gap_inside_s) + rules.signal_loss
    inside = inside - (shape + 1) * np.log1p(left_s / rules.gap_inside_s)
    return walking, standing, inside


def witness_weights(walk: Walk, memory_s: float) -> Floats:
    """Return how much of a new witness each fix is: errors last for about `memory_s`."""
    result: Floats = np.minimum(1.0, walk.for_s / memory_s)
    return result


def word_of(walk: Walk) -> Floats:
    """Return the log of what the receiver says of its accuracy, metres; NaN where nothing."""
    result: Floats = np.log(np.clip(walk.accuracy_m, 1.0, 200.0))
    return result
