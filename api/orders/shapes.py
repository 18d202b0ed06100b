"""What is told of work orders."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.shapes import Shape

ORDER_ID = ["019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"]
STEP = ["grid"]
CATEGORY = ["lamp"]
TIME = ["2026-11-20T03:12:40Z"]
DUE = ["2026-11-23T03:12:40Z"]
SHA256 = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
GRIDS = ["G03"]
DEPARTMENT = ["LIGHTS"]
_NONE = [None]

Severity = Literal["low", "normal", "high", "urgent"]
StepKind = Literal[
    "handle",
    "dispatch",
    "accept",
    "resolve",
    "feedback",
    "verify",
    "closed",
    "cancelled",
    "merged",
]
Timing = Literal["in_time", "due_soon", "overdue", "ended"]
Nearness = Literal["near", "far", "unknown"]


class Order(Shape):
    """A work order as it is now."""

    order_id: str = Field(examples=ORDER_ID)
    revision: int = Field(description="give it with an act", examples=[4])
    workflow_version: int = Field(description="the one with which it was opened", examples=[1])
    category: str = Field(description="of the workflow's list", examples=CATEGORY)
    severity: Severity = Field(examples=["normal"])
    step: str = Field(description="of the workflow", examples=STEP)
    step_kind: StepKind = Field(examples=["handle"])
    level: str | None = Field(description="of the workflow; null at an end", examples=["grid"])
    holder: str | None = Field(
        description="who has it: grid, a kind of area, department, reporter or clock; null: nobody",
        examples=["grid"],
    )
    grid_id: str | None = Field(description="null: not known", examples=GRIDS)
    department_id: str | None = Field(examples=_NONE)
    reporter_account: str | None = Field(description="not told to departments", examples=_NONE)
    reporter_worker: str | None = Field(description="not told to departments", examples=["W07"])
    lat_deg: float | None = Field(description="where the matter is, WGS-84", examples=[30.66001])
    lon_deg: float | None = Field(description="WGS-84", examples=[104.06002])
    accuracy_m: float | None = Field(description="68 % radius", examples=[5.0])
    opened_at: datetime = Field(examples=TIME)
    entered_at: datetime = Field(description="when it came to its step", examples=TIME)
    changed_at: datetime = Field(examples=TIME)
    due_soon_at: datetime | None = Field(examples=DUE)
    due_at: datetime | None = Field(description="when the step's time is up", examples=DUE)
    handle_due_at: datetime | None = Field(
        description="until when it is to be handled", examples=DUE
    )
    close_due_at: datetime | None = Field(description="until when it is to be closed", examples=DUE)
    timing: Timing = Field(description="of the step, now", examples=["in_time"])
    paused_at: datetime | None = Field(
        description="since when its time stands; null: it runs", examples=_NONE
    )
    stood_s: float = Field(description="how long its time stood before", examples=[0.0])
    handled_at: datetime | None = Field(examples=_NONE)
    is_settled: bool = Field(description="handled within the grid", examples=[False])
    ended_at: datetime | None = Field(examples=_NONE)
    rework: int = Field(description="failed verifications and reopenings", examples=[0])
    escalated: int = Field(description="escalations of the present step", examples=[0])
    merged_into: str | None = Field(examples=_NONE)
    split_from: str | None = Field(examples=_NONE)


class OrdersPage(Shape):
    """Orders, the newest first."""

    orders: list[Order]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=_NONE
    )


class StepCount(Shape):
    """How many of those that wait are in a step."""

    step: str = Field(examples=STEP)
    orders: int = Field(examples=[12])


class Waiting(Shape):
    """How much waits, among the first 500 by when they are due."""

    orders: int = Field(examples=[12])
    overdue: int = Field(examples=[1])
    due_soon: int = Field(examples=[2])
    paused: int = Field(description="whose time stands; counted above, too", examples=[0])
    is_all: bool = Field(description="false: there are more than were counted", examples=[True])
    steps: list[StepCount]


class Inbox(Shape):
    """What waits for whoever asks, the first due first."""

    waiting: Waiting | None = Field(description="of the first page alone")
    orders: list[Order]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=_NONE
    )


class ActReason(Shape):
    """A reason that an act can be given."""

    reason_code: str = Field(examples=["beyond_means"])
    reason: str = Field(description="in the language asked for", examples=["beyond the means here"])


class LegalAct(Shape):
    """What whoever asks may do to an order now."""

    act: str = Field(description="its code", examples=["climb"])
    name: str = Field(description="in the language asked for", examples=["Pass to the community"])
    kind: str = Field(examples=["climb"])
    to_step: str | None = Field(
        description="where it leads; null: it stays", examples=["community"]
    )
    party: str = Field(description="for whom it would be done", examples=["grid"])
    needs: list[str] = Field(
        description="of reason, text, photo, department, category", examples=[["reason"]]
    )
    reasons: list[ActReason]


class OrderPhoto(Shape):
    """A photo that a report announces."""

    sha256: str = Field(examples=SHA256)
    bytes: int = Field(examples=[312000])
    media_type: str = Field(examples=["image/jpeg"])


class OrderReport(Shape):
    """A report that an order is about: its own, of an order merged into it, or before a split."""

    order_id: str = Field(description="which it opened", examples=ORDER_ID)
    report_id: str = Field(examples=ORDER_ID)
    taken_at: datetime = Field(examples=TIME)
    received_at: datetime = Field(examples=TIME)
    category: str = Field(examples=CATEGORY)
    text: str | None = Field(description="of the place", examples=["the third lamp is dark"])
    marks: list[str] = Field(description="what is odd about its photos", examples=[["no_exif"]])
    photos: list[OrderPhoto]


class OrderEvent(Shape):
    """One thing that was done to an order; what follows `step` held afterwards."""

    revision: int = Field(examples=[2])
    at: datetime = Field(description="an escalation: when it was due", examples=TIME)
    kind: str = Field(examples=["climb"])
    act: str = Field(description="the workflow's code", examples=["climb"])
    account_id: str | None = Field(
        description="who; null: time, or not told to departments", examples=["chen.li"]
    )
    worker_id: str | None = Field(examples=_NONE)
    party: str = Field(description="for whom", examples=["grid"])
    from_step: str | None = Field(examples=STEP)
    step: str = Field(examples=["community"])
    step_kind: StepKind = Field(examples=["handle"])
    category: str = Field(examples=CATEGORY)
    severity: Severity = Field(examples=["normal"])
    grid_id: str | None = Field(examples=GRIDS)
    department_id: str | None = Field(examples=_NONE)
    due_at: datetime | None = Field(examples=DUE)
    reason_code: str | None = Field(examples=["beyond_means"])
    text: str | None = Field(examples=["the post itself is broken"])
    photos: list[str] = Field(description="SHA-256, of the place", examples=[SHA256])
    distance_m: int | None = Field(
        description="how far from the matter whoever acted was", examples=[12]
    )
    accuracy_m: float | None = Field(description="68 % radius of that", examples=[5.0])
    age_s: int | None = Field(description="and how old it was", examples=[4])
    nearness: Nearness | None = Field(
        description="whether that is at the place; unknown: nobody can tell", examples=["near"]
    )
    other_id: str | None = Field(
        description="the order into which it was merged, and the like", examples=_NONE
    )
    tells: str | None = Field(description="the level that an escalation tells", examples=_NONE)


class OrderWhole(Order):
    """An order with what may be done to it, its reports, and all that was done."""

    legal: list[LegalAct] = Field(description="what whoever asks may do to it now")
    reports: list[OrderReport]
    history: list[OrderEvent] = Field(description="by revision")


class Done(Shape):
    """What became of one act of many."""

    order_id: str = Field(examples=ORDER_ID)
    status: int = Field(description="as that act alone would have been answered", examples=[200])
    revision: int | None = Field(description="the one that is there now", examples=[5])
    step: str | None = Field(examples=["community"])
    type: str | None = Field(
        description="of a refusal: the type of its problem document", examples=_NONE
    )
    detail: str | None = Field(examples=_NONE)
    legal: list[str] = Field(
        description="of an illegal act: what could be done instead", examples=[[]]
    )


class AllDone(Shape):
    """What became of many acts, in their order."""

    acts: list[Done]


class Duplicate(Shape):
    """An open order that may be about the same matter."""

    order_id: str = Field(examples=ORDER_ID)
    distance_m: float = Field(examples=[14.0])
    apart_s: float = Field(description="time between the two reports", examples=[5400.0])
    step: str = Field(examples=STEP)
    grid_id: str | None = Field(examples=GRIDS)
    opened_at: datetime = Field(examples=TIME)
    revision: int = Field(examples=[2])


class Duplicates(Shape):
    """Orders that may be about the same matter, the nearest first."""

    duplicates: list[Duplicate]
