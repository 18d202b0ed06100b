"""Notices and the rules by which they are told, as the API answers them."""

from datetime import datetime, time
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.shapes import Id, Shape

NoticeKind = Literal[
    "sos", "outside", "silent", "report_overdue", "order_returned", "order_new", "order_event"
]
Channel = Literal["webhook", "email"]
_TARGETS = ["https://desk.example/notices"]


class Notice(Shape):
    """Something that a supervisor is to hear of soon."""

    notice_id: int = Field(description="counted up", examples=[12])
    kind: NoticeKind = Field(
        description="call for help, outside the grid (provisional), terminal not heard; of orders: "
        "overdue, returned, come to somebody, anything that was done",
        examples=["sos"],
    )
    worker_id: str | None = Field(description="whom it is about; null: an order", examples=["W07"])
    worker_name: str | None = Field(description="the name", examples=["Li Na"])
    terminal_id: str | None = Field(description="which terminal; null: not one", examples=["T07"])
    grid_id: str | None = Field(description="where duty is owed", examples=["G03"])
    began_at: AwareDatetime = Field(
        description="since when, UTC", examples=["2026-11-20T03:12:40Z"]
    )
    found_at: AwareDatetime = Field(
        description="when it was found, UTC", examples=["2026-11-20T03:12:41Z"]
    )
    ended_at: AwareDatetime | None = Field(
        description="when it was over, UTC; null while it lasts", examples=[None]
    )
    fix_epoch: AwareDatetime | None = Field(
        description="of a call for help: time of its place, UTC", examples=["2026-11-20T03:12:35Z"]
    )
    lat_deg: float | None = Field(description="WGS-84", examples=[30.66001])
    lon_deg: float | None = Field(description="WGS-84", examples=[104.06002])
    accuracy_m: float | None = Field(description="68 % horizontal radius", examples=[5.0])
    seen_by: str | None = Field(description="who has taken it up", examples=["chen.li"])
    seen_at: AwareDatetime | None = Field(
        description="and when, UTC", examples=["2026-11-20T03:13:05Z"]
    )
    order_id: UUID | None = Field(description="which order it is about", examples=[None])
    revision: int | None = Field(description="of the order, by then", examples=[None])
    department_id: str | None = Field(
        description="whom the order waits for, where that is a department", examples=[None]
    )
    category: str | None = Field(description="of the order", examples=[None])
    severity: str | None = Field(description="of the order", examples=[None])
    step: str | None = Field(description="in which the order was", examples=[None])
    act: str | None = Field(description="what was done to it last", examples=[None])


class NoticesPage(Shape):
    """Notices, the newest first."""

    notices: list[Notice]
    next_cursor: int | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=[12]
    )


class RuleBody(BaseModel):
    """Whom to tell of what: in one grid, in an area with all that lies in it, or everywhere."""

    model_config = ConfigDict(extra="forbid")

    kind: NoticeKind = Field(description="of what", examples=["outside"])
    area_id: Id | None = Field(None, description="in this area", examples=["A1"])
    grid_id: Id | None = Field(None, description="in this grid alone", examples=[None])
    department_id: Id | None = Field(
        None, description="of orders: those of this department alone", examples=[None]
    )
    channel: Channel = Field(description="how", examples=["webhook"])
    target: str = Field(
        min_length=3,
        max_length=500,
        description="an https address, or one of mail",
        examples=_TARGETS,
    )
    delay_s: int = Field(
        0, ge=0, le=86_400, description="told only if it lasts so long, seconds", examples=[600]
    )
    quiet_from: time | None = Field(
        None,
        description="local time from which nothing but a call for help is told",
        examples=["21:00:00"],
    )
    quiet_to: time | None = Field(None, description="until", examples=["06:30:00"])
    is_active: bool = Field(default=True, description="whether it is followed", examples=[True])
    revision: int | None = Field(
        None,
        ge=1,
        description="the one that you have read; null makes a new rule",
        examples=[None],
    )


class Rule(Shape):
    """A rule as it stands."""

    rule_id: str = Field(description="its name", examples=["desk-outside"])
    kind: NoticeKind = Field(examples=["outside"])
    area_id: str | None = Field(examples=["A1"])
    grid_id: str | None = Field(examples=[None])
    department_id: str | None = Field(examples=[None])
    channel: Channel = Field(examples=["webhook"])
    target: str = Field(examples=_TARGETS)
    delay_s: int = Field(description="seconds", examples=[600])
    quiet_from: time | None = Field(description="local time", examples=["21:00:00"])
    quiet_to: time | None = Field(description="local time", examples=["06:30:00"])
    is_active: bool = Field(examples=[True])
    created_by: str = Field(examples=["zhao.min"])
    revision: int = Field(description="give it when you change the rule", examples=[1])


class RuleMade(Rule):
    """A rule with what is shown only once."""

    secret: str | None = Field(
        description="by which a webhook is verified (Standard Webhooks); of a new one only",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class Rules(Shape):
    """The rules that whoever asks may see, by rule_id."""

    rules: list[Rule]


class Delivery(Shape):
    """What became of telling one notice by one rule."""

    notice_id: int = Field(examples=[12])
    state: Literal["waiting", "sent", "given_up", "passed"] = Field(
        description="passed: it was over before it was to be told", examples=["sent"]
    )
    attempts: int = Field(examples=[1])
    due_at: datetime = Field(
        description="when it is tried next, UTC", examples=["2026-11-20T03:12:41Z"]
    )
    said: str = Field(description="what the receiver said last", examples=["answered 204"])
    settled_at: datetime | None = Field(examples=["2026-11-20T03:12:42Z"])


class Deliveries(Shape):
    """The newest deliveries of a rule, at most a hundred, the newest first."""

    deliveries: list[Delivery]
