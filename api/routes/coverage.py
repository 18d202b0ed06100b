"""What was reached of grids, and times at checkpoints, by range of days, worker and grid."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import CURSOR_ADVICE, invalid_parameter
from api.reading.accesses import AskedAccesses
from api.results import WantedCoverage
from api.routes.compliance import MAX_LIMIT, DaysQuery, check_ids, choose_days
from api.routes.parameters import ParametersKnown
from api.shapes import CheckpointPass, CheckpointPassesPage, CoveragePage, Id
from api.views import AskedViews
from runtime.clock import utc_now

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["coverage"])

_PLACE = r"^\d{4}-\d{2}-\d{2}\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}"
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ReachedQuery(DaysQuery):
    """Of which days, of whom and where."""

    worker_id: Id | None = Field(None, description="only this worker's")
    grid_id: Id | None = Field(None, description="only in this grid")
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="rows a page")


class CoverageQuery(ReachedQuery):
    """Which coverage is asked for."""

    cursor: str | None = Field(
        None, pattern=_PLACE + "$", description="next_cursor of the page before, unchanged"
    )


class PassesQuery(ReachedQuery):
    """Which times at checkpoints are asked for."""

    cursor: str | None = Field(
        None, pattern=_PLACE + r"\.\d{1,17}$", description="next_cursor of the page before"
    )


@router.get("/coverage", responses=answers(CoveragePage), summary="Coverage")
async def get_coverage(
    query: Annotated[CoverageQuery, Query()], *, views: AskedViews, asking: ReadsResults
) -> CoveragePage:
    """List what of grids was reached, by day, worker_id and grid_id, both ends included.

    The truth lies between `share_low` and `share_high` nine times in ten. What is unknown counts
    as reached in the higher one.
    """
    wanted = _wanted(query, query.cursor)
    async with views.snapshot(asking) as snapshot:
        await check_ids(snapshot, worker_id=query.worker_id, grid_id=query.grid_id)
        found = await snapshot.coverage(wanted)
    page = found[: query.limit]
    last = page[-1] if len(found) > query.limit else None
    return CoveragePage(
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        coverage=page,
        next_cursor=f"{last.day}.{last.worker_id}.{last.grid_id}" if last else None,
    )


@router.get(
    "/checkpoint-passes",
    responses=answers(CheckpointPassesPage),
    summary="Times at checkpoints",
)
async def get_checkpoint_passes(
    query: Annotated[PassesQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsResults,
    accesses: AskedAccesses,
) -> CheckpointPassesPage:
    """List the times at checkpoints, by day, worker_id, checkpoint_id and start.

    They say where somebody was: whose are told is in the access log.
    """
    wanted = _wanted(query, query.cursor)
    async with views.snapshot(asking) as snapshot:
        await check_ids(snapshot, worker_id=query.worker_id, grid_id=query.grid_id)
        found = await snapshot.passes(wanted)
    page = found[: query.limit]
    workers = {one.worker_id for one in page}
    await accesses.watch(asking, "checkpoints", workers, grid_id=query.grid_id)
    return CheckpointPassesPage(
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        passes=page,
        next_cursor=_cursor_of(page[-1]) if len(found) > query.limit else None,
    )


def _cursor_of(last: CheckpointPass) -> str:
    start_us = (last.start_at - _UNIX_EPOCH) // _MICROSECOND
    return f"{last.day}.{last.worker_id}.{last.checkpoint_id}.{start_us}"


def _wanted(query: ReachedQuery, cursor: str | None) -> WantedCoverage:
    first_day, last_day = choose_days(query, now=utc_now())
    wanted = WantedCoverage(
        first_day=first_day,
        last_day=last_day,
        worker_id=query.worker_id,
        grid_id=query.grid_id,
        # One more tells whether there is another page.
        limit=query.limit + 1,
    )
    if cursor is None:
        return wanted
    day, worker_id, key, *start_us = cursor.split(".")
    try:
        return replace(
            wanted,
            after_day=date.fromisoformat(day),
            after_worker_id=worker_id,
            after_key=key,
            after_at=_UNIX_EPOCH + int(start_us[0]) * _MICROSECOND if start_us else None,
        )
    except ValueError as error:
        raise invalid_parameter("cursor", CURSOR_ADVICE) from error
