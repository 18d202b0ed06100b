"""Simulated days, what is taken from their receivers, and how the rules do on what is left."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from patrol.compliance import DayFacts, DayResult, Rules, judge_day
from patrol.fix import epoch_of
from patrol.presence import State
from simulator.noise import Receiver
from simulator.scenario import Scenario, WorkerDay, build_city, build_days
from simulator.scoring.measures import Answer, Mark, Measures, Truth, mark, measure
from simulator.scoring.truth import facts_of, ground_of, truth_of
from simulator.tracks import Bools

_DAY = date(2026, 3, 2)
_DROPPED_SHARE = 2 / 3
# A terminal that spares its battery: a fix when it has moved, or when it has long been silent.
_MOVED_M = 15.0
_SILENT_MS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """What is done to a receiver, or to what it tells."""

    name: str
    receiver: Receiver
    keep: Callable[[WorkerDay, np.random.Generator], Bools]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which days are marked."""

    seeds: Sequence[int]
    intervals_s: Sequence[int]
    workers: int


@dataclass(slots=True)
class Run:
    """The marks of one hazard at one interval, and what judging took."""

    hazard: str
    interval_s: int
    marks: list[Mark] = field(default_factory=list)
    fixes: int = 0
    judging_s: float = 0.0

    def measures(self) -> Measures:
        """Return the measures of all days."""
        return measure(self.marks)

    def fixes_a_second(self) -> float:
        """Return how many fixes were judged in a second."""
        return self.fixes / self.judging_s

    def ms_a_day(self) -> float:
        """Return how many milliseconds a worker-day took."""
        return self.judging_s * 1000 / len(self.marks)


def hazards() -> list[Hazard]:
    """Return every hazard, the usual day first."""
    usual, uninformed = Receiver(), Receiver(informed=0.0)
    return [
        Hazard(name="usual", receiver=usual, keep=_keep_all),
        Hazard(name="uninformed", receiver=uninformed, keep=_keep_all),
        Hazard(name="thinned", receiver=usual, keep=_keep_a_third),
        Hazard(name="sparing", receiver=usual, keep=_keep_moves),
    ]


def run_all(plan: Plan, rules: Rules, *, tell: Callable[[str], None]) -> list[Run]:
    """Return a run for each hazard and interval."""
    runs = {
        (hazard.name, interval_s): Run(hazard.name, interval_s)
        for hazard in hazards()
        for interval_s in plan.intervals_s
    }
    for seed in plan.seeds:
        for interval_s in plan.intervals_s:
            scenario = Scenario(seed=seed, workers=plan.workers, day=_DAY, interval_s=interval_s)
            _run_city(scenario, rules, runs)
            tell(f"city {seed} at {interval_s} s")
    return list(runs.values())


def _run_city(scenario: Scenario, rules: Rules, runs: dict[tuple[str, int], Run]) -> None:
    city = build_city(scenario)
    ground = ground_of(city)
    days: dict[Receiver, list[WorkerDay]] = {}
    truths: dict[str, Truth] = {}
    for number, hazard in enumerate(hazards()):
        if hazard.receiver not in days:
            built = build_days(scenario, city, receiver=hazard.receiver)
            days[hazard.receiver] = list(built)
        run = runs[hazard.name, scenario.interval_s]
        chance = np.random.Generator(np.random.PCG64([scenario.seed, number, scenario.interval_s]))
        for one in days[hazard.receiver]:
            if one.worker_id not in truths:
                # Whatever the receiver is, the worker does the same.
                truths[one.worker_id] = truth_of(one, city)
            kept = one.solutions.solved & hazard.keep(one, chance)
            facts = facts_of(scenario, one, ground, kept=kept)
            _mark_day(run, facts, truths[one.worker_id], rules=rules)


def _mark_day(run: Run, facts: DayFacts, truth: Truth, *, rules: Rules) -> None:
    if not run.marks:
        # The first one compiles, and fills caches: what is measured is the work.
        judge_day(facts, rules)
    began = time.perf_counter()
    result = judge_day(facts, rules)
    run.judging_s += time.perf_counter() - began
    run.fixes += len(facts.fixes)
    run.marks.append(mark(truth, _answer(result, facts), required=rules.required_visit))


def _answer(result: DayResult, facts: DayFacts) -> Answer:
    by_state = {
        state: [one.interval for _, one in result.presence if one.state is state] for state in State
    }
    return Answer(
        inside=by_state[State.INSIDE],
        outside=by_state[State.OUTSIDE],
        unknown=by_state[State.UNKNOWN],
        visits=[visit.interval for visit in result.visits],
        visited_low=result.compliance.visited_low,
        visited_high=result.compliance.visited_high,
        visit_verdict=result.compliance.visit_hours.verdict,
        epochs=[epoch_of(ms) for ms in facts.fixes.epoch_ms.tolist()],
    )


def _keep_all(one: WorkerDay, _chance: np.random.Generator) -> Bools:
    return one.solutions.solved


def _keep_a_third(one: WorkerDay, chance: np.random.Generator) -> Bools:
    result: Bools = chance.random(len(one.solutions.solved)) >= _DROPPED_SHARE
    return result


def _keep_moves(one: WorkerDay, _chance: np.random.Generator) -> Bools:
    told = one.solutions
    metre = 1e7 / 111_320
    north_m = told.lat_e7 / metre
    east_m = told.lon_e7 / metre * np.cos(np.radians(told.lat_e7[0] / 1e7))
    kept = np.zeros(len(told.solved), dtype=np.bool_)
    last = -1
    for index in np.flatnonzero(told.solved).tolist():
        moved_m = np.hypot(north_m[index] - north_m[last], east_m[index] - east_m[last])
        silent_ms = told.epoch_ms[index] - told.epoch_ms[last]
        if last < 0 or moved_m >= _MOVED_M or silent_ms >= _SILENT_MS:
            kept[index] = True
            last = index
    return kept
