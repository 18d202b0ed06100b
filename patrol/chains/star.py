"""The chain of a walk: walking, standing in the street, or inside one of the premises.

Nodes are fixes and, between them, silences; time is continuous. A star, because nobody
gets from one premises to another but through the street.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from patrol.chains import evidence
from patrol.chains.evidence import EvidenceRules, Walk
from patrol.chains.kernels import best_path, odds
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Likelihoods in thousandths of a nat: whole numbers give the same path on every machine.
_QUANTUM = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StarRules:
    """How long people walk, stand and stay inside on average, seconds, and where to next.

    `passes` is how often the receiver's word on its accuracy is learned anew from the track.
    """

    evidence: EvidenceRules = field(default_factory=EvidenceRules)
    walking_s: float = 300.0
    standing_s: float = 180.0
    inside_s: float = 1200.0
    leave_to_walk: float = 0.6
    passes: int = 4


class Nodes(NamedTuple):
    """Fixes and gaps in the order of time, seconds: spans that tile the walk.

    `fix` is the fix of a node, or the one before a gap; `step_s` the time since the node
    before, for a gap and behind it that between two usual fixes: its own time is evidence.
    """

    start_s: Floats
    end_s: Floats
    is_gap: Mask
    fix: Integers
    step_s: Floats


class Solved(NamedTuple):
    """Where somebody was at each node: `path` is -1 in the street or a column of `each`.

    `each` is the probability of each premises; `is_informed` whether the receiver's word on
    its accuracy helped.
    """

    nodes: Nodes
    path: Integers
    each: Floats
    away_m: Floats
    is_informed: bool


class _Chain(NamedTuple):
    """Evidence (logs) and transitions (probabilities) of all nodes."""

    hub: Floats
    rays: Floats
    links: Floats
    start: Floats


def solve(walk: Walk, away_m: Floats, rules: StarRules) -> Solved:
    """Return the likeliest path of a walk past premises, `away_m` (fixes, premises) from them."""
    nodes = make_nodes(walk)
    links = _links(nodes, rules, away_m.shape[1])
    about = rules.evidence
    plain = _chain(
        walk,
        away_m,
        links,
        spreads_m=(
            evidence.plain_spread(walk, about.plain_outdoor_m),
            evidence.plain_spread(walk, about.plain_indoor_m),
        ),
        about=about,
    )
    chain, said, word = plain, None, None
    for _ in range(rules.passes - 1):
        inside = _odds(chain).sum(axis=1)[~nodes.is_gap]
        word = evidence.accuracy_evidence(walk, inside, about)
        if word is None:
            break
        # All but the word stays the same from one pass to the next.
        said = said or _chain(
            walk, away_m, links, spreads_m=(walk.sigma_m, walk.sigma_m), about=about
        )
        chain = _with_word(said, word, nodes)
    path = best_path(*(_quantised(part) for part in chain[:2]), *map(_quantised_log, chain[2:]))
    return Solved(nodes, path - 2, _odds(chain), away_m, word is not None)


def make_nodes(walk: Walk) -> Nodes:
    """Return the nodes of a walk; fixes meet half way, gaps reach from fix to fix."""
    count = len(walk)
    place = np.arange(count) + np.concatenate([[0], np.cumsum(walk.is_gap)])
    is_gap = np.ones(int(place[-1]) + 1, dtype=bool)
    is_gap[place] = False
    half_s = np.where(walk.is_gap, 0.0, np.diff(walk.at_s) / 2)
    start_s, end_s = walk.at_s.copy(), walk.at_s.copy()
    start_s[1:] -= half_s
    end_s[:-1] += half_s
    fix = np.cumsum(~is_gap) - 1
    starts, ends = start_s[fix], end_s[fix]
    starts[is_gap], ends[is_gap] = walk.at_s[fix[is_gap]], walk.at_s[fix[is_gap] + 1]
    step_s = np.concatenate([[walk.usual_s], np.diff(walk.at_s)])[fix]
    step_s[is_gap] = walk.usual_s
    step_s[1:][is_gap[:-1]] = walk.usual_s
    return Nodes(starts, ends, is_gap, fix, step_s)


def _chain(
    walk: Walk,
    away_m: Floats,
    links: Floats,
    *,
    spreads_m: tuple[Floats, Floats],
    about: EvidenceRules,
) -> _Chain:
    """Return the evidence under the spread that is believed outdoors and that indoors."""
    outdoors_m, indoors_m = spreads_m
    walking, standing = evidence.motion_evidence(walk, outdoors_m, about)
    still = standing
    if indoors_m is not outdoors_m:
        still = evidence.motion_evidence(walk, indoors_m, about)[1]
    inside = evidence.position_evidence(away_m, walk, indoors_m, rules=about) + still[:, None]
    gap_hub, gap_rays = evidence.gap_evidence(walk, away_m, indoors_m, rules=about)
    order = np.argsort(
        np.concatenate([np.arange(len(walk)), np.flatnonzero(walk.is_gap) + 0.5]), kind="stable"
    )
    hub = np.vstack([np.column_stack([walking, standing]), gap_hub])[order]
    rays = np.vstack([inside, gap_rays])[order]
    start = np.array([0.6, 0.2, 0.2 / away_m.shape[1]])
    return _Chain(hub, rays, links, start)


def _with_word(chain: _Chain, word: Floats, nodes: Nodes) -> _Chain:
    """Return the chain with what the receiver's word on each fix says for being inside."""
    rays = chain.rays.copy()
    rays[~nodes.is_gap] += word[:, None]
    return chain._replace(rays=rays)


def _links(nodes: Nodes, rules: StarRules, premises: int) -> Floats:
    """Return the transition probabilities into each node, a row of nine."""
    stay = [
        np.exp(-nodes.step_s / mean_s)
        for mean_s in (rules.walking_s, rules.standing_s, rules.inside_s)
    ]
    walk, stand, inside = stay
    # Between "any of many doors" and "this door of many": doors that are near compete.
    enter = 0.5 / np.sqrt(premises)
    links = [
        *(walk, (1 - walk) / 2, (1 - walk) * enter),
        *((1 - stand) / 2, stand, (1 - stand) * enter),
        *((1 - inside) * rules.leave_to_walk, (1 - inside) * (1 - rules.leave_to_walk), inside),
    ]
    return np.column_stack(links)


def _odds(chain: _Chain) -> Floats:
    most = np.maximum(chain.hub.max(axis=1), chain.rays.max(axis=1))[:, None]
    each: Floats = odds(
        np.exp(chain.hub - most), np.exp(chain.rays - most), chain.links, chain.start
    )
    return each


def _quantised(logs: Floats) -> Integers:
    result: Integers = np.rint(logs * _QUANTUM).astype(np.int64)
    return result


def _quantised_log(probabilities: Floats) -> Integers:
    return _quantised(np.log(probabilities))
