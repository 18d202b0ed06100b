"""The chain of a walk: walking, standing in the street, or inside one of the premises.

Nodes are fixes and, between them, silences; time is continuous. A star, because nobody
gets from one premises to another but through the street.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.courses import (
    FIRST_RAY,
    best_course,
    course_odds,
    tabled_chances,
    tell_chances,
)
from patrol.chains.ground import QUANTUM, Ground, Shapes, StarRules
from patrol.chains.rays import NOWHERE, Rays
from patrol.chains.walks import Nodes, Walk, make_nodes
from patrol.geodesy import Floats
from patrol.track import Integers

__all__ = ["Shapes", "Solved", "StarRules", "solve"]

# The probabilities of walking, of standing, and of being inside any premises to begin with.
_BEGIN = (0.6, 0.2, 0.2)


class Solved(NamedTuple):
    """Where somebody was at each node: `outline` is that of the premises, -1 in the street.

    `inside` is the probability of being inside any premises at a node, `each` the rows
    of those of rays; `away_m` is how far the entries of rays are; `is_informed` whether the receiver's
    word on its accuracy helped.
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
        seen, sums_m = np.zeros(outlines), np.zeros(outlines)
        within = (self.rays.first < nodes.stop) & (self.rays.last >= nodes.start)
        for ray in np.flatnonzero(within).tolist():
            first, end = self._part(ray, nodes)
            entry, outline = self.rays.begin[ray] - self.rays.first[ray], self.rays.outline[ray]
            seen[outline] += end - first
            sums_m[outline] += self.away_m[entry + first : entry + end].sum()
        # An outline that was in reach for a part of the time alone is not where it was spent.
        known = 2 * seen >= nodes.stop - nodes.start
        result: Floats = np.where(known, sums_m / np.maximum(seen, 1), np.inf)
        return result

    def likely(self, outline: int, nodes: slice) -> Floats:
        """Return the probability of being inside one outline at each of a run of nodes."""
        found = np.zeros(nodes.stop - nodes.start)
        rays = self.rays
        here = (rays.outline == outline) & (rays.first < nodes.stop) & (rays.last >= nodes.start)
        for ray in np.flatnonzero(here).tolist():
            first, end = self._part(ray, nodes)
            entries = rays.row[first:end] + rays.lane[ray]
            found[first - nodes.start : end - nodes.start] = self.each[entries]
        return found

    def _part(self, ray: int, nodes: slice) -> tuple[int, int]:
        """Return the first of some nodes at which a ray is, and the one behind the last."""
        first, last = int(self.rays.first[ray]), int(self.rays.last[ray])
        return max(first, nodes.start), min(last + 1, nodes.stop)


class _Chain:
    """Evidence in whole numbers, and what is believed by it, of all nodes of a walk."""

    def __init__(self, ground: Ground, links: Floats, rules: StarRules) -> None:
        self._ground, self._links, self._begin = ground, links, _begin(rules)
        # One piece of memory: what is freed in one piece stays at hand for the next walk.
        said, self._likely, self.each = np.empty((3, ground.rays.row[-1]))
        self._said: Integers = said.view(np.int64)
        self._said[:] = NOWHERE

    def say(self, outdoors_m: Floats, indoors_m: Floats) -> None:
        """Let fixes have these spreads where they are believed to be in either place."""
        self._hub = _quantised(self._ground.say(outdoors_m, indoors_m, self._said))
        self._best = tell_chances(
            self._said, self._ground.rays.row, _tabled_chances(), self._likely
        )

    def believe(self, nodes: Nodes, word: Floats | None = None) -> Floats:
        """Return the probabilities of being inside, with what the receiver's word says for it."""
        self._heard = self._hub
        if word is not None:
            at_nodes = np.zeros(len(self._hub), dtype=np.int64)
            at_nodes[nodes.place] = _quantised(word)
            # To say it for all premises is to say its opposite for the street.
            self._heard = self._hub - at_nodes[:, None]
        return course_odds(
            (self._heard, self._best, self._likely),
            self._ground.rays,
            self._links,
            (self._begin, self._ground.enter, _tabled_chances()),
            self.each,
        )

    def course(self) -> Integers:
        """Return the likeliest state of every node; nothing can be believed after that."""
        return best_course(
            (self._heard, self._said),
            self._ground.rays,
            _quantised_log(self._links),
            (_quantised_log(self._begin), _quantised_log(self._ground.enter)),
            self._likely.view(np.int64),
        )


def solve(walk: Walk, shapes: Shapes, rules: StarRules) -> Solved:
    """Return the likeliest course of a walk past premises."""
    nodes = make_nodes(walk)
    ground = Ground(walk, nodes, shapes=shapes, rules=rules)
    chain = _Chain(ground, _links(nodes, rules), rules)
    inside, is_informed = _learn(chain, walk, nodes, rules=rules)
    path = chain.course()
    outline = np.full(len(path), -1)
    (inside_at,) = np.nonzero(path >= FIRST_RAY)
    outline[inside_at] = ground.rays.outline[path[inside_at] - FIRST_RAY]
    return Solved(nodes, outline, inside, ground.rays, ground.away_m, chain.each, is_informed)


def _learn(chain: _Chain, walk: Walk, nodes: Nodes, *, rules: StarRules) -> tuple[Floats, bool]:
    """Return what is believed when the receiver's word on its accuracy has been learned.

    Where that word tells nothing, it is what is believed without it. The second value tells
    whether it helped.
    """
    about, receiver = rules.evidence, evidence.WordEvidence(walk, rules.evidence)
    plain_m = np.full(len(walk), about.plain_outdoor_m), np.full(len(walk), about.plain_indoor_m)
    chain.say(*plain_m)
    inside, is_informed = chain.believe(nodes), False
    for _ in range(rules.passes - 1):
        word = receiver.learn(inside[nodes.place])
        if word is None and is_informed:
            chain.say(*plain_m)
            return chain.believe(nodes), False
        if word is None:
            return inside, False
        if not is_informed:
            chain.say(walk.sigma_m, walk.sigma_m)
        # All but the word stays the same from one pass to the next.
        inside, is_informed = chain.believe(nodes, word), True
    return inside, is_informed


def _links(nodes: Nodes, rules: StarRules) -> Floats:
    """Return the transition probabilities into each node, a row of nine."""
    walk, stand, inside = (
        np.exp(-nodes.step_s / mean_s)
        for mean_s in (rules.walking_s, rules.standing_s, rules.inside_s)
    )
    enter = 0.5 * rules.enter_share
    links = np.empty((len(walk), 9))
    for place, share in enumerate(
        (
            *(walk, (1 - walk) / 2, (1 - walk) * enter),
            *((1 - stand) / 2, stand, (1 - stand) * enter),
            *((1 - inside) * rules.leave_to_walk, (1 - inside) * (1 - rules.leave_to_walk), inside),
        )
    ):
        links[:, place] = share
    # A new stretch begins as the first one does, whatever was before.
    (begins,) = np.nonzero(nodes.stretch[1:] != nodes.stretch[:-1])
    links[begins + 1] = np.tile(_begin(rules), 3)
    return links


def _begin(rules: StarRules) -> Floats:
    walking, standing, inside = _BEGIN
    return np.array([walking, standing, inside * rules.enter_share])


@cache
def _tabled_chances() -> Floats:
    return tabled_chances(QUANTUM)


def _quantised(logs: Floats) -> Integers:
    result: Integers = np.rint(logs * QUANTUM).astype(np.int64)
    return result


def _quantised_log(probabilities: Floats) -> Integers:
    return _quantised(np.log(probabilities))
