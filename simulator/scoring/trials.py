"""Days to be judged: the facts of each beside its truth, for any hazards of one city."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from patrol.compliance import DayFacts
from patrol.coverage import Route
from patrol.ids import GridId
from simulator.hazards.reports import Reports
from simulator.noise import Receiver
from simulator.patrols import Habits
from simulator.scenario import Scenario, WorkerDay, build_city, build_days
from simulator.scoring.measures import Truth
from simulator.scoring.scenarios import Case, Hazard
from simulator.scoring.truth import facts_of, ground_of, truth_of
from simulator.scoring.walked import streets_walked
from simulator.world import City


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """One worker-day under one hazard: what was reported, what is asked, what is true."""

    hazard: Hazard
    city: City
    one: WorkerDay
    reports: Reports
    facts: DayFacts
    truth: Truth
    route: Route


def trials(scenario: Scenario, hazards: Sequence[Hazard]) -> Iterator[Trial]:
    """Yield every worker's day under every hazard, hazard by hazard."""
    city = build_city(scenario)
    ground = ground_of(city)
    days: dict[tuple[Receiver, Habits], list[WorkerDay]] = {}
    truths: dict[tuple[Habits, bool, str], Truth] = {}
    for hazard in hazards:
        made = (hazard.receiver, hazard.habits)
        if made not in days:
            built = build_days(scenario, city, receiver=hazard.receiver, habits=hazard.habits)
            days[made] = list(built)
        # By its name: so a hazard is the same whichever others are asked for.
        seeds = [scenario.seed, scenario.interval_s, *hazard.name.encode()]
        chance = np.random.Generator(np.random.PCG64(seeds))
        for index, one in enumerate(days[made]):
            # Whatever the receiver is, the worker does the same.
            known = (hazard.habits, hazard.of_terminal, one.worker_id)
            if known not in truths:
                truth = truth_of(one, city, of_terminal=hazard.of_terminal)
                share = streets_walked(one, city).covered_share
                truths[known] = replace(truth, walked_share=share)
            case = Case(scenario=scenario, city=city, days=days[made], index=index, chance=chance)
            reports = hazard.tell(case)
            facts = facts_of(scenario, one, ground, reports=reports)
            yield Trial(
                hazard=hazard,
                city=city,
                one=one,
                reports=reports,
                facts=facts,
                truth=truths[known],
                route=ground.routes[GridId(one.day.grid_id)],
            )
