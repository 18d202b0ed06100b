"""From the facts of a worker-day to its result: evidence held against requirements.

A pure function of the set of fixes, the areas, the roster and the rules. Verdicts have
three values: time about which nothing is known can never make one `not_met`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import hypot

import numpy as np

from patrol.anomalies.days import Traces, find_in_day
from patrol.anomalies.findings import Finding
from patrol.coverage import (
    Coverage,
    bounds_of,
    find_day_coverage,
    routes_in,
)
from patrol.days import DailyCompliance, DayFacts, DayResult, Rules
from patrol.duty import MARGIN, DutyWindow
from patrol.fix import epoch_ms, epoch_of
from patrol.geodesy import Floats
from patrol.ids import GridId
from patrol.intervals import Interval, subtract, total
from patrol.presence import (
    PresenceInterval,
    State,
    assess_presence,
    credit_visits,
    find_away_permille,
)
from patrol.reasons import Judgement, Verdict
from patrol.requirements import (
    Bounds,
    Owed,
    cuts_by_cover,
    excused_parts,
    find_owed,
    judge_coverage,
    judge_presence,
    judge_visits,
    owed_in,
)
from patrol.track import Track, build_track
from patrol.visits import HomeVisit, VisitTime, find_visits

__all__ = [
    "DailyCompliance",
    "DayFacts",
    "DayResult",
    "Judgement",
    "LiveState",
    "Rules",
    "Verdict",
    "find_live_state",
    "judge_day",
]


@dataclass(slots=True, kw_only=True)
class _Evidence:
    """What the fixes of a worker-day show in the time that is owed."""

    presence: list[tuple[GridId, PresenceInterval]] = field(default_factory=list)
    plausible: list[Interval] = field(default_factory=list)
    visit_times: list[VisitTime] = field(default_factory=list)
    coverage: tuple[Coverage, ...] = ()
    # Where no premises are known, nobody can say of any time that it was no visit.
    undecided: timedelta = timedelta()

    @property
    def visits(self) -> tuple[HomeVisit, ...]:
        """All visits in order."""
        return tuple(sorted(visit for one in self.visit_times for visit in one.visits))


def judge_day(facts: DayFacts, rules: Rules) -> DayResult:
    """Return the result of one worker-day."""
    track = build_track(facts.fixes, rules.track)
    found = _Evidence()
    owed = _owed(facts, rules)
    _see_visits(found, track, facts, rules=rules)
    _see_presence(found, track, facts, rules=rules)
    if owed.coverage_share is not None or facts.routes:
        _see_coverage(found, track, facts, rules=rules)
    return DayResult(
        compliance=_sum_up(facts, found, owed, rules=rules, fixes=len(track)),
        presence=tuple(found.presence),
        visits=found.visits,
        excused=tuple(
            part
            for window in sorted(facts.windows)
            for part in excused_parts(window, facts.excuses)
        ),
        coverage=found.coverage,
        findings=_find(facts, track, rules),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What is known of a worker on duty at a moment; fixes to come may change it.

    `epoch` and `inside_p`, the probability of being inside then, are those of the last fix.
    """

    grid_id: GridId
    state: State
    since: datetime
    epoch: datetime | None = None
    inside_p: float | None = None


def find_live_state(facts: DayFacts, rules: Rules, *, now: datetime) -> LiveState | None:
    """Return the state by the fixes up to `now`, or None when no duty is owed then.

    The chain is run forward to the last fix, so that its own state is that of the filter;
    since when it has lasted is told by all fixes up to now.
    """
    window = next((w for w in facts.windows if w.interval.start <= now < w.interval.end), None)
    if window is None:
        return None
    whole = build_track(facts.fixes, rules.track)
    from_ms, to_ms = epoch_ms(window.interval.start - MARGIN), epoch_ms(now)
    track = whole.at((whole.epoch_ms >= from_ms) & (whole.epoch_ms <= to_ms))
    if not len(track):
        return LiveState(grid_id=window.grid_id, state=State.UNKNOWN, since=window.interval.start)
    asked = rules.presence
    away = find_away_permille(track, _beyond_m(window, track, facts), asked)
    states = (away >= 1000 * asked.outside_p) * 1 - (away <= 1000 * (1 - asked.inside_p)) * 1
    breaks = (np.diff(states) != 0) | (np.diff(track.epoch_ms) > asked.longest_gap_s * 1000)
    began_ms = int(track.epoch_ms[np.flatnonzero(np.append(True, breaks))[-1]])
    last_ms = int(track.epoch_ms[-1])
    state = (State.INSIDE, State.UNKNOWN, State.OUTSIDE)[int(states[-1]) + 1]
    if state is State.OUTSIDE and last_ms - began_ms < asked.shortest_exit_s * 1000:
        state = State.UNKNOWN
    if to_ms - last_ms > asked.longest_gap_s * 1000:
        state, began_ms = State.UNKNOWN, last_ms
    return LiveState(
        grid_id=window.grid_id,
        state=state,
        since=max(epoch_of(began_ms), window.interval.start),
        epoch=epoch_of(last_ms),
        inside_p=round(1 - int(away[-1]) / 1000, 3),
    )


def _owed(facts: DayFacts, rules: Rules) -> Owed:
    share = rules.required_coverage_share if facts.routes else None
    return find_owed(
        facts.windows,
        facts.excuses,
        facts.requirements,
        day=facts.day,
        otherwise=replace(rules.requirement, coverage_share=share),
    )


