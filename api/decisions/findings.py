"""Findings explained by their workers, and upheld or dismissed by people."""

from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter

from api.decisions.acting import (
    IS_FROZEN,
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
    NOT_YET,
    UNKNOWN_SUBJECT,
    frozen,
    no_step,
    unknown,
)
from api.decisions.settings import DecisionSettings
from api.decisions.shapes import DecidingFinding, Explaining, History
from api.documentation import answers
from api.identity.callers import Answers, CallerKnown, Decides, ReadsDecisions
from api.problems import CHANGED_MEANWHILE, NOT_PERMITTED, ProblemError
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import Change
from patrol.decisions.steps import Subject, deadline_of
from runtime.clock import utc_now

router = APIRouter(
    prefix="/v1/findings/{finding_id}",
    dependencies=[CallerKnown, ParametersKnown],
    tags=["decisions"],
)

_LOOK: Final = """
-- a finding of a worker-day that whoever asks may see
select f.finding_id as subject_id, f.worker_id, f.day, f.status, f.revision, f.found_at,
       f.decided_at
  from v1_finding f
 where f.finding_id = %(finding_id)s
   and (f.worker_id, f.day) in (select worker_id, day from v1_seen_day)
"""

# Whoever comes second waits here, and then sees the revision of whoever came first.
_TAKE: Final = """
-- the same for somebody who changes it
select f.finding_id as subject_id, f.worker_id, f.day, f.status, f.revision, f.found_at,
       f.decided_at
  from finding f
 where f.finding_id = %(finding_id)s
   and (f.worker_id, f.day) in (select worker_id, day from v1_seen_day)
   for update of f
"""

_EXPLAIN: Final = """
-- the worker's own words; earlier ones stay in the history
update finding
   set status = 'explained', explanation = %(text)s, explained_at = now()
 where finding_id = %(finding_id)s
returning finding_id as subject_id, worker_id, day, status, revision, decided_at
"""

DECIDE: Final = """
-- upheld or dismissed by a person
update finding
   set status = %(status)s, decided_by = %(decided_by)s, decision_code = %(code)s,
       decision_reason = %(text)s, decided_at = now()
 where finding_id = %(finding_id)s
returning finding_id as subject_id, worker_id, day, status, revision, decided_at
"""

_CONFLICTS = (UNKNOWN_SUBJECT, CHANGED_MEANWHILE, NO_SUCH_STEP, MONTH_FROZEN, NOT_PERMITTED)


@router.get(
    "/history",
    responses=answers(History, UNKNOWN_SUBJECT, NOT_PERMITTED),
    summary="What was said and decided of a finding",
)
async def get_finding_history(
    finding_id: SubjectId,
    *,
    desk: AskedDesk,
    asking: ReadsDecisions,
    language: AskedLanguage,
) -> History:
    """List every step: who, when, from which state to which, and why."""
    async with desk.views.snapshot(asking) as snapshot:
        row = await snapshot.row(_LOOK, finding_id=finding_id)
        if row is None:
            raise unknown(f"finding {finding_id}")
        return await read_events(
            snapshot, Subject.FINDING, _told(row, desk.settings), language=language
        )


@router.post(
    "/explanation", responses=answers(History, *_CONFLICTS), summary="Explain an own finding"
)
async def explain_finding(
    finding_id: SubjectId,
    body: Explaining,
    *,
    desk: AskedDesk,
    asking: Answers,
    language: AskedLanguage,
) -> History:
    """Say what happened, in own words; until it is decided, it can be said anew."""
    async with desk.views.change(asking) as change:
        row = await _take(change, finding_id)
        check_step(Subject.FINDING, row, to="explained", revision=body.revision)
        done = await take_step(
            change, _EXPLAIN, why=("", body.text), finding_id=finding_id, text=body.text
        )
        await write_down(change, asking, Step("finding", finding_id, row["status"], "explained"))
        return await read_events(
            change, Subject.FINDING, _told(done, desk.settings), language=language
        )


@router.post(
    "/decision",
    responses=answers(History, *_CONFLICTS, ANOTHER_PERSON, NOT_YET),
    summary="Uphold or dismiss a finding",
)
async def decide_finding(
    finding_id: SubjectId,
    body: DecidingFinding,
    *,
    desk: AskedDesk,
    asking: Decides,
    language: AskedLanguage,
) -> History:
    """Uphold or dismiss a finding, with a reason; of two who do so at once, one is told 409.

    What its worker has not explained is upheld only after `explain_days`. Nothing but this
    route upholds anything.
    """
    check_reason(f"finding_{body.status}", body.reason_code)
    async with desk.views.change(asking) as change:
        row = await _take(change, finding_id)
        await not_own(change, asking, row["worker_id"])
        if row["status"] in ("upheld", "dismissed"):
            check_step(Subject.FINDING, row, to=row["status"], revision=body.revision)
        check_step(Subject.FINDING, row, to=body.status, revision=body.revision)
        _check_time(row, body, desk.settings, now=utc_now())
        done = await take_step(
            change,
            DECIDE,
            why=(body.reason_code, body.text),
            finding_id=finding_id,
            status=body.status,
            decided_by=asking.account_id,
            code=body.reason_code,
            text=body.text,
        )
        await write_down(
            change,
            asking,
            Step("finding", finding_id, row["status"], body.status, body.reason_code),
        )
        return await read_events(
            change, Subject.FINDING, _told(done, desk.settings), language=language
        )


async def _take(change: Change, finding_id: int) -> dict[str, Any]:
    await begin(change, worker_id=None, day=None)
    row = await change.row(_TAKE, finding_id=finding_id)
    if row is None:
        raise unknown(f"finding {finding_id}")
    if await change.truth(IS_FROZEN, worker_id=row["worker_id"], day=row["day"]):
        raise frozen(row["day"])
    return row


def _check_time(
    row: dict[str, Any], body: DecidingFinding, settings: DecisionSettings, *, now: datetime
) -> None:
    until = row["found_at"] + timedelta(days=settings.explain_days)
    if body.status == "upheld" and row["status"] == "new" and now < until:
        raise ProblemError(
            NOT_YET,
            f"the worker may explain it until {until:%Y-%m-%dT%H:%M:%SZ}; "
            "it may be dismissed before",
        )
    if row["status"] == "upheld":
        # Only an appeal leads from here to dismissed.
        raise no_step("upheld", body.status)


def _told(row: dict[str, Any], settings: DecisionSettings) -> dict[str, Any]:
    decided_at: datetime | None = row["decided_at"]
    until = None
    if row["status"] == "upheld" and decided_at is not None:
        until = deadline_of(decided_at, days=settings.appeal_days)
    return {**row, "appeal_until": until}
