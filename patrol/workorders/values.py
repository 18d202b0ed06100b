"""What a work order is, what somebody does to it, and the event that is kept of it.

An event says all that it changes, so that the state is what its events make of it and nothing
else: `patrol.workorders.history` makes it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from patrol.ids import GridId, WorkerId

# Who holds a step: one of `Party`, or the code of a level that areas hold, like `street`.
PartyCode: TypeAlias = str


class Severity(StrEnum):
    """How much harm a matter does while it lasts."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class StepKind(StrEnum):
    """What is done in a step; the last three are ends."""

    HANDLE = "handle"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    RESOLVE = "resolve"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


ENDS: Final = frozenset({StepKind.CLOSED, StepKind.CANCELLED, StepKind.MERGED})


class Party(StrEnum):
    """Who holds a step, beside the levels of areas.

    `GRID` is whoever is on duty in the grid or assigned to it, and its supervisor; `DEPARTMENT`
    the accounts of the department that the order is dispatched to; `REPORTER` the worker who
    reported, or who is on duty in that grid now; `CLOCK` nobody: time alone.
    """

    GRID = "grid"
    DEPARTMENT = "department"
    REPORTER = "reporter"
    CLOCK = "clock"


class ActKind(StrEnum):
    """What happens to an order. `OPEN`, `ABSORB` and `ESCALATE` are nobody's choice."""

    OPEN = "open"
    SETTLE = "settle"
    CLIMB = "climb"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    RETURN = "return"
    TRANSFER = "transfer"
    RESOLVE = "resolve"
    FEED_BACK = "feed_back"
    CONFIRM = "confirm"
    FAIL = "fail"
    CLOSE = "close"
    REOPEN = "reopen"
    PAUSE = "pause"
    RESUME = "resume"
    CLASSIFY = "classify"
    CANCEL = "cancel"
    SPLIT = "split"
    MERGE = "merge"
    # Another order was merged into this one.
    ABSORB = "absorb"
    ESCALATE = "escalate"


class Need(StrEnum):
    """What an act has to be given."""

    REASON = "reason"
    TEXT = "text"
    PHOTO = "photo"
    DEPARTMENT = "department"


class Nearness(StrEnum):
    """Whether somebody was at the place; without a sharp and fresh position nobody knows."""

    NEAR = "near"
    FAR = "far"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Who:
    """A person, by account, by worker or by both; neither is the clock."""

    account_id: str | None = None
    worker_id: WorkerId | None = None

    def is_same(self, other: "Who | None") -> bool:
        """Whether both are the same person, as far as is known."""
        return other is not None and (
            (self.account_id is not None and self.account_id == other.account_id)
            or (self.worker_id is not None and self.worker_id == other.worker_id)
        )


CLOCK: Final = Who()


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts, and the parties of this one order in which they stand.

    A street's supervisor stands in `street` and in the levels of areas below it; a worker on duty
    in the order's grid in `grid` and `reporter`; whoever is of none of its parties may do nothing.
    """

    who: Who
    parties: frozenset[PartyCode]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is or somebody was: WGS-84; `age_s` is how old the fix was, in seconds."""

    lat_e7: int
    lon_e7: int
    accuracy_dm: int | None = None
    age_s: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What is split off: an order of its own (a new UUIDv7), about another category."""

    order_id: str
    category: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody asks to be done: the code of an act of the workflow, with what it needs.

    `photos` are SHA-256 digests in hexadecimal. `category`, `severity` and `grid_id` are for
    classifying, `part` is for splitting. `place` is where the actor was, if known.
    """

    code: str
    reason: str | None = None
    text: str | None = None
    photos: tuple[str, ...] = ()
    department_id: str | None = None
    category: str | None = None
    severity: Severity | None = None
    grid_id: GridId | None = None
    part: Part | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an order is opened with.

    `order_id` is a UUIDv7. An unknown category becomes the workflow's own for such; a severity
    of None is the category's.
    """

    order_id: str
    category: str
    who: Who
    grid_id: GridId | None = None
    severity: Severity | None = None
    place: Place | None = None
    report_id: str | None = None
    text: str | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One transition, as it is kept: `step` and what follows it is what holds afterwards.

    `revision` counts from 1. `act` is the workflow's code for `kind`; `party` is for whom `who`
    acted. `other_id` is the order into which this one was merged, which it absorbed, which was
    split off it, or of which it was split off. `due_at` is when the step's time is up and
    `due_soon_at` shortly before, `handle_due_at` and `close_due_at` when the order's is. `tells`
    is the level that an escalation tells. `reporter` and `report_id` are said of the first event
    alone.
    """

    order_id: str
    revision: int
    at: datetime
    kind: ActKind
    act: str
    who: Who
    party: PartyCode
    from_step: str | None
    step: str
    step_kind: StepKind
    category: str
    severity: Severity
    workflow_version: int
    grid_id: GridId | None = None
    department_id: str | None = None
    due_soon_at: datetime | None = None
    due_at: datetime | None = None
    handle_due_at: datetime | None = None
    close_due_at: datetime | None = None
    reason: str | None = None
    text: str | None = None
    photos: tuple[str, ...] = ()
    place: Place | None = None
    distance_m: int | None = None
    nearness: Nearness | None = None
    other_id: str | None = None
    report_id: str | None = None
    reporter: Who | None = None
    tells: PartyCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """How far an order is: what its events make of it.

    While it is paused its clock stands: `due_at` and the others are held against `paused_at`
    instead of the present, and move on when it goes on. `entered_at` is when it came to its
    step, `stood` how long it was paused in all. `handled_by` is who last settled or resolved it,
    `is_settled` that it was settled within the grid. `rework` counts failed verifications and
    reopenings, `escalated` the escalations of the present step.
    """

    order_id: str
    revision: int
    workflow_version: int
    category: str
    severity: Severity
    step: str
    step_kind: StepKind
    opened_at: datetime
    entered_at: datetime
    changed_at: datetime
    reporter: Who
    grid_id: GridId | None = None
    department_id: str | None = None
    place: Place | None = None
    due_soon_at: datetime | None = None
    due_at: datetime | None = None
    handle_due_at: datetime | None = None
    close_due_at: datetime | None = None
    paused_at: datetime | None = None
    stood: timedelta = timedelta()
    handled_at: datetime | None = None
    handled_by: Who | None = None
    is_settled: bool = False
    ended_at: datetime | None = None
    rework: int = 0
    escalated: int = 0
    merged_into: str | None = None
    split_from: str | None = None
