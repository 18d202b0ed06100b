"""The history of a facility as the API answers it."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from api.shapes import GRID, Shape


class FacilityReport(Shape):
    """A report that names the facility, and how far its order is."""

    report_id: UUID = Field(examples=["019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"])
    taken_at: AwareDatetime = Field(
        description="by the terminal's clock, UTC", examples=["2026-11-20T03:12:40Z"]
    )
    category: str = Field(description="as it was told", examples=["lamp"])
    text: str | None = Field(
        description="what was said of the place", examples=["the third lamp is dark"]
    )
    order_id: UUID | None = Field(
        description="null: none was opened", examples=["019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e60"]
    )
    category_now: str | None = Field(description="of the order", examples=["lamp"])
    severity: str | None = Field(examples=["normal"])
    step: str | None = Field(description="in which the order is", examples=["resolving"])
    step_kind: str | None = Field(examples=["resolve"])
    department_id: str | None = Field(examples=["LIGHTS"])
    opened_at: AwareDatetime | None = Field(description="UTC", examples=["2026-11-20T03:12:41Z"])
    ended_at: AwareDatetime | None = Field(description="UTC; null: it lasts", examples=[None])
    rework: int | None = Field(description="how often it failed afterwards", examples=[0])


class FacilityHistory(Shape):
    """A facility, and the newest reports of it that whoever asks may read."""

    facility_id: str = Field(examples=["L1"])
    grid_id: str = Field(examples=GRID)
    name: str = Field(examples=["Lamp 12"])
    kind: str = Field(description="a category of the workflow", examples=["lamp"])
    department_id: str | None = Field(description="keeps it", examples=["LIGHTS"])
    account_id: str | None = Field(
        description="keeps it, where no department does", examples=[None]
    )
    reports: list[FacilityReport] = Field(description="the newest first")
    next_cursor: AwareDatetime | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=[None]
    )
