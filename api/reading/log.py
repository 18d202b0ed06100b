"""Who has read what of a worker: for the worker, and for auditors of the subtree."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsAccessLog
from api.problems import NOT_PERMITTED, invalid_parameter
from api.reading.accesses import What
from api.reading.statements import ACCESSES
from api.routes.compliance import MAX_LIMIT
from api.routes.parameters import ParametersKnown
from api.shapes import DAYS, WORKER, Day, Id, Shape
from api.views import AskedViews

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["access log"])

_READER = r"^[A-Za-z0-9_.@-]{1,64}$"


class AccessQuery(BaseModel):
    """Which readings are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: Day | None = Field(None, alias="from", description="UTC day of the first reading")
    last_day: Day | None = Field(None, alias="to", description="UTC day of the last one, included")
    worker_id: Id | None = Field(None, description="only of this worker")
    reader: str | None = Field(None, pattern=_READER, description="only by this account or token")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="readings a page")
    cursor: str | None = Field(
        None, pattern=r"^\d{1,18}$", description="next_cursor of the page before, unchanged"
    )


class Access(Shape):
    """One reading; of those who look again and again, all of an hour."""

    access_id: int = Field(examples=[4711])
    at: datetime = Field(
        description="when, of an hour the first, UTC", examples=["2026-11-20T09:12:44Z"]
    )
    hour: datetime | None = Field(
        description="begin of the hour of which this is all; null: a single reading",
        examples=[None],
    )
    reader: str = Field(description="account, or token of the deployment", examples=["chen.li"])
    reader_name: str = Field(description="empty for a token", examples=["Chen Li"])
    role: str = Field(description="role that let the reader in", examples=["grid_supervisor"])
    what: What | str = Field(
        description="track, day, presence, visits, photo, export; latest or live: positions of "
        "an hour",
        examples=["track"],
    )
    worker_id: str | None = Field(description="of whom; null: see workers", examples=WORKER)
    workers: int = Field(description="how many were in the answers", examples=[1])
    day: date | None = Field(description="of which worker-day, or the first", examples=DAYS)
    last_day: date | None = Field(description="the last, of several", examples=[None])
    grid_id: str | None = Field(description="the grid that was asked for", examples=[None])
    purpose: str = Field(examples=[""])


class AccessPage(Shape):
    """Readings, the newest first."""

    accesses: list[Access]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["4711"],
    )


@router.get("/access-log", responses=answers(AccessPage, NOT_PERMITTED), summary="Who has looked")
async def get_access_log(
    query: Annotated[AccessQuery, Query()], *, views: AskedViews, asking: ReadsAccessLog
) -> AccessPage:
    """List who has read what of a worker, the newest first.

    A worker sees every reading of the own data, own ones too. An auditor sees those of workers of
    the subtree. To read this is no reading of a worker: it tells of readers, and of no place.
    """
    if query.first_day and query.last_day and query.first_day > query.last_day:
        raise invalid_parameter("from", f"is later than the last day, {query.last_day}")
    worker_id = query.worker_id
    async with views.snapshot(asking) as snapshot:
        if worker_id is not None and not await snapshot.has_worker(worker_id):
            raise invalid_parameter("worker_id", "no worker that you may see has this id")
        found = await snapshot.rows(
            Access,
            ACCESSES,
            after=None if query.cursor is None else int(query.cursor),
            first_at=_begin(query.first_day),
            end_at=_begin(query.last_day, days_later=1),
            reader=query.reader,
            worker_id=worker_id,
            own_id=asking.worker_id,
            # One more tells whether there is another page.
            limit=query.limit + 1,
        )
    page = found[: query.limit]
    return AccessPage(
        accesses=page,
        next_cursor=str(page[-1].access_id) if len(found) > query.limit else None,
    )


def _begin(day: date | None, *, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days_later), time(), UTC)
    except OverflowError:
        return None
