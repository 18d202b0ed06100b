"""How the rules do on simulated days: each is judged, marked, and its judging timed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from math import nan

from patrol.anomalies.findings import AnomalyRules
from patrol.compliance import Rules, judge_day
from simulator.scenario import Scenario
from simulator.scoring.answers import answer_of, with_streets
from simulator.scoring.findings import Told, findings_of
from simulator.scoring.measures import WEEK_DAYS, Mark, Measures, mark, measure
from simulator.scoring.scenarios import Hazard
from simulator.scoring.trials import Trial, trials

DAY = date(2026, 3, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which days are marked, and what is done to them."""

    hazards: Sequence[Hazard]
    seeds: Sequence[int]
    intervals_s: Sequence[int]
    workers: int


@dataclass(slots=True)
class Run:
    """The marks and findings of one hazard at one interval, and what judging took."""

    hazard: str
    interval_s: int
    marks: list[Mark] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    fixes: int = 0
    judging_s: float = 0.0

    def measures(self) -> Measures:
        """Return the measures of all days."""
        return measure(self.marks)

    def found_share(self) -> float:
        """Return the share of the days with something wrong on which it was found."""
        known = [one.is_found for one in self.told if one.is_found is not None]
        return sum(known) / len(known) if known else nan

    def others_a_week(self) -> float:
        """Return how many findings of another kind there are in a worker-week."""
        others = sum(one.others for one in self.told)
        return others / len(self.told) * WEEK_DAYS if self.told else nan

    def fixes_a_second(self) -> float:
        """Return how many fixes were judged in a second."""
        return self.fixes / self.judging_s

    def ms_a_day(self) -> float:
        """Return how many milliseconds a worker-day took."""
        return self.judging_s * 1000 / len(self.marks)


def run_all(plan: Plan, rules: Rules, *, tell: Callable[[str], None]) -> list[Run]:
    """Return a run for each hazard and interval."""
    runs = {
        (hazard.name, interval_s): Run(hazard.name, interval_s)
        for hazard in plan.hazards
        for interval_s in plan.intervals_s
    }
    for seed in plan.seeds:
        for interval_s in plan.intervals_s:
            scenario = Scenario(seed=seed, workers=plan.workers, day=DAY, interval_s=interval_s)
            for name, group in groupby(trials(scenario, plan.hazards), lambda one: one.hazard.name):
                _mark_city(runs[name, interval_s], list(group), rules)
            tell(f"city {seed} at {interval_s} s")
    return list(runs.values())


def _mark_city(run: Run, days: Sequence[Trial], rules: Rules) -> None:
    for trial in days:
        _mark_day(run, trial, rules)
    run.told += findings_of(days, rules, AnomalyRules())


def _mark_day(run: Run, trial: Trial, rules: Rules) -> None:
    if not run.marks:
        # The first one compiles, and fills caches: what is measured is the work.
        judge_day(trial.facts, rules)
    began = time.perf_counter()
    result = judge_day(trial.facts, rules)
    run.judging_s += time.perf_counter() - began
    run.fixes += len(trial.facts.fixes)
    answer = answer_of(result, trial.facts)
    if trial.hazard.asks_for_streets:
        answer = with_streets(answer, trial, rules)
    run.marks.append(mark(trial.truth, answer, required=rules.required_visit))
