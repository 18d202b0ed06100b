"""Worker-days counted: by worker, grid or area, and by day, week or month."""

from datetime import date
from typing import Annotated, Final, Literal, LiteralString

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import CURSOR_ADVICE, NOT_PERMITTED, invalid_parameter
from api.reading.accesses import AskedAccesses, Reading
from api.reading.rows import SummaryRow
from api.reading.statements import SUMMARY_OF_AREA, SUMMARY_OF_GRID, SUMMARY_OF_WORKER
from api.reading.tags import AskedTagged, with_tag
from api.routes.compliance import DaysQuery, check_ids, choose_days
from api.routes.parameters import ParametersKnown
from api.shapes import DAYS, Id, Shape
from api.views import AskedViews
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["worker-days"])

Period = Literal["day", "week", "month"]
Of = Literal["worker", "grid", "area"]

_OF: Final[dict[str, LiteralString]] = {
    "worker": SUMMARY_OF_WORKER,
    "grid": SUMMARY_OF_GRID,
    "area": SUMMARY_OF_AREA,
}
# A district of a thousand grids in one answer.
_MAX_LIMIT = 5000
_PLACE = r"^[A-Za-z0-9_-]{1,64}\.\d{4}-\d{2}-\d{2}$"


class SummaryQuery(DaysQuery):
    """What is counted, under what."""

    by: Period = Field("month", description="weeks begin on Mondays")
    of: Of = Field("grid", description="under what worker-days are counted")
    worker_id: Id | None = Field(None, description="only this worker's days")
    grid_id: Id | None = Field(None, description="only duty in this grid")
    limit: int = Field(1000, ge=1, le=_MAX_LIMIT, description="rows a page")
    cursor: str | None = Field(
        None, pattern=_PLACE, description="next_cursor of the page before, unchanged"
    )


class Verdicts(Shape):
    """Judged worker-days by verdict; together they are days_judged."""

    met: int = Field(examples=[18])
    not_met: int = Field(examples=[1])
    undetermined: int = Field(examples=[2])


class Summary(Shape):
    """Worker-days of one worker, grid or area in one period."""

    key: str = Field(description="worker_id, grid_id or area_id", examples=["G3"])
    period: date = Field(description="first day of the period", examples=["2026-11-01"])
    first_day: date = Field(description="first day counted", examples=["2026-11-01"])
    last_day: date = Field(description="last day counted", examples=["2026-11-30"])
    days_with_duty: int = Field(description="worker-days with duty", examples=[22])
    days_judged: int = Field(
        description="of these, with a result; of no other is anything below", examples=[21]
    )
    days_excused: int = Field(description="of the judged, wholly excused", examples=[1])
    days_not_current: int = Field(
        description="of the judged, those with facts that are not judged yet", examples=[0]
    )
    presence: Verdicts
    visits: Verdicts
    decided_presence: Verdicts = Field(description="presence, as it holds after corrections")
    decided_visits: Verdicts = Field(description="visits, as they hold after corrections")
    duty_s: int = Field(description="duty of the judged days, seconds", examples=[604800])
    excused_s: int = Field(description="of duty_s, not owed", examples=[28800])
    inside_s: int = Field(description="of duty_s, best estimate in the grid", examples=[530000])
    outside_s: int = Field(description="of duty_s, best estimate outside", examples=[6000])
    unknown_s: int = Field(description="of duty_s, no evidence either way", examples=[40000])
    presence_low_s: int = Field(description="inside at least, days added up", examples=[520000])
    presence_high_s: int = Field(description="inside at most, days added up", examples=[570000])
    visit_s: int = Field(description="best estimate of home visits", examples=[208000])
    visit_low_s: int = Field(description="visits at least, days added up", examples=[150000])
    visit_high_s: int = Field(description="visits at most, days added up", examples=[260000])
    decided_inside_s: int = Field(description="inside, after corrections", examples=[530000])
    decided_visit_s: int = Field(description="home visits, after corrections", examples=[208000])


class SummariesPage(Shape):
    """Summaries by key and then period; never by a result."""

    first_day: date = Field(serialization_alias="from", examples=["2026-10-21"])
    last_day: date = Field(serialization_alias="to", examples=DAYS)
    by: Period = Field(examples=["month"])
    of: Of = Field(examples=["grid"])
    summaries: list[Summary]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["G3.2026-11-01"],
    )


# A model of each of thousands would take half of the time.
_VerdictsTold: Final = msgspec.defstruct("_VerdictsTold", list(Verdicts.model_fields), gc=False)
_SummaryTold: Final = msgspec.defstruct("_SummaryTold", list(Summary.model_fields), gc=False)
# Where verdicts begin in a row: presence and visits, measured and then decided.
_COUNTS_AT: Final = (8, 11, 24, 27)


@router.get(
    "/compliance/summary",
    responses=with_tag(answers(SummariesPage, NOT_PERMITTED)),
    response_model=SummariesPage,
    summary="Worker-days counted",
)
async def get_summary(
    query: Annotated[SummaryQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    accesses: AskedAccesses,
    tagged: AskedTagged,
) -> Response:
    """Count worker-days by verdict, and add up their seconds, with what each is a part of.

    What was measured stands beside what holds after corrections (`decided_`).

    A worker-day with duty in two grids is counted in both, and once in an area that holds both.
    A rate is `met` of `days_judged`; the days judged are a part of `days_with_duty`.
    """
    first_day, last_day = choose_days(query, now=utc_now())
    after, after_period = _read_cursor(query.cursor)
    async with views.snapshot(asking) as snapshot:
        await check_ids(snapshot, worker_id=query.worker_id, grid_id=query.grid_id)
        found = await snapshot.many(
            SummaryRow,
            _OF[query.of],
            first_day=first_day,
            last_day=last_day,
            worker_id=query.worker_id,
            grid_id=query.grid_id,
            period=query.by,
            length=f"1 {query.by}",
            after=after,
            after_period=after_period,
            # One more tells whether there is another page.
            limit=query.limit + 1,
        )
    if query.worker_id is not None:
        one = Reading(
            what="compliance", worker_id=query.worker_id, day=first_day, last_day=last_day
        )
        await accesses.record(asking, one)
    page = _page(query, found, days=(first_day, last_day))
    return tagged.answer_with(msgspec.json.encode(page))


def _page(
    query: SummaryQuery, found: list[SummaryRow], *, days: tuple[date, date]
) -> dict[str, object]:
    """Return what `SummariesPage` describes."""
    last = found[query.limit - 1] if len(found) > query.limit else None
    return {
        "from": days[0],
        "to": days[1],
        "by": query.by,
        "of": query.of,
        "summaries": [_told(one) for one in found[: query.limit]],
        "next_cursor": f"{last.key}.{last.period}" if last else None,
    }


def _told(row: SummaryRow) -> object:
    """Return what `Summary` describes; the columns are those of `SummaryRow`, in its order."""
    return _SummaryTold(
        *row[:8],
        *(_VerdictsTold(*row[first : first + 3]) for first in _COUNTS_AT),
        *row[14:24],
        *row[30:],
    )


def _read_cursor(cursor: str | None) -> tuple[str | None, date | None]:
    if cursor is None:
        return None, None
    key, _, period = cursor.partition(".")
    try:
        return key, date.fromisoformat(period)
    except ValueError as error:
        raise invalid_parameter("cursor", CURSOR_ADVICE) from error
