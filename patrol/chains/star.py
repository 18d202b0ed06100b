"""The chain of a walk: walking, standing in the street, or inside one of the premises.

Nodes are fixes and, between them, silences; time is continuous. A star, because nobody
gets from one premises to another but through the street.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.courses import FIRST_RAY, best_course, course_odds, tabled_chances
from patrol.chains.ground import QUANTUM, Ground, Shapes, StarRules
from patrol.chains.rays import Rays
from patrol.chains.walks import Nodes, Walk, make_nodes
from patrol.geodesy import Floats
from patrol.track import Integers

__all__ = ["Shapes", "Solved", "StarRules", "solve"]

# The probabilities of walking, of standing, and of being inside any premises to begin with.
_BEGIN = (0.6, 0.2, 0.2)


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
    ground = Ground(walk, nodes, shapes=shapes, rules=rules)
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


def _learn(walk: Walk, nodes: Nodes, *, ground: Ground, rules: StarRules) -> _Believed:
    """Return what is believed when the receiver's word on its accuracy has been learned.

    Where that word tells nothing, it is what is believed without it.
    """
    about, links = rules.evidence, _links(nodes, rules)

    def chain(outdoors_m: Floats, indoors_m: Floats) -> _Chain:
        hub, said = ground.say(outdoors_m, indoors_m)
        return _Chain(_quantised(hub), said, ground.rays, links, _begin(rules), ground.enter)

    outdoors_m = np.full(len(walk), about.plain_outdoor_m)
    unlearned = chain(outdoors_m, np.full(len(walk), about.plain_indoor_m))
    plain = believed = _Believed(unlearned, *_odds(unlearned), is_informed=False)
    said = None
    for _ in range(rules.passes - 1):
        inside = believed.by_node[~nodes.is_gap]
        word = evidence.accuracy_evidence(walk, inside, about)
        if word is None:
            return plain
        # All but the word stays the same from one pass to the next.
        said = said or chain(walk.sigma_m, walk.sigma_m)
        learned = _with_word(said, word, nodes)
        believed = _Believed(learned, *_odds(learned), is_informed=True)
    return believed


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
def _tabled_chances() -> Floats:
    return tabled_chances(QUANTUM)


def _quantised(logs: Floats) -> Integers:
    result: Integers = np.rint(logs * QUANTUM).astype(np.int64)
    return result


def _quantised_log(probabilities: Floats) -> Integers:
    return _quantised(np.log(probabilities))
