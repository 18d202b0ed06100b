"""What every decision has in common: who acts and why, on what, and in which state it is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, LiteralString, NamedTuple

from fastapi import Depends, Path, Request

from api.decisions.kinds import another_person, no_step
from api.decisions.settings import DecisionSettings
from api.decisions.shapes import Event, History
from api.identity.changes import record_change
from api.problems import CHANGED_MEANWHILE, ProblemError, invalid_parameter
from api.views import AskedViews, Asking, Change, Snapshot, Views
from patrol.decisions.reasons import codes_of, words_of
from patrol.decisions.steps import Subject, may_step, next_of
from patrol.reasons import Language

_WHY: Final = """
-- why, for the event that the database writes beside the step
select set_config('gridpatrol.reason_code', %(reason_code)s, true),
       set_config('gridpatrol.text', %(text)s, true)
"""

_EVENTS: Final = """
-- every step of a decision
select at, actor, from_status, to_status, reason_code, '' as reason, text
  from v1_decision_event
 where subject = %(subject)s and subject_id = %(subject_id)s
 order by event_id
"""

HOLD_MONTHS: Final = """
-- no month is frozen or opened until the end of the transaction
select hold_months()
"""

LOCK_DAY: Final = """
-- one at a time decides about a worker-day
select pg_advisory_xact_lock(15, hashtext(%(worker_id)s || '/' || %(day)s::date::text))
"""

IS_FROZEN: Final = """
-- whether a worker-day is frozen
select exists (select from v1_frozen_day where worker_id = %(worker_id)s and day = %(day)s)
"""

_IS_OWN: Final = """
-- whether somebody is this worker
select exists (select from account
                where account_id = %(account_id)s and worker_id = %(worker_id)s)
"""

_ARE_LINKED: Final = """
-- whether one of two has the account, or a role, from the other, be it by way of third ones
with recursive maker as (
    select m.account_id, m.maker
      from v1_made_by m
     where m.account_id in (%(one)s, %(other)s)
     union
    select k.account_id, m.maker
      from maker k
      join v1_made_by m on m.account_id = k.maker
)
select exists (select from maker
                where (account_id, maker) in ((%(one)s, %(other)s), (%(other)s, %(one)s))
                  and account_id <> maker)
"""

# Of a freeze, or of one worker's days in it.
_IS_OWN_FREEZE: Final = """
-- whether days of whoever asks are in it
select exists (select from frozen_day f
                 join account a using (worker_id)
                where f.freeze_id = %(freeze_id)s and a.account_id = %(account_id)s)
"""

SubjectId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[41])]


class Desk(NamedTuple):
    """What every decision needs: the database, and the rules of the deployment."""

    views: Views
    settings: DecisionSettings


async def _desk_of(request: Request, views: AskedViews) -> Desk:
    return Desk(views, request.app.state.decisions)


AskedDesk = Annotated[Desk, Depends(_desk_of)]


async def read_events(
    snapshot: Snapshot, subject: Subject, row: Mapping[str, Any], *, language: Language
) -> History:
    """Return all steps of what `row` tells: `subject_id`, `status`, `revision`, `appeal_until`."""
    found = await snapshot.rows(Event, _EVENTS, subject=subject.value, subject_id=row["subject_id"])
    events = [one.model_copy(update={"reason": _in_words(subject, one, language)}) for one in found]
    return History(
        subject=subject.value,
        subject_id=row["subject_id"],
        status=row["status"],
        revision=row["revision"],
        next_statuses=next_of(subject, row["status"]),
        appeal_until=row.get("appeal_until"),
        events=events,
    )


async def begin(change: Change, *, worker_id: str | None, day: date | None) -> None:
    """Let nobody else decide about a worker-day, and no month be frozen, until the end."""
    await change.row(HOLD_MONTHS)
    if worker_id is not None and day is not None:
        await change.row(LOCK_DAY, worker_id=worker_id, day=day)


async def not_own(change: Change, asking: Asking, worker_id: str | None) -> None:
    """Raise ProblemError (403) when whoever asks is this worker."""
    values = {"account_id": asking.account_id, "worker_id": worker_id}
    if worker_id is not None and await change.truth(_IS_OWN, **values):
        raise another_person("nobody decides about the own days")


async def not_own_month(
    change: Change, asking: Asking, *, freeze_id: int, worker_id: str | None
) -> None:
    """Raise ProblemError (403) when days of whoever asks are among those of a freeze meant."""
    await not_own(change, asking, worker_id)
    values = {"account_id": asking.account_id, "freeze_id": freeze_id}
    if worker_id is None and await change.truth(_IS_OWN_FREEZE, **values):
        raise another_person("your own days are in this month: somebody else decides about it")


async def second_person(change: Change, asking: Asking, *, first: str) -> None:
    """Raise ProblemError (403) when `first` and whoever asks may be one and the same person.

    Whoever makes accounts could be both; so neither may have anything from the other.
    """
    if await change.truth(_ARE_LINKED, one=asking.account_id, other=first):
        raise another_person(
            "your account, or a role of it, comes from whoever proposed it, or theirs from you: "
            "a second person is somebody else"
        )


def check_step(subject: Subject, row: Mapping[str, Any], *, to: str, revision: int | None) -> None:
    """Raise ProblemError (409) when `row` has changed, or its status does not lead to `to`."""
    if revision is not None and row["revision"] != revision:
        raise changed(row["revision"])
    if not may_step(subject, row["status"], to):
        raise no_step(row["status"], to)


def changed(revision: int) -> ProblemError:
    """Return the error of somebody who has read an older revision."""
    return ProblemError(
        CHANGED_MEANWHILE, f"revision {revision} is there now: read it again and repeat your change"
    )


def check_reason(what: str, code: str) -> None:
    """Raise ProblemError (422) for a reason that is not on the list of `what`."""
    if code not in codes_of(what):
        raise invalid_parameter(
            "reason_code", f"use one of {', '.join(codes_of(what))}", place="body"
        )


async def take_step(
    change: Change,
    sql: LiteralString,
    *,
    why: tuple[str, str],
    **values: Any,  # noqa: ANN401 - values of SQL
) -> dict[str, Any]:
    """Run a statement that takes a step and returns its row; `why` is a code and words."""
    await change.row(_WHY, reason_code=why[0], text=why[1])
    row = await change.row(sql, **values)
    assert row is not None  # noqa: S101 - its row was read under a lock
    return row


class Step(NamedTuple):
    """A step for the log of all changes: its states, and no words of anybody."""

    what: str
    key: object
    before: str
    after: str
    reason: str = ""


async def write_down(change: Change, asking: Asking, step: Step) -> None:
    """Write a step into the log of all changes."""
    await record_change(
        change,
        asking=asking,
        what=step.what,
        key=str(step.key),
        before={"status": step.before} if step.before else None,
        after={"status": step.after},
        reason=step.reason,
    )


def is_over(deadline: datetime, now: datetime) -> bool:
    """Whether a deadline has passed."""
    return now > deadline


def _in_words(subject: Subject, event: Event, language: Language) -> str:
    if not event.reason_code:
        return ""
    lists = {
        Subject.FINDING: f"finding_{event.to_status}",
        Subject.APPEAL: f"appeal_{event.to_status}",
    }
    proposed = subject.value
    decided = f"{subject.value}_decided"
    what = lists.get(subject, decided if event.from_status else proposed)
    words = words_of(what, event.reason_code, language)
    if words == event.reason_code and what == decided:
        return words_of(proposed, event.reason_code, language)
    return words
