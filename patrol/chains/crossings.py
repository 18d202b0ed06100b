"""Fixes beside a border: on which side each was, since when, and what silence leaves open."""

from dataclasses import dataclass, field

import numpy as np

from patrol.chains import two_state
from patrol.chains.reflections import ReflectionRules, undo_reflections
from patrol.geodesy import Floats
from patrol.track import Integers, Mask, Track, median


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRules:
    """What a fix proves, for how long a silence says nothing, and how sure is sure enough."""

    # An error up to `tolerance_m` beyond the border may last (reflections in a street: a fix
    # is a new witness after `memory_s`); one beyond `far_m` is a stray of seconds.
    tolerance_m: float = 20.0
    memory_s: float = 30.0
    far_m: float = 45.0
    far_memory_s: float = 15.0
    # Added to the spread of every fix, and the share of fixes that are wrong altogether.
    extra_m: float = 3.0
    stray_share: float = 0.02
    switches_per_h: float = 4.0
    inside_p: float = 0.98
    outside_p: float = 0.999
    shortest_exit_s: float = 120.0
    # An exit is seen so long by fixes that lie beyond the tolerance by a spread, and so far
    # out. Each counts for the step before it, up to a bound: silence shows nothing.
    seen_s: float = 135.0
    clear_m: float = 30.0
    most_step_s: float = 45.0
    # Exits are dated to where the fixes cross this line, at most so long before they are sure:
    # the way from there to the tolerance takes no longer. Nothing shorter is an exit's part.
    border_m: float = 5.0
    backdate_s: float = 30.0
    longest_gap_s: int = 600
    # Before the first fix and after the last one somebody was there this long at most.
    edge_s: int = 120
    # Somebody who had so much time beyond the way to the border and back may have crossed it.
    walking_mps: float = 1.3
    spare_s: float = 60.0
    reflections: ReflectionRules = field(default_factory=ReflectionRules)


@dataclass(slots=True)
class Cells:
    """Each fix with the time it stands for; what lies between two cells is silence.

    `signed_m` is how far it lies beyond the border, negative within; `shown_ms` how long it
    vouches for being clearly out, 0 where it does not.
    """

    track: Track
    signed_m: Floats
    shown_ms: Floats
    away_permille: Integers
    is_out: Mask
    start_ms: Integers
    end_ms: Integers


def weigh(track: Track, signed_m: Floats, rules: PresenceRules) -> Cells:
    """Return the fixes of a track as evidence, each with the likeliest side of the border."""
    signed_m = undo_reflections(track, signed_m, border_m=rules.border_m, rules=rules.reflections)
    steps_ms = (track.epoch_ms[1:] - track.epoch_ms[:-1]).astype(np.float64)
    # The first fix is as new a witness as the others are.
    usual_ms = median(steps_ms) if len(steps_ms) else rules.memory_s * 1000
    # In whole milliseconds: sums of them are the same in any order.
    since_ms = np.concatenate([[usual_ms], steps_ms])
    weighed = weigh_each(track, signed_m, since_ms / 1000, rules=rules)
    steps_s = steps_ms / 1000
    shares = two_state.switch_shares(steps_s, switches_per_h=rules.switches_per_h)
    spread_m = track.sigma_m + rules.extra_m
    is_clear = signed_m > np.maximum(rules.tolerance_m + spread_m, rules.clear_m)
    meetings = (track.epoch_ms[:-1] + track.epoch_ms[1:]) // 2
    return Cells(
        track=track,
        signed_m=signed_m,
        shown_ms=np.where(is_clear, np.minimum(since_ms, rules.most_step_s * 1000), 0.0),
        away_permille=two_state.probability_away(weighed, shares),
        is_out=two_state.is_away(weighed, two_state.switch_prices(shares)),
        start_ms=np.concatenate([track.epoch_ms[:1], meetings]),
        end_ms=np.concatenate([meetings, track.epoch_ms[-1:]]),
    )


