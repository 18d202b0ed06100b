"""What is given of work orders: filters, acts, and what is needed with them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.orders.shapes import CATEGORY, ORDER_ID, SHA256, Severity
from api.shapes import Id
from patrol.notices.reports import MOST_PHOTOS, MOST_TEXT_CHARS

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
OrderId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", examples=ORDER_ID),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Cursor = Annotated[str, Field(max_length=200)]

_ABOUT_THE_PLACE = "about the place and the thing: no names, numbers of phones or doors of people"
Text = Annotated[
    str | None,
    Field(
        max_length=MOST_TEXT_CHARS,
        pattern=r"^[^\x00]*$",
        description=_ABOUT_THE_PLACE,
        examples=["the third lamp is dark"],
    ),
]
Photos = Annotated[
    list[Sha256],
    Field(max_length=MOST_PHOTOS, description="SHA-256 of each", examples=[SHA256]),
]
Revision = Annotated[
    int | None,
    Field(ge=1, le=2**31 - 1, description="the one that you have read", examples=[4]),
]


class Given(BaseModel):
    """What every body is that is taken: of known fields alone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Wanted(BaseModel):
    """Which orders are asked for."""

    step: Code | None = Field(None, description="only those in this step")
    level: Code | None = Field(None, description="only those at this level")
    category: Code | None = Field(None, description="only those of this category")
    severity: Severity | None = Field(None, description="only those of this severity")
    grid_id: Id | None = Field(None, description="only those of this grid")
    area_id: Id | None = Field(None, description="only those of grids in this area")
    department_id: Id | None = Field(None, description="only those with this department")
    overdue: bool | None = Field(None, description="only those whose step is, or is not, overdue")
    due_before: AwareDatetime | None = Field(None, description="only those due before then")
    limit: int = Field(50, ge=1, le=500, description="orders a page")
    cursor: Cursor | None = Field(None, description="next_cursor of the page before")


class OrdersQuery(Wanted):
    """Which orders of all are asked for."""

    state: Literal["open", "ended"] | None = Field(None, description="only those")
    opened_from: AwareDatetime | None = Field(None, description="only those opened since then")
    opened_before: AwareDatetime | None = Field(None, description="only those opened before then")
    mine: bool = Field(default=False, description="only those that whoever asks has reported")


class InboxQuery(Wanted):
    """Which of those that wait are asked for."""

    below: bool = Field(
        default=False, description="those, too, that wait for others below in the own areas"
    )


class Position(Given):
    """Where whoever acts is; only how far that is from the matter is kept to be read."""

    lat_deg: float = Field(ge=-90, le=90, description="WGS-84", examples=[30.66003])
    lon_deg: float = Field(ge=-180, le=180, description="WGS-84", examples=[104.06001])
    accuracy_m: float | None = Field(None, ge=0, le=100_000, examples=[5.0])
    age_s: int | None = Field(
        None, ge=0, le=2**31 - 1, description="how old it is; without it, it tells nothing"
    )


class ActGiven(Given):
    """What is to be done to an order."""

    act: Code = Field(description="one of the order's legal acts", examples=["climb"])
    revision: Revision = None
    reason_code: Code | None = Field(None, examples=["beyond_means"])
    text: Text = None
    department_id: Id | None = Field(None, description="to whom it is dispatched")
    category: Code | None = Field(None, description="of classifying: what it is about")
    severity: Severity | None = Field(None, description="of classifying")
    grid_id: Id | None = Field(None, description="of classifying: where it is")
    photos: Photos = []
    position: Position | None = None


class OneOfMany(ActGiven):
    """An act on one order of many."""

    order_id: OrderId


class ActsGiven(Given):
    """Acts on many orders, each answered by itself."""

    acts: list[OneOfMany] = Field(min_length=1, max_length=200)


class SplitGiven(Given):
    """What is split off an order, to be handled by itself."""

    revision: Revision = None
    category: Code = Field(description="what the new order is about", examples=CATEGORY)
    severity: Severity | None = Field(None, description="not given: the category's")
    order_id: OrderId | None = Field(None, description="of the new order, a UUIDv7")
    act: Code = Field("split", description="the workflow's code for it")
    reason_code: Code | None = None
    text: Text = None


class Merging(Given):
    """An order that is to be merged."""

    order_id: OrderId
    revision: Revision = None


class MergeGiven(Given):
    """Orders that are about one matter: all of them become part of `into`, or none does."""

    orders: list[Merging] = Field(min_length=1, max_length=20)
    into: OrderId
    act: Code = Field("merge", description="the workflow's code for it")
    reason_code: Code | None = None
    text: Text = None


class OpenGiven(Given):
    """A matter that somebody opens without a report."""

    order_id: OrderId | None = Field(
        None, description="a UUIDv7; given again, it opens nothing twice"
    )
    category: Code = Field(examples=CATEGORY)
    severity: Severity | None = Field(None, description="not given: the category's")
    grid_id: Id = Field(description="one of your grids", examples=["G03"])
    text: Text = None
    place: Position | None = Field(None, description="where the matter is")


class WorkflowGiven(Given):
    """A workflow to load."""

    toml: str = Field(max_length=1 << 20, description="the document, as TOML")


class DepartmentGiven(Given):
    """A department as it is to be."""

    name: str = Field(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Street lighting"]
    )
    is_active: bool = Field(default=True, description="whether orders can be dispatched to it")
    revision: int | None = Field(
        None, ge=1, description="the one that you have read; null makes a new one"
    )
