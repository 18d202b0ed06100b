"""Reports are told, and read with what has come of their photos."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from api.documentation import answers
from api.identity.callers import CallerKnown, HandlesOrders, ReadsOrders, ReadsTracks
from api.identity.permissions import Role
from api.photos.problems import UNKNOWN_REPORT
from api.photos.shapes import CameraPhoto, ReportPhoto
from api.problems import NOT_PERMITTED, ProblemError, invalid_parameter
from api.reading.accesses import AskedAccesses, Reading
from api.reports.shapes import NewReport, Report, State
from api.reports.statements import CAMERAS, REPORT
from api.reports.taking import Intake
from api.routes.parameters import ParametersKnown
from api.shapes import Shape
from api.views import AskedViews, Asking, Views
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["reports"])

# A clock that is wrong by more says something else than when.
_AHEAD: Final = timedelta(minutes=10)
_PHOTOS: Final = TypeAdapter(list[ReportPhoto])


class Cameras(Shape):
    """What cameras wrote into the photos of a report."""

    photos: list[CameraPhoto]


@router.post(
    "/reports",
    status_code=HTTPStatus.CREATED,
    responses=answers(Report, NOT_PERMITTED, status=HTTPStatus.CREATED),
    summary="Tell what is wrong",
)
async def post_report(
    request: Request,
    response: Response,
    report: NewReport,
    *,
    views: AskedViews,
    asking: HandlesOrders,
) -> Report:
    """Store a report and open its work order; then bring each photo by `PATCH /v1/photos/{sha256}`.

    Told again under the same `report_id`, it is what it was (200). The grid is that of `place`, if
    it is sharp enough to tell, else that of the reporter's duty or posting. The place of a worker
    who is off duty is not kept.
    """
    if not set(asking.roles) - {Role.DEPARTMENT}:
        raise ProblemError(NOT_PERMITTED, "a department handles what is reported, and reports not")
    if report.taken_at > utc_now() + _AHEAD:
        raise invalid_parameter("taken_at", "is in the future: set the clock", place="body")
    intake: Intake = request.app.state.intake
    if not await intake.take(asking, report):
        response.status_code = HTTPStatus.OK
    return await _read(request, views, asking=asking, report_id=report.report_id)


@router.get("/reports/{report_id}", responses=answers(Report, UNKNOWN_REPORT), summary="A report")
async def get_report(
    request: Request, report_id: UUID, *, views: AskedViews, asking: ReadsOrders
) -> Report:
    """Tell a report of an order that you may read: which photos are there, and which awaited."""
    return await _read(request, views, asking=asking, report_id=report_id)


@router.get(
    "/reports/{report_id}/exif",
    responses=answers(Cameras, UNKNOWN_REPORT),
    summary="What cameras wrote into the photos of a report",
)
async def get_exif(
    request: Request,
    report_id: UUID,
    *,
    views: AskedViews,
    accesses: AskedAccesses,
    asking: ReadsTracks,
) -> Cameras:
    """Tell when and where its photos were taken, as far as cameras and the terminal knew.

    It tells where a worker was, so it is for those who may read tracks, and stands in the access
    log. Nobody else is given any of it.
    """
    report = await _read(request, views, asking=asking, report_id=report_id)
    if report.worker_id is not None:
        reading = Reading(what="photo", worker_id=report.worker_id, grid_id=report.grid_id)
        await accesses.record(asking, reading)
    async with views.snapshot(asking) as snapshot:
        return Cameras(photos=await snapshot.rows(CameraPhoto, CAMERAS, report_id=report_id))


async def _read(request: Request, views: Views, *, asking: Asking, report_id: UUID) -> Report:
    async with views.snapshot(asking) as snapshot:
        row = await snapshot.row(REPORT, report_id=report_id)
    if row is None:
        raise ProblemError(UNKNOWN_REPORT, f"you have no report {report_id}")
    photos = _PHOTOS.validate_python(row.pop("photos"))
    patience = timedelta(hours=request.app.state.photo_patience_h)
    is_late = row.pop("now") - row["received_at"] > patience
    state = state_of(photos, is_late=is_late)
    is_awaited = any(one.state == "awaited" for one in photos)
    since: Any = row["received_at"] if is_awaited else None
    return Report(**row, photos=photos, photos_state=state, awaited_since=since)


def state_of(photos: list[ReportPhoto], *, is_late: bool) -> State:
    """Return what is to be said of the photos of a report; late is what should have come by now."""
    if not photos:
        return "none"
    awaited = sum(one.state == "awaited" for one in photos)
    if not awaited:
        return "complete"
    if is_late:
        return "overdue"
    return "awaited" if awaited == len(photos) else "partial"
