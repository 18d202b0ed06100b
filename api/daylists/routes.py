"""The routes of lists of days: read by the worker and the supervisors, added to by these."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.daylists.problems import UNKNOWN_WISH, WISHED_ALREADY
from api.daylists.shapes import Wish, WishBody, Wishes, WorkerList, shown
from api.daylists.statements import (
    IS_PLACE,
    IS_PLANNED,
    IS_SEEN,
    MAKE,
    WISHES,
    WITHDRAW,
)
from api.documentation import answers, refusals
from api.identity.callers import CallerKnown, ReadsResults, WritesRoster
from api.identity.changes import record_change
from api.problems import (
    FAILED,
    INVALID_REQUEST,
    NO_DUTY,
    NOT_PERMITTED,
    TOKEN_REQUIRED,
    UNAVAILABLE,
    ProblemError,
    invalid_parameter,
)
from api.reading.accesses import AskedAccesses, Reading
from api.routes.days import AskedDay, AskedWorker
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Snapshot
from patrol.workorders.workflow import default, read_workflow
from runtime.clock import utc_now
from runtime.daylists.facts import list_of
from runtime.daylists.settings import ListSettings
from runtime.daylists.statements import LISTS, NEWEST_WORKFLOW

router = APIRouter(
    prefix="/v1/daylists/{worker_id}/{day}",
    dependencies=[CallerKnown, ParametersKnown],
    tags=["daylists"],
)

AskedWish = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[12])]


@router.get("", responses=answers(WorkerList, NO_DUTY, NOT_PERMITTED), summary="The day's list")
async def get_list(  # noqa: PLR0913 - the parameters of the request
    request: Request,
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsResults,
    language: AskedLanguage,
    accesses: AskedAccesses,
) -> WorkerList:
    """Return what is to be patrolled, visited, verified and settled on a worker's day, and why.

    An aid: what is not on record may have been done, and nobody counts what is left.
    """
    settings: ListSettings = request.app.state.lists
    values = {"workers": [worker_id], "days": [day], "premises": settings.premises}
    async with views.snapshot(asking) as snapshot:
        await _check_seen(snapshot, worker_id, day)
        row = await snapshot.row(LISTS, **values)
        newest = await snapshot.row(NEWEST_WORKFLOW)
    workflow = default() if newest is None else read_workflow(newest["toml"])
    assert row is not None  # noqa: S101 - a row for each worker-day asked for, for mypy
    found = list_of(row, now=utc_now(), rules=settings.rules, workflow=workflow)
    await accesses.record(asking, Reading(what="day", worker_id=worker_id, day=day))
    return shown(found, language)


@router.get("/wishes", responses=answers(Wishes, NO_DUTY, NOT_PERMITTED), summary="Wishes of a day")
async def get_wishes(
    worker_id: AskedWorker, day: AskedDay, *, views: AskedViews, asking: ReadsResults
) -> Wishes:
    """List what supervisors ask for on a worker's day, beside what is due."""
    async with views.snapshot(asking) as snapshot:
        await _check_seen(snapshot, worker_id, day)
        values = {"worker_id": worker_id, "day": day, "wish_id": None}
        return Wishes(wishes=await snapshot.rows(Wish, WISHES, **values))


@router.post(
    "/wishes",
    status_code=HTTPStatus.CREATED,
    responses=answers(Wish, NO_DUTY, NOT_PERMITTED, WISHED_ALREADY, status=HTTPStatus.CREATED),
    summary="Ask for something on a day",
)
async def post_wish(
    worker_id: AskedWorker,
    day: AskedDay,
    body: WishBody,
    *,
    views: AskedViews,
    asking: WritesRoster,
) -> Wish:
    """Put a checkpoint, premises or a facility of the worker's grids on the list of a day.

    With the code of why: there is no text, and nothing is to be said of who lives there.
    """
    values = {"worker_id": worker_id, "day": day, **body.model_dump()}
    async with views.change(asking) as change:
        await _check_planned(change, worker_id, day)
        if not await change.truth(IS_PLACE, **values):
            raise invalid_parameter(
                "key", f"no such {body.kind} in the grids of this duty", place="body"
            )
        made = await change.rows(Wish, MAKE, **values, made_by=asking.reader)
        if not made:
            raise ProblemError(
                WISHED_ALREADY,
                f"{body.kind} {body.key!r} is asked for on this day already: withdraw that first",
            )
        await record_change(
            change,
            asking=asking,
            what="wish",
            key=_key(worker_id, day),
            before=None,
            after=made[0].model_dump(),
            reason=body.reason,
        )
    return made[0]


@router.delete(
    "/wishes/{wish_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(
        *(TOKEN_REQUIRED, NOT_PERMITTED, NO_DUTY, UNKNOWN_WISH),
        *(INVALID_REQUEST, FAILED, UNAVAILABLE),
    ),
    summary="Ask for it no more",
)
async def delete_wish(
    worker_id: AskedWorker,
    day: AskedDay,
    wish_id: AskedWish,
    *,
    views: AskedViews,
    asking: WritesRoster,
) -> Response:
    """Take a wish off the list of a day."""
    async with views.change(asking) as change:
        await _check_planned(change, worker_id, day)
        values = {"worker_id": worker_id, "day": day, "wish_id": wish_id}
        found = await change.rows(Wish, WISHES, **values)
        if not found:
            raise ProblemError(UNKNOWN_WISH, f"no wish of this worker-day has the number {wish_id}")
        await change.write(WITHDRAW, wish_id=wish_id)
        await record_change(
            change,
            asking=asking,
            what="wish",
            key=_key(worker_id, day),
            before=found[0].model_dump(),
            after=None,
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _key(worker_id: str, day: date) -> str:
    return f"{worker_id} {day}"


async def _check_seen(snapshot: Snapshot, worker_id: str, day: date) -> None:
    if not await snapshot.truth(IS_SEEN, worker_id=worker_id, day=day):
        raise _no_duty(worker_id, day)


async def _check_planned(snapshot: Snapshot, worker_id: str, day: date) -> None:
    if not await snapshot.truth(IS_PLANNED, worker_id=worker_id, day=day):
        raise _no_duty(worker_id, day)


def _no_duty(worker_id: str, day: date) -> ProblemError:
    # What lies beyond is answered as what is not there.
    return ProblemError(NO_DUTY, f"worker {worker_id!r} has no duty window that begins on {day}")
