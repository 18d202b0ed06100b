"""Holds, and erasures that two administrators agree to; `patrol ingest keep` carries them out."""

from typing import Final

from fastapi import APIRouter

from api.decisions.acting import SubjectId, changed, second_person
from api.decisions.kinds import (
    ANOTHER_PERSON,
    NO_SUCH_STEP,
    UNKNOWN_SUBJECT,
    another_person,
    no_step,
    unknown,
)
from api.documentation import answers
from api.identity.callers import CallerKnown, Operates
from api.identity.changes import record_change
from api.privacy.shapes import (
    AskingErasure,
    DecidingErasure,
    EndingHold,
    Erasure,
    Erasures,
    Hold,
    Holds,
    HoldWanted,
)
from api.problems import CHANGED_MEANWHILE, UNKNOWN_WORKER, ProblemError
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Change, Snapshot

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["privacy"])

# Administrators everywhere alone: holds and erasures reach over all areas.
_IS_EVERYWHERE: Final = """
-- whether whoever asks keeps the whole house
select exists (select from v1_my_role where area_id is null and grid_id is null)
"""

_IS_WORKER: Final = """
-- whether there is such a worker
select exists (select from v1_worker where worker_id = %(worker_id)s)
"""

_HOLDS: Final = """
-- holds, past ones too
select hold_id, worker_id, reason, until, placed_by, placed_at
  from v1_hold
 where %(hold_id)s::bigint is null or hold_id = %(hold_id)s
 order by hold_id
"""

_PLACE: Final = """
-- nothing of somebody goes until a day
insert into legal_hold (worker_id, reason, until, placed_by)
values (%(worker_id)s, %(reason)s, %(until)s, %(by)s)
returning hold_id
"""

_END: Final = """
-- a hold ends on another day
update legal_hold set until = %(until)s where hold_id = %(hold_id)s
"""

_ERASURES: Final = """
-- who was to be erased, and what became of it
select erasure_id, worker_id, status, text, asked_by, asked_at, decided_by, decided_at, done_at,
       report, revision
  from v1_erasure
 where %(erasure_id)s::bigint is null or erasure_id = %(erasure_id)s
 order by erasure_id
"""

_LOCK: Final = """
-- one at a time about a worker
select pg_advisory_xact_lock(18, hashtext(%(worker_id)s))
"""

_IS_ASKED: Final = """
-- whether it is asked for or agreed to already
select exists (select from v1_erasure
                where worker_id = %(worker_id)s and status in ('asked', 'confirmed'))
"""

_ASK: Final = """
-- somebody who has left
insert into erasure (worker_id, status, text, asked_by)
values (%(worker_id)s, 'asked', %(text)s, %(by)s)
returning erasure_id
"""

_DECIDE: Final = """
-- by a second administrator
update erasure
   set status = %(status)s, decided_by = %(by)s, decided_at = now(), revision = revision + 1
 where erasure_id = %(erasure_id)s
"""


@router.get("/holds", responses=answers(Holds), summary="Holds")
async def get_holds(views: AskedViews, asking: Operates) -> Holds:
    """List the holds, past ones too."""
    async with views.snapshot(asking) as snapshot:
        return Holds(holds=await _holds(snapshot))


@router.post("/holds", responses=answers(Hold, UNKNOWN_WORKER), summary="Place a hold")
async def place_hold(body: HoldWanted, *, views: AskedViews, asking: Operates) -> Hold:
    """Let nothing of a worker be erased, and no result be dropped, until a day."""
    async with views.change(asking) as change:
        await _check_worker(change, body.worker_id)
        made = await change.row(_PLACE, by=asking.account_id, **body.model_dump()) or {}
        await record_change(
            change,
            asking=asking,
            what="hold",
            key=str(made["hold_id"]),
            before=None,
            after=body.model_dump(),
            reason=body.reason,
        )
        (hold,) = await _holds(change, made["hold_id"])
    return hold


