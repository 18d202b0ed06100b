"""A walk on its ground: which premises come into question, and what is said for each of them."""

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.evidence import EvidenceRules
from patrol.chains.rays import (
    Rays,
    count_around,
    entry_distances,
    entry_evidence,
    find_rays,
    lay_out,
    tabled_places,
)
from patrol.chains.walks import Nodes, Walk
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Likelihoods in thousandths of a nat: whole numbers give the same path on every machine.
QUANTUM = 1000
# The kind of rays at the grid's own premises; that of others' is 0.
_OWN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StarRules:
    """How long people walk, stand and stay inside on average, seconds, and where to next.

    Premises come into question within `reach_m`, after `near_fixes` within `near_m` or a silence;
    `bridge_s` away do not end that. `passes` is how often the receiver's word on its accuracy is
    learned anew from the walk.
    """

    evidence: EvidenceRules = field(default_factory=EvidenceRules)
    walking_s: float = 300.0
    standing_s: float = 180.0
    inside_s: float = 1200.0
    leave_to_walk: float = 0.6
    # Of those who go inside, how many go into one of the doors at hand.
    enter_share: float = 0.15
    # Work is done in one's own grid: others' premises are entered so much more seldom.
    others_share: float = 0.02
    reach_m: float = 60.0
    near_m: float = 50.0
    near_fixes: int = 3
    bridge_s: float = 300.0
    passes: int = 4


class Shapes(NamedTuple):
    """Outlines as edges (`first` as in `patrol.geofence`), and what is known of each.

    That is a circle around it, and whether it is the grid's own.
    """

    corners: Floats
    first: Integers
    radius_m: Floats
    circles: Floats
    is_own: Mask


class Ground:
    """A walk past premises: what stays the same whatever is believed of the receiver."""

    def __init__(self, walk: Walk, nodes: Nodes, *, shapes: Shapes, rules: StarRules) -> None:
        self._walk = walk
        self._nodes = nodes
        self._rules = rules
        self.rays = _find_rays(walk, nodes, shapes=shapes, rules=rules)
        self.away_m = entry_distances(
            self.rays, (nodes.fix, nodes.is_gap), (walk.x_m, walk.y_m), shapes[:3], shapes.circles
        )
        around = count_around(shapes.circles, rules.evidence.doors_m)
        self._door = evidence.door_evidence(around, rules.evidence)
        self._motion = evidence.MotionEvidence(walk, rules.evidence)
        self._gaps = evidence.gap_evidence(walk, rules.evidence)
        self._weight = evidence.witness_weights(walk, rules.evidence.position_memory_s)
        # Of each lane: all rays in it are entered alike.
        self.enter = np.where(self.rays.kind == _OWN, 1.0, rules.others_share)

    def say(self, outdoors_m: Floats, indoors_m: Floats, said: Integers) -> Floats:
        """Return what speaks for the street, nats; write to `said` the rows of that for inside.

        The latter is in whole parts of a nat; `outdoors_m` and `indoors_m` are the spreads of
        fixes that are believed in either place.
        """
        about = self._rules.evidence
        standing = self._motion.still(outdoors_m)
        inside = standing if indoors_m is outdoors_m else self._motion.still(indoors_m)
        gap_walking, gap_standing, gap_inside = self._gaps
        (ends,) = np.nonzero(self._walk.is_gap)
        gap_m = np.minimum(indoors_m[ends], indoors_m[ends + 1])
        spread_m = np.hypot(self._both(indoors_m, gap_m), about.indoor_bias_m)
        weight = self._both(self._weight, gap_m)
        entry_evidence(
            self.rays,
            self.away_m,
            (self._nodes.is_gap, spread_m, weight, self._both(inside, gap_inside)),
            (
                *(_tabled(about.outlier_share), self._door, about.outlier_m),
                *(about.gap_place_nats, about.gap_place_share, QUANTUM),
            ),
            said,
        )
        walking = self._both(self._motion.walking(outdoors_m), gap_walking)
        return np.column_stack([walking, self._both(standing, gap_standing)])

    def _both(self, fixes: Floats, gaps: Floats) -> Floats:
        """Return what is told of fixes and of silences for all nodes."""
        values = fixes[self._nodes.fix]
        values[self._nodes.is_gap] = gaps
        return values


def _find_rays(walk: Walk, nodes: Nodes, *, shapes: Shapes, rules: StarRules) -> Rays:
    at_silence = np.zeros(len(walk), dtype=bool)
    at_silence[:-1] |= walk.is_gap
    at_silence[1:] |= walk.is_gap
    # A silence is no time spent elsewhere.
    heard_s = np.cumsum(np.concatenate([[0.0], np.where(walk.is_gap, 0.0, np.diff(walk.at_s))]))
    found = find_rays(
        (heard_s, walk.x_m, walk.y_m, walk.stretch, at_silence),
        shapes.circles,
        (rules.reach_m, rules.near_m, rules.near_fixes, rules.bridge_s),
    )
    first, last = nodes.of_fixes(found[:, 1], found[:, 2])
    return Rays(*lay_out(found[:, 0].copy(), (first, last), shapes.is_own * _OWN, len(nodes.fix)))


@cache
def _tabled(outlier_share: float) -> Floats:
    return tabled_places(outlier_share)
