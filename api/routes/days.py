"""One worker-day: its result, its presence and its visits. Whoever reads is written down."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.documentation import answers
from api.identity.callers import CallerKnown, ReadsResults
from api.problems import NO_DUTY, NOT_ASSESSED, UNKNOWN_WORKER, ProblemError
from api.reading.accesses import AskedAccesses, Reading
from api.reading.tags import AskedTagged, with_tag
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
    dependencies=[CallerKnown, ParametersKnown],
    tags=["worker-days"],
)

AskedWorker = Annotated[Id, Path(examples=["W07"])]
AskedDay = Annotated[
    Day, Path(description="local day on which the duty begins", examples=["2026-11-20"])
]
_ABSENCES = (UNKNOWN_WORKER, NO_DUTY, NOT_ASSESSED)


@router.get(
    "",
    responses=with_tag(answers(WorkerDay, *_ABSENCES)),
    response_model=WorkerDay,
    summary="A worker-day whole",
)
async def get_day(  # noqa: PLR0913 - the parameters of the request
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsResults,
    language: AskedLanguage,
    accesses: AskedAccesses,
    tagged: AskedTagged,
) -> Response:
    """Return the result of a worker-day with the duty, presence and visits behind it."""
    async with views.snapshot(asking) as snapshot:
        result = await _result(snapshot, worker_id, day)
        excused = await snapshot.excused(worker_id, day)
        whole = WorkerDay(
            **in_language(result.model_dump(), language),
            duty=await snapshot.duty(worker_id, day),
            presence=await snapshot.presence(worker_id, day),
            visits=await snapshot.visits(worker_id, day),
            excused=excused_in(excused, language),
        )
    await accesses.record(asking, Reading(what="day", worker_id=worker_id, day=day))
    return tagged.answer(whole)


@router.get(
    "/presence",
    responses=with_tag(answers(DayPresence, *_ABSENCES)),
    response_model=DayPresence,
    summary="Presence in the grid",
)
async def get_presence(  # noqa: PLR0913 - the parameters of the request
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsResults,
    language: AskedLanguage,
    accesses: AskedAccesses,
    tagged: AskedTagged,
) -> Response:
    """Return the duty time of a worker-day as intervals inside, outside or unknown; or excused."""
    async with views.snapshot(asking) as snapshot:
        result = await _result(snapshot, worker_id, day)
        excused = await snapshot.excused(worker_id, day)
        presence = DayPresence(
            **_shared(result, DayPresence),
            intervals=await snapshot.presence(worker_id, day),
            excused=excused_in(excused, language),
        )
    await accesses.record(asking, Reading(what="presence", worker_id=worker_id, day=day))
    return tagged.answer(presence)


@router.get(
    "/visits",
    responses=with_tag(answers(DayVisits, *_ABSENCES)),
    response_model=DayVisits,
    summary="Home visits",
)
async def get_visits(  # noqa: PLR0913 - the parameters of the request
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    views: AskedViews,
    asking: ReadsResults,
    accesses: AskedAccesses,
    tagged: AskedTagged,
) -> Response:
    """Return the home visits of a worker-day and the bounds of their time."""
    async with views.snapshot(asking) as snapshot:
        result = await _result(snapshot, worker_id, day)
        found = await snapshot.visits(worker_id, day)
    await accesses.record(asking, Reading(what="visits", worker_id=worker_id, day=day))
    return tagged.answer(DayVisits(**_shared(result, DayVisits), visits=found))


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
