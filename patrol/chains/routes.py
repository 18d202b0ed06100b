"""The chain of a walk along streets: which pieces of them a track has walked.

Streets are cut into cells of some ten metres. A walk goes from cell to cell in the direction
it has, takes any way at a crossing, stops, and goes on in either direction; fixes say where it
can have been.
Whole walks are drawn from what is possible, so that the pieces of a street are walked or not
together. The draws are the same for the same track.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from patrol.chains.matching import are_near, draw_walks, likely_places
from patrol.geodesy import Floats
from patrol.track import Integers, Mask

# Ends of lines that are nearer to one another than this are the same crossing, metres.
_SAME_M = 0.5
# Where the fixes show a pause somebody stood, but for what passes for a pause.
_SURE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRules:
    """How somebody walks along streets, and what a fix says of it; metres, seconds.

    `bias_m` is the shift across a street that lasts for hours; errors are new after `memory_s`;
    `least` is the likelihood of a fix however far it lies from the walk. Somebody walks for
    `walking_s`, then stands for `standing_s`; fixes slower than `still_mps` are no walk, and who
    walks is neither slower than `slowest_mps` nor faster than `fastest_mps`. Of the `walks` drawn
    come the probabilities.
    """

    piece_m: float = 25.0
    near_m: float = 60.0
    bias_m: float = 8.0
    memory_s: float = 25.0
    least: float = 0.01
    walking_s: float = 90.0
    standing_s: float = 60.0
    step_s: float = 7.5
    longest_gap_s: float = 120.0
    pause_m: float = 100.0
    window_s: float = 30.0
    still_mps: float = 0.4
    slowest_mps: float = 0.8
    usual_mps: float = 1.15
    fastest_mps: float = 1.7
    riding_mps: float = 2.5
    walks: int = 64


class Net(NamedTuple):
    """Streets as cells (rows of x, y, length, metres) between `ends`, and as pieces of two cells.

    `mid_m` and `length_m` are those of the pieces; `lines` are their two outer ends.
    """

    cells: Floats
    ends: Integers
    piece: Integers
    mid_m: Floats
    length_m: Floats
    lines: Floats


class Steps(NamedTuple):
    """A track in a plane, seconds and metres; `is_elsewhere` where the fix is no walk."""

    at_s: Floats
    x_m: Floats
    y_m: Floats
    sigma_m: Floats
    is_elsewhere: Mask


class _Pace(NamedTuple):
    """The speed at each fix: the higher one of just before and just after, their mean, ride."""

    highest_mps: Floats
    mean_mps: Floats
    is_ridden: Mask


class _Links(NamedTuple):
    """Which places follow one another, both ways round."""

    follows: Integers
    follows_first: Integers
    leads: Integers
    leads_first: Integers
    fan: Integers


def make_net(lines: Sequence[Floats], piece_m: float) -> Net:
    """Return lines (points as rows x, y), which touch at their ends alone, cut into pieces."""
    points, ends, lengths = [np.empty((0, 2))], [np.empty((0, 2), np.int64)], [np.empty(0)]
    outer = [np.empty((0, 4))]
    crossings: dict[tuple[int, int], int] = {}
    inner = -1
    for line in lines:
        along_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        count = 2 * int(np.ceil(along_m[-1] / piece_m))
        cuts_m = np.linspace(0.0, along_m[-1], 2 * count + 1)
        at = np.column_stack([np.interp(cuts_m, along_m, line[:, axis]) for axis in (0, 1)])
        near = [tuple(np.rint(line[end] / _SAME_M).astype(int).tolist()) for end in (0, -1)]
        begin, end = (crossings.setdefault(one, len(crossings)) for one in near)
        between = np.arange(inner, inner - count + 1, -1)
        inner -= count - 1
        names = np.concatenate([[begin], between, [end]])
        points.append(at[1::2])
        ends.append(np.column_stack([names[:-1], names[1:]]))
        lengths.append(np.full(count, along_m[-1] / count))
        outer.append(np.hstack([at[:-4:4], at[4::4]]))
    centres, length_m = np.concatenate(points), np.concatenate(lengths)
    lines_m = np.concatenate(outer)
    middle_m = (centres[0::2] + centres[1::2]) / 2
    return Net(
        cells=np.column_stack([centres, length_m]),
        ends=np.concatenate(ends),
        piece=np.arange(len(centres)) // 2,
        mid_m=middle_m,
        length_m=length_m[0::2] * 2,
        lines=lines_m,
    )


def draw(steps: Steps, net: Net, rules: StreetRules) -> Mask:
    """Return (walks, pieces): which pieces each of the walks drawn has walked."""
    walked = np.zeros((rules.walks, len(net.length_m)), dtype=bool)
    pace = _pace(steps, rules)
    is_walk = ~steps.is_elsewhere & (pace.highest_mps >= rules.still_mps) & ~pace.is_ridden
    used = np.flatnonzero(is_walk)
    cells = _near(steps, used, net, around_m=2 * rules.near_m)
    used = used[are_near(steps.x_m[used], steps.y_m[used], net.cells[cells], rules.near_m)]
    if len(used) < 2:  # noqa: PLR2004 - a way has two ends
        return walked
    links = _link(net.ends[cells])
    of_fixes = _fixes(steps, used, rules)
    for stretch in _stretches(steps, used, pace, rules=rules):
        likely = likely_places(
            stretch, of_fixes, net.cells[cells], links.follows, links.follows_first
        )
        back = links.leads, links.leads_first, links.fan
        draw_walks(likely, stretch, net.cells[cells], back, net.piece[cells], walked)
    return walked


def _pace(steps: Steps, rules: StreetRules) -> _Pace:
    """Return the pace at each fix; a ride is one both just before and just after it."""
    at_s, count = steps.at_s, len(steps.at_s)
    here = np.arange(count)
    window_s = rules.window_s + 1.0
    after = np.searchsorted(at_s, at_s + window_s, side="right") - 1
    after = np.maximum(after, np.minimum(here + 1, count - 1))
    before = np.searchsorted(at_s, at_s - window_s, side="left")
    before = np.minimum(before, np.maximum(here - 1, 0))
    known_s = 3 * rules.window_s
    there = [
        _speed(steps, before, here, known_s=known_s),
        _speed(steps, here, after, known_s=known_s),
    ]
    return _Pace(
        highest_mps=np.maximum(*there),
        mean_mps=(there[0] + there[1]) / 2,
        is_ridden=np.minimum(*there) > rules.riding_mps,
    )


def _speed(steps: Steps, start: Integers, end: Integers, *, known_s: float) -> Floats:
    apart_s = steps.at_s[end] - steps.at_s[start]
    made_m = np.hypot(steps.x_m[end] - steps.x_m[start], steps.y_m[end] - steps.y_m[start])
    # Over a long silence the way made says nothing about the pace.
    known = apart_s <= known_s
    result: Floats = np.where(known, made_m / np.maximum(apart_s, 1.0), 0.0)
    return result


def _near(steps: Steps, used: Integers, net: Net, *, around_m: float) -> Integers:
    """Return the cells of all pieces that the walk comes near to."""
    if not used.size:
        return used
    low = np.array([steps.x_m[used].min(), steps.y_m[used].min()]) - around_m
    high = np.array([steps.x_m[used].max(), steps.y_m[used].max()]) + around_m
    within: Mask = np.all((net.mid_m > low) & (net.mid_m < high), axis=1)
    return np.flatnonzero(within[net.piece])


def _fixes(steps: Steps, used: Integers, rules: StreetRules) -> Floats:
    """Return rows of x, y, spread, weight and least likelihood."""
    since_s = np.concatenate([[rules.memory_s], np.diff(steps.at_s[used])])
    return np.column_stack(
        [
            steps.x_m[used],
            steps.y_m[used],
            np.hypot(steps.sigma_m[used], rules.bias_m),
            np.minimum(1.0, since_s / rules.memory_s),
            np.full(len(used), rules.least),
        ]
    )


def _stretches(steps: Steps, used: Integers, pace: _Pace, *, rules: StreetRules) -> list[Floats]:
    """Return the steps of each stretch that was walked without an unknown way in it."""
    made_m = np.hypot(np.diff(steps.x_m[used]), np.diff(steps.y_m[used]))
    took_s = np.diff(steps.at_s[used])
    # A pause: the fixes in between were no walk. However long, hardly a way was made in it.
    is_pause = np.diff(used) > 1
    rides = np.concatenate([[0], np.cumsum(pace.is_ridden)])
    is_cut = rides[used[1:]] > rides[used[:-1]]
    is_cut |= np.where(is_pause, made_m > rules.pause_m, took_s > rules.longest_gap_s)
    took_s = np.where(is_pause, np.clip(made_m / rules.usual_mps, 5.0, 60.0), took_s)
    # That of the end which is rather a walk: standing is a place of its own.
    pace_mps = np.maximum(pace.mean_mps[used[:-1]], pace.mean_mps[used[1:]])
    go_m = took_s * np.clip(pace_mps, rules.slowest_mps, rules.fastest_mps)
    cuts = [0, *(np.flatnonzero(is_cut) + 1).tolist(), len(used)]
    each = np.column_stack([took_s, go_m, is_pause, np.arange(1, len(used))])
    return [
        _in_steps(start, each[start : end - 1], rules)
        for start, end in pairwise(cuts)
        if end - start > 1
    ]


def _in_steps(start: int, each: Floats, rules: StreetRules) -> Floats:
    """Return the ways from fix to fix in steps of some seconds, the fix seen at the last one."""
    took_s, go_m, is_pause, fix = each.T
    count = np.maximum(1, np.ceil(took_s / rules.step_s)).astype(np.int64)
    of = np.repeat(np.arange(len(each)), count)
    first, last = np.cumsum(count) - count, np.cumsum(count) - 1
    lasts_s = (took_s / count)[of]
    stop = np.minimum(lasts_s / rules.walking_s, 0.5)
    resume = np.minimum(lasts_s / rules.standing_s, 0.5)
    stop[first[is_pause > 0]] = _SURE
    resume[last[is_pause > 0]] = 0.5
    seen = np.full(len(of), -1.0)
    seen[last] = fix
    steps = np.column_stack([(go_m / count)[of], stop, resume, seen])
    return np.vstack([[0.0, 0.0, 0.0, start], steps])


def _link(ends: Integers) -> _Links:
    """Return which places of a walk follow which: all that begin where one ends, not the way back."""
    places = 2 * len(ends)
    begins, stops = ends.ravel(), ends[:, ::-1].ravel()
    order = np.argsort(begins, kind="stable")
    low = np.searchsorted(begins[order], stops, side="left")
    high = np.searchsorted(begins[order], stops, side="right")
    fan = high - low
    of = np.repeat(np.arange(places), fan)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(fan) - fan, fan)
    follows = order[low[of] + nth]
    # At a dead end there is no other way.
    kept = (follows != (of ^ 1)) | (fan[of] == 1)
    of, follows = of[kept], follows[kept]
    fan = np.bincount(of, minlength=places)
    back = np.argsort(follows, kind="stable")
    return _Links(
        follows=follows,
        follows_first=np.concatenate([[0], np.cumsum(fan)]),
        leads=of[back],
        leads_first=np.concatenate([[0], np.cumsum(np.bincount(follows, minlength=places))]),
        fan=fan,
    )
