"""Holding the system's answers against the truth, worker by worker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from patrol.intervals import Interval, intersect, merge, total

# The truth must lie within the bounds of an answer, give or take what the rules are
# known to miss: exits that end within the tolerance, visits shorter than the minimum.
_PRESENCE_SLACK_S = 15 * 60
_VISIT_SLACK_S = 20 * 60
# An answer that leaves more than this open contains any truth and proves nothing; on 108
# simulated days the most was 49 minutes.
_MOST_UNKNOWN_S = 90 * 60

_GROUPS = "          fixes                   in the grid, min            home visits, min"
_COLUMNS = (
    "worker    simulated  sent stored  true answer unknown verdict      "
    "true answer   (from    to) verdict"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One worker's day: fixes on their way, and answers beside the truth; seconds."""

    worker_id: str
    terminal_id: str
    simulated: int
    sent: int
    stored: int
    true_duty_s: int
    duty_s: int
    true_inside_s: int
    inside_s: int
    outside_s: int
    unknown_s: int
    true_visit_s: int
    visit_s: int
    visit_low_s: int
    visit_high_s: int
    presence_verdict: str
    visit_verdict: str

    @property
    def is_complete(self) -> bool:
        """Whether every fix of the receiver was kept, sent and stored."""
        return self.simulated == self.sent == self.stored

    @property
    def is_right(self) -> bool:
        """Whether the truth lies within what the answers allow, and they allow not everything."""
        says_enough = self.duty_s == self.true_duty_s and self.unknown_s <= _MOST_UNKNOWN_S
        presence = _lies_within(
            self.true_inside_s,
            self.inside_s,
            self.inside_s + self.unknown_s,
            slack=_PRESENCE_SLACK_S,
        )
        visits = _lies_within(
            self.true_visit_s, self.visit_low_s, self.visit_high_s, slack=_VISIT_SLACK_S
        )
        return says_enough and presence and visits


def mark_day(
    truth: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    *,
    sent: Mapping[str, int],
    stored: Mapping[str, int],
) -> list[Mark]:
    """Return a mark for each worker of the truth; `sent` and `stored` count by terminal.

    Raises KeyError when the system has no answer for a worker.
    """
    by_worker = {answer["worker_id"]: answer for answer in answers}
    return [
        _mark_worker(one, by_worker[one["worker_id"]], sent=sent, stored=stored)
        for one in truth["workers"]
    ]


def table(marks: Iterable[Mark]) -> str:
    """Return the marks as a table for people: minutes, and what each column means."""
    lines = [_GROUPS, _COLUMNS, *(_row(mark) for mark in marks)]
    return "\n".join(line.rstrip() for line in lines)


def summary(marks: Sequence[Mark]) -> str:
    """Return the figures of all workers in two lines."""
    presence = sum(abs(mark.inside_s - mark.true_inside_s) for mark in marks) / len(marks)
    visits = sum(abs(mark.visit_s - mark.true_visit_s) for mark in marks) / len(marks)
    complete = sum(mark.is_complete for mark in marks)
    right = sum(mark.is_right for mark in marks)
    return (
        f"{complete} of {len(marks)} terminals: every fix accounted for "
        f"({sum(mark.stored for mark in marks)} stored). "
        f"{right} of {len(marks)} workers: the truth lies within the answer.\n"
        f"Mean absolute error: in the grid {presence / 60:.1f} min, home visits {visits / 60:.1f} min."
    )


def _row(mark: Mark) -> str:
    return (
        f"{mark.worker_id:<9} {mark.simulated:>9} {mark.sent:>5} {mark.stored:>6}"
        f" {_minutes(mark.true_inside_s):>5} {_minutes(mark.inside_s):>6}"
        f" {_minutes(mark.unknown_s):>7} {mark.presence_verdict:<12}"
        f" {_minutes(mark.true_visit_s):>4} {_minutes(mark.visit_s):>6}"
        f" {_minutes(mark.visit_low_s):>7} {_minutes(mark.visit_high_s):>5}"
        f" {mark.visit_verdict:<12} {'' if mark.is_complete and mark.is_right else '<-- !'}"
    )


def _mark_worker(
    truth: Mapping[str, Any],
    answer: Mapping[str, Any],
    *,
    sent: Mapping[str, int],
    stored: Mapping[str, int],
) -> Mark:
    duty = _intervals(truth["duty"])
    in_order = [*_intervals(truth["inside"]), *_intervals(truth["authorised"])]
    visits = [Interval(_time(one["start"]), _time(one["end"])) for one in truth["visits"]]
    terminal = truth["terminal_id"]
    return Mark(
        worker_id=truth["worker_id"],
        terminal_id=terminal,
        simulated=truth["epochs_with_solution"],
        sent=sent[terminal],
        stored=stored.get(terminal, 0),
        true_duty_s=_seconds(duty),
        duty_s=answer["duty_s"],
        true_inside_s=_seconds(intersect(merge(in_order), duty)),
        inside_s=answer["inside_s"],
        outside_s=answer["outside_s"],
        unknown_s=answer["unknown_s"],
        true_visit_s=_seconds(intersect(visits, duty)),
        visit_s=answer["visit_s"],
        visit_low_s=answer["visit_low_s"],
        visit_high_s=answer["visit_high_s"],
        presence_verdict=answer["presence_verdict"],
        visit_verdict=answer["visit_verdict"],
    )


def _intervals(pairs: Iterable[Sequence[str]]) -> list[Interval]:
    return [Interval(_time(start), _time(end)) for start, end in pairs]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _seconds(intervals: Iterable[Interval]) -> int:
    return total(intervals) // timedelta(seconds=1)


def _minutes(seconds: int) -> int:
    return round(seconds / 60)


def _lies_within(value: int, low: int, high: int, *, slack: int) -> bool:
    return low - slack <= value <= high + slack
