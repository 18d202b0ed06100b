"""Answers to take away: GPX, the month as XLSX and PDF, the file of a worker-day."""

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.exports.dayfile import pieces_of, read_day, write_day
from api.exports.files import file_answers, named
from api.exports.gpx import GPX, gpx_of
from api.exports.months import MonthDay, WorkerMonth, read_month
from api.exports.paper import PDF, paper_of
from api.exports.workbook import XLSX, workbook_of
from api.identity.callers import CallerKnown, ReadsDecisions, ReadsResults, ReadsTracks
from api.problems import NO_DUTY, UNKNOWN_WORKER, invalid_parameter
from api.reading.accesses import Accesses, AskedAccesses, Reading
from api.routes.days import AskedDay, AskedWorker, absence_of
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking, Views

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["exports"])

ZIP: Final = "application/zip"
_MAX_GAP = timedelta(minutes=2)
_DECEMBER = 12


class MonthQuery(BaseModel):
    """Whose month is asked for."""

    worker_id: Id | None = Field(None, description="only this worker's")
    grid_id: Id | None = Field(None, description="only days with duty in this grid")
    area_id: Id | None = Field(None, description="only days with duty in grids of this area")


AskedMonth = Annotated[
    str,
    Path(pattern=r"^[1-9]\d{3}-(?:0[1-9]|1[0-2])$", examples=["2026-11"], description="YYYY-MM"),
]


@router.get(
    "/workers/{worker_id}/days/{day}/track.gpx",
    responses=file_answers(GPX, UNKNOWN_WORKER, NO_DUTY),
    response_class=Response,
    summary="Track of a worker-day, as GPX",
)
async def get_gpx(
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsTracks,
    accesses: AskedAccesses,
) -> Response:
    """Return the fixes within duty windows as GPX 1.1; a segment ends where they pause."""
    async with views.snapshot(asking) as snapshot:
        if not await snapshot.duty(worker_id, day):
            raise await absence_of(snapshot, worker_id, day)
        fixes = await snapshot.track(worker_id, day)
    await accesses.record(asking, Reading(what="export", worker_id=worker_id, day=day))
    name = f"{worker_id} {day}"
    body = await run_in_threadpool(gpx_of, name, fixes, max_gap=_MAX_GAP)
    return Response(body, media_type=GPX, headers=named(f"{worker_id}-{day}.gpx"))


@router.get(
    "/workers/{worker_id}/days/{day}/file",
    responses=file_answers(ZIP, UNKNOWN_WORKER, NO_DUTY),
    response_class=Response,
    summary="The file of a worker-day, as ZIP",
)
async def get_day_file(  # noqa: PLR0913 - the parameters of the request
    request: Request,
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsTracks,
    _results: ReadsResults,
    _decisions: ReadsDecisions,
    accesses: AskedAccesses,
) -> Response:
    """Return all that an appeal rests on: track, result, timeline, decisions, statements, photos."""
    async with views.snapshot(asking) as snapshot:
        if not await snapshot.duty(worker_id, day):
            raise await absence_of(snapshot, worker_id, day)
        found = await read_day(snapshot, worker_id, day)
    await accesses.record(asking, Reading(what="export", worker_id=worker_id, day=day))
    store = getattr(request.app.state, "photos", None)
    file = await run_in_threadpool(write_day, found, store)
    headers = named(f"{worker_id}-{day}.zip")
    return StreamingResponse(pieces_of(file), media_type=ZIP, headers=headers)


@router.get(
    "/months/{month}/compliance.xlsx",
    responses=file_answers(XLSX),
    response_class=Response,
    summary="A month as XLSX",
)
async def get_workbook(  # noqa: PLR0913 - the parameters of the request
    month: AskedMonth,
    query: Annotated[MonthQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    accesses: AskedAccesses,
    language: AskedLanguage,
) -> Response:
    """Return a month as a workbook: a line a worker with its denominators, and every day behind.

    By worker_id, never by a result.
    """
    sums, days = await _month(views, accesses, asking=asking, month=month, query=query)
    body = await run_in_threadpool(workbook_of, month, (sums, days), language)
    return Response(body, media_type=XLSX, headers=named(f"{month}.xlsx"))


@router.get(
    "/months/{month}/compliance.pdf",
    responses=file_answers(PDF),
    response_class=Response,
    summary="A month as PDF",
)
async def get_paper(  # noqa: PLR0913 - the parameters of the request
    month: AskedMonth,
    query: Annotated[MonthQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    accesses: AskedAccesses,
    language: AskedLanguage,
) -> Response:
    """Return the sums of a month to be printed, a line a worker, by worker_id."""
    sums, _ = await _month(views, accesses, asking=asking, month=month, query=query)
    body = await run_in_threadpool(paper_of, month, sums, language)
    return Response(body, media_type=PDF, headers=named(f"{month}.pdf"))


async def _month(
    views: Views, accesses: Accesses, *, asking: Asking, month: str, query: MonthQuery
) -> tuple[list[WorkerMonth], list[MonthDay]]:
    first = date.fromisoformat(f"{month}-01")
    async with views.snapshot(asking) as snapshot:
        if query.worker_id is not None and not await snapshot.has_worker(query.worker_id):
            raise invalid_parameter("worker_id", "no worker has this id; /v1/workers lists them")
        if query.grid_id is not None and not await snapshot.has_grid(query.grid_id):
            raise invalid_parameter("grid_id", "no grid has this id; /v1/grids lists them")
        sums, days = await read_month(
            snapshot, first_day=first, last_day=_last_of(first), **query.model_dump()
        )
    whose = {one.worker_id for one in sums}
    await accesses.watch(asking, "export", whose, grid_id=query.grid_id)
    return sums, days


def _last_of(first: date) -> date:
    is_last = first.month == _DECEMBER
    following = (first.year + 1, 1) if is_last else (first.year, first.month + 1)
    return date(*following, 1) - timedelta(days=1) if following[0] <= date.max.year else date.max
