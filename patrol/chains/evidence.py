"""What a receiver's fixes and silences say about walking, standing and being indoors.

Each function returns log-likelihoods, relative to one another and tempered: errors of a
receiver last for a minute, so ten fixes in a minute are not ten witnesses.
docs/explanation/home-visits.md tells where the figures come from.
"""

from dataclasses import dataclass

import numpy as np

from patrol.geodesy import Floats
from patrol.track import Integers, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRules:
    """The parameters of the evidence: metres, seconds, shares."""

    # Indoors a fix is off by this much more, the same way for the whole stay.
    indoor_bias_m: float = 8.0
    # At the door, a place says this much (nats a minute of evidence) for being inside.
    at_door: float = 0.9
    outlier_share: float = 0.03
    outlier_m: float = 60.0
    position_memory_s: float = 40.0
    accuracy_memory_s: float = 20.0
    walking_mps: float = 1.15
    walking_spread_mps: float = 0.5
    dawdling_share: float = 0.35
    dawdling_mps: float = 0.4
    half_window_s: float = 30.0
    # Spread of an axis where the receiver's own word says nothing about indoors.
    plain_outdoor_m: float = 8.0
    plain_indoor_m: float = 20.0
    # How far apart, in standard deviations, its word must lie indoors and out to count.
    informed_from: float = 0.4
    gap_from_s: float = 45.0
    gap_from_intervals: float = 4.5
    gap_speed_mps: float = 1.2
    gap_walking_s: float = 45.0
    gap_standing_s: float = 180.0
    gap_inside_s: float = 1500.0
    gap_inside_shape: float = 2.0
    signal_loss: float = 2.6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Walk:
    """Fixes of one stretch of duty in a plane: seconds, metres; `is_gap` after each but the last."""

    at_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats
    sigma_m: Floats
    is_gap: Mask
    usual_s: float

    def __len__(self) -> int:
        return len(self.at_s)


def make_walk(
    at_s: Floats,
    places_m: tuple[Floats, Floats],
    *,
    accuracy_m: Floats,
    sigma_m: Floats,
    rules: EvidenceRules,
) -> Walk:
    """Return the fixes with their gaps; at least two are needed."""
    steps_s = np.diff(at_s)
    usual_s = float(np.median(steps_s))
    gap_s = max(rules.gap_from_s, rules.gap_from_intervals * usual_s)
    return Walk(
        at_s=at_s,
        x_m=places_m[0],
        y_m=places_m[1],
        accuracy_m=accuracy_m,
        sigma_m=np.clip(sigma_m, 3.0, 80.0),
        is_gap=steps_s > gap_s,
        usual_s=usual_s,
    )


def position_evidence(
    away_m: Floats, walk: Walk, sigma_m: Floats, *, rules: EvidenceRules
) -> Floats:
    """Return (fixes, premises): being inside each, against being anywhere in the street."""
    spread = np.sqrt(sigma_m**2 + rules.indoor_bias_m**2)[:, None]
    wide = spread + rules.outlier_m
    near = np.exp(-(away_m**2) / (2 * spread**2))
    far = np.exp(-(away_m**2) / (2 * wide**2)) * (spread / wide) ** 2
    likelihood = (1 - rules.outlier_share) * near + rules.outlier_share * far
    weight = np.minimum(1.0, _apart_s(walk) / rules.position_memory_s)
    result: Floats = (np.log(likelihood) + rules.at_door) * weight[:, None]
    return result


def motion_evidence(walk: Walk, sigma_m: Floats, rules: EvidenceRules) -> tuple[Floats, Floats]:
    """Return for each fix the evidence of walking and of not moving, by the way made around it.

    Walking is a speed of about 1.15 m/s, with a share of dawdling; not moving leaves the
    difference of two errors, which is Rayleigh distributed.
    """
    before, after = _neighbours(walk, rules.half_window_s)
    apart_s = walk.at_s[after] - walk.at_s[before]
    known = apart_s >= rules.half_window_s / 2
    over_s = np.maximum(apart_s, 1.0)
    made_m = np.hypot(walk.x_m[after] - walk.x_m[before], walk.y_m[after] - walk.y_m[before])
    # Errors a minute apart are still related; right after one another they nearly cancel.
    unrelated = np.maximum(0.05, -np.expm1(-apart_s / 75.0))
    error_m = np.hypot(sigma_m[before], sigma_m[after]) * np.sqrt(unrelated)
    # Exact repeats are the habit of many receivers: closer than chance is not moving, too.
    made_m = np.maximum(made_m, error_m / 4)
    pace_m = np.hypot(rules.walking_spread_mps * over_s, error_m)
    dawdle_m = np.hypot(rules.dawdling_mps * over_s, error_m)
    walking = (1 - rules.dawdling_share) * _normal(
        made_m - rules.walking_mps * over_s, pace_m
    ) + rules.dawdling_share * _rayleigh(made_m, dawdle_m)
    still = (1 - rules.outlier_share) * _rayleigh(
        made_m, error_m
    ) + rules.outlier_share * _rayleigh(made_m, 3 * error_m)
    weight = np.where(known, np.minimum(1.0, _apart_s(walk) / over_s), 0.0)
    return np.log(walking + 1e-9) * weight, np.log(still + 1e-9) * weight


