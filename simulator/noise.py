"""What a receiver makes of the truth: errors that last, loss indoors, optimistic accuracy.

The error of each axis is an Ornstein-Uhlenbeck process whose spread and memory are those
of the surroundings, with biases and jumps on top; docs/explanation/simulated-truth.md
tells where the numbers come from.
"""

from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np

from patrol.geodesy import Floats
from simulator.tracks import OUTDOORS, Bools, Ints, Span

OPEN, CANYON, INDOORS = 0, 1, 2

_MS = 1000
_HOUR_MS = 3_600_000
# The radius that holds 68 % of a circular normal error, in standard deviations of an axis.
CIRCLE_68 = 1.515
_GROUND_M = 500.0
_HEIGHT_SIGMA_M = 5.0
_HDOP_SPREAD = 0.15
_SATELLITES_SIGMA = 1.5


class Surroundings(NamedTuple):
    """How a receiver does in one kind of place."""

    sigma_m: float
    memory_s: float
    jumps_per_h: float
    speed_sigma_mps: float
    hdop: float
    satellites: float


_OPEN_SKY = Surroundings(
    sigma_m=4, memory_s=60, jumps_per_h=4, speed_sigma_mps=0.05, hdop=0.9, satellites=13
)
_BETWEEN_HIGH_HOUSES = Surroundings(
    sigma_m=9, memory_s=60, jumps_per_h=4, speed_sigma_mps=0.2, hdop=1.6, satellites=8
)
_UNDER_A_ROOF = Surroundings(
    sigma_m=16, memory_s=90, jumps_per_h=15, speed_sigma_mps=0.35, hdop=2.8, satellites=5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """The parameters of the noise.

    `informed` says how much the accuracy field knows about the surroundings: 1 follows
    their true spread, 0 always tells that of open sky.
    """

    open: Surroundings = _OPEN_SKY
    canyon: Surroundings = _BETWEEN_HIGH_HOUSES
    indoors: Surroundings = _UNDER_A_ROOF
    visit_bias_m: float = 8.0
    jump_median_m: float = 45.0
    jump_spread: float = 0.5
    jump_s: float = 25.0
    loss_share: float = 0.65
    loss_first_s: float = 45.0
    heard_s: float = 40.0
    lost_s: float = 240.0
    reacquisition_s: float = 20.0
    reacquisition_m: float = 20.0
    missing_share: float = 0.01
    dead_zone_every_s: float = 4 * 3600.0
    dead_zone_s: float = 7 * 60.0
    optimism: float = 1.6
    accuracy_spread: float = 0.3
    informed: float = 1.0

    def surroundings(self) -> tuple[Surroundings, Surroundings, Surroundings]:
        """Return them in the order of OPEN, CANYON, INDOORS."""
        return self.open, self.canyon, self.indoors


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The truth at every epoch, in time order; `street_bias` is the canyon's shift in metres."""

    at_ms: Ints
    x_m: Floats
    y_m: Floats
    x_mps: Floats
    y_mps: Floats
    street_bias_x_m: Floats
    street_bias_y_m: Floats
    surroundings: Ints
    stay_of: Ints
    stays: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What the receiver tells at every epoch; where `solved` is false the rest means nothing."""

    solved: Bools
    x_m: Floats
    y_m: Floats
    x_mps: Floats
    y_mps: Floats
    altitude_m: Floats
    accuracy_m: Floats
    hdop: Floats
    satellites: Ints


def observe(scene: Scene, receiver: Receiver, rng: np.random.Generator) -> Observed:
    """Return the observations of a scene; they depend on nothing but the arguments."""
    lost, found = _losses(scene, receiver, rng)
    heard = ~_within(scene.at_ms, lost + _dead_zones(scene, receiver, rng))
    heard &= rng.random(len(scene.at_ms)) >= receiver.missing_share
    x_error_m = wander(scene.at_ms, scene.surroundings, receiver=receiver, rng=rng)
    y_error_m = wander(scene.at_ms, scene.surroundings, receiver=receiver, rng=rng)
    for shift_x_m, shift_y_m in (
        (scene.street_bias_x_m, scene.street_bias_y_m),
        _visit_biases(scene, receiver, rng),
        _jumps(scene, receiver, rng),
        _reacquisitions(scene, found, receiver=receiver, rng=rng),
    ):
        x_error_m += shift_x_m
        y_error_m += shift_y_m
    sigma_mps, hdop, satellites = _of_surroundings(scene, receiver)
    count = len(scene.at_ms)
    return Observed(
        solved=heard,
        x_m=scene.x_m + x_error_m,
        y_m=scene.y_m + y_error_m,
        x_mps=scene.x_mps + rng.normal(0, sigma_mps),
        y_mps=scene.y_mps + rng.normal(0, sigma_mps),
        altitude_m=_GROUND_M + rng.normal(0, _HEIGHT_SIGMA_M, count),
        accuracy_m=_accuracy_m(scene, found, receiver=receiver, rng=rng),
        hdop=hdop * rng.lognormal(0, _HDOP_SPREAD, count),
        satellites=_whole_satellites(rng.normal(satellites, _SATELLITES_SIGMA)),
    )


def wander(
    at_ms: Ints, surroundings: Ints, *, receiver: Receiver, rng: np.random.Generator
) -> Floats:
    """Return the error of one axis in metres: Ornstein-Uhlenbeck, exact at any sampling."""
    kinds = receiver.surroundings()
    sigma_m = np.array([kind.sigma_m for kind in kinds])[surroundings]
    memory_s = np.array([kind.memory_s for kind in kinds])[surroundings]
    kept = np.exp(-np.diff(at_ms, prepend=at_ms[0]) / _MS / memory_s)
    pushed = rng.normal(0, sigma_m)
    pushed[1:] *= np.sqrt(1 - kept[1:] ** 2)
    errors = []
    error_m = 0.0
    for keep, push in zip(kept.tolist(), pushed.tolist(), strict=True):
        error_m = keep * error_m + push
        errors.append(error_m)
    return np.array(errors)


def _of_surroundings(scene: Scene, receiver: Receiver) -> tuple[Floats, Floats, Floats]:
    """Return the spread of the speed, the hdop and the satellites to expect at each epoch."""
    kinds = receiver.surroundings()
    table = np.array([[kind.speed_sigma_mps, kind.hdop, kind.satellites] for kind in kinds])
    speed, hdop, satellites = table[scene.surroundings].T
    return speed, hdop, satellites


def _whole_satellites(drawn: Floats) -> Ints:
    # Fewer than four give no position.
    return np.clip(np.rint(drawn), 4, 20).astype(np.int64)


def _visit_biases(
    scene: Scene, receiver: Receiver, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    # One more than there are stays: OUTDOORS, the last one, has no bias.
    biases = rng.normal(0, receiver.visit_bias_m, (2, len(scene.stays) + 1))
    biases[:, OUTDOORS] = 0
    return biases[0, scene.stay_of], biases[1, scene.stay_of]


def _jumps(scene: Scene, receiver: Receiver, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the shifts by multipath: for a while everything is somewhere else."""
    rates = [kind.jumps_per_h for kind in receiver.surroundings()]
    x_m, y_m = np.zeros(len(scene.at_ms)), np.zeros(len(scene.at_ms))
    for start_ms in _random_times(scene.at_ms, max(rates), rng).tolist():
        size_m = rng.lognormal(log(receiver.jump_median_m), receiver.jump_spread)
        angle = rng.uniform(0, 2 * np.pi)
        end_ms = start_ms + rng.lognormal(log(receiver.jump_s), receiver.jump_spread) * _MS
        first, after = np.searchsorted(scene.at_ms, [start_ms, end_ms])
        # Drawn at the highest rate; where jumps are rarer, some are taken back.
        rate = rates[scene.surroundings[min(first, len(scene.at_ms) - 1)]]
        if rng.random() < rate / max(rates):
            x_m[first:after] += size_m * np.cos(angle)
            y_m[first:after] += size_m * np.sin(angle)
    return x_m, y_m


def _losses(
    scene: Scene, receiver: Receiver, rng: np.random.Generator
) -> tuple[list[Span], list[int]]:
    """Return when there is no signal indoors, and when it comes back."""
    lost, found = [], []
    for stay in scene.stays:
        if rng.random() >= receiver.loss_share:
            continue
        at_ms = stay.start_ms + rng.exponential(receiver.loss_first_s) * _MS
        while at_ms < stay.end_ms:
            end_ms = min(stay.end_ms, at_ms + rng.exponential(receiver.lost_s) * _MS)
            lost.append(Span(round(at_ms), round(end_ms)))
            found.append(round(end_ms))
            at_ms = end_ms + rng.exponential(receiver.heard_s) * _MS
    return lost, found


def _dead_zones(scene: Scene, receiver: Receiver, rng: np.random.Generator) -> list[Span]:
    starts = _random_times(scene.at_ms, _HOUR_MS / _MS / receiver.dead_zone_every_s, rng)
    return [Span(start, start + round(receiver.dead_zone_s * _MS)) for start in starts.tolist()]


def _reacquisitions(
    scene: Scene, found: list[int], *, receiver: Receiver, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the shifts of the first fixes after a loss, while few satellites are used yet."""
    x_m, y_m = np.zeros(len(scene.at_ms)), np.zeros(len(scene.at_ms))
    shifts = rng.normal(0, receiver.reacquisition_m, (len(found), 2))
    for at_ms, (shift_x_m, shift_y_m) in zip(found, shifts.tolist(), strict=True):
        end_ms = at_ms + receiver.reacquisition_s * _MS
        first, after = np.searchsorted(scene.at_ms, [at_ms, end_ms])
        x_m[first:after] = shift_x_m
        y_m[first:after] = shift_y_m
    return x_m, y_m


def _accuracy_m(
    scene: Scene, found: list[int], *, receiver: Receiver, rng: np.random.Generator
) -> Floats:
    """Return the radius that the receiver claims to hold 68 % of its error."""
    sigma_m = np.array([kind.sigma_m for kind in receiver.surroundings()])[scene.surroundings]
    reacquisition_ms = round(receiver.reacquisition_s * _MS)
    again = _within(scene.at_ms, [Span(at_ms, at_ms + reacquisition_ms) for at_ms in found])
    sigma_m = np.where(again, np.hypot(sigma_m, receiver.reacquisition_m), sigma_m)
    told_m = sigma_m**receiver.informed * receiver.open.sigma_m ** (1 - receiver.informed)
    spread = rng.lognormal(0, receiver.accuracy_spread, len(scene.at_ms))
    accuracy_m: Floats = CIRCLE_68 * told_m / receiver.optimism * spread
    return accuracy_m


def _random_times(at_ms: Ints, per_h: float, rng: np.random.Generator) -> Ints:
    """Return the times of a Poisson process over the scene, in order."""
    length_ms = int(at_ms[-1] - at_ms[0]) + 1
    count = rng.poisson(length_ms / _HOUR_MS * per_h)
    return np.sort(at_ms[0] + rng.integers(0, length_ms, count))


def _within(at_ms: Ints, spans: list[Span]) -> Bools:
    """Return which times lie in any of the spans."""
    inside = np.zeros(len(at_ms), dtype=np.bool_)
    for span in spans:
        first, after = np.searchsorted(at_ms, [span.start_ms, span.end_ms])
        inside[first:after] = True
    return inside
