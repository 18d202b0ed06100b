"""The chain of a walk: walking, standing in the street, or inside one of the premises.

Nodes are fixes and, between them, silences; time is continuous. A star, because nobody
gets from one premises to another but through the street.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.courses import FIRST_RAY, best_course, course_odds, tabled_chances
from patrol.chains.evidence import EvidenceRules
from patrol.chains.rays import (
    Rays,
    entry_distances,
    entry_evidence,
    find_rays,
    list_entries,
    tabled_places,
)
from patrol.chains.walks import Nodes, Walk, make_nodes
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Likelihoods in thousandths of a nat: whole numbers give the same path on every machine.
_QUANTUM = 1000
# The probabilities of walking, of standing, and of being inside any premises to begin with.
_BEGIN = (0.6, 0.2, 0.2)


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
    """Outlines as edges (`first` as in `outline_distances`), and what is known of each.

    That is a circle around it, and whether it is the grid's own.
    """

    corners: Floats
    first: Integers
    radius_m: Floats
    circles: Floats
    is_own: Mask


class Solved(NamedTuple):
    """Where somebody was at each node: `outline` is that of the premises, -1 in the street.

    `inside` is the probability of being inside any premises at a node, `each` that of each
    entry of the rays; `is_informed` whether the receiver's word on its accuracy helped.
    """

    nodes: Nodes
    outline: Integers
    inside: Floats
    rays: Rays
    away_m: Floats
    each: Floats
    is_informed: bool

    def mean_away_m(self, nodes: slice, outlines: int) -> Floats:
        """Return how far from each outline a run of nodes lies on average; inf where unknown."""
        begin = self.rays.begin[nodes.start : nodes.stop + 1]
        entries = slice(begin[0], begin[-1])
        outline = self.rays.outline[entries]
        seen = np.bincount(outline, minlength=outlines)
        sums_m = np.bincount(outline, weights=self.away_m[entries], minlength=outlines)
        # An outline that was in reach for a part of the time alone is not where it was spent.
        known = 2 * seen >= nodes.stop - nodes.start
        result: Floats = np.where(known, sums_m / np.maximum(seen, 1), np.inf)
        return result

    def likely(self, outline: int, nodes: slice) -> Floats:
        """Return the probability of being inside one outline at each of a run of nodes."""
        begin = self.rays.begin[nodes.start : nodes.stop + 1]
        (at,) = np.nonzero(self.rays.outline[begin[0] : begin[-1]] == outline)
        found = np.zeros(nodes.stop - nodes.start)
        found[np.searchsorted(begin, at + begin[0], side="right") - 1] = self.each[at + begin[0]]
        return found


class _Chain(NamedTuple):
    """Evidence in whole numbers and transitions (probabilities) of all nodes."""

    hub: Integers
    said: Integers
    rays: Rays
    links: Floats
    begin: Floats
    enter: Floats


class _Believed(NamedTuple):
    """A chain with its odds: of each entry, and of being inside anything at each node."""

    chain: _Chain
    each: Floats
    by_node: Floats
    is_informed: bool


def solve(walk: Walk, shapes: Shapes, rules: StarRules) -> Solved:
    """Return the likeliest course of a walk past premises."""
    nodes = make_nodes(walk)
    ground = _Ground(walk, nodes, shapes=shapes, rules=rules)
    chain, each, by_node, is_informed = _learn(walk, nodes, ground=ground, rules=rules)
    path = best_course(
        chain.hub,
        chain.said,
        chain.rays,
        _quantised_log(chain.links),
        (_quantised_log(chain.begin), _quantised_log(chain.enter)),
    )
    outline = np.full(len(path), -1)
    (inside_at,) = np.nonzero(path >= FIRST_RAY)
    outline[inside_at] = ground.rays.outline[path[inside_at] - FIRST_RAY]
    return Solved(nodes, outline, by_node, ground.rays, ground.away_m, each, is_informed)


def _learn(walk: Walk, nodes: Nodes, *, ground: "_Ground", rules: StarRules) -> _Believed:
    """Return what is believed when the receiver's word on its accuracy has been learned.

    Where that word tells nothing, it is what is believed without it.
    """
    about = rules.evidence
    outdoors_m = np.full(len(walk), about.plain_outdoor_m)
    chain = ground.chain(outdoors_m, np.full(len(walk), about.plain_indoor_m))
    plain = believed = _Believed(chain, *_odds(chain), is_informed=False)
    said = None
    for _ in range(rules.passes - 1):
        inside = believed.by_node[~nodes.is_gap]
        word = evidence.accuracy_evidence(walk, inside, about)
        if word is None:
            return plain
        # All but the word stays the same from one pass to the next.
        said = said or ground.chain(walk.sigma_m, walk.sigma_m)
        chain = _with_word(said, word, nodes)
        believed = _Believed(chain, *_odds(chain), is_informed=True)
    return believed


class _Ground:
    """A walk past premises: what stays the same whatever is believed of the receiver."""

    def __init__(self, walk: Walk, nodes: Nodes, *, shapes: Shapes, rules: StarRules) -> None:
        self._walk = walk
        self._nodes = nodes
        self._rules = rules
        self.rays = _find_rays(walk, nodes, circles=shapes.circles, rules=rules)
        self.away_m = entry_distances(
            self.rays, (nodes.fix, nodes.is_gap), (walk.x_m, walk.y_m), shapes[:3], shapes.circles
        )
        self._door = evidence.door_evidence(shapes.circles[:, :2], rules.evidence)
        self._links = _links(nodes, rules)
        self._enter = np.where(shapes.is_own, 1.0, rules.others_share)

    def chain(self, outdoors_m: Floats, indoors_m: Floats) -> _Chain:
        """Return the chain under the spread that is believed of fixes outdoors, and indoors."""
        about = self._rules.evidence
        hub, spread_m, weight, inside = _node_evidence(
            self._walk, self._nodes, spreads_m=(outdoors_m, indoors_m), about=about
        )
        said = entry_evidence(
            self.rays,
            self.away_m,
            (self._nodes.is_gap, spread_m, weight, inside),
            self._door,
            (
                _tabled(about.outlier_share),
                about.outlier_m,
                about.gap_place_nats,
                about.gap_place_share,
                _QUANTUM,
            ),
        )
        return _Chain(
            _quantised(hub), said, self.rays, self._links, _begin(self._rules), self._enter
        )


def _find_rays(walk: Walk, nodes: Nodes, *, circles: Floats, rules: StarRules) -> Rays:
    at_silence = np.zeros(len(walk), dtype=bool)
    at_silence[:-1] |= walk.is_gap
    at_silence[1:] |= walk.is_gap
    # A silence is no time spent elsewhere.
    heard_s = np.cumsum(np.concatenate([[0.0], np.where(walk.is_gap, 0.0, np.diff(walk.at_s))]))
    found = find_rays(
        (heard_s, walk.x_m, walk.y_m, walk.stretch, at_silence),
        circles,
        (rules.reach_m, rules.near_m, rules.near_fixes, rules.bridge_s),
    )
    first, last = nodes.of_fixes(found[:, 1], found[:, 2])
    return Rays(*list_entries(found[:, 0].copy(), first, last, len(nodes.fix)))


def _node_evidence(
    walk: Walk, nodes: Nodes, *, spreads_m: tuple[Floats, Floats], about: EvidenceRules
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return for each node: evidence of the hub, spread, weight, and what speaks for inside."""
    outdoors_m, indoors_m = spreads_m
    walking, standing = evidence.motion_evidence(walk, outdoors_m, about)
    still = standing
    if indoors_m is not outdoors_m:
        still = evidence.motion_evidence(walk, indoors_m, about)[1]
    gap_walking, gap_standing, gap_inside = evidence.gap_evidence(walk, about)
    (ends,) = np.nonzero(walk.is_gap)
    gap_m = np.minimum(indoors_m[ends], indoors_m[ends + 1])

    def both(fixes: Floats, gaps: Floats) -> Floats:
        values = np.empty(len(nodes.fix))
        values[~nodes.is_gap], values[nodes.is_gap] = fixes, gaps
        return values

    spread_m = np.hypot(both(indoors_m, gap_m), about.indoor_bias_m)
    weight = both(evidence.witness_weights(walk, about.position_memory_s), gap_m)
    hub = np.column_stack([both(walking, gap_walking), both(standing, gap_standing)])
    return hub, spread_m, weight, both(still, gap_inside)


