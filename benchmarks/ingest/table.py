"""What was measured, for people and for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure, its repeats, and the goal that it is held against, if it has one."""

    name: str
    text: str
    values: Sequence[float]
    unit: str
    goal: float | None = None
    better: Literal["more", "less"] = "more"

    @property
    def value(self) -> float | None:
        """The median of the repeats; None when nothing could be measured."""
        return median(self.values) if self.values else None

    @property
    def reached(self) -> bool | None:
        """Whether the median meets the goal; None without either."""
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal if self.better == "more" else self.value <= self.goal


def ratio(name: str, text: str, *, one: Figure, other: Figure, goal: float | None = None) -> Figure:
    """Return how many times `other` the figure `one` is, repeat by repeat.

    Repeats of both took place by turns, so that a slow moment of the machine meets both.
    """
    values = [a / b for a, b in zip(one.values, other.values, strict=False) if b]
    return Figure(name=name, text=text, values=values, unit="x", goal=goal)


def table(figures: Sequence[Figure]) -> str:
    """Return a line for each figure: median, least and greatest, goal."""
    return "\n".join(_lines(figures))


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Return the figures as programs read them."""
    return [
        {
            "name": one.name,
            "value": None if one.value is None else round(one.value, 4),
            "goal": None if one.goal is None else _goal(one),
            "reached": one.reached,
        }
        for one in figures
    ]


def _lines(figures: Sequence[Figure]) -> Iterator[str]:
    width = max(len(one.text) for one in figures)
    yield f"{'':{width}} {'median':>12} {'least':>12} {'greatest':>12}  {'goal'}"
    for one in figures:
        if not one.values:
            yield f"{one.text:{width}} {'-':>12} {'':>12} {'':>12}  not measured"
            continue
        shown = [median(one.values), min(one.values), max(one.values)]
        numbers = " ".join(f"{_number(value, one.unit):>12}" for value in shown)
        verdict = {None: "", True: ", reached", False: ", NOT reached"}[one.reached]
        yield f"{one.text:{width}} {numbers}  {_goal(one)}{verdict}".rstrip()


def _number(value: float, unit: str) -> str:
    return f"{value:,.0f}" if unit == "/s" else f"{value:,.2f} {unit}"


def _goal(one: Figure) -> str:
    if one.goal is None:
        return ""
    return f"{'>=' if one.better == 'more' else '<='} {one.goal:g}"
