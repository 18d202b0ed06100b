"""Corrections of worker-days: what is decided stands beside what was measured."""

from datetime import date
from typing import Any, Final

from api.decisions.acting import (
    Step,
    changed,
    check_reason,
    not_own,
    take_step,
    write_down,
)
from api.decisions.kinds import frozen, unknown
from api.decisions.records import Correction, DayDecisions, Holding
from api.decisions.settings import DecisionSettings
from api.decisions.shapes import Proposing
from api.problems import invalid_parameter
from api.views import Asking, Change, Snapshot
from patrol.decisions.steps import Change as Holds
from patrol.decisions.steps import deadline_of, needs_second

DAY: Final = """
-- what was measured of a worker-day, and what is decided
select c.worker_id, c.day, c.duty_s, c.visit_s, c.visit_verdict, c.inside_s, c.presence_verdict,
       c.decided_visit_s, c.decided_visit_verdict, c.decided_inside_s, c.decided_presence_verdict,
       c.is_frozen, c.recomputed_differs_in, greatest(c.assessed_at, f.frozen_at) as told_at,
       (select coalesce(max(e.event_id), 0) from v1_decision_event e
         where e.subject = 'correction' and e.worker_id = c.worker_id and e.day = c.day)
         as revision
  from v1_compliance c
  left join v1_frozen_day f on f.worker_id = c.worker_id and f.day = c.day
 where c.worker_id = %(worker_id)s
   and c.day = %(day)s
   and (c.worker_id, c.day) in (select worker_id, day from v1_seen_day)
"""

OF_DAY: Final = """
-- every correction of a worker-day
select correction_id, worker_id, day, kind, decided_s, start_at, end_at, premises_id, reason_code,
       text, status, needs_second, proposed_by, proposed_at, decided_by, decided_at, revision
  from v1_correction
 where worker_id = %(worker_id)s and day = %(day)s
 order by correction_id
"""

_IS_ON_DUTY: Final = """
-- whether a span lies within duty of a worker-day
select exists (select from v1_duty
                where worker_id = %(worker_id)s and day = %(day)s
                  and start_at <= %(start_at)s and end_at >= %(end_at)s)
"""

_IS_PREMISES: Final = """
-- whether there are such premises
select exists (select from premises where premises_id = %(premises_id)s)
"""

_INSERT: Final = """
-- a correction, beside what was measured
insert into correction (worker_id, day, kind, decided_s, start_at, end_at, premises_id,
                        reason_code, text, status, needs_second, measured, proposed_by)
select %(worker_id)s, %(day)s, %(kind)s, %(decided_s)s, %(start_at)s, %(end_at)s, %(premises_id)s,
       %(code)s, %(text)s, %(status)s, %(needs_second)s,
       (select jsonb_build_object('visit_s', visit_s, 'visit_verdict', visit_verdict,
                                  'inside_s', inside_s, 'presence_verdict', presence_verdict,
                                  'decided_visit_s', decided_visit_s,
                                  'decided_inside_s', decided_inside_s,
                                  'assessed_at', assessed_at)
          from v1_compliance where worker_id = %(worker_id)s and day = %(day)s),
       %(proposed_by)s
returning correction_id
"""

_TRY: Final = "savepoint tried"
_TAKE_BACK: Final = "rollback to savepoint tried"


async def read_day(snapshot: Snapshot, worker_id: str, day: date) -> dict[str, Any]:
    """Return what is measured and decided of a worker-day; ProblemError where nothing is seen."""
    row = await snapshot.row(DAY, worker_id=worker_id, day=day)
    if row is None:
        raise unknown(f"result of worker {worker_id!r} on {day}")
    return row


async def propose(
    change: Change, asking: Asking, body: Proposing, *, day: dict[str, Any], threshold_s: int
) -> None:
    """Put a correction of the worker-day of which `day` tells in force, or let it wait."""
    await not_own(change, asking, day["worker_id"])
    if day["is_frozen"]:
        raise frozen(day["day"])
    if day["revision"] != body.revision:
        raise changed(day["revision"])
    await _check(change, body, day)
    key = {"worker_id": day["worker_id"], "day": day["day"]}
    values = {
        **key,
        **body.model_dump(include={"kind", "decided_s", "start_at", "end_at", "premises_id"}),
        "code": body.reason_code,
        "text": body.text,
        "proposed_by": asking.account_id,
    }
    await change.write(_TRY)
    await change.row(_INSERT, status="in_force", needs_second=False, **values)
    after = await read_day(change, **key)
    await change.write(_TAKE_BACK)
    is_much = needs_second(
        measured=_measured(day),
        before=_decided(day),
        after=_decided(after),
        threshold_s=threshold_s,
    )
    status = "pending" if is_much else "in_force"
    why = (body.reason_code, body.text)
    done = await take_step(change, _INSERT, why=why, status=status, needs_second=is_much, **values)
    await write_down(
        change, asking, Step("correction", done["correction_id"], "", status, body.reason_code)
    )


async def answer(
    snapshot: Snapshot, row: dict[str, Any], settings: DecisionSettings
) -> DayDecisions:
    """Return what is told of a worker-day and its corrections."""
    key = {"worker_id": row["worker_id"], "day": row["day"]}
    return DayDecisions(
        **key,
        revision=row["revision"],
        is_frozen=row["is_frozen"],
        measured=_holding(_measured(row)),
        decided=_holding(_decided(row)),
        recomputed_differs_in=row["recomputed_differs_in"],
        appeal_until=deadline_of(row["told_at"], days=settings.appeal_days),
        corrections=await snapshot.rows(Correction, OF_DAY, **key),
    )


async def _check(change: Change, body: Proposing, day: dict[str, Any]) -> None:
    check_reason("correction", body.reason_code)
    wrong = body.missing()
    if wrong is not None:
        raise invalid_parameter(wrong, f"does not fit the kind {body.kind}", place="body")
    if body.decided_s is not None and body.decided_s > day["duty_s"]:
        raise invalid_parameter(
            "decided_s", f"duty lasted {day['duty_s']} s: give that or less", place="body"
        )
    if body.start_at is None or body.end_at is None:
        return
    span = {"start_at": body.start_at, "end_at": body.end_at}
    if body.start_at >= body.end_at or not await change.truth(
        _IS_ON_DUTY, worker_id=day["worker_id"], day=day["day"], **span
    ):
        raise invalid_parameter("start_at", "give a span within the duty of the day", place="body")
    if body.premises_id is not None and not await change.truth(
        _IS_PREMISES, premises_id=body.premises_id
    ):
        raise invalid_parameter("premises_id", "no premises have this id", place="body")


def _measured(row: dict[str, Any]) -> Holds:
    return Holds(
        visit_s=row["visit_s"],
        inside_s=row["inside_s"],
        visit_verdict=row["visit_verdict"],
        presence_verdict=row["presence_verdict"],
    )


def _decided(row: dict[str, Any]) -> Holds:
    return Holds(
        visit_s=row["decided_visit_s"],
        inside_s=row["decided_inside_s"],
        visit_verdict=row["decided_visit_verdict"],
        presence_verdict=row["decided_presence_verdict"],
    )


def _holding(one: Holds) -> Holding:
    return Holding.model_validate({name: getattr(one, name) for name in Holding.model_fields})
