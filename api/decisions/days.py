"""The routes of corrections: proposed, confirmed or refused by a second person, withdrawn."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.decisions.acting import (
    AskedDesk,
    Step,
    SubjectId,
    begin,
    check_reason,
    check_step,
    not_own,
    read_events,
    second_person,
    take_step,
    write_down,
)
from api.decisions.corrections import answer, propose, read_day
from api.decisions.kinds import (
    ANOTHER_PERSON,
    MONTH_FROZEN,
    NO_SUCH_STEP,
    UNKNOWN_SUBJECT,
    another_person,
    frozen,
    unknown,
)
from api.decisions.records import Correction, CorrectionsPage, DayDecisions
from api.decisions.shapes import DecidingCorrection, History, Proposing
from api.documentation import answers
from api.identity.callers import CallerKnown, Decides, ReadsDecisions
from api.problems import CHANGED_MEANWHILE, NOT_PERMITTED
from api.routes.days import AskedDay, AskedWorker
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking, Change
from patrol.decisions.steps import Subject, deadline_of

# What of a correction that needed two only another person may do.
_NEEDS_SECOND: Final = {"pending": "in_force", "in_force": "withdrawn"}

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["decisions"])

_PAGE: Final = """
-- corrections by their number, from behind the last one seen
select correction_id, worker_id, day, kind, decided_s, start_at, end_at, premises_id, reason_code,
       text, status, needs_second, proposed_by, proposed_at, decided_by, decided_at, revision
  from v1_correction c
 where correction_id > %(after)s
   and (%(status)s::text is null or status = %(status)s)
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
   and (worker_id, day) in (select worker_id, day from v1_seen_day)
 order by correction_id
 limit %(limit)s
"""

_LOOK: Final = """
-- a correction of a worker-day that whoever asks may see
select c.correction_id as subject_id, c.worker_id, c.day, c.status, c.revision, c.needs_second,
       c.proposed_by, coalesce(c.decided_at, c.proposed_at) as told_at,
       f.worker_id is not null as is_frozen
  from v1_correction c
  left join v1_frozen_day f on f.worker_id = c.worker_id and f.day = c.day
 where c.correction_id = %(correction_id)s
   and (c.worker_id, c.day) in (select worker_id, day from v1_seen_day)
"""

# The worker-day is locked by then: nobody else changes it.
DECIDE: Final = """
-- by a second person, or by whoever proposed it
update correction
   set status = %(status)s, decided_by = %(decided_by)s, decided_at = now(),
       revision = revision + 1
 where correction_id = %(correction_id)s
returning correction_id
"""

_CONFLICTS = (
    UNKNOWN_SUBJECT, CHANGED_MEANWHILE, NO_SUCH_STEP, MONTH_FROZEN, ANOTHER_PERSON, NOT_PERMITTED
)  # fmt: skip


class CorrectionsQuery(BaseModel):
    """Which corrections are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    status: Literal["pending", "in_force", "refused", "withdrawn"] | None = Field(
        None, description="only those in this state"
    )
    worker_id: Id | None = Field(None, description="only this worker's")
    limit: int = Field(100, ge=1, le=500, description="corrections a page")
    cursor: int = Field(0, ge=0, le=2**63 - 1, description="next_cursor of the page before")