@router.post("/holds/{hold_id}/end", responses=answers(Hold, UNKNOWN_SUBJECT), summary="End a hold")
async def end_hold(
    hold_id: SubjectId, body: EndingHold, *, views: AskedViews, asking: Operates
) -> Hold:
    """Let a hold end earlier or later; why is in the log of changes."""
    async with views.change(asking) as change:
        await _check_everywhere(change, f"hold {hold_id}")
        found = await _holds(change, hold_id)
        if not found:
            raise unknown(f"hold {hold_id}")
        await change.write(_END, hold_id=hold_id, until=body.until)
        await record_change(
            change,
            asking=asking,
            what="hold",
            key=str(hold_id),
            before={"until": found[0].until},
            after={"until": body.until},
            reason=body.text,
        )
        (hold,) = await _holds(change, hold_id)
    return hold


@router.get("/erasures", responses=answers(Erasures), summary="Erasures")
async def get_erasures(views: AskedViews, asking: Operates) -> Erasures:
    """List who was to be erased, what went, and what stays with the reason."""
    async with views.snapshot(asking) as snapshot:
        return Erasures(erasures=await _erasures(snapshot))


@router.post(
    "/erasures", responses=answers(Erasure, UNKNOWN_WORKER, NO_SUCH_STEP), summary="Ask for erasure"
)
async def ask_erasure(body: AskingErasure, *, views: AskedViews, asking: Operates) -> Erasure:
    """Ask for a worker who has left to be erased; a second administrator confirms it."""
    async with views.change(asking) as change:
        await _check_worker(change, body.worker_id)
        await change.row(_LOCK, worker_id=body.worker_id)
        if await change.truth(_IS_ASKED, worker_id=body.worker_id):
            raise ProblemError(NO_SUCH_STEP, "it is asked for already: /v1/erasures lists it")
        made = await change.row(_ASK, by=asking.account_id, **body.model_dump()) or {}
        await record_change(
            change,
            asking=asking,
            what="erasure",
            key=body.worker_id,
            before=None,
            after={"status": "asked"},
            reason=body.text,
        )
        (erasure,) = await _erasures(change, made["erasure_id"])
    return erasure


@router.post(
    "/erasures/{erasure_id}/decision",
    responses=answers(Erasure, UNKNOWN_SUBJECT, CHANGED_MEANWHILE, NO_SUCH_STEP, ANOTHER_PERSON),
    summary="Confirm or refuse an erasure",
)
async def decide_erasure(
    erasure_id: SubjectId, body: DecidingErasure, *, views: AskedViews, asking: Operates
) -> Erasure:
    """Confirm or refuse, as the second administrator; it is carried out within an hour."""
    async with views.change(asking) as change:
        await _check_everywhere(change, f"erasure {erasure_id}")
        (before,) = await _erasures(change, erasure_id) or (None,)
        if before is None:
            raise unknown(f"erasure {erasure_id}")
        await change.row(_LOCK, worker_id=before.worker_id)
        (before,) = await _erasures(change, erasure_id)
        if before.revision != body.revision:
            raise changed(before.revision)
        if before.status != "asked":
            raise no_step(before.status, body.status)
        if before.asked_by == asking.account_id:
            raise another_person("you have asked for it yourself: a second administrator decides")
        if body.status == "confirmed":
            await second_person(change, asking, first=before.asked_by)
        values = {"status": body.status, "by": asking.account_id}
        await change.write(_DECIDE, erasure_id=erasure_id, **values)
        await record_change(
            change,
            asking=asking,
            what="erasure",
            key=before.worker_id,
            before={"status": "asked"},
            after={"status": body.status},
            reason=body.text,
        )
        (erasure,) = await _erasures(change, erasure_id)
    return erasure


async def _check_worker(change: Change, worker_id: str) -> None:
    await _check_everywhere(change, f"worker {worker_id!r}")
    if not await change.truth(_IS_WORKER, worker_id=worker_id):
        raise ProblemError(UNKNOWN_WORKER, f"no worker has the id {worker_id!r}")


async def _check_everywhere(change: Change, what: str) -> None:
    if not await change.truth(_IS_EVERYWHERE):
        raise unknown(what)


async def _holds(snapshot: Snapshot, hold_id: int | None = None) -> list[Hold]:
    if not await snapshot.truth(_IS_EVERYWHERE):
        return []
    return await snapshot.rows(Hold, _HOLDS, hold_id=hold_id)


async def _erasures(snapshot: Snapshot, erasure_id: int | None = None) -> list[Erasure]:
    if not await snapshot.truth(_IS_EVERYWHERE):
        return []
    return await snapshot.rows(Erasure, _ERASURES, erasure_id=erasure_id)
