"""What the workflow that ships says, written down by hand from its documentation.

Not read from the product: where both differ, one of them is wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from simulator.loops.truth.hours import HOUR_S, Hours

ENDS: Final = frozenset({"closed", "cancelled", "merged"})
URGENT: Final = "urgent"

# By category: how much harm it does.
SEVERITIES: Final[Mapping[str, str]] = {
    "manhole": "high",
    "lamp": "normal",
    "road": "normal",
    "greenery": "low",
    "hygiene": "normal",
    "emergency": "urgent",
    "other_matter": "normal",
}
# What a report becomes whose category nobody knows.
UNKNOWN: Final = "other_matter"

# By act: from which steps it leads where.
LEADS: Final[Mapping[str, Mapping[str, str]]] = {
    "settle": {"grid": "checking", "community": "checking"},
    "climb": {"grid": "community", "community": "street"},
    "whistle": {"street": "district"},
    "dispatch": {"street": "accepting", "district": "accepting"},
    "accept": {"accepting": "resolving"},
    "resolve": {"resolving": "feedback"},
    "feed_back": {"feedback": "verifying"},
    "confirm": {"verifying": "closed", "checking": "closed"},
    "fail": {"verifying": "resolving", "checking": "community"},
    "close": {"verifying": "closed", "checking": "closed"},
    "return": {
        "community": "grid",
        "street": "community",
        "district": "street",
        "accepting": "district",
        "resolving": "district",
    },
    "transfer": {"accepting": "accepting", "resolving": "accepting"},
    "reopen": {"closed": "street"},
    "merge": dict.fromkeys(("grid", "community", "street", "district"), "merged"),
    "cancel": dict.fromkeys(
        ("grid", "community", "street", "district", "accepting", "resolving"), "cancelled"
    ),
}
# Steps in which the department that had it has it no longer.
WITHOUT_DEPARTMENT: Final = frozenset({"grid", "community", "street", "district"})

_STEP_HOURS: Final[Mapping[str, int]] = {
    "grid": 8,
    "community": 8,
    "resolving": 24,
    "verifying": 16,
    "checking": 16,
}
_OTHER_STEP_HOURS: Final = 4
_URGENT_HOURS: Final = 2
_URGENT_LONG_HOURS: Final = 8
_URGENT_LONG: Final = frozenset({"resolving", "verifying", "checking"})


class Limit(NamedTuple):
    """How long something may take, by the clock or of working time."""

    length_s: int
    is_working: bool

    def after(self, at_s: int, hours: Hours) -> int:
        """Return when it is over."""
        return hours.after(at_s, self.length_s) if self.is_working else at_s + self.length_s


def step_limit(step: str, severity: str) -> Limit:
    """Return how long an order may stay in a step."""
    if severity == URGENT:
        hours = _URGENT_LONG_HOURS if step in _URGENT_LONG else _URGENT_HOURS
        return Limit(HOUR_S * hours, is_working=False)
    return Limit(HOUR_S * _STEP_HOURS.get(step, _OTHER_STEP_HOURS), is_working=True)


def handle_limit(severity: str) -> Limit:
    """Return how long it may take until an order is handled."""
    return (
        Limit(24 * HOUR_S, is_working=False)
        if severity == URGENT
        else Limit(40 * HOUR_S, is_working=True)
    )


def close_limit(severity: str) -> Limit:
    """Return how long it may take until an order is closed."""
    return (
        Limit(48 * HOUR_S, is_working=False)
        if severity == URGENT
        else Limit(64 * HOUR_S, is_working=True)
    )


class Escalation(NamedTuple):
    """What time does so many working hours after a step is overdue: it moves it, or tells."""

    after_hours: int
    to: str | None = None


def _telling(first: int, every: int, times: int) -> Sequence[Escalation]:
    return tuple(Escalation(first + every * number) for number in range(times))


_OF_DEPARTMENTS: Final = _telling(1, 8, 5)
_OF_REPORTERS: Final = _telling(8, 16, 3)
ESCALATIONS: Final[Mapping[str, Sequence[Escalation]]] = {
    "grid": (Escalation(2), Escalation(8, "community")),
    "community": (Escalation(8, "street"),),
    "street": (Escalation(8, "district"),),
    "district": _OF_DEPARTMENTS,
    "accepting": _OF_DEPARTMENTS,
    "resolving": _OF_DEPARTMENTS,
    "feedback": _OF_REPORTERS,
    "verifying": _OF_REPORTERS,
    "checking": _OF_REPORTERS,
}