def accuracy_evidence(walk: Walk, inside: Floats, rules: EvidenceRules) -> Floats | None:
    """Return for each fix what the receiver's word on its accuracy says for being inside.

    Learned from this very track, whose fixes are inside with the probabilities `inside`.
    None where that word is the same indoors and out, so that it tells nothing.
    """
    known = np.isfinite(walk.accuracy_m)
    word = np.log(np.clip(walk.accuracy_m[known], 1.0, 200.0))
    weights = inside[known], 1 - inside[known]
    if min(weight.sum() for weight in weights) < 20:  # noqa: PLR2004 - too few to learn from
        return None
    (mean_in, spread_in), (mean_out, spread_out) = (_moments(word, one) for one in weights)
    if mean_in - mean_out < rules.informed_from * max(spread_in, spread_out):
        return None
    ratio = ((word - mean_out) / spread_out) ** 2 / 2 - ((word - mean_in) / spread_in) ** 2 / 2
    ratio += np.log(spread_out / spread_in)
    weight = np.minimum(1.0, _apart_s(walk) / rules.accuracy_memory_s)
    word_says = np.zeros(len(walk))
    word_says[known] = np.clip(ratio, -3.0, 3.0)
    result: Floats = word_says * weight
    return result


def gap_evidence(
    walk: Walk, away_m: Floats, sigma_m: Floats, *, rules: EvidenceRules
) -> tuple[Floats, Floats]:
    """Return for each gap the evidence of (walking, standing) and of each premises.

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
    spread = np.minimum(sigma_m[ends], sigma_m[ends + 1]) ** 2 + rules.indoor_bias_m**2
    least_m = np.minimum(away_m[ends], away_m[ends + 1])
    place = -np.minimum(least_m**2 / (2 * spread[:, None]), 4.0) / 2
    return np.column_stack([walking, standing]), inside[:, None] + place


def plain_spread(walk: Walk, spread_m: float) -> Floats:
    """Return the spread that is believed of every fix when the receiver's word is not."""
    return np.full(len(walk), spread_m)


def _apart_s(walk: Walk) -> Floats:
    """Return how long each fix stands for: the shorter of the steps to its neighbours."""
    steps_s = np.diff(walk.at_s)
    usual = [walk.usual_s]
    shorter = np.minimum(np.concatenate([steps_s, usual]), np.concatenate([usual, steps_s]))
    result: Floats = np.clip(shorter, 1.0, 60.0)
    return result


def _neighbours(walk: Walk, half_s: float) -> tuple[Integers, Integers]:
    """Return the first and last fix within half a window of each, not across a gap."""
    stretch = np.concatenate([[0], np.cumsum(walk.is_gap)])
    first = np.searchsorted(walk.at_s, walk.at_s - half_s - 1.0, side="left")
    last = np.searchsorted(walk.at_s, walk.at_s + half_s + 1.0, side="right") - 1
    return (
        np.maximum(first, np.searchsorted(stretch, stretch, side="left")),
        np.minimum(last, np.searchsorted(stretch, stretch, side="right") - 1),
    )


def _moments(values: Floats, weight: Floats) -> tuple[float, float]:
    mean = float((weight * values).sum() / weight.sum())
    variance = float((weight * (values - mean) ** 2).sum() / weight.sum())
    return mean, max(float(np.sqrt(variance)), 0.15)


def _normal(value: Floats, spread: Floats) -> Floats:
    result: Floats = np.exp(-(value**2) / (2 * spread**2)) / (spread * np.sqrt(2 * np.pi))
    return result


def _rayleigh(value: Floats, spread: Floats) -> Floats:
    result: Floats = value / spread**2 * np.exp(-(value**2) / (2 * spread**2))
    return result
