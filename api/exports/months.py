"""The month of a district, an area, a grid or a worker: each day, and each worker's sums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from pydantic import Field

from api.shapes import Shape
from api.views import Snapshot

MONTH: Final = """
-- the worker-days of a month as they were measured and decided, by worker and day
select c.worker_id, c.worker_name, c.day, c.grid_ids, c.duty_s, c.excused_s,
       c.inside_s, c.presence_low_s, c.presence_high_s, c.unknown_s, c.outside_s,
       c.presence_verdict, c.visit_s, c.visit_low_s, c.visit_high_s, c.visit_verdict,
       c.decided_inside_s, c.decided_presence_verdict, c.decided_visit_s, c.decided_visit_verdict,
       c.corrections, c.is_frozen, c.rules_version, c.parameters_version
  from v1_compliance c
 where c.day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or c.worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or %(grid_id)s = any (c.grid_ids))
   and (%(area_id)s::text is null or c.grid_ids && array(
            select grid_id from v1_area_grid where area_id = %(area_id)s))
   and (c.day, c.worker_id) in (select day, worker_id from v1_seen_day)
 order by c.worker_id, c.day
"""

DUTY_DAYS: Final = """
-- on how many days of the month each worker had duty, judged or not
select d.worker_id, count(distinct d.day)::integer as days
  from v1_duty d
 where d.day between %(first_day)s and %(last_day)s
   and (%(worker_id)s::text is null or d.worker_id = %(worker_id)s)
   and (%(grid_id)s::text is null or d.grid_id = %(grid_id)s)
   and (%(area_id)s::text is null or d.grid_id in (
            select grid_id from v1_area_grid where area_id = %(area_id)s))
   and (d.day, d.worker_id) in (select day, worker_id from v1_seen_day)
 group by d.worker_id
"""


class MonthDay(Shape):
    """A worker-day in the table of a month."""

    worker_id: str
    worker_name: str
    day: date
    grid_ids: list[str]
    duty_s: int
    excused_s: int
    inside_s: int
    presence_low_s: int
    presence_high_s: int
    unknown_s: int
    outside_s: int
    presence_verdict: str
    visit_s: int
    visit_low_s: int
    visit_high_s: int
    visit_verdict: str
    decided_inside_s: int
    decided_presence_verdict: str
    decided_visit_s: int
    decided_visit_verdict: str
    corrections: int
    is_frozen: bool
    rules_version: str
    parameters_version: str


class DutyDays(Shape):
    """How many days of duty somebody had."""

    worker_id: str
    days: int = Field(ge=0)


@dataclass(frozen=True, slots=True)
class WorkerMonth:
    """The sums of a worker's month. Verdicts are counted as decided; seconds are measured."""

    worker_id: str
    worker_name: str
    duty_days: int
    judged_days: int
    presence: dict[str, int]
    visits: dict[str, int]
    duty_s: int
    excused_s: int
    inside_s: int
    presence_low_s: int
    presence_high_s: int
    visit_s: int
    visit_low_s: int
    visit_high_s: int
    corrected_days: int
    frozen_days: int


async def read_month(
    snapshot: Snapshot, **wanted: object
) -> tuple[list[WorkerMonth], list[MonthDay]]:
    """Return the sums by worker_id, and the days behind them."""
    days = await snapshot.rows(MonthDay, MONTH, **wanted)
    duty = {one.worker_id: one.days for one in await snapshot.rows(DutyDays, DUTY_DAYS, **wanted)}
    return sum_up(days, duty), days


def sum_up(days: Sequence[MonthDay], duty: dict[str, int]) -> list[WorkerMonth]:
    """Return the sums of each worker, whose days stand together, by worker_id."""
    found = {
        worker_id: _sum(worker_id, list(own), duty.get(worker_id, 0))
        for worker_id, own in groupby(days, key=lambda one: one.worker_id)
    }
    return [found[worker_id] for worker_id in sorted(found)]


def _sum(worker_id: str, days: list[MonthDay], duty_days: int) -> WorkerMonth:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in days)

    return WorkerMonth(
        worker_id=worker_id,
        worker_name=days[0].worker_name,
        # Results outlive the roster when that is corrected; a part is never more than the whole.
        duty_days=max(duty_days, len(days)),
        judged_days=len(days),
        presence=_count(one.decided_presence_verdict for one in days),
        visits=_count(one.decided_visit_verdict for one in days),
        duty_s=total("duty_s"),
        excused_s=total("excused_s"),
        inside_s=total("inside_s"),
        presence_low_s=total("presence_low_s"),
        presence_high_s=total("presence_high_s"),
        visit_s=total("visit_s"),
        visit_low_s=total("visit_low_s"),
        visit_high_s=total("visit_high_s"),
        corrected_days=sum(one.corrections > 0 for one in days),
        frozen_days=sum(one.is_frozen for one in days),
    )


def _count(verdicts: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(("met", "not_met", "undetermined"), 0)
    for one in verdicts:
        counts[one] += 1
    return counts


def values_of(one: WorkerMonth) -> list[Any]:
    """Return the cells of a worker's line, as `words.COLUMNS` names them; hours to a tenth."""
    return [
        one.worker_id,
        one.worker_name,
        one.duty_days,
        one.judged_days,
        *one.presence.values(),
        *(_hours(s) for s in (one.inside_s, one.presence_low_s, one.presence_high_s)),
        *one.visits.values(),
        *(_hours(s) for s in (one.visit_s, one.visit_low_s, one.visit_high_s)),
        _hours(one.excused_s),
        one.corrected_days,
        one.frozen_days,
    ]


def _hours(seconds: int) -> float:
    return round(seconds / 3600, 1)
