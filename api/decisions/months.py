"""Months that change no more, and their opening by two people."""

from datetime import date
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.decisions import freezing
from api.decisions.acting import (
    AskedDesk,
    Step,
    SubjectId,
    check_reason,
    check_step,
    not_own_month,
    second_person,
    take_step,
    write_down,
)
from api.decisions.kinds import (
    ANOTHER_PERSON,
    NO_SUCH_STEP,
    NOT_SETTLED,
    NOT_YET,
    UNKNOWN_SUBJECT,
    another_person,
    unknown,
)
from api.decisions.records import (
    AskedUnlocking,
    AskedUnlockings,
    Difference,
    Differences,
    FrozenMonth,
    FrozenMonths,
)
from api.decisions.shapes import DecidingUnlocking, Freezing, Month, Unlocking
from api.documentation import answers
from api.identity.callers import CallerKnown, Freezes, ReadsDecisions
from api.identity.changes import record_change
from api.problems import CHANGED_MEANWHILE, NOT_PERMITTED, ProblemError
from api.routes.days import AskedDay, AskedWorker
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Change, Snapshot
from patrol.decisions.steps import Subject

log = structlog.get_logger()

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["decisions"])

AskedMonth = Annotated[Month, Path(description="YYYY-MM", examples=["2026-11"])]


class MonthsQuery(BaseModel):
    """Which months are asked for."""

    model_config = ConfigDict(populate_by_name=True)

    month: Annotated[Month | None, Field(description="YYYY-MM")] = None


class UnlockingsQuery(MonthsQuery):
    """Which unlockings are asked for."""

    status: Literal["pending", "confirmed", "refused"] | None = Field(
        None, description="only those in this state"
    )


@router.get("/months", responses=answers(FrozenMonths, NOT_PERMITTED), summary="Frozen months")
async def get_months(
    query: Annotated[MonthsQuery, Query()],
    *,
    desk: AskedDesk,
    asking: ReadsDecisions,
) -> FrozenMonths:
    """List the months that are frozen, or were, by month and area."""
    async with desk.views.snapshot(asking) as snapshot:
        months = await _months(snapshot, month=query.month, appeal_days=desk.settings.appeal_days)
    return FrozenMonths(months=months)


@router.post(
    "/months/{month}/freeze",
    responses=answers(FrozenMonth, UNKNOWN_SUBJECT, NOT_SETTLED, NOT_YET, NOT_PERMITTED),
    summary="Freeze a month",
)
async def freeze_month(
    month: AskedMonth,
    body: Freezing,
    *,
    desk: AskedDesk,
    asking: Freezes,
) -> FrozenMonth:
    """Let the worker-days of an area change no more; again, those that were opened meanwhile.

    Facts that come later are judged, and what they would make stands beside what is frozen.
    """
    key = {"month": month, "area_id": body.area_id}
    async with desk.views.change(asking) as change:
        await change.row(freezing.CHANGE_MONTHS)
        await _check_freezing(change, body, key)
        known = await change.row(freezing.FROZEN_NOW, **key)
        made = known or await change.row(freezing.FREEZE, by=asking.account_id, **key) or {}
        freeze_id = made["freeze_id"]
        days = await change.write(freezing.FREEZE_DAYS, freeze_id=freeze_id, **key)
        await record_change(
            change,
            asking=asking,
            what="month",
            key=f"{month:%Y-%m}/{body.area_id or ''}",
            before=None,
            after={"status": "frozen", "days": days, "freeze_id": freeze_id},
        )
        (frozen,) = await _months(
            change, freeze_id=freeze_id, appeal_days=desk.settings.appeal_days
        )
    log.info("api.month_frozen", month=str(month), days=days)
    return frozen


@router.get("/unlockings", responses=answers(AskedUnlockings, NOT_PERMITTED), summary="Unlockings")
async def get_unlockings(
    query: Annotated[UnlockingsQuery, Query()], *, views: AskedViews, asking: ReadsDecisions
) -> AskedUnlockings:
    """List who wanted a frozen month opened, and who agreed; `status=pending` are those to do."""
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            AskedUnlocking, freezing.UNLOCKINGS, month=query.month, status=query.status
        )
    return AskedUnlockings(unlockings=found)


