"""Findings: what was seen, when, with its evidence; and from where on it is worth a look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from patrol.fix import epoch_of
from patrol.intervals import Interval

Evidence: TypeAlias = Mapping[str, int | str]


class FindingKind(StrEnum):
    """What was seen. None of them says why, and each has honest causes."""

    MOCK_LOCATION = "mock_location"
    TELEPORT = "teleport"
    FROZEN_RECEIVER = "frozen_receiver"
    CLOCK_OFFSET = "clock_offset"
    CLOCK_ROLLOVER = "clock_rollover"
    CLOCK_STUCK = "clock_stuck"
    CLOCK_DRIFT = "clock_drift"
    SAME_PATH = "same_path"
    REPLAYED_DAY = "replayed_day"
    # A terminal in other hands than its worker's shows as one of these three.
    TERMINALS_APART = "terminals_apart"
    TERMINAL_AT_REST = "terminal_at_rest"
    TERMINAL_RIDDEN = "terminal_ridden"
    CHECKIN_ELSEWHERE = "checkin_elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something for a person to look at; `evidence` holds named whole numbers and ids."""

    kind: FindingKind
    interval: Interval
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRules:
    """When positions are worth a look; metres, seconds, metres a second, spreads of error.

    A leap is faster than any vehicle (`leap_mps`; a fast train on the ground does 97, and none
    stops in a grid) and farther than reflections lead. Network positions are wrong for minutes
    (a base station, an access point that has moved house) and then right again, so a leap
    that is undone within `spike_s` is none. Cold receivers repeat an old place until they see
    the sky, so `alive_fixes` must be told on both sides. 18 % of honest fixes repeat a
    coordinate: a repetition alone proves nothing before something contradicts it: a jump of
    `thaw_m` beyond errors within `thaw_step_s`, at more than `thaw_mps`, or a reported speed.
    A terminal in a pocket is never within `rest_m` for `rest_s`: not even a receiver that
    stands on its place while it does not move is carried about without a step.
    """

    mock_bridge_s: float = 600.0
    leap_m: float = 300.0
    leap_mps: float = 60.0
    leap_back_m: float = 500.0
    spike_s: float = 900.0
    alive_fixes: int = 5
    error_spreads: float = 3.0
    frozen_s: float = 2700.0
    frozen_fixes: int = 20
    thaw_m: float = 60.0
    thaw_step_s: float = 120.0
    thaw_mps: float = 4.0
    speed_while_frozen_mps: float = 0.8
    rest_s: float = 5400.0
    rest_m: float = 3.0
    rest_gap_s: float = 600.0
    ridden_s: float = 900.0
    ridden_mps: float = 8.0
    ridden_bridge_s: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRules:
    """When epochs are worth a look; seconds, seconds an hour.

    Whoever stores and forwards is late by varying times, and the least lateness of every
    `bin_s` is that of the line, a few seconds. A least lateness that stays the same within
    `offset_spread_s` for `least_bins`, or moves along a straight line, is that of a clock.
    `ahead_s` is what clocks of servers may differ.
    """

    bin_s: float = 900.0
    bin_fixes: int = 3
    least_bins: int = 6
    offset_s: float = 30.0
    offset_spread_s: float = 20.0
    whole_hour_s: float = 90.0
    ahead_s: float = 30.0
    few_fixes: int = 3
    drift_s_per_h: float = 15.0
    drift_most_s_per_h: float = 600.0
    drift_s: float = 30.0
    drift_spread_s: float = 8.0
    stuck_fixes: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessRules:
    """When two tracks are too much alike, or two terminals of one worker too little.

    Two terminals are together where they are at one time within `together_spreads` of what
    their errors allow, at least `together_least_m` and at most `together_most_m`; for
    `together_s` over `together_path_m`, with breaks of `together_bridge_s`. Colleagues meet,
    and walk from the station together: neither lasts so long. Errors of receivers never come
    twice: equal steps, to the last digit, for `replay_s` are a copy. Digits coarser than
    `replay_digit_e7` repeat honestly.
    """

    together_spreads: float = 2.5
    together_least_m: float = 30.0
    together_most_m: float = 60.0
    together_s: float = 1200.0
    together_path_m: float = 500.0
    together_share: float = 0.75
    together_bridge_s: float = 300.0
    apart_m: float = 500.0
    apart_s: float = 600.0
    replay_s: float = 600.0
    replay_matches: int = 4
    replay_bridge_s: float = 300.0
    replay_shift_s: float = 3600.0
    replay_digit_e7: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRules:
    """From where on something is worth a person's look: rather too late than too often."""

    position: PositionRules = field(default_factory=PositionRules)
    clock: ClockRules = field(default_factory=ClockRules)
    likeness: LikenessRules = field(default_factory=LikenessRules)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of time."""
    return tuple(sorted(findings, key=lambda one: (one.interval, one.kind, str(one.evidence))))


def spanning(first_ms: int, last_ms: int) -> Interval:
    """Return the interval from one epoch to another, the last one included."""
    return Interval(epoch_of(int(first_ms)), epoch_of(int(last_ms) + 1))