def _with_word(chain: _Chain, word: Floats, nodes: Nodes) -> _Chain:
    """Return the chain with what the receiver's word on each fix says for being inside."""
    hub = chain.hub.copy()
    # To say it for all premises is to say its opposite for the street.
    hub[~nodes.is_gap] -= _quantised(word)[:, None]
    return chain._replace(hub=hub)


def _links(nodes: Nodes, rules: StarRules) -> Floats:
    """Return the transition probabilities into each node, a row of nine."""
    walk, stand, inside = (
        np.exp(-nodes.step_s / mean_s)
        for mean_s in (rules.walking_s, rules.standing_s, rules.inside_s)
    )
    enter = 0.5 * rules.enter_share
    links = np.column_stack(
        [
            *(walk, (1 - walk) / 2, (1 - walk) * enter),
            *((1 - stand) / 2, stand, (1 - stand) * enter),
            *((1 - inside) * rules.leave_to_walk, (1 - inside) * (1 - rules.leave_to_walk), inside),
        ]
    )
    # A new stretch begins as the first one does, whatever was before.
    links[1:][np.diff(nodes.stretch) != 0] = np.tile(_begin(rules), 3)
    return links


def _begin(rules: StarRules) -> Floats:
    walking, standing, inside = _BEGIN
    return np.array([walking, standing, inside * rules.enter_share])


def _odds(chain: _Chain) -> tuple[Floats, Floats]:
    start = chain.begin, chain.enter, _tabled_chances()
    each, by_node = course_odds(chain.hub, chain.said, chain.rays, chain.links, start)
    return each, by_node


@cache
def _tabled(outlier_share: float) -> Floats:
    return tabled_places(outlier_share)


@cache
def _tabled_chances() -> Floats:
    return tabled_chances(_QUANTUM)


def _quantised(logs: Floats) -> Integers:
    result: Integers = np.rint(logs * _QUANTUM).astype(np.int64)
    return result


def _quantised_log(probabilities: Floats) -> Integers:
    return _quantised(np.log(probabilities))
