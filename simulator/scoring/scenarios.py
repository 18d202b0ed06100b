"""What is done to a usual day, and what is named as wrong with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias

import numpy as np

from patrol.errors import InputError
from simulator.hazards import clocks, suspects
from simulator.hazards.delivery import deliver_badly
from simulator.hazards.reports import Reports, reports_of
from simulator.hazards.sparing import moves
from simulator.hazards.suspects import Anomaly
from simulator.noise import Receiver
from simulator.patrols import Habits
from simulator.scenario import Scenario, WorkerDay, build_day, told
from simulator.world import City

_DROPPED_SHARE = 2 / 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """The terminal of one worker of a city; `days` are those of all workers, in order."""

    scenario: Scenario
    city: City
    days: Sequence[WorkerDay]
    index: int
    chance: np.random.Generator

    @property
    def one(self) -> WorkerDay:
        """The worker's day."""
        return self.days[self.index]


Telling: TypeAlias = Callable[[Case], Reports]
Spoiling: TypeAlias = Callable[[Reports, np.random.Generator], Reports]


def _tell_all(case: Case) -> Reports:
    return reports_of(case.one.solutions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """What workers do, what receivers are like, and what terminals report.

    The answers are held against the truth of the worker, or, where it is
    `of_terminal`, of the terminal. `anomaly` is what is wrong with each of its days; where
    it `asks_for_streets` the share of walked streets is marked, too.
    """

    name: str
    receiver: Receiver = field(default_factory=Receiver)
    habits: Habits = field(default_factory=Habits)
    tell: Telling = _tell_all
    of_terminal: bool = False
    anomaly: Anomaly | None = None
    asks_for_streets: bool = False


def hazards() -> list[Hazard]:
    """Return every hazard, the usual day first."""
    forgetful = Habits(forgetting=1.0)
    return [
        Hazard(name="usual", asks_for_streets=True),
        Hazard(name="uninformed", receiver=Receiver(informed=0.0)),
        Hazard(name="thinned", tell=_tell_a_third, asks_for_streets=True),
        Hazard(name="sparing", tell=_tell_moves, asks_for_streets=True),
        Hazard(name="few_streets", habits=Habits(few_streets=1.0), asks_for_streets=True),
        _spoilt("delivery", deliver_badly, None),
        Hazard(name="left_behind", habits=forgetful, anomaly=Anomaly.LEFT_BEHIND),
        Hazard(
            name="left_behind_terminal",
            habits=forgetful,
            of_terminal=True,
            anomaly=Anomaly.LEFT_BEHIND,
        ),
        _spoilt("clock_hours", clocks.shift_whole_hours, Anomaly.CLOCK_OFFSET),
        _spoilt("clock_odd", clocks.shift_oddly, Anomaly.CLOCK_OFFSET),
        # Two seconds matter to nobody: nothing is to be found.
        _spoilt("clock_jitter", clocks.jitter, None),
        _spoilt("clock_reset", clocks.reset, Anomaly.CLOCK_RESET),
        _spoilt("clock_stuck", clocks.stick, Anomaly.CLOCK_STUCK),
        _spoilt("clock_drift", clocks.drift, Anomaly.CLOCK_DRIFT),
        Hazard(name="one_path", tell=_tell_of_another, anomaly=Anomaly.ONE_PATH),
        Hazard(name="replay", tell=_tell_yesterday, anomaly=Anomaly.REPLAY),
        _spoilt("frozen", suspects.freeze, Anomaly.FROZEN),
        _spoilt("mock", suspects.mock, Anomaly.MOCK),
        _spoilt("teleport", suspects.teleport, Anomaly.TELEPORT),
    ]


def chosen(names: Sequence[str] | None) -> list[Hazard]:
    """Return the hazards of these names, all without any, or raise InputError."""
    known = {hazard.name: hazard for hazard in hazards()}
    unknown = sorted(set(names or ()) - known.keys())
    if unknown:
        raise InputError(f"no scenario {unknown[0]!r}: known are {', '.join(known)}")
    return [hazard for name, hazard in known.items() if names is None or name in names]


def _spoilt(name: str, how: Spoiling, anomaly: Anomaly | None) -> Hazard:
    def tell(case: Case) -> Reports:
        return how(_tell_all(case), case.chance)

    return Hazard(name=name, tell=tell, anomaly=anomaly)


def _tell_a_third(case: Case) -> Reports:
    every = _tell_all(case)
    return every.at(case.chance.random(len(every)) >= _DROPPED_SHARE)


def _tell_moves(case: Case) -> Reports:
    every = _tell_all(case)
    heard = np.ones(len(every), dtype=np.bool_)
    return every.at(moves(every.epoch_ms, every.lat_e7, every.lon_e7, heard=heard))


def _tell_of_another(case: Case) -> Reports:
    """Return what the terminal tells in the pocket of the colleague who carries two.

    Of each two workers the first one carries both; the first one's own day is as it was.
    """
    if case.index % 2 == 0:
        return _tell_all(case)
    other = case.days[case.index - 1].day
    number = case.index + 1
    return reports_of(told(case.scenario, case.city, other, number=number, receiver=Receiver()))


def _tell_yesterday(case: Case) -> Reports:
    before = replace(case.scenario, day=case.scenario.day - timedelta(days=1))
    yesterday = build_day(before, case.city, case.one.terminal_id)
    return suspects.replay(reports_of(yesterday.solutions))