@router.post(
    "/months/{month}/unlockings",
    responses=answers(AskedUnlocking, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="Ask for a frozen month to be opened",
)
async def propose_unlocking(
    month: AskedMonth, body: Unlocking, *, views: AskedViews, asking: Freezes
) -> AskedUnlocking:
    """Ask for a month, or one worker's days of it, to be opened; a second person confirms it."""
    check_reason("unlocking", body.reason_code)
    async with views.change(asking) as change:
        if not await change.truth(freezing.MAY_FREEZE, area_id=body.area_id):
            raise unknown(f"area {body.area_id!r}")
        row = await change.row(freezing.FROZEN_NOW, month=month, area_id=body.area_id)
        if row is None:
            raise unknown(f"frozen month {month:%Y-%m} of this area")
        if body.worker_id is not None and not await change.truth(
            "select exists (select from frozen_day"
            " where freeze_id = %(freeze_id)s and worker_id = %(worker_id)s)",
            freeze_id=row["freeze_id"],
            worker_id=body.worker_id,
        ):
            raise unknown(f"frozen day of worker {body.worker_id!r} in it")
        await not_own_month(change, asking, freeze_id=row["freeze_id"], worker_id=body.worker_id)
        done = await take_step(
            change,
            freezing.PROPOSE,
            why=(body.reason_code, body.text),
            freeze_id=row["freeze_id"],
            worker_id=body.worker_id,
            code=body.reason_code,
            text=body.text,
            by=asking.account_id,
        )
        number = done["unlocking_id"]
        await write_down(change, asking, Step("unlocking", number, "", "pending", body.reason_code))
        return await _unlocking(change, number)


@router.post(
    "/unlockings/{unlocking_id}/decision",
    responses=answers(
        AskedUnlocking,
        *(UNKNOWN_SUBJECT, CHANGED_MEANWHILE, NO_SUCH_STEP, ANOTHER_PERSON, NOT_PERMITTED),
    ),
    summary="Open a frozen month, or not",
)
async def decide_unlocking(
    unlocking_id: SubjectId, body: DecidingUnlocking, *, views: AskedViews, asking: Freezes
) -> AskedUnlocking:
    """Confirm or refuse, as the second person; what was frozen is judged again where it differs."""
    check_reason("unlocking_decided", body.reason_code)
    async with views.change(asking) as change:
        await change.row(freezing.CHANGE_MONTHS)
        row = (await _unlocking(change, unlocking_id)).model_dump()
        check_step(Subject.UNLOCKING, row, to=body.status, revision=body.revision)
        await not_own_month(change, asking, freeze_id=row["freeze_id"], worker_id=row["worker_id"])
        if row["proposed_by"] == asking.account_id:
            raise another_person("you have asked for it yourself: a second person decides it")
        if body.status == "confirmed":
            await second_person(change, asking, first=row["proposed_by"])
        released = await _release(change, row) if body.status == "confirmed" else 0
        await take_step(
            change,
            freezing.DECIDE,
            why=(body.reason_code, body.text),
            unlocking_id=unlocking_id,
            status=body.status,
            decided_by=asking.account_id,
            released_days=released,
        )
        await write_down(
            change,
            asking,
            Step("unlocking", unlocking_id, "pending", body.status, body.reason_code),
        )
        return await _unlocking(change, unlocking_id)


@router.get(
    "/workers/{worker_id}/days/{day}/differences",
    responses=answers(Differences, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="What later facts would make of a frozen worker-day",
)
async def get_differences(
    worker_id: AskedWorker, day: AskedDay, *, views: AskedViews, asking: ReadsDecisions
) -> Differences:
    """List what of a frozen worker-day is other than it would be by what is known now."""
    async with views.snapshot(asking) as snapshot:
        row = await snapshot.row(freezing.RECOMPUTED, worker_id=worker_id, day=day)
        if row is None:
            raise unknown(f"result of worker {worker_id!r} on {day}")
        found = await snapshot.rows(Difference, freezing.DIFFERENCES, worker_id=worker_id, day=day)
    return Differences(
        worker_id=worker_id,
        day=day,
        is_frozen=row["is_frozen"],
        recomputed_at=row["assessed_at"],
        differences=found,
    )


async def _check_freezing(change: Change, body: Freezing, key: dict[str, Any]) -> None:
    if not await change.truth(freezing.MAY_FREEZE, area_id=body.area_id):
        raise unknown(f"area {body.area_id!r}" if body.area_id else "area without a name")
    if not await change.truth(freezing.IS_OVER, month=key["month"]):
        raise ProblemError(NOT_YET, "the month is not over yet, at least not everywhere on Earth")
    row = await change.row(freezing.OPEN, **key) or {}
    if any(row.values()) and not body.despite_open:
        raise ProblemError(
            NOT_SETTLED,
            f"{row['without_result']} worker-days have no result, {row['waiting']} wait to be "
            f"judged again, {row['pending']} corrections are pending: settle them, or say "
            "despite_open",
        )


async def _months(
    snapshot: Snapshot,
    *,
    appeal_days: int,
    month: date | None = None,
    freeze_id: int | None = None,
) -> list[FrozenMonth]:
    return await snapshot.rows(
        FrozenMonth, freezing.MONTHS, month=month, freeze_id=freeze_id, appeal_days=appeal_days
    )


async def _unlocking(snapshot: Snapshot, unlocking_id: int) -> AskedUnlocking:
    found = await snapshot.rows(AskedUnlocking, freezing.UNLOCKING, unlocking_id=unlocking_id)
    if not found:
        raise unknown(f"unlocking {unlocking_id}")
    return found[0]


async def _release(change: Change, row: dict[str, Any]) -> int:
    values = {"freeze_id": row["freeze_id"], "worker_id": row["worker_id"]}
    released = await change.row(freezing.RELEASE, **values)
    if row["worker_id"] is None:
        await change.write(freezing.RELEASE_MONTH, freeze_id=row["freeze_id"])
    return int((released or {})["days"])
