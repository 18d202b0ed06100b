"""Appeals: a worker objects within a time, is heard, and somebody else than before decides."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.decisions import appealing
from api.decisions.acting import (
    AskedDesk,
    Step,
    SubjectId,
    begin,
    check_reason,
    check_step,
    not_own,
    read_events,
    take_step,
    write_down,
)
from api.decisions.kinds import (
    ANOTHER_PERSON,
    MONTH_FROZEN,
    NO_SUCH_STEP,
    TOO_LATE,
    UNKNOWN_SUBJECT,
)
from api.decisions.records import Appeal, AppealsPage
from api.decisions.shapes import Appealing, DecidingAppeal, Hearing, History
from api.documentation import answers
from api.identity.callers import Answers, CallerKnown, Decides, ReadsDecisions
from api.problems import CHANGED_MEANWHILE, NOT_PERMITTED, invalid_parameter
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking, Change
from patrol.decisions.steps import Subject
from runtime.clock import utc_now

router = APIRouter(
    prefix="/v1/appeals", dependencies=[CallerKnown, ParametersKnown], tags=["decisions"]
)

_CONFLICTS = (UNKNOWN_SUBJECT, CHANGED_MEANWHILE, NO_SUCH_STEP, ANOTHER_PERSON, NOT_PERMITTED)


class AppealsQuery(BaseModel):
    """Which appeals are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    status: Literal["new", "heard", "granted", "refused"] | None = Field(
        None, description="only those in this state"
    )
    worker_id: Id | None = Field(None, description="only this worker's")
    limit: int = Field(100, ge=1, le=500, description="appeals a page")
    cursor: int = Field(0, ge=0, le=2**63 - 1, description="next_cursor of the page before")


@router.get("", responses=answers(AppealsPage, NOT_PERMITTED), summary="Appeals")
async def get_appeals(
    query: Annotated[AppealsQuery, Query()], *, views: AskedViews, asking: ReadsDecisions
) -> AppealsPage:
    """List appeals by their number, with what they are against and until when they could be."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            Appeal,
            appealing.PAGE,
            after=query.cursor,
            status=query.status,
            worker_id=query.worker_id,
            limit=query.limit + 1,
        )
    page = found[: query.limit]
    last = page[-1].appeal_id if len(found) > query.limit else None
    return AppealsPage(appeals=page, next_cursor=last)


@router.post(
    "",
    responses=answers(Appeal, UNKNOWN_SUBJECT, TOO_LATE, NO_SUCH_STEP, NOT_PERMITTED),
    summary="Appeal",
)
async def file_appeal(body: Appealing, *, desk: AskedDesk, asking: Answers) -> Appeal:
    """Object to an own day, finding, correction or month, within `appeal_days`; frozen or not."""
    key = body.key()
    if key is None:
        raise invalid_parameter("about", "give what it names, and nothing else", place="body")
    async with desk.views.change(asking) as change:
        await begin(change, worker_id=None, day=None)
        told = await appealing.find_told(change, body.about, key)
        deadline = appealing.check_time(told, desk.settings, now=utc_now())
        values = {
            "worker_id": told["worker_id"],
            "about": body.about,
            "day": told["day"],
            "finding_id": body.finding_id,
            "correction_id": body.correction_id,
        }
        await appealing.check_none_open(change, values)
        done = await take_step(
            change,
            appealing.FILE,
            why=("", body.text),
            text=body.text,
            told_at=told["told_at"],
            deadline_at=deadline,
            **values,
        )
        await _write(change, asking, done["appeal_id"], "", "new")
        return await appealing.read_appeal(change, done["appeal_id"])


@router.get(
    "/{appeal_id}/history",
    responses=answers(History, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="What became of an appeal",
)
async def get_appeal_history(
    appeal_id: SubjectId, *, views: AskedViews, asking: ReadsDecisions, language: AskedLanguage
) -> History:
    """List every step: who, when, from which state to which, and why."""
    async with views.snapshot(asking) as snapshot:
        appeal = await appealing.read_appeal(snapshot, appeal_id)
        row = {**appeal.model_dump(include={"status", "revision"}), "subject_id": appeal_id}
        return await read_events(snapshot, Subject.APPEAL, row, language=language)


@router.post(
    "/{appeal_id}/hearing", responses=answers(Appeal, *_CONFLICTS), summary="Hear a worker"
)
async def hear_appeal(
    appeal_id: SubjectId, body: Hearing, *, views: AskedViews, asking: Decides
) -> Appeal:
    """Write down that the worker was heard, and what was said; only then it can be decided."""
    async with views.change(asking) as change:
        appeal = await _take(change, appeal_id)
        check_step(Subject.APPEAL, appeal.model_dump(), to="heard", revision=body.revision)
        await not_own(change, asking, appeal.worker_id)
        await take_step(
            change,
            appealing.HEAR,
            why=("", body.text),
            appeal_id=appeal_id,
            by=asking.account_id,
        )
        await _write(change, asking, appeal_id, "new", "heard")
        return await appealing.read_appeal(change, appeal_id)


@router.post(
    "/{appeal_id}/decision",
    responses=answers(Appeal, *_CONFLICTS, MONTH_FROZEN),
    summary="Grant or refuse an appeal",
)
async def decide_appeal(
    appeal_id: SubjectId, body: DecidingAppeal, *, views: AskedViews, asking: Decides
) -> Appeal:
    """Grant or refuse, as somebody who has not decided what it is against.

    A finding that it is against is dismissed with it, a correction withdrawn. What else is to
    follow from a day or a month are corrections. What is frozen is unlocked first.
    """
    check_reason(f"appeal_{body.status}", body.reason_code)
    async with views.change(asking) as change:
        appeal = await _take(change, appeal_id)
        check_step(Subject.APPEAL, appeal.model_dump(), to=body.status, revision=body.revision)
        await not_own(change, asking, appeal.worker_id)
        await appealing.check_person(change, appeal, asking)
        if body.status == "granted":
            await appealing.carry_out(change, appeal, asking, text=body.text)
        await take_step(
            change,
            appealing.DECIDE,
            why=(body.reason_code, body.text),
            appeal_id=appeal_id,
            status=body.status,
            by=asking.account_id,
            code=body.reason_code,
            text=body.text,
        )
        await _write(change, asking, appeal_id, "heard", body.status, reason=body.reason_code)
        return await appealing.read_appeal(change, appeal_id)


async def _take(change: Change, appeal_id: int) -> Appeal:
    appeal = await appealing.read_appeal(change, appeal_id)
    await begin(change, worker_id=appeal.worker_id, day=appeal.day)
    return await appealing.read_appeal(change, appeal_id)


async def _write(
    change: Change,
    asking: Asking,
    appeal_id: int,
    *step: str,
    **more: Any,  # noqa: ANN401 - a reason
) -> None:
    before, after = step
    await write_down(
        change, asking, Step("appeal", appeal_id, before, after, more.get("reason", ""))
    )