@router.get(
    "/workers/{worker_id}/days/{day}/corrections",
    responses=answers(DayDecisions, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="What is decided of a worker-day",
)
async def get_corrections_of_day(
    worker_id: AskedWorker,
    day: AskedDay,
    *,
    desk: AskedDesk,
    asking: ReadsDecisions,
) -> DayDecisions:
    """Return what was measured, what is decided, and each correction, whatever became of it."""
    async with desk.views.snapshot(asking) as snapshot:
        return await answer(snapshot, await read_day(snapshot, worker_id, day), desk.settings)


@router.post(
    "/workers/{worker_id}/days/{day}/corrections",
    responses=answers(DayDecisions, *_CONFLICTS),
    summary="Correct a worker-day",
)
async def correct_day(
    worker_id: AskedWorker,
    day: AskedDay,
    body: Proposing,
    *,
    desk: AskedDesk,
    asking: Decides,
) -> DayDecisions:
    """Decide a time, or a visit, otherwise than it was measured; what was measured stays.

    More than `four_eyes_s`, or a verdict that turns, is `pending` until a second person
    confirms it: neither whoever proposed it nor the worker.
    """
    async with desk.views.change(asking) as change:
        await begin(change, worker_id=worker_id, day=day)
        row = await read_day(change, worker_id, day)
        await propose(change, asking, body, day=row, threshold_s=desk.settings.four_eyes_s)
        return await answer(change, await read_day(change, worker_id, day), desk.settings)


@router.get(
    "/corrections",
    responses=answers(CorrectionsPage, NOT_PERMITTED),
    summary="Corrections",
)
async def get_corrections(
    query: Annotated[CorrectionsQuery, Query()], *, views: AskedViews, asking: ReadsDecisions
) -> CorrectionsPage:
    """List corrections by their number; `status=pending` are those that wait for a second."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            Correction,
            _PAGE,
            after=query.cursor,
            status=query.status,
            worker_id=query.worker_id,
            limit=query.limit + 1,
        )
    page = found[: query.limit]
    last = page[-1].correction_id if len(found) > query.limit else None
    return CorrectionsPage(corrections=page, next_cursor=last)


@router.get(
    "/corrections/{correction_id}/history",
    responses=answers(History, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="What became of a correction",
)
async def get_correction_history(
    correction_id: SubjectId,
    *,
    desk: AskedDesk,
    asking: ReadsDecisions,
    language: AskedLanguage,
) -> History:
    """List every step: who, when, from which state to which, and why."""
    async with desk.views.snapshot(asking) as snapshot:
        row = await snapshot.row(_LOOK, correction_id=correction_id)
        if row is None:
            raise unknown(f"correction {correction_id}")
        until = deadline_of(row["told_at"], days=desk.settings.appeal_days)
        told = {**row, "appeal_until": until if row["status"] == "in_force" else None}
        return await read_events(snapshot, Subject.CORRECTION, told, language=language)


@router.post(
    "/corrections/{correction_id}/decision",
    responses=answers(DayDecisions, *_CONFLICTS),
    summary="Confirm, refuse or withdraw a correction",
)
async def decide_correction(
    correction_id: SubjectId,
    body: DecidingCorrection,
    *,
    desk: AskedDesk,
    asking: Decides,
) -> DayDecisions:
    """Confirm or refuse, as the second person, what is pending; or withdraw a correction.

    A pending one is withdrawn by whoever proposed it; one in force that needed two, by anybody
    else than that.
    """
    check_reason("correction_decided", body.reason_code)
    async with desk.views.change(asking) as change:
        row = await change.row(_LOOK, correction_id=correction_id)
        if row is None:
            raise unknown(f"correction {correction_id}")
        key: dict[str, Any] = {"worker_id": row["worker_id"], "day": row["day"]}
        await begin(change, **key)
        row = await change.row(_LOOK, correction_id=correction_id) or row
        check_step(Subject.CORRECTION, row, to=body.status, revision=body.revision)
        await _check_persons(change, row, to=body.status, asking=asking)
        if row["is_frozen"]:
            raise frozen(row["day"])
        await take_step(
            change,
            DECIDE,
            why=(body.reason_code, body.text),
            correction_id=correction_id,
            status=body.status,
            decided_by=asking.account_id,
        )
        await write_down(
            change,
            asking,
            Step("correction", correction_id, row["status"], body.status, body.reason_code),
        )
        return await answer(change, await read_day(change, **key), desk.settings)


async def _check_persons(change: Change, row: dict[str, Any], *, to: str, asking: Asking) -> None:
    await not_own(change, asking, row["worker_id"])
    _check_person(row, to, asking)
    if row["needs_second"] and to == _NEEDS_SECOND.get(row["status"]):
        await second_person(change, asking, first=row["proposed_by"])


def _check_person(row: dict[str, Any], to: str, asking: Asking) -> None:
    is_own = row["proposed_by"] == asking.account_id
    if to == "withdrawn":
        if row["status"] == "pending" and not is_own:
            raise another_person("whoever proposed it may withdraw it; you may refuse it")
        if row["status"] == "in_force" and row["needs_second"] and is_own:
            raise another_person("two have decided it: somebody else than you withdraws it")
    elif is_own:
        raise another_person(
            "you have proposed it yourself: a second person confirms or refuses it"
        )
