"""The states of what people decide, and who may take which step from one to the next.

Nothing here is done by the system: every step is somebody's, and the last one is never the
worker's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Subject(StrEnum):
    """What is decided about."""

    FINDING = "finding"
    CORRECTION = "correction"
    APPEAL = "appeal"
    # The opening of a frozen month, or of one worker's days in it.
    UNLOCKING = "unlocking"


class FindingStatus(StrEnum):
    """How far a finding is."""

    NEW = "new"
    EXPLAINED = "explained"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class CorrectionStatus(StrEnum):
    """How far a correction is; only one in force changes what is decided."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class AppealStatus(StrEnum):
    """How far an appeal is."""

    NEW = "new"
    HEARD = "heard"
    GRANTED = "granted"
    REFUSED = "refused"


class UnlockingStatus(StrEnum):
    """How far the opening of a frozen month is."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


# What has not begun has no status.
STEPS: Final[Mapping[Subject, frozenset[tuple[str, str]]]] = {
    Subject.FINDING: frozenset(
        {
            ("new", "explained"),
            ("explained", "explained"),
            ("new", "upheld"),
            ("new", "dismissed"),
            ("explained", "upheld"),
            ("explained", "dismissed"),
            # By an appeal that is granted, and never back.
            ("upheld", "dismissed"),
        }
    ),
    Subject.CORRECTION: frozenset(
        {
            ("", "pending"),
            ("", "in_force"),
            ("pending", "in_force"),
            ("pending", "refused"),
            ("pending", "withdrawn"),
            ("in_force", "withdrawn"),
        }
    ),
    Subject.APPEAL: frozenset(
        {("", "new"), ("new", "heard"), ("heard", "granted"), ("heard", "refused")}
    ),
    Subject.UNLOCKING: frozenset(
        {("", "pending"), ("pending", "confirmed"), ("pending", "refused")}
    ),
}


def may_step(subject: Subject, status: str, to: str) -> bool:
    """Whether what is decided about may go from `status` to `to`."""
    return (status, to) in STEPS[subject]


def next_of(subject: Subject, status: str) -> list[str]:
    """Return where a `status` may lead, in the order of the alphabet; empty at the end."""
    return sorted(to for one, to in STEPS[subject] if one == status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What holds of a worker-day: visit and presence seconds, and both verdicts."""

    visit_s: int
    inside_s: int
    visit_verdict: str
    presence_verdict: str

    def is_beyond(self, other: "Change", threshold_s: int) -> bool:
        """Whether one person alone may not make `other` of this: a verdict turns, or too much."""
        return (
            self.visit_verdict != other.visit_verdict
            or self.presence_verdict != other.presence_verdict
            or abs(self.visit_s - other.visit_s) > threshold_s
            or abs(self.inside_s - other.inside_s) > threshold_s
        )


def needs_second(*, measured: Change, before: Change, after: Change, threshold_s: int) -> bool:
    """Whether a second person must agree to a correction, seconds as the threshold.

    Held against what was measured, so that many small ones are no way round; and against what
    was decided before, so that one person alone does not undo what two have decided.
    """
    return measured.is_beyond(after, threshold_s) or before.is_beyond(after, threshold_s)


def deadline_of(told_at: datetime, *, days: int) -> datetime:
    """Return until when something that was told at a moment can be appealed."""
    return told_at + timedelta(days=days)
