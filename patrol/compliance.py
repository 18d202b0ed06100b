"""From the facts of a worker-day to its result: evidence held against requirements.

A pure function of the set of fixes, the areas, the roster and the rules. Verdicts have
three values: time about which nothing is known can never make one `not_met`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import hypot

import numpy as np

from patrol.duty import DutyWindow
from patrol.geofence import AuthorisedPlace, Grid, PremisesIndex
from patrol.ids import GridId, WorkerId
from patrol.intervals import subtract, total
from patrol.presence import PresenceInterval, PresenceRules, State, find_presence, tile
from patrol.track import FixColumns, Track, TrackRules, build_track
from patrol.visits import HomeVisit, VisitRules, VisitTime, find_visits


class Verdict(StrEnum):
    """Whether a requirement was met, as far as the evidence tells."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that turns evidence into a result; `version` names the set."""

    version: str = "chain-1"
    track: TrackRules = field(default_factory=TrackRules)
    presence: PresenceRules = field(default_factory=PresenceRules)
    visit: VisitRules = field(default_factory=VisitRules)
    # What presence is known to miss: exits within the tolerance, changes dated by fixes.
    presence_error: timedelta = timedelta(minutes=6)
    required_presence_share: float = 0.9
    required_visit: timedelta = timedelta(hours=3)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DayFacts:
    """What is known of one worker-day: its duty windows, the areas they name, all fixes."""

    worker_id: WorkerId
    day: date
    windows: Sequence[DutyWindow]
    grids: Mapping[GridId, Grid]
    premises: Mapping[GridId, PremisesIndex]
    places: Sequence[AuthorisedPlace]
    fixes: FixColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the reason in words."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCompliance:
    """The result of one worker-day. Inside, outside and unknown add up to duty.

    `..._low` and `..._high` are the bounds between which the truth lies, as far as the
    evidence and the known error of the rules tell; the verdicts are made from them.
    """

    worker_id: WorkerId
    day: date
    grid_ids: tuple[GridId, ...]
    duty: timedelta
    inside: timedelta
    outside: timedelta
    unknown: timedelta
    inside_low: timedelta
    inside_high: timedelta
    visited: timedelta
    visited_low: timedelta
    visited_high: timedelta
    presence: Judgement
    visit_hours: Judgement
    fixes: int
    rules_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayResult:
    """The result with its evidence; presence intervals carry the grid they are about."""

    compliance: DailyCompliance
    presence: tuple[tuple[GridId, PresenceInterval], ...]
    visits: tuple[HomeVisit, ...]


def judge_day(facts: DayFacts, rules: Rules) -> DayResult:
    """Return the result of one worker-day."""
    track = build_track(facts.fixes, rules.track)
    presence: list[tuple[GridId, PresenceInterval]] = []
    visit_times: list[VisitTime] = []
    for window in sorted(facts.windows):
        found = find_visits(
            track, facts.premises[window.grid_id], duty=window.interval, rules=rules.visit
        )
        states = _presence_in(window, track, facts, rules=rules)
        visit_times.append(found)
        presence += [(window.grid_id, one) for one in _credit_visits(states, found.visits, window)]
    return DayResult(
        compliance=_sum_up(facts, presence, visit_times, rules=rules, fixes=len(track)),
        presence=tuple(presence),
        visits=tuple(visit for one in visit_times for visit in one.visits),
    )


def _presence_in(
    window: DutyWindow, track: Track, facts: DayFacts, *, rules: Rules
) -> list[PresenceInterval]:
    signed_m = facts.grids[window.grid_id].area.signed_m(track.lat_deg, track.lon_deg)
    for place in facts.places:
        signed_m = np.minimum(signed_m, place.area.signed_m(track.lat_deg, track.lon_deg))
    return find_presence(track, signed_m, duty=window.interval, rules=rules.presence)


