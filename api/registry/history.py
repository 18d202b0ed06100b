"""Changes of the registers, what became of their worker-days, and where grids do not fit."""

from datetime import date
from typing import Annotated, Any, Final

import psycopg
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsRegistry
from api.problems import NOT_PERMITTED
from api.registry.desk import AskedDesk
from api.registry.problems import UNKNOWN_ENTRY, unknown
from api.registry.shapes import RegistryChange
from api.routes.parameters import ParametersKnown
from api.shapes import Day, Id, Shape
from api.views import AskedViews
from patrol.duty import local_day
from patrol.geofence import read_area
from patrol.registers.borders import MOST_GAP_M, find_faults
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

# An account sees its own; who may see everything, all.
_CHANGES: Final = """
select change_id, at, account_id, what, key, reason, days_marked, verdicts_before, days_waiting,
       verdicts_changed, figures_changed
  from v1_registry_change
 where (account_id = current_setting('gridpatrol.account', true)
        or (select sees_all from v1_my_reach))
   and (%(change_id)s::bigint is null or change_id = %(change_id)s)
   and (%(before)s::bigint is null or change_id < %(before)s)
 order by change_id desc
 limit %(limit)s
"""

_GRIDS: Final = """
-- grids of a day within reach, in an area with all that lies in it
select grid_id, outline
  from grid
 where grid_id in (select grid_id from v1_my_grid)
   and (%(area_id)s::text is null
        or grid_id in (select grid_id from v1_area_grid where area_id = %(area_id)s))
   and (valid_from is null or valid_from <= %(day)s)
   and (valid_to is null or valid_to > %(day)s)
 order by grid_id
"""

_AREA: Final = """
select exists (select from v1_my_area where area_id = %(area_id)s)
"""


class Changes(Shape):
    """Changes of the registers, the newest first."""

    changes: list[RegistryChange]
    next_cursor: int | None = Field(
        description="give it as cursor for the next page; null on the last one", examples=[40]
    )


class ChangesQuery(BaseModel):
    """Which changes are asked for."""

    limit: int = Field(100, ge=1, le=500, description="changes a page")
    cursor: int | None = Field(None, ge=1, le=2**62, description="next_cursor of the page before")


class Fault(Shape):
    """Ground of no grid, or of two."""

    kind: str = Field(description="gap or overlap", examples=["overlap"])
    grid_ids: list[str] = Field(description="the grids around it", examples=[["G03", "G04"]])
    area_m2: float = Field(examples=[412.5])
    geometry: dict[str, Any] = Field(
        description="GeoJSON, WGS-84",
        examples=[
            {
                "type": "Polygon",
                "coordinates": [
                    [[104.06, 30.66], [104.061, 30.66], [104.061, 30.661], [104.06, 30.66]]
                ],
            }
        ],
    )


class GridChecks(Shape):
    """How grids of a day fit together."""

    day: date = Field(examples=["2026-11-20"])
    grids: int = Field(description="how many were looked at", examples=[1147])
    most_gap_m: float = Field(
        description="what is wider between two grids, and open, is no gap", examples=[MOST_GAP_M]
    )
    faults: list[Fault]


class ChecksQuery(BaseModel):
    """Which grids are looked at."""

    area_id: Id | None = Field(None, description="only in this area and all that lies in it")
    day: Day | None = Field(
        None, description="grids of this local day; today where it is not given"
    )
    least_m2: float = Field(10.0, ge=0.1, le=1e9, description="what is smaller is left out")


@router.get(
    "/grids/checks",
    responses=answers(GridChecks, UNKNOWN_ENTRY, NOT_PERMITTED),
    summary="Gaps and overlaps between grids",
)
async def check_grids(
    query: Annotated[ChecksQuery, Query()],
    *,
    desk: AskedDesk,
    asking: ReadsRegistry,
) -> GridChecks:
    """Name ground that belongs to no grid or to two of them, with its size and outline."""
    day = query.day or local_day(utc_now(), desk.settings.zone)

    def work(conn: psycopg.Connection) -> GridChecks:
        found = conn.execute(_AREA, {"area_id": query.area_id}).fetchone()
        if query.area_id is not None and not (found and found[0]):
            raise unknown("area", query.area_id)
        rows = conn.execute(_GRIDS, {"area_id": query.area_id, "day": day}).fetchall()
        areas = {grid: read_area(outline) for grid, outline in rows}
        faults = [
            Fault(
                kind=one.kind,
                grid_ids=list(one.grid_ids),
                area_m2=round(one.area_m2, 1),
                geometry=dict(one.geometry),
            )
            for one in find_faults(areas, least_m2=query.least_m2)
        ]
        return GridChecks(day=day, grids=len(areas), most_gap_m=MOST_GAP_M, faults=faults)

    return await desk.read(asking, work)


@router.get(
    "/changes", responses=answers(Changes, NOT_PERMITTED), summary="Changes of the registers"
)
async def get_changes(
    query: Annotated[ChangesQuery, Query()], *, views: AskedViews, asking: ReadsRegistry
) -> Changes:
    """List your own changes, the newest first; to administrators of everywhere, all."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            RegistryChange, _CHANGES, change_id=None, before=query.cursor, limit=query.limit + 1
        )
    page = found[: query.limit]
    return Changes(
        changes=page, next_cursor=page[-1].change_id if len(found) > query.limit else None
    )


@router.get(
    "/changes/{change_id}",
    responses=answers(RegistryChange, UNKNOWN_ENTRY, NOT_PERMITTED),
    summary="A change of the registers",
)
async def get_change(
    change_id: Annotated[int, Path(ge=1, le=2**62, examples=[41])],
    *,
    views: AskedViews,
    asking: ReadsRegistry,
) -> RegistryChange:
    """Tell how many verdicts a change has changed, as far as its days are judged again."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            RegistryChange, _CHANGES, change_id=change_id, before=None, limit=1
        )
    if not found:
        raise unknown("change", change_id)
    return found[0]
