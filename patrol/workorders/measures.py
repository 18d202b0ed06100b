"""What is counted of orders, always as a numerator and a denominator.

The definition: `tally` says what one order adds for a span of days, and whatever counts them in
another way has to come to the same. It looks at nothing that happened at the end of the span or
later, so a month stands once it is over. Nothing is counted of a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, NamedTuple

from patrol.ids import GridId
from patrol.intervals import Interval
from patrol.workorders.history import HANDLING, REWORKING, fold
from patrol.workorders.values import ActKind, Event, OrderState, Party, StepKind

_NO_REPORT: Final = frozenset({StepKind.CANCELLED, StepKind.MERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many orders, each counted once.

    `reports` were opened in the span with a report; of them `valid_reports` were neither
    cancelled nor merged, `duplicates` merged, `self_closed` closed with nobody else's hand on
    them. `handled` were settled or resolved in the span; of them `self_resolved` lastly by
    settling, `reworked` failed or were reopened in the span thereafter. `due_handled` were due
    to be handled in the span, `handled_in_time` stood as handled when they were due;
    `due_closed` and `closed` likewise, as they stood at the span's end.
    """

    reports: int = 0
    valid_reports: int = 0
    duplicates: int = 0
    self_closed: int = 0
    handled: int = 0
    self_resolved: int = 0
    reworked: int = 0
    due_handled: int = 0
    handled_in_time: int = 0
    due_closed: int = 0
    closed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return the counts of both together."""
        return Counts(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )


class Ratio(NamedTuple):
    """How many of how many."""

    numerator: int
    denominator: int


# What is measured: the numerator and the denominator among the counts.
MEASURES: Final = {
    "valid": ("valid_reports", "reports"),
    "self_resolved": ("self_resolved", "handled"),
    "on_time_handling": ("handled_in_time", "due_handled"),
    "closure": ("closed", "due_closed"),
    "rework": ("reworked", "handled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one order adds, and where: its grid, category and department at the span's end."""

    grid_id: GridId | None
    category: str
    department_id: str | None
    counts: Counts


def tally(events: Sequence[Event], span: Interval) -> Tally | None:
    """Return what an order adds to a span [start, end), None when it was not yet opened.

    `events` are all of one order's, in the order of their revisions.
    """
    seen = [one for one in events if one.at < span.end]
    if not seen:
        return None
    states: list[OrderState] = []
    for event in seen:
        states.append(fold(states[-1] if states else None, event))
    last = states[-1]
    counts = _count_reports(seen, last, span) + _count_handled(seen, span)
    counts += _count_due(states, span)
    return Tally(
        grid_id=last.grid_id,
        category=last.category,
        department_id=last.department_id,
        counts=counts,
    )


def total(tallies: Iterable[Tally]) -> Counts:
    """Return the counts of many orders together."""
    return sum((one.counts for one in tallies), Counts())


def ratio(counts: Counts, measure: str) -> Ratio:
    """Return one of `MEASURES`."""
    numerator, denominator = MEASURES[measure]
    return Ratio(getattr(counts, numerator), getattr(counts, denominator))


def _count_reports(seen: Sequence[Event], last: OrderState, span: Interval) -> Counts:
    first = seen[0]
    if first.report_id is None or first.at < span.start:
        return Counts()
    is_valid = last.step_kind not in _NO_REPORT
    is_alone = all(one.who.is_same(last.reporter) for one in seen if one.party != Party.CLOCK)
    return Counts(
        reports=1,
        valid_reports=int(is_valid),
        duplicates=int(last.step_kind is StepKind.MERGED),
        self_closed=int(last.step_kind is StepKind.CLOSED and is_alone),
    )


def _count_handled(seen: Sequence[Event], span: Interval) -> Counts:
    within = [one.kind for one in seen if one.at >= span.start]
    handlings = [n for n, kind in enumerate(within) if kind in HANDLING]
    if not handlings:
        return Counts()
    return Counts(
        handled=1,
        self_resolved=int(within[handlings[-1]] is ActKind.SETTLE),
        reworked=int(any(kind in REWORKING for kind in within[handlings[0] :])),
    )


def _count_due(states: Sequence[OrderState], span: Interval) -> Counts:
    handled = _when_due(states, span, [one.handle_due_at for one in states])
    closed = _when_due(states, span, [one.close_due_at for one in states])
    return Counts(
        due_handled=int(handled is not None),
        handled_in_time=int(handled is not None and handled.handled_at is not None),
        due_closed=int(closed is not None),
        closed=int(closed is not None and states[-1].step_kind is StepKind.CLOSED),
    )


def _when_due(
    states: Sequence[OrderState], span: Interval, dues: Sequence[datetime | None]
) -> OrderState | None:
    """Return the order as it stood when it was first due, None unless that was in the span.

    While its clock stands it is not due, and what was cancelled or merged is due no more. Made
    shorter than what has passed, a limit is due at once.
    """
    ends = [one.changed_at for one in states[1:]]
    for state, end, due in zip(states, [*ends, span.end], dues, strict=True):
        if due is None or state.paused_at is not None or state.step_kind in _NO_REPORT:
            continue
        at = max(due, state.changed_at)
        if at < end:
            return state if at >= span.start else None
    return None
