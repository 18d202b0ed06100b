"""The measures as a table for people, and as figures held against their goals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from math import inf, isnan
from typing import Any

from simulator.scoring.run import Run


@dataclass(frozen=True, slots=True)
class Goal:
    """Bounds that belong to it."""

    low: float = -inf
    high: float = inf

    def holds(self, value: float) -> bool | None:
        """Whether `value` reaches it; None where there was nothing to measure."""
        return None if isnan(value) else self.low <= value <= self.high

    def __str__(self) -> str:
        if self.low == -inf:
            return f"<= {self.high:.7g}"
        return f">= {self.low:.7g}" if self.high == inf else f"{self.low:g}..{self.high:g}"


_TEXTS = {
    "visit_error_min": "visit minutes a day: mean absolute error",
    "visit_error_p95_min": "  95th percentile",
    "visit_bias_min": "  bias",
    "visit_error_decided_min": "  of days with a verdict",
    "visit_precision": "visits found at overlap .5: precision",
    "visit_recall": "  recall",
    "false_exits_a_week": "false exits a worker-week",
    "far_exits_in_time": "exits of 5 min beyond 60 m found in 60 s",
    "presence_error_min": "presence minutes claimed wrongly a day",
    "unknown_min": "  unknown",
    "verdicts_wrong": "3-hour verdicts: wrong",
    "verdicts_undetermined": "  undetermined",
    "interval_coverage": "90 % intervals of visit time that hold",
    "street_error_points": "share of streets walked: error, points",
    "street_interval_coverage": "  90 % intervals that hold",
    "fixes_a_second": "fixes judged a second",
    "ms_a_day": "milliseconds a worker-day",
}
_USUAL_GOALS = {
    "visit_error_min": Goal(high=5),
    "visit_error_p95_min": Goal(high=12),
    "visit_bias_min": Goal(-1, 1),
    "visit_precision": Goal(low=0.92),
    "visit_recall": Goal(low=0.88),
    "false_exits_a_week": Goal(high=0.02),
    "far_exits_in_time": Goal(low=1),
    "presence_error_min": Goal(high=0.5),
    "verdicts_wrong": Goal(high=0.01),
    "verdicts_undetermined": Goal(high=0.1),
    "street_error_points": Goal(high=2),
    "interval_coverage": Goal(0.88, 0.92),
    "fixes_a_second": Goal(low=1_000_000),
    "ms_a_day": Goal(high=3),
}
_GOALS: Mapping[str, Mapping[str, Goal]] = {
    "usual": _USUAL_GOALS,
    "uninformed": {"visit_error_decided_min": Goal(high=20)},
    "thinned": {"visit_error_min": Goal(high=10)},
    "few_streets": {"street_error_points": _USUAL_GOALS["street_error_points"]},
    "delivery": {name: _USUAL_GOALS[name] for name in ("visit_error_min", "presence_error_min")},
}
_NAME_WIDTH = 42
_GOAL_WIDTH = 12
_WIDTH = 11
# Together as wide as a measure with its goal.
_HAZARD_WIDTH = 24
_KIND_WIDTH = 28


def table(runs: Sequence[Run]) -> str:
    """Return all measures: a block for each hazard, a column for each interval; ! = not reached.

    A measure that no interval has is left out; findings have a block of their own.
    """
    return "\n".join(line.rstrip() for line in (*_lines(runs), *_finding_lines(runs)))


def figures(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return every measure that has a goal, by hazard and interval."""
    return [
        {
            "name": f"{run.hazard}.{run.interval_s}s.{name}",
            "value": None if isnan(values[name]) else round(values[name], 4),
            "goal": str(goal),
            "reached": goal.holds(values[name]),
        }
        for run in runs
        for values in [_values(run)]
        for name, goal in _GOALS.get(run.hazard, {}).items()
    ]


def _lines(runs: Sequence[Run]) -> Iterator[str]:
    for hazard, group in groupby(runs, key=lambda run: run.hazard):
        block = list(group)
        days = f"{hazard}, {len(block[0].marks)} worker-days"
        heads = (f"{run.interval_s} s".rjust(_WIDTH) for run in block)
        yield f"{days:<{_NAME_WIDTH}}{'goal':>{_GOAL_WIDTH}}{''.join(heads)}"
        columns = [_values(run) for run in block]
        for name, text in _TEXTS.items():
            if all(isnan(values[name]) for values in columns):
                continue
            goal = _GOALS.get(hazard, {}).get(name)
            cells = "".join(_cell(values[name], goal) for values in columns)
            yield f"  {text:<{_NAME_WIDTH - 2}}{goal or ''!s:>{_GOAL_WIDTH}}{cells}"
        yield ""


def _finding_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a line for each hazard: what is wrong, how often it is found, what else is found."""
    intervals = "".join(f"{f'{one} s':>{2 * _WIDTH}}" for one in _intervals_s(runs))
    yield f"{'findings: days found, others a week':<{_NAME_WIDTH + _GOAL_WIDTH}}{intervals}"
    for hazard, group in groupby(runs, key=lambda run: run.hazard):
        block = list(group)
        named = next((told.named for run in block for told in run.told if told.named), "")
        cells = "".join(
            _cell(value, None)
            for run in block
            for value in (run.found_share(), run.others_a_week())
        )
        yield f"  {hazard:<{_HAZARD_WIDTH}}{named:<{_KIND_WIDTH}}{cells}"
    yield ""


def _intervals_s(runs: Sequence[Run]) -> list[int]:
    return [run.interval_s for run in runs if run.hazard == runs[0].hazard]


def _values(run: Run) -> dict[str, float]:
    return {
        **asdict(run.measures()),
        "fixes_a_second": run.fixes_a_second(),
        "ms_a_day": run.ms_a_day(),
    }


def _cell(value: float, goal: Goal | None) -> str:
    if isnan(value):
        return "-".rjust(_WIDTH)
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"  # noqa: PLR2004
    missed = goal is not None and not goal.holds(value)
    return f"{shown}{'!' if missed else ' '}".rjust(_WIDTH)