def _find(facts: DayFacts, track: Track, rules: Rules) -> tuple[Finding, ...]:
    traces = Traces(
        worker_id=facts.worker_id,
        fixes=facts.fixes,
        track=track,
        duty=[window.interval for window in facts.windows],
        places=facts.places,
        cleaning=rules.track,
        strays=facts.strays,
    )
    return find_in_day(traces, rules=rules.anomaly)


def _see_visits(found: _Evidence, track: Track, facts: DayFacts, *, rules: Rules) -> None:
    """Find the visits, all stretches that know the same premises at once."""
    spans: dict[tuple[GridId, ...], list[Interval]] = defaultdict(list)
    for window in sorted(facts.windows):
        for owed in owed_in(window, facts.excuses):
            for part, covered in cuts_by_cover(owed, facts.covers):
                spans[tuple(dict.fromkeys((window.grid_id, *covered)))].append(part)
    for (own, *others), parts in spans.items():
        premises = facts.premises[own].joined(*(facts.premises[grid] for grid in others))
        found.visit_times += find_visits(track, premises, windows=parts, rules=rules.visit)
        if not len(premises):
            found.undecided += total(parts)


def _see_presence(found: _Evidence, track: Track, facts: DayFacts, *, rules: Rules) -> None:
    visits = [visit.interval for visit in found.visits]
    for window in sorted(facts.windows):
        signed_m = _beyond_m(window, track, facts)
        for owed in owed_in(window, facts.excuses):
            seen = assess_presence(track, signed_m, duty=owed, rules=rules.presence)
            states = credit_visits(seen.states, visits, owed)
            found.presence += [(window.grid_id, one) for one in states]
            found.plausible += subtract(seen.plausible, visits)


def _beyond_m(window: DutyWindow, track: Track, facts: DayFacts) -> Floats:
    """Return how far each fix lies from where the worker may be then, negative within."""
    signed_m = facts.grids[window.grid_id].area.signed_m(track.lat_deg, track.lon_deg)
    for place in facts.places:
        signed_m = np.minimum(signed_m, place.area.signed_m(track.lat_deg, track.lon_deg))
    for cover in facts.covers:
        first, last = _fixes_in(cover.interval, window, track)
        part = track.at(slice(first, last))
        there_m = facts.grids[cover.grid_id].area.signed_m(part.lat_deg, part.lon_deg)
        signed_m[first:last] = np.minimum(signed_m[first:last], there_m)
    return signed_m


def _fixes_in(span: Interval, window: DutyWindow, track: Track) -> tuple[int, int]:
    """Return the first fix of a span and that after the last one.

    A span as long as duty has the fixes around it, too, which help to judge its edges.
    """
    duty = window.interval
    edges_ms = [epoch_ms(span.start), epoch_ms(span.end)]
    first, last = np.searchsorted(track.epoch_ms, edges_ms).tolist()
    return 0 if span.start <= duty.start else first, len(track) if span.end >= duty.end else last


def _see_coverage(found: _Evidence, track: Track, facts: DayFacts, *, rules: Rules) -> None:
    duty: dict[GridId, list[Interval]] = defaultdict(list)
    for window in sorted(facts.windows):
        duty[window.grid_id] += owed_in(window, facts.excuses)
    found.coverage = find_day_coverage(
        track,
        duty,
        routes=routes_in([facts.grids[grid] for grid in sorted(duty)], facts.routes),
        visits=[visit.interval for visit in found.visits],
        rules=rules.coverage,
    )


def _sum_up(
    facts: DayFacts, found: _Evidence, owed: Owed, *, rules: Rules, fixes: int
) -> DailyCompliance:
    spent = {
        state: total(one.interval for _, one in found.presence if one.state is state)
        for state in State
    }
    inside = _presence_bounds(spent, owed, rules)
    visited = sum((one.visited for one in found.visit_times), timedelta())
    visits = _visit_bounds(visited, owed, found)
    return DailyCompliance(
        worker_id=facts.worker_id,
        day=facts.day,
        grid_ids=tuple(sorted({window.grid_id for window in facts.windows})),
        duty=owed.duty,
        excused=owed.excused,
        inside=spent[State.INSIDE],
        plausible=total(found.plausible),
        outside=spent[State.OUTSIDE],
        unknown=spent[State.UNKNOWN],
        inside_low=inside[0],
        inside_high=inside[1],
        visited=visited,
        visited_low=visits[0],
        visited_high=visits[1],
        presence=judge_presence(inside, owed),
        visit_hours=judge_visits(visits, owed),
        coverage=judge_coverage(bounds_of(found.coverage), owed),
        fixes=fixes,
        rules_version=rules.version,
        parameters_version=rules.parameters_version,
    )


def _visit_bounds(visited: timedelta, owed: Owed, found: _Evidence) -> Bounds:
    # Doubts about one stretch are not those about another: they add up as variances do.
    margins_s = (one.margin.total_seconds() for one in found.visit_times)
    margin = timedelta(seconds=round(hypot(*margins_s)))
    unseen = sum((one.unseen for one in found.visit_times), found.undecided)
    return max(visited - margin, timedelta()), min(visited + margin + unseen, owed.rest)


def _presence_bounds(spent: Mapping[State, timedelta], owed: Owed, rules: Rules) -> Bounds:
    inside, unknown = spent[State.INSIDE], spent[State.UNKNOWN]
    low = max(inside - rules.presence_error, timedelta())
    return low, min(inside + unknown + rules.presence_error, owed.rest)
