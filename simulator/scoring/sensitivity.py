"""How far the visit time and its verdicts depend on each parameter of the rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from patrol.compliance import Rules, judge_day
from simulator.scenario import Scenario
from simulator.scoring.answers import answer_of
from simulator.scoring.measures import Measures, mark, measure
from simulator.scoring.run import DAY, Plan
from simulator.scoring.trials import Trial, trials

Path: TypeAlias = tuple[str, ...]

# Presence has parameters of its own, none of which moves the visit time.
_PARTS = ("track", "visit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A parameter, and the measures with half and with twice its value.

    None where a value is impossible, like a share of more than all.
    """

    path: Path
    value: float
    halved: Measures | None
    doubled: Measures | None


def sensitivity(
    plan: Plan, rules: Rules, *, tell: Callable[[str], None]
) -> tuple[Measures, list[Row]]:
    """Return the measures of the rules as they are, and a row for each parameter."""
    days = [
        trial
        for seed in plan.seeds
        for interval_s in plan.intervals_s
        for trial in trials(_scenario(plan, seed, interval_s), plan.hazards)
    ]
    rows = []
    for path, value in parameters(rules):
        tell(".".join(path))
        halved, doubled = (_tried(days, changed(rules, path, by)) for by in (0.5, 2.0))
        rows.append(Row(path=path, value=value, halved=halved, doubled=doubled))
    return _measured(days, rules), rows


def parameters(rules: Rules) -> Iterator[tuple[Path, float]]:
    """Yield the path and value of every number that the visit time is made with."""
    for part in _PARTS:
        yield from _numbers(getattr(rules, part), (part,))


def changed(rules: Rules, path: Path, factor: float) -> Rules:
    """Return the rules with one number multiplied; whole numbers stay whole."""
    result: Rules = _changed(rules, path, factor)
    return result


def sensitivity_table(usual: Measures, rows: Sequence[Row]) -> str:
    """Return a table as documentation has it: error, bias, share of wrong verdicts."""
    lines = [
        f"as they are: {_cell(usual)}",
        "",
        "| parameter | value | halved | doubled |",
        "|---|---|---|---|",
        *(
            f"| `{'.'.join(row.path[-2:])}` | {row.value:g} | {_cell(row.halved)} | {_cell(row.doubled)} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


def _scenario(plan: Plan, seed: int, interval_s: int) -> Scenario:
    return Scenario(seed=seed, workers=plan.workers, day=DAY, interval_s=interval_s)


def _tried(days: Sequence[Trial], rules: Rules) -> Measures | None:
    try:
        with np.errstate(divide="raise", invalid="raise"):
            return _measured(days, rules)
    except FloatingPointError:
        return None


def _measured(days: Sequence[Trial], rules: Rules) -> Measures:
    return measure(
        [
            mark(
                one.truth,
                answer_of(judge_day(one.facts, rules), one.facts),
                required=rules.required_visit,
            )
            for one in days
        ]
    )


def _numbers(part: Any, path: Path) -> Iterator[tuple[Path, float]]:  # noqa: ANN401 - any rules
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from _numbers(value, (*path, field.name))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, field.name), value


def _changed(part: Any, path: Path, factor: float) -> Any:  # noqa: ANN401 - any rules, or a number
    if not path:
        return type(part)(part * factor)
    first, *rest = path
    return replace(part, **{first: _changed(getattr(part, first), tuple(rest), factor)})


def _cell(found: Measures | None) -> str:
    if found is None:
        return "-"
    return f"{found.visit_error_min:.1f}, {found.visit_bias_min:+.1f}, {found.verdicts_wrong:.1%}"
