"""The measures side by side: a table for people, and figures held against their goals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from benchmarks.assess.contenders import ENGINE, Absent, Outcome
from benchmarks.assess.days import KnownDay
from benchmarks.assess.measures import Measures, measure
from patrol.intervals import total

_GOAL_ERROR_MIN = 5.0
_GOAL_FIXES_A_SECOND = 1_000_000.0
_GOAL_MS_A_DAY = 3.0
# Eight hours of duty with a fix every 10 s.
_FIXES_A_DAY = 2880
_NAME_WIDTH = 26
_HEAD_ABOVE = (
    f"{'':{_NAME_WIDTH}} {'visits, min a day':^35} {'found at .5':^15} {'speed, one core':^33}"
)
_HEAD = (
    f"{'':{_NAME_WIDTH}} {'error':>8} {'ratio':>9} {'bias':>8} {'wrong':>7} {'prec.':>7} {'recall':>7}"
    f" {'fixes/s':>11} {'ratio':>10} {'ms/day':>10}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that was measured on the same days; this engine comes first."""

    interval_s: int
    days: Sequence[KnownDay]
    outcomes: Sequence[Outcome]
    absent: Sequence[Absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender's measures, and how they stand to those of this engine.

    `error_ratio` is how many times its error is this engine's; `speed_ratio` how many times
    as fast this engine is.
    """

    name: str
    text: str
    measures: Measures
    fixes_a_second: float
    ms_a_day: float
    error_ratio: float
    speed_ratio: float


def rows(comparison: Comparison) -> list[Row]:
    """Return a row for each contender."""
    measures = [measure(comparison.days, one.visits) for one in comparison.outcomes]
    fixes = _count_fixes(comparison)
    return [
        Row(
            name=one.name,
            text=one.text,
            measures=own,
            fixes_a_second=fixes / one.took_s,
            ms_a_day=one.took_s * 1000 / len(comparison.days),
            error_ratio=_ratio(own.error_min, measures[0].error_min),
            speed_ratio=_ratio(one.took_s, comparison.outcomes[0].took_s),
        )
        for one, own in zip(comparison.outcomes, measures, strict=True)
    ]


def table(comparisons: Sequence[Comparison]) -> str:
    """Return a block for each interval, then what each contender is and who is missing."""
    return "\n".join(line.rstrip() for one in comparisons for line in _block(one))


def figures(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Return this engine's figures with their goals, and the ratios, which have none."""
    return [figure for comparison in comparisons for figure in _figures(comparison)]


def _block(comparison: Comparison) -> Iterator[str]:
    days = comparison.days
    minutes = sum(total(day.true_visits).total_seconds() for day in days) / 60 / len(days)
    yield (
        f"every {comparison.interval_s} s: {len(days)} worker-days, {_count_fixes(comparison):,}"
        f" fixes, {minutes:.0f} min of home visits a day"
    )
    yield _HEAD_ABOVE
    yield _HEAD
    found = rows(comparison)
    yield from (_line(row) for row in found)
    for absent in comparison.absent:
        yield f"{absent.name:{_NAME_WIDTH}} -  {absent.reason}"
    yield ""
    yield from (f"  {row.name:{_NAME_WIDTH - 2}} {row.text}" for row in found)
    yield ""


def _line(row: Row) -> str:
    own = row.measures
    return (
        f"{row.name:{_NAME_WIDTH}} {own.error_min:8.1f} {row.error_ratio:8.1f}x"
        f" {own.bias_min:+8.1f} {own.wrong_min:7.1f} {own.precision:7.2f} {own.recall:7.2f}"
        f" {row.fixes_a_second:11,.0f} {row.speed_ratio:9.1f}x {row.ms_a_day:10.2f}"
    )


def _figures(comparison: Comparison) -> Iterator[dict[str, Any]]:
    interval = f"{comparison.interval_s}s"
    engine, *others = rows(comparison)
    error_min, speed = engine.measures.error_min, engine.fixes_a_second
    ms_a_day = _FIXES_A_DAY / speed * 1000
    of_engine = f"{interval}.{ENGINE}"
    yield _figure(
        f"{of_engine}.visit_error_min",
        error_min,
        goal=f"<= {_GOAL_ERROR_MIN:g}",
        reached=error_min <= _GOAL_ERROR_MIN,
    )
    yield _figure(
        f"{of_engine}.fixes_a_second",
        speed,
        goal=f">= {_GOAL_FIXES_A_SECOND:.0f}",
        reached=speed >= _GOAL_FIXES_A_SECOND,
    )
    yield _figure(
        f"{of_engine}.ms_a_day_of_{_FIXES_A_DAY}_fixes",
        ms_a_day,
        goal=f"<= {_GOAL_MS_A_DAY:g}",
        reached=ms_a_day <= _GOAL_MS_A_DAY,
    )
    for row in others:
        yield _figure(f"{interval}.{row.name}.error_ratio", row.error_ratio)
        yield _figure(f"{interval}.{row.name}.speed_ratio", row.speed_ratio)
    for absent in comparison.absent:
        yield _figure(f"{interval}.{absent.name}", None)


def _figure(
    name: str, value: float | None, *, goal: str | None = None, reached: bool | None = None
) -> dict[str, Any]:
    known = value is not None and isfinite(value)
    shown = round(value, 4) if value is not None and known else None
    return {"name": name, "value": shown, "goal": goal, "reached": reached}


def _count_fixes(comparison: Comparison) -> int:
    return sum(len(day.facts.fixes) for day in comparison.days)


def _ratio(one: float, other: float) -> float:
    return one / other if other else float("inf")
