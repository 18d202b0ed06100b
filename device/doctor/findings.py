"""What the doctor finds, and how it is told."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple


class Grade(StrEnum):
    """How it is: well, not to be told from here, to be looked after, or not working."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    BROKEN = "broken"


class Finding(NamedTuple):
    """One thing that was looked at: how it is, in words, and what to do about it."""

    what: str
    grade: Grade
    text: str
    advice: str = ""


# As other commands of the product say that something needs attention.
_EXIT_WARNING = 1
_EXIT_BROKEN = 69
_SIGNS = {
    Grade.OK: "ok     ",
    Grade.UNKNOWN: "-      ",
    Grade.WARNING: "WARNING",
    Grade.BROKEN: "BROKEN ",
}


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 where nothing is wrong, 1 where something is to be looked after, 69 where broken."""
    grades = {one.grade for one in findings}
    if Grade.BROKEN in grades:
        return _EXIT_BROKEN
    return _EXIT_WARNING if Grade.WARNING in grades else 0


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the findings by what was looked at."""
    return {
        one.what: {"grade": str(one.grade), "text": one.text, "advice": one.advice}
        for one in findings
    }


def as_text(findings: Iterable[Finding]) -> str:
    """Return the findings as lines of a screen."""
    lines = []
    for one in findings:
        lines.append(f"{_SIGNS[one.grade]}  {one.what:<12}  {one.text}")
        if one.advice:
            lines.append(f"{'':<23}> {one.advice}")
    return "\n".join(lines)