def weigh_each(
    track: Track, signed_m: Floats, since_s: Floats, *, rules: PresenceRules
) -> Integers:
    """Return what each fix says for being outside, the more the longer it is since the last one."""
    spread_m = track.sigma_m + rules.extra_m
    near = two_state.log_odds_beyond(
        (signed_m - rules.tolerance_m) / spread_m, stray_share=rules.stray_share
    )
    far = two_state.log_odds_beyond(
        (signed_m - rules.far_m) / spread_m, stray_share=rules.stray_share
    )
    evidence = near * np.minimum(since_s / rules.memory_s, 1.0)
    evidence += np.maximum(far, 0) * np.minimum(since_s / rules.far_memory_s, 1.0)
    result: Integers = np.rint(evidence).astype(np.int64)
    return result


def backdate(cells: Cells, rules: PresenceRules) -> None:
    """Let every exit begin and end where its fixes cross the border, and meet it there."""
    beyond = cells.signed_m > rules.border_m
    found = cells.is_out.copy()
    for change in (np.flatnonzero(found[1:] != found[:-1]) + 1).tolist():
        step = -1 if found[change] else 1
        out, inner = (change, change - 1) if found[change] else (change - 1, change)
        near = np.abs(cells.track.epoch_ms - cells.track.epoch_ms[out]) < rules.backdate_s * 1000
        while 0 <= inner < len(found) and beyond[inner] and near[inner]:
            cells.is_out[inner] = True
            out, inner = inner, inner + step
        if 0 <= inner < len(found):
            _meet(cells, min(out, inner), rules.border_m)


def bound(cells: Cells, rules: PresenceRules) -> None:
    """Leave silence out where nobody can say what happened in it."""
    before_ms, after_ms = cells.track.epoch_ms[:-1], cells.track.epoch_ms[1:]
    way_ms, spare_ms = ways(cells, rules)
    restless = (cells.is_out[:-1] | cells.is_out[1:]) & (spare_ms > rules.spare_s * 1000)
    np.copyto(cells.end_ms[:-1], before_ms + way_ms[:-1], where=restless)
    np.copyto(cells.start_ms[1:], after_ms - way_ms[1:], where=restless)
    # Into a long silence, an exit lasts no longer than the way back to the border.
    edge_ms = rules.edge_s * 1000
    reach_ms = np.where(cells.is_out, np.minimum(way_ms, edge_ms), edge_ms)
    silent = after_ms - before_ms > rules.longest_gap_s * 1000
    half_ms = (after_ms - before_ms) // 2
    np.copyto(cells.end_ms[:-1], before_ms + np.minimum(reach_ms[:-1], half_ms), where=silent)
    np.copyto(cells.start_ms[1:], after_ms - np.minimum(reach_ms[1:], half_ms), where=silent)
    cells.start_ms[0] -= reach_ms[0]
    cells.end_ms[-1] += reach_ms[-1]


def ways(cells: Cells, rules: PresenceRules) -> tuple[Integers, Integers]:
    """Return the way of each fix to the border, and the time that a step has to spare; ms."""
    way_ms = np.rint(np.abs(cells.signed_m) / rules.walking_mps * 1000).astype(np.int64)
    epoch_ms = cells.track.epoch_ms
    spare_ms: Integers = epoch_ms[1:] - epoch_ms[:-1] - way_ms[:-1] - way_ms[1:]
    return way_ms, spare_ms


def _meet(cells: Cells, before: int, border_m: float) -> None:
    """Part the cells `before` and the next one where the way between them crosses the border."""
    here_m, there_m = cells.signed_m[before : before + 2] - border_m
    here_ms, there_ms = cells.track.epoch_ms[before : before + 2]
    if here_m * there_m < 0:
        crossing_ms = here_ms + round((there_ms - here_ms) * here_m / (here_m - there_m))
        cells.end_ms[before] = cells.start_ms[before + 1] = crossing_ms