def _credit_visits(
    states: list[PresenceInterval], visits: Iterable[HomeVisit], window: DutyWindow
) -> list[PresenceInterval]:
    """Count visits as presence: signals go indoors, and premises may lie beyond the edge."""
    known = {state: [one.interval for one in states if one.state is state] for state in State}
    visited = [visit.interval for visit in visits]
    outside = subtract(known[State.OUTSIDE], visited)
    return tile(
        window.interval, {State.INSIDE: known[State.INSIDE] + visited, State.OUTSIDE: outside}
    )


def _sum_up(
    facts: DayFacts,
    presence: list[tuple[GridId, PresenceInterval]],
    visit_times: list[VisitTime],
    *,
    rules: Rules,
    fixes: int,
) -> DailyCompliance:
    by_state = {
        state: [one.interval for _, one in presence if one.state is state] for state in State
    }
    spent = {state: total(intervals) for state, intervals in by_state.items()}
    duty = total(window.interval for window in facts.windows)
    visited = sum((one.visited for one in visit_times), timedelta())
    visited_low, visited_high = _visit_bounds(visited, duty, facts, visit_times=visit_times)
    inside_low, inside_high = _presence_bounds(spent, duty, rules)
    return DailyCompliance(
        worker_id=facts.worker_id,
        day=facts.day,
        grid_ids=tuple(sorted({window.grid_id for window in facts.windows})),
        duty=duty,
        inside=spent[State.INSIDE],
        outside=spent[State.OUTSIDE],
        unknown=spent[State.UNKNOWN],
        inside_low=inside_low,
        inside_high=inside_high,
        visited=visited,
        visited_low=visited_low,
        visited_high=visited_high,
        presence=_judge(
            inside_low, inside_high, duty * rules.required_presence_share, what="in the grid"
        ),
        visit_hours=_judge_visits(visited_low, visited_high, duty, rules=rules),
        fixes=fixes,
        rules_version=rules.version,
    )


def _visit_bounds(
    visited: timedelta, duty: timedelta, facts: DayFacts, *, visit_times: list[VisitTime]
) -> tuple[timedelta, timedelta]:
    # Doubts about one window are not those about another: they add up as variances do.
    margin = timedelta(seconds=round(hypot(*(one.margin.total_seconds() for one in visit_times))))
    unseen = sum((one.unseen for one in visit_times), timedelta())
    # Where no premises are known, nobody can say of any time that it was no visit.
    undecided = total(one.interval for one in facts.windows if not len(facts.premises[one.grid_id]))
    return (
        max(visited - margin, timedelta()),
        min(visited + margin + unseen + undecided, duty),
    )


def _presence_bounds(
    spent: Mapping[State, timedelta], duty: timedelta, rules: Rules
) -> tuple[timedelta, timedelta]:
    inside, unknown = spent[State.INSIDE], spent[State.UNKNOWN]
    low = max(inside - rules.presence_error, timedelta())
    return low, min(inside + unknown + rules.presence_error, duty)


def _judge_visits(low: timedelta, high: timedelta, duty: timedelta, *, rules: Rules) -> Judgement:
    found = _judge(low, high, rules.required_visit, what="of home visits")
    if duty >= rules.required_visit:
        return found
    # Nobody can do in a short duty what a whole one asks for.
    reason = f"{found.reason.partition(':')[0]}: duty of {_shown(duty)} is too short for it"
    return Judgement(verdict=Verdict.UNDETERMINED, reason=reason)


def _judge(low: timedelta, high: timedelta, required: timedelta, *, what: str) -> Judgement:
    spread = f"between {_shown(low)} and {_shown(high)} {what}, required {_shown(required)}"
    if low >= required:
        return Judgement(verdict=Verdict.MET, reason=spread)
    if high < required:
        return Judgement(verdict=Verdict.NOT_MET, reason=spread)
    return Judgement(verdict=Verdict.UNDETERMINED, reason=f"{spread}: the evidence does not decide")


def _shown(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
