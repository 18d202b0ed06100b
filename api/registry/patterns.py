"""Duty by a pattern of the week, which makes none on holidays."""

from datetime import date, time, timedelta
from typing import Annotated, Final

import psycopg
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, WritesRoster
from api.problems import CHANGED_MEANWHILE, INVALID_REQUEST, NOT_PERMITTED
from api.registry.desk import AskedDesk
from api.registry.problems import MONTH_FROZEN, UNKNOWN_ENTRY
from api.registry.roster import PutRosterQuery, Putting, check_days
from api.registry.shapes import Changed, GivenWindow, GridId, RosterBody
from api.registry.writing import How
from api.routes.days import AskedWorker
from api.routes.parameters import ParametersKnown

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["registry"])

_HOLIDAYS: Final = """
-- holidays of a range of days, and the grids that have them
select h.day, g.grid_id
  from holiday h
 cross join grid g
 where h.day between %(first_day)s and %(last_day)s
   and g.grid_id = any(%(grids)s)
   and (h.area_id is null
        or g.grid_id in (select grid_id from v1_area_grid where area_id = h.area_id))
"""


class PatternWindow(BaseModel):
    """A window of each of these days of the week, in local times."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="1 is Monday", examples=[[1, 2, 3, 4, 5]]
    )
    grid_id: GridId
    start: time = Field(description="local time", examples=["08:30"])
    end: time = Field(description="local time", examples=["12:30"])


class Pattern(BaseModel):
    """The duty of a week; a day without a window has none, nor has a holiday of the grid's area."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: list[PatternWindow] = Field(max_length=50)
    revision: str | None = Field(
        None, max_length=64, description="of the roster that you have read", examples=["3b0c"]
    )


@router.put(
    "/workers/{worker_id}/roster/pattern",
    responses=answers(
        Changed, UNKNOWN_ENTRY, CHANGED_MEANWHILE, MONTH_FROZEN, NOT_PERMITTED, INVALID_REQUEST
    ),
    summary="Put the duty windows of a worker by a pattern",
)
async def put_pattern(
    worker_id: AskedWorker,
    body: Pattern,
    query: Annotated[PutRosterQuery, Query()],
    *,
    desk: AskedDesk,
    asking: WritesRoster,
) -> Changed:
    """Put all duty of a worker on the days from `from` to `to` by a pattern, none on holidays."""
    check_days(query)
    terms = query.model_dump(exclude={"first_day", "last_day"})
    how = How(asking=asking, settings=desk.settings, **terms)

    def work(conn: psycopg.Connection) -> Changed:
        free = _holidays(conn, body, query)
        windows = [
            GivenWindow(day=day, grid_id=one.grid_id, start=one.start, end=one.end)
            for day in _days(query)
            for one in body.windows
            if day.isoweekday() in one.weekdays and (day, one.grid_id) not in free
        ]
        made = RosterBody.model_construct(windows=windows, revision=body.revision)
        return Putting(worker_id, query, made, how).done(conn)

    return await desk.change(asking, work)


def _holidays(
    conn: psycopg.Connection, body: Pattern, query: PutRosterQuery
) -> set[tuple[date, str]]:
    values = {
        "first_day": query.first_day,
        "last_day": query.last_day,
        "grids": sorted({one.grid_id for one in body.windows}),
    }
    return set(conn.execute(_HOLIDAYS, values).fetchall())


def _days(query: PutRosterQuery) -> list[date]:
    count = (query.last_day - query.first_day).days + 1
    return [query.first_day + timedelta(days=number) for number in range(count)]
