"""One worker-day: its result, its presence and its visits."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.auth import TokenRequired
from api.documentation import answers
from api.problems import NO_DUTY, NOT_ASSESSED, UNKNOWN_WORKER, ProblemError
from api.results import (
    Compliance,
    DayPresence,
    DayVisits,
    WorkerDay,
    excused_in,
    in_language,
)
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.shapes import Day, Id
from api.views import AskedViews, Snapshot

router = APIRouter(
    prefix="/v1/workers/{worker_id}/days/{day}",
    dependencies=[TokenRequired, ParametersKnown],
    tags=["worker-days"],
)

AskedWorker = Annotated[Id, Path(examples=["W07"])]
AskedDay = Annotated[
    Day, Path(description="local day on which the duty begins", examples=["2026-11-20"])
]
_ABSENCES = (UNKNOWN_WORKER, NO_DUTY, NOT_ASSESSED)


@router.get("", responses=answers(WorkerDay, *_ABSENCES), summary="A worker-day whole")
async def get_day(
    worker_id: AskedWorker, day: AskedDay, *, views: AskedViews, language: AskedLanguage
) -> WorkerDay:
    """Return the result of a worker-day with the duty, presence and visits behind it."""
    async with views.snapshot() as snapshot:
        result = await _result(snapshot, worker_id, day)
        excused = await snapshot.excused(worker_id, day)
        return WorkerDay(
            **in_language(result, language).model_dump(),
            duty=await snapshot.duty(worker_id, day),
            presence=await snapshot.presence(worker_id, day),
            visits=await snapshot.visits(worker_id, day),
            excused=excused_in(excused, language),
        )


@router.get("/presence", responses=answers(DayPresence, *_ABSENCES), summary="Presence in the grid")
async def get_presence(
    worker_id: AskedWorker, day: AskedDay, *, views: AskedViews, language: AskedLanguage
) -> DayPresence:
    """Return the duty time of a worker-day as intervals inside, outside or unknown; or excused."""
    async with views.snapshot() as snapshot:
        result = await _result(snapshot, worker_id, day)
        excused = await snapshot.excused(worker_id, day)
        return DayPresence(
            **_shared(result, DayPresence),
            intervals=await snapshot.presence(worker_id, day),
            excused=excused_in(excused, language),
        )


@router.get("/visits", responses=answers(DayVisits, *_ABSENCES), summary="Home visits")
async def get_visits(worker_id: AskedWorker, day: AskedDay, views: AskedViews) -> DayVisits:
    """Return the home visits of a worker-day and the bounds of their time."""
    async with views.snapshot() as snapshot:
        result = await _result(snapshot, worker_id, day)
        return DayVisits(**_shared(result, DayVisits), visits=await snapshot.visits(worker_id, day))


async def absence_of(snapshot: Snapshot, worker_id: str, day: date) -> ProblemError:
    """Return why there is nothing of a worker-day."""
    if not await snapshot.has_worker(worker_id):
        return ProblemError(
            UNKNOWN_WORKER, f"no worker has the id {worker_id!r}; /v1/workers lists them"
        )
    if not await snapshot.duty(worker_id, day):
        return ProblemError(
            NO_DUTY, f"worker {worker_id!r} has no duty window that begins on {day}"
        )
    return ProblemError(
        NOT_ASSESSED, f"worker {worker_id!r} has duty on {day}, but it is not assessed yet"
    )


async def _result(snapshot: Snapshot, worker_id: str, day: date) -> Compliance:
    result = await snapshot.compliance_of_day(worker_id, day)
    if result is None:
        raise await absence_of(snapshot, worker_id, day)
    return result


def _shared(result: Compliance, shape: type[DayPresence | DayVisits]) -> dict[str, Any]:
    """Return the fields of `result` that `shape` has too."""
    return result.model_dump(include=set(shape.model_fields))
