"""The history of a facility: its reports, and how far their orders are."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from api.documentation import answers
from api.facilities.problems import UNKNOWN_FACILITY
from api.facilities.shapes import FacilityHistory, FacilityReport
from api.facilities.statements import FACILITY, REPORTS
from api.identity.callers import CallerKnown, ReadsOrders
from api.problems import NOT_PERMITTED, ProblemError
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["facilities"])

AskedFacility = Annotated[Id, Path(examples=["L1"])]


class HistoryQuery(BaseModel):
    """Which part of a history is asked for."""

    limit: int = Field(100, ge=1, le=500, description="reports a page")
    cursor: AwareDatetime | None = Field(None, description="next_cursor of the page before")


@router.get(
    "/facilities/{facility_id}/history",
    responses=answers(FacilityHistory, UNKNOWN_FACILITY, NOT_PERMITTED),
    summary="The history of a facility",
)
async def get_history(
    facility_id: AskedFacility,
    query: Annotated[HistoryQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsOrders,
) -> FacilityHistory:
    """Return what was reported of a facility, the newest first, and how far each order is."""
    async with views.snapshot(asking) as snapshot:
        facility = await snapshot.row(FACILITY, facility_id=facility_id)
        if facility is None:
            raise ProblemError(
                UNKNOWN_FACILITY, f"no facility within your reach has the id {facility_id!r}"
            )
        found = await snapshot.rows(
            FacilityReport,
            REPORTS,
            facility_id=facility_id,
            before=query.cursor,
            # One more tells whether there is another page.
            limit=query.limit + 1,
        )
    page = found[: query.limit]
    return FacilityHistory(
        **facility,
        reports=page,
        next_cursor=page[-1].taken_at if len(found) > query.limit else None,
    )
