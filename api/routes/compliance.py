"""Results of many worker-days, by range of days, worker and grid, in pages."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import CURSOR_ADVICE, invalid_parameter
from api.reading.accesses import AskedAccesses, Reading
from api.reading.tags import AskedTagged, with_tag
from api.results import CompliancePage, Wanted, in_language
from api.routes.language import ASKED, AcceptLanguage, choose_language
from api.routes.parameters import ParametersKnown
from api.shapes import Day, Id
from api.views import AskedViews, Snapshot
from patrol.errors import InputError
from patrol.ids import check_id
from patrol.reasons import Language
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["worker-days"])

MAX_LIMIT = 500
_DEFAULT_DAYS = 31
# Where the local day begins first on Earth.
_EARLIEST_ZONE = timedelta(hours=14)


class DaysQuery(BaseModel):
    """Which days are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: Day | None = Field(
        None, alias="from", description="first day; 30 days before the last one if not given"
    )
    last_day: Day | None = Field(
        None, alias="to", description="last day, included; if not given, the newest that has begun"
    )


class ComplianceQuery(DaysQuery):
    """Which worker-days are asked for."""

    worker_id: Id | None = Field(None, description="only this worker's")
    grid_id: Id | None = Field(None, description="only those with duty in this grid")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="worker-days a page")
    cursor: str | None = Field(None, max_length=200, description="next_cursor of the page before")
    lang: Language | None = Field(None, description=ASKED)


@router.get(
    "/compliance",
    responses=with_tag(answers(CompliancePage)),
    response_model=CompliancePage,
    summary="Daily compliance",
)
async def get_compliance(  # noqa: PLR0913 - the parameters of the request
    query: Annotated[ComplianceQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    response: Response,
    accesses: AskedAccesses,
    tagged: AskedTagged,
    accept_language: AcceptLanguage = "",
) -> Response:
    """List assessed worker-days, by day and then worker_id, both ends of the range included.

    There is no order by a result: these answers describe days and rank nobody. With
    `next_cursor` as `cursor`, and the rest of the question as before, the next page follows;
    rows that come in meanwhile neither repeat nor hide one.
    """
    wanted = _wanted(query)
    async with views.snapshot(asking) as snapshot:
        await check_ids(snapshot, worker_id=query.worker_id, grid_id=query.grid_id)
        found = await snapshot.compliance(wanted)
    if query.worker_id is not None:
        await accesses.record(
            asking,
            Reading(
                what="compliance",
                worker_id=query.worker_id,
                day=wanted.first_day,
                last_day=wanted.last_day,
            ),
        )
    language = choose_language(query.lang, accept_language, response)
    days = [in_language(one, language) for one in found[: query.limit]]
    # What `CompliancePage` describes; models of hundreds of days would take half of the time.
    page = {
        "from": wanted.first_day,
        "to": wanted.last_day,
        "days": days,
        "next_cursor": make_cursor(days[-1]) if len(found) > query.limit else None,
    }
    return tagged.answer_with(msgspec.json.encode(page))


def _wanted(query: ComplianceQuery) -> Wanted:
    first_day, last_day = choose_days(query, now=utc_now())
    after_day, after_worker_id = read_cursor(query.cursor)
    return Wanted(
        first_day,
        last_day,
        worker_id=query.worker_id,
        grid_id=query.grid_id,
        after_day=after_day,
        after_worker_id=after_worker_id,
        # One more tells whether there is another page.
        limit=query.limit + 1,
    )


def choose_days(query: DaysQuery, *, now: datetime) -> tuple[date, date]:
    """Return the first and the last day asked for; ProblemError when they are crossed."""
    newest = (now.astimezone(UTC) + _EARLIEST_ZONE).date()
    last_day = query.last_day or newest
    if query.first_day is not None:
        if query.first_day > last_day:
            raise invalid_parameter("from", f"is later than the last day, {last_day}")
        return query.first_day, last_day
    first_ordinal = max(date.min.toordinal(), last_day.toordinal() - _DEFAULT_DAYS + 1)
    return date.fromordinal(first_ordinal), last_day


def make_cursor(last: Mapping[str, Any]) -> str:
    """Return the text that stands for the place behind the worker-day `last`."""
    place = json.dumps([last["day"].isoformat(), last["worker_id"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[date | None, str | None]:
    """Return the day and worker behind which to go on; ProblemError when it is not ours."""
    if cursor is None:
        return None, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        day, worker_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return date.fromisoformat(day), check_id(worker_id, what="worker_id")
    except (ValueError, TypeError, RecursionError, binascii.Error, InputError) as error:
        raise invalid_parameter("cursor", CURSOR_ADVICE) from error


async def check_ids(snapshot: Snapshot, *, worker_id: str | None, grid_id: str | None) -> None:
    """Raise ProblemError for an id that nobody has whom the asker may know.

    A slip of the pen must not look like a worker or a grid without any days.
    """
    if worker_id is not None and not await snapshot.has_worker(worker_id):
        raise invalid_parameter("worker_id", "no worker has this id; /v1/workers lists them")
    if grid_id is not None and not await snapshot.has_grid(grid_id):
        raise invalid_parameter("grid_id", "no grid has this id; /v1/grids lists them")
