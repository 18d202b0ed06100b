"""Measures of orders: reports, handling, closure and rework, always with what they are a part of."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, LiteralString, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool

from api.documentation import answers
from api.exports.files import file_answers, named
from api.exports.workbook import XLSX
from api.identity.callers import CallerKnown, Measures
from api.measures.shapes import (
    MOST_ROWS,
    PARTS,
    By,
    Measured,
    MeasuresPage,
    MeasuresPageQuery,
    MeasuresQuery,
)
from api.measures.statements import (
    BY_AREA,
    BY_CATEGORY,
    BY_DEPARTMENT,
    BY_GRID,
    BY_MONTH,
    SEEN_GRIDS,
)
from api.measures.workbook import workbook_of
from api.orders.workflows import AskedWorkflows
from api.problems import NOT_PERMITTED
from api.reading.tags import AskedTagged, with_tag
from api.routes.compliance import choose_days
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Snapshot
from patrol.workorders.calendar import moment_at
from patrol.workorders.terms import Workflow
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["measures"])

_BY: Final[Mapping[By, LiteralString]] = {
    "grid": BY_GRID,
    "area": BY_AREA,
    "category": BY_CATEGORY,
    "department": BY_DEPARTMENT,
    "month": BY_MONTH,
}
_DAY: Final = timedelta(days=1)
_DECEMBER: Final = 12


class _Asked(NamedTuple):
    """Days that are asked for, in the zone of the workflow, and until when they have been."""

    first_day: date
    last_day: date
    zone: ZoneInfo
    now: datetime

    @property
    def start(self) -> datetime:
        return self.moment(self.first_day)

    @property
    def end(self) -> datetime:
        return self.moment(self.last_day + _DAY)

    def moment(self, day: date) -> datetime:
        """Return the midnight with which a day begins, or the present if it has not begun."""
        return min(moment_at(day, time(), self.zone), self.now)


@router.get(
    "/measures",
    responses=with_tag(answers(MeasuresPage, NOT_PERMITTED)),
    response_model=MeasuresPage,
    summary="Measures of orders",
)
async def get_measures(
    query: Annotated[MeasuresPageQuery, Query()],
    *,
    views: AskedViews,
    asking: Measures,
    workflows: AskedWorkflows,
    tagged: AskedTagged,
) -> Response:
    """Count orders by grid, area, category, department or month.

    Every measure is a numerator and a denominator; `parts` says which. A count looks at nothing
    that came after its span, so a month stands once it is over; a span that is not over is
    counted until now. Rows are in the order of their keys, and never of a result.
    """
    async with views.snapshot(asking) as snapshot:
        workflow = await workflows.newest(snapshot)
        asked = _asked(query, workflow)
        found = await _rows(snapshot, query, asked, after=query.cursor, limit=query.limit + 1)
    page = MeasuresPage(
        first_day=asked.first_day,
        last_day=asked.last_day,
        time_zone=asked.zone.key,
        by=query.by,
        quota=workflow.quota.valid_reports_a_month if workflow.quota else None,
        measured=[_told(one, workflow) for one in found[: query.limit]],
        parts=PARTS,
        next_cursor=found[query.limit - 1].key if len(found) > query.limit else None,
    )
    return tagged.answer(page)


@router.get(
    "/measures.xlsx",
    responses=file_answers(XLSX),
    response_class=Response,
    summary="Measures of orders, as XLSX",
)
async def get_measures_workbook(
    query: Annotated[MeasuresQuery, Query()],
    *,
    views: AskedViews,
    asking: Measures,
    workflows: AskedWorkflows,
    language: AskedLanguage,
) -> Response:
    """Return the same as a workbook: a line a key, with every numerator beside its denominator."""
    async with views.snapshot(asking) as snapshot:
        workflow = await workflows.newest(snapshot)
        asked = _asked(query, workflow)
        found = await _rows(snapshot, query, asked, after=None, limit=MOST_ROWS)
    span = (asked.first_day, asked.last_day)
    rows = [_told(one, workflow) for one in found]
    body = await run_in_threadpool(workbook_of, span, rows, language)
    name = f"measures-{asked.first_day}-{asked.last_day}.xlsx"
    return Response(body, media_type=XLSX, headers=named(name))


def _asked(query: MeasuresQuery, workflow: Workflow) -> _Asked:
    now = utc_now()
    first_day, last_day = choose_days(query, now=now)
    return _Asked(first_day, last_day, zone=workflow.calendar.zone, now=now)


async def _rows(
    snapshot: Snapshot, query: MeasuresQuery, asked: _Asked, *, after: str | None, limit: int
) -> list[Measured]:
    seen = await snapshot.row(SEEN_GRIDS)
    values: dict[str, Any] = {
        "grids": seen["grids"] if seen else [],
        "start": asked.start,
        "end": asked.end,
        "grid_id": query.grid_id,
        "area_id": query.area_id,
        "category": query.category,
        "department_id": query.department_id,
        "after": after,
        "limit": limit,
    }
    if query.by == "month":
        values |= _months(asked)
    return await snapshot.rows(Measured, _BY[query.by], **values)


def _months(asked: _Asked) -> dict[str, list[Any]]:
    """Return the months of the days asked for, and from when until when each of them is."""
    firsts = []
    first = asked.first_day
    while first <= asked.last_day and asked.moment(first) < asked.now.astimezone(UTC):
        firsts.append(first)
        is_last = first.month == _DECEMBER
        year, month = (first.year + 1, 1) if is_last else (first.year, first.month + 1)
        if year > date.max.year:
            break
        first = date(year, month, 1)
    starts = [asked.moment(one) for one in firsts]
    return {
        "months": [f"{one:%Y-%m}" for one in firsts],
        "starts": starts,
        "ends": [*starts[1:], asked.end][: len(starts)],
    }


def _told(row: Measured, workflow: Workflow) -> Measured:
    if workflow.quota is not None:
        return row
    return row.model_copy(update={"duplicates": None, "self_closed": None})
