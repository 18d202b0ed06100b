"""What measures are asked for by, and what is answered."""

from datetime import date
from typing import Final, Literal

from pydantic import Field

from api.routes.compliance import DaysQuery
from api.shapes import DAYS, Id, Shape
from patrol.workorders.measures import MEASURES

By = Literal["grid", "area", "category", "department", "month"]

# A district of a thousand grids in one answer.
MOST_ROWS: Final = 5000
_KEY = r"^[A-Za-z0-9_.-]{1,64}$"


class MeasuresQuery(DaysQuery):
    """Which orders are counted, under what."""

    by: By = Field("grid", description="under what orders are counted")
    grid_id: Id | None = Field(None, description="only orders of this grid")
    area_id: Id | None = Field(None, description="only orders of grids of this area")
    category: str | None = Field(None, pattern=_KEY, description="only orders of this category")
    department_id: Id | None = Field(None, description="only orders of this department")


class MeasuresPageQuery(MeasuresQuery):
    """The same, a page at a time."""

    limit: int = Field(1000, ge=1, le=MOST_ROWS, description="rows a page")
    cursor: str | None = Field(
        None, pattern=_KEY, description="next_cursor of the page before, unchanged"
    )


class Measured(Shape):
    """Orders counted, each once; what a count is a part of stands before it."""

    key: str | None = Field(
        description="grid_id, area_id, category, department_id or month; null: of none of these",
        examples=["G3"],
    )
    reports: int = Field(description="opened in the span with a report", examples=[31])
    valid_reports: int = Field(
        description="of the reports, neither cancelled nor merged", examples=[28]
    )
    handled: int = Field(description="settled or resolved in the span", examples=[26])
    self_resolved: int = Field(description="of the handled, settled without others", examples=[17])
    reworked: int = Field(
        description="of the handled, found not to be done, or reopened, thereafter", examples=[2]
    )
    due_handled: int = Field(description="due to be handled in the span", examples=[25])
    handled_in_time: int = Field(description="of these, handled when they were due", examples=[23])
    due_closed: int = Field(description="due to be closed in the span", examples=[22])
    closed: int = Field(description="of these, closed at the end of the span", examples=[21])
    duplicates: int | None = Field(
        description="of the reports, merged into others; told where there is a quota",
        examples=[None],
    )
    self_closed: int | None = Field(
        description="of the reports, closed and touched by nobody but who reported; told where "
        "there is a quota",
        examples=[None],
    )


class Part(Shape):
    """Which count is the numerator of a measure, and which the denominator."""

    numerator: str = Field(examples=["handled_in_time"])
    denominator: str = Field(examples=["due_handled"])


PARTS: Final = {
    name: Part(numerator=numerator, denominator=denominator)
    for name, (numerator, denominator) in MEASURES.items()
}


class MeasuresPage(Shape):
    """Measures by key; never by a result."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    time_zone: str = Field(description="whose days these are", examples=["Asia/Shanghai"])
    by: By = Field(examples=["grid"])
    quota: int | None = Field(
        description="valid reports that a grid is to have in a month; null: there is no quota",
        examples=[None],
    )
    measured: list[Measured]
    parts: dict[str, Part] = Field(
        description="by measure, of what it is made",
        examples=[{"closure": {"numerator": "closed", "denominator": "due_closed"}}],
    )
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=["G3"]
    )
