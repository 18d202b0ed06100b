"""What appeals are against: found, held against its time, and changed when one is granted."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from api.decisions import days, findings
from api.decisions.acting import is_over, second_person, take_step
from api.decisions.kinds import (
    NO_SUCH_STEP,
    TOO_LATE,
    another_person,
    frozen,
    no_step,
    unknown,
)
from api.decisions.records import Appeal
from api.decisions.settings import DecisionSettings
from api.problems import ProblemError
from api.views import Asking, Change, Snapshot
from patrol.decisions.steps import deadline_of

_COLUMNS = """
select appeal_id, worker_id, about, day, finding_id, correction_id, text, status, told_at,
       deadline_at, filed_at, heard_by, heard_at, decided_by, decided_at, reason_code,
       decision_text, revision
  from v1_appeal a
 where exists (select from v1_seen_day s
                where s.worker_id = a.worker_id
                  and (s.day = a.day
                       or (a.about = 'month' and s.day >= a.day
                           and s.day < a.day + interval '1 month')))
"""

PAGE: Final = (
    """
-- appeals by their number, from behind the last one seen
"""
    + _COLUMNS
    + """
   and appeal_id > %(after)s
   and (%(status)s::text is null or status = %(status)s)
   and (%(worker_id)s::text is null or worker_id = %(worker_id)s)
 order by appeal_id
 limit %(limit)s
"""
)

_ONE: Final = (
    """
-- one appeal
"""
    + _COLUMNS
    + " and appeal_id = %(appeal_id)s"
)

# Each tells of the own things of whoever asks when that was told which is appealed against.
_TOLD: Final[Mapping[str, Any]] = {
    "day": """
-- the last result of an own day
select c.worker_id, c.day, greatest(c.assessed_at, f.frozen_at) as told_at, '' as status
  from v1_compliance c
  left join v1_frozen_day f on f.worker_id = c.worker_id and f.day = c.day
 where c.day = %(key)s and c.worker_id in (select worker_id from v1_my_worker)
""",
    "finding": """
-- an own finding that was decided
select worker_id, day, coalesce(decided_at, found_at) as told_at, status
  from v1_finding
 where finding_id = %(key)s and worker_id in (select worker_id from v1_my_worker)
""",
    "correction": """
-- a correction of an own day
select worker_id, day, coalesce(decided_at, proposed_at) as told_at, status
  from v1_correction
 where correction_id = %(key)s and worker_id in (select worker_id from v1_my_worker)
""",
    "month": """
-- an own month; until it is frozen its time does not begin
select c.worker_id, %(key)s::date as day, coalesce(max(f.frozen_at), now()) as told_at, '' as status
  from v1_compliance c
  left join v1_frozen_day f on f.worker_id = c.worker_id and f.day = c.day
 where c.day >= %(key)s::date
   and c.day < %(key)s::date + interval '1 month'
   and c.worker_id in (select worker_id from v1_my_worker)
 group by c.worker_id
""",
}
# What there is to appeal against; an empty status is that of a result.
_AGAINST: Final = frozenset({"", "upheld", "in_force"})

_IS_OPEN: Final = """
-- whether there is an appeal about the same that is not decided
select exists (select from v1_appeal
                where worker_id = %(worker_id)s and about = %(about)s and day = %(day)s
                  and finding_id is not distinct from %(finding_id)s
                  and correction_id is not distinct from %(correction_id)s
                  and status in ('new', 'heard'))
"""

_LOCK_WORKER: Final = """
-- one at a time, so that nobody appeals twice about the same
select pg_advisory_xact_lock(16, hashtext(%(worker_id)s))
"""

FILE: Final = """
-- a worker objects
insert into appeal (worker_id, about, day, finding_id, correction_id, text, status, told_at,
                    deadline_at)
values (%(worker_id)s, %(about)s, %(day)s, %(finding_id)s, %(correction_id)s, %(text)s, 'new',
        %(told_at)s, %(deadline_at)s)
returning appeal_id
"""

HEAR: Final = """
-- the worker was heard
update appeal
   set status = 'heard', heard_by = %(by)s, heard_at = now(), revision = revision + 1
 where appeal_id = %(appeal_id)s
returning appeal_id
"""

DECIDE: Final = """
-- granted or refused
update appeal
   set status = %(status)s, decided_by = %(by)s, decided_at = now(), reason_code = %(code)s,
       decision_text = %(text)s, revision = revision + 1
 where appeal_id = %(appeal_id)s
