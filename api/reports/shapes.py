"""What is told in a report over HTTP, and what is told of one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from api.photos.shapes import NewPhoto, ReportPhoto
from api.shapes import GRID, WORKER, Id, Shape
from patrol.errors import InputError
from patrol.notices.reports import MOST_PHOTOS, MOST_TEXT_CHARS, check_category, check_text

_REPORT = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"
_ORDER = "019aa9f2-7a10-7c11-8e01-5d1e2f3a4b5c"
_VERSION = 7

T = TypeVar("T")

State = Literal["none", "awaited", "partial", "complete", "overdue"]


def _version_7(value: object) -> object:
    if isinstance(value, UUID | str) and UUID(str(value)).version != _VERSION:
        raise ValueError("give a UUID of version 7")
    return value


def _checked(check: Callable[[object], T]) -> Callable[[object], T]:
    def checked(value: object) -> T:
        try:
            return check(value)
        except InputError as error:
            raise ValueError(str(error)) from error

    return checked


class NewPlace(BaseModel):
    """Where the matter is: WGS-84, as the reporter's receiver or map says it."""

    model_config = ConfigDict(extra="forbid")

    lat_deg: float = Field(ge=-90, le=90, examples=[39.904211])
    lon_deg: float = Field(ge=-180, le=180, examples=[116.407394])
    accuracy_m: float | None = Field(None, ge=0, le=100_000, examples=[4.8])
    at: AwareDatetime | None = Field(
        None, description="when the receiver was there; null: at taken_at", examples=[None]
    )


class NewReport(BaseModel):
    """What is wrong, and where. There is no field for who lives there."""

    model_config = ConfigDict(extra="forbid")

    report_id: Annotated[UUID, BeforeValidator(_version_7)] = Field(
        description="UUIDv7, made where it is told: a repeat is harmless", examples=[_REPORT]
    )
    taken_at: AwareDatetime = Field(examples=["2026-11-20T09:13:14Z"])
    category: Annotated[str, BeforeValidator(_checked(check_category))] = Field(
        description="a code of /v1/workflow; one that is unknown is kept, and handled as `other`",
        examples=["lamp.dark"],
    )
    text: Annotated[str | None, BeforeValidator(_checked(check_text))] = Field(
        None,
        max_length=MOST_TEXT_CHARS,
        description="about the place, never about who lives there",
        examples=["lamp 12 is dark"],
    )
    photos: list[NewPhoto] = Field([], max_length=MOST_PHOTOS)
    place: NewPlace | None = None
    facility_id: Id | None = Field(
        None, description="the lamp, manhole or hydrant that it is about", examples=[None]
    )


class Report(Shape):
    """A report, with the order that it opened and which of its photos have come."""

    report_id: UUID = Field(examples=[_REPORT])
    order_id: UUID | None = Field(
        description="the order of this report; null: opened before there were orders",
        examples=[_ORDER],
    )
    terminal_id: str | None = Field(description="null: told over HTTP", examples=["T07"])
    worker_id: str | None = Field(description="who told it, if a worker", examples=WORKER)
    account_id: str | None = Field(description="who told it over HTTP", examples=[None])
    grid_id: str | None = Field(description="of the order now", examples=GRID)
    taken_at: datetime = Field(examples=["2026-11-20T09:13:14Z"])
    received_at: datetime = Field(examples=["2026-11-20T09:13:40Z"])
    category: str = Field(description="as it was told", examples=["lamp.dark"])
    text: str | None = Field(examples=["lamp 12 is dark"])
    marks: list[str] = Field(
        description="what is to be known of its photos: no_exif, exif_place_differs, exif_time_differs, no_fix",
        examples=[[]],
    )
    photos: list[ReportPhoto]
    photos_state: State = Field(
        description="none: it announces none; awaited: none has come; partial; complete; overdue: "
        "one has not come in the time that the deployment waits",
        examples=["complete"],
    )
    awaited_since: datetime | None = Field(
        description="since when a photo is awaited; null: none is", examples=[None]
    )
