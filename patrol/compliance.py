"""From the facts of a worker-day to its result: evidence held against requirements.

A pure function of the set of fixes, the areas, the roster and the rules. Verdicts have
three values: time about which nothing is known can never make one `not_met`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import hypot

from patrol.anomalies.days import Traces, find_in_day
from patrol.anomalies.findings import Finding
from patrol.coverage import Coverage, Route, bounds_of, find_day_coverage, routes_in
from patrol.days import DailyCompliance, DayFacts, DayResult, Rules
from patrol.ids import GridId
from patrol.intervals import Interval, intersect, merge, subtract, total
from patrol.presence import (
    PresenceInterval,
    State,
    assess_presence,
    visited_at,
)
from patrol.reasons import Judgement, Verdict
from patrol.requirements import (
    Bounds,
    Excuse,
    ExcuseKind,
    Owed,
    cuts_by_cover,
    excused_parts,
    find_owed,
    hear,
    judge_coverage,
    judge_presence,
    judge_visits,
    owed_in,
)
from patrol.track import Track, build_track, is_within
from patrol.visits import (
    GRADES,
    HomeVisit,
    VisitTime,
    areas_of,
    find_elsewhere,
    find_visits,
)
from patrol.whereabouts import beyond_each

__all__ = [
    "DailyCompliance",
    "DayFacts",
    "DayResult",
    "Judgement",
    "Rules",
    "Verdict",
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

    @property
    def shown(self) -> list[Interval]:
        """When the visits were of which there is more than a statement."""
        return [visit.interval for visit in self.visits if visit.grade != "C"]


def judge_day(facts: DayFacts, rules: Rules) -> DayResult:
    """Return the result of one worker-day; what lies off duty is not looked at."""
    duty = [window.interval for window in facts.windows]
    facts = replace(facts, fixes=facts.fixes.at(is_within(facts.fixes.epoch_ms, duty)))
    track = build_track(facts.fixes, rules.track)
    facts = replace(facts, excuses=_own_excuses(facts, track))
    found = _Evidence()
    owed = _owed(facts, rules)
    _see_visits(found, track, facts, rules=rules)
    _see_presence(found, track, facts, rules=rules)
    if owed.coverage_share is not None or _own_routes(facts):
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


def _own_excuses(facts: DayFacts, track: Track) -> list[Excuse]:
    """Return the excuses, what was found for all only where this worker was not heard either.

    Whoever went on being heard through a fault of ours keeps what was done meanwhile.
    """
    told = [one for one in facts.excuses if one.kind is not ExcuseKind.COMMON_SILENCE]
    found = [one for one in facts.excuses if one.kind is ExcuseKind.COMMON_SILENCE]
    if not found:
        return told
    hours = Interval(
        min(one.interval.start for one in found), max(one.interval.end for one in found)
    )
    heard = [Interval(*span) for span in hear(track.epoch_ms, hours).spans if span[0] < span[1]]
    return told + [
        replace(one, interval=part) for one in found for part in subtract([one.interval], heard)
    ]


def _owed(facts: DayFacts, rules: Rules) -> Owed:
    share = rules.required_coverage_share if _own_routes(facts) else None
    owed = find_owed(
        facts.windows,
        facts.excuses,
        facts.requirements,
        day=facts.day,
        otherwise=replace(rules.requirement, coverage_share=share),
    )
    if owed.coverage_share is None or not owed.rest:
        return owed
    # Who helps out elsewhere cannot reach what is to be reached here meanwhile.
    covered = total(
        intersect(
            merge(one.interval for one in facts.covers),
            [part for window in facts.windows for part in owed_in(window, facts.excuses)],
        )
    )
    left = 1 - covered / owed.rest
    return replace(owed, coverage_share=owed.coverage_share * left if left > 0 else None)


def _own_routes(facts: DayFacts) -> Mapping[GridId, Route]:
    """Return what is to be reached in the grids of the windows: cover for others owes none."""
    own = {window.grid_id for window in facts.windows}
    return {grid: route for grid, route in facts.routes.items() if grid in own}


def _find(facts: DayFacts, track: Track, rules: Rules) -> tuple[Finding, ...]:
    traces = Traces(
        worker_id=facts.worker_id,
        fixes=facts.fixes,
        track=track,
        duty=[part for window in sorted(facts.windows) for part in owed_in(window, facts.excuses)],
        places=facts.places,
        cleaning=rules.track,
        strays=facts.strays,
        elsewhere=find_elsewhere(
            facts.checkins, track, areas_of(*facts.premises.values()), rules=rules.visit.checkin
        ),
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
        found.visit_times += find_visits(
            track, premises, windows=parts, rules=rules.visit, checkins=facts.checkins
        )
        if not len(premises):
            found.undecided += total(parts)


def _see_presence(found: _Evidence, track: Track, facts: DayFacts, *, rules: Rules) -> None:
    areas = areas_of(*facts.premises.values())
    shown = [(one.interval, areas[one.premises_id]) for one in found.visits if one.grade != "C"]
    windows = sorted(facts.windows)
    near = {
        grid: visited_at(shown, facts.grids[grid].area) for grid in {w.grid_id for w in windows}
    }
    for window, signed_m in zip(windows, beyond_each(windows, track, facts), strict=True):
        visits = near[window.grid_id]
        for owed in owed_in(window, facts.excuses):
            seen = assess_presence(track, signed_m, duty=owed, rules=rules.presence, visits=visits)
            found.presence += [(window.grid_id, one) for one in seen.states]
            found.plausible += seen.plausible


def _see_coverage(found: _Evidence, track: Track, facts: DayFacts, *, rules: Rules) -> None:
    duty: dict[GridId, list[Interval]] = defaultdict(list)
    for window in sorted(facts.windows):
        duty[window.grid_id] += owed_in(window, facts.excuses)
    found.coverage = find_day_coverage(
        track,
        duty,
        routes=routes_in([facts.grids[grid] for grid in sorted(duty)], _own_routes(facts)),
        visits=found.shown,
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
        visited_by_grade={
            grade: sum((one.lasting(grade) for one in found.visit_times), timedelta())
            for grade in GRADES
        },
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
    unseen = sum((one.unseen + one.claimed for one in found.visit_times), found.undecided)
    return max(visited - margin, timedelta()), min(visited + margin + unseen, owed.rest)


def _presence_bounds(spent: Mapping[State, timedelta], owed: Owed, rules: Rules) -> Bounds:
    inside, unknown = spent[State.INSIDE], spent[State.UNKNOWN]
    error = min(rules.presence_error, owed.rest * rules.presence_error_share)
    return max(inside - error, timedelta()), min(inside + unknown + error, owed.rest)