returning appeal_id
"""

_DECIDERS: Final = """
-- who has decided anything of what an appeal is against; a worker who explained is nobody of them
select e.actor
  from v1_decision_event e
 where e.worker_id = %(worker_id)s
   and e.actor not in (select account_id from account a where a.worker_id = %(worker_id)s)
   and case %(about)s
       when 'finding' then e.subject = 'finding' and e.subject_id = %(finding_id)s
       when 'correction' then e.subject = 'correction' and e.subject_id = %(correction_id)s
       when 'day' then e.subject in ('finding', 'correction') and e.day = %(day)s
       else e.subject in ('finding', 'correction') and e.day >= %(day)s
            and e.day < %(day)s::date + interval '1 month' end
 union
select f.frozen_by
  from v1_frozen_month f
 where %(about)s = 'month' and f.month = %(day)s
"""

_IS_FROZEN: Final = """
-- whether anything of what an appeal is against is frozen
select exists (select from v1_frozen_day
                where worker_id = %(worker_id)s
                  and (day = %(day)s
                       or (%(about)s = 'month' and day >= %(day)s
                           and day < %(day)s::date + interval '1 month')))
"""


async def find_told(change: Change, about: str, key: object) -> dict[str, Any]:
    """Return of what is appealed against when it was told; ProblemError where it is not there."""
    row = await change.row(_TOLD[about], key=key)
    if row is None:
        raise unknown(f"{about} {_shown(about, key)} of yours")
    if row["status"] not in _AGAINST:
        raise no_step(row["status"], "an appeal")
    return row


def check_time(told: Mapping[str, Any], settings: DecisionSettings, *, now: datetime) -> datetime:
    """Return until when it can be appealed; ProblemError when that is over."""
    deadline = deadline_of(told["told_at"], days=settings.appeal_days)
    if is_over(deadline, now):
        raise ProblemError(TOO_LATE, f"it could be appealed until {deadline:%Y-%m-%dT%H:%M:%SZ}")
    return deadline


async def check_none_open(change: Change, values: Mapping[str, Any]) -> None:
    """Raise ProblemError when there is an appeal about the same that is not decided."""
    await change.row(_LOCK_WORKER, worker_id=values["worker_id"])
    if await change.truth(_IS_OPEN, **values):
        raise ProblemError(NO_SUCH_STEP, "there is an appeal about it that is not decided yet")


async def read_appeal(snapshot: Snapshot, appeal_id: int) -> Appeal:
    """Return an appeal that whoever asks may see; ProblemError where there is none."""
    found = await snapshot.rows(Appeal, _ONE, appeal_id=appeal_id)
    if not found:
        raise unknown(f"appeal {appeal_id}")
    return found[0]


async def check_person(change: Change, appeal: Appeal, asking: Asking) -> None:
    """Raise ProblemError (403) when whoever asks may be who decided what an appeal is against."""
    for one in await change.found(_DECIDERS, **_key(appeal)):
        if one["actor"] == asking.account_id:
            raise another_person("you have decided what this is against: somebody else decides it")
        await second_person(change, asking, first=one["actor"])


async def carry_out(change: Change, appeal: Appeal, asking: Asking, *, text: str) -> None:
    """Take back what an appeal that is granted was against; ProblemError where it is frozen."""
    if await change.truth(_IS_FROZEN, **_key(appeal)):
        raise frozen(appeal.day)
    why = ("appeal_granted", text)
    by = asking.account_id
    if appeal.finding_id is not None:
        await take_step(
            change,
            findings.DECIDE,
            why=why,
            finding_id=appeal.finding_id,
            status="dismissed",
            decided_by=by,
            code="appeal_granted",
            text=text,
        )
    if appeal.correction_id is not None:
        await take_step(
            change,
            days.DECIDE,
            why=why,
            correction_id=appeal.correction_id,
            status="withdrawn",
            decided_by=by,
        )


def _key(appeal: Appeal) -> dict[str, Any]:
    return appeal.model_dump(include={"worker_id", "about", "day", "finding_id", "correction_id"})


def _shown(about: str, key: object) -> str:
    return f"{key:%Y-%m}" if about == "month" and isinstance(key, date) else str(key)
