"""Orders of reports: one for each, with its first event, in the transaction that stores the report.

A report that has its order keeps it, however often it is told. Nothing that a report says keeps
it from being opened: an unknown category becomes the workflow's own for such, and one whose grid
nobody can tell waits where the workflow says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from patrol.fix import epoch_ms
from patrol.ids import GridId, WorkerId
from patrol.workorders.machine import open_order
from patrol.workorders.placing import PlacedBy, place_report
from patrol.workorders.terms import Workflow
from patrol.workorders.values import Opening, Place, Who
from runtime.uuids import uuid7
from runtime.workorders.acting import Writing, writings_of
from runtime.workorders.ground import Ground
from runtime.workorders.statements import INSERT_REPORT
from runtime.workorders.workflows import Versions, newest_workflow

# Duty that is told day by day says where somebody belongs, where no posting does.
_SURROUNDINGS = """
-- of each report that has no order yet: who told it, where that one was on duty, and where at home
select distinct on (q.number) q.number, one.worker_id,
       array(select d.grid_id
               from duty_window d
              where d.worker_id = one.worker_id and d.start_at <= q.at and d.end_at > q.at
              union
             select c.grid_id
               from cover c
              where c.worker_id = one.worker_id and c.start_at <= q.at and c.end_at > q.at
              order by 1) as on_duty,
       array(select p.grid_id
               from posting p
              where p.worker_id = one.worker_id and p.valid_from <= q.day
                and (p.valid_to is null or p.valid_to > q.day)
              order by p.post, p.grid_id) as assigned,
       (select d.grid_id
          from duty_window d
         where d.worker_id = one.worker_id
           and d.start_at > q.at - interval '31 days' and d.start_at < q.at + interval '31 days'
         order by abs(extract(epoch from d.start_at - q.at)), d.grid_id
         limit 1) as usual
  from unnest(%(terminals)s::text[], %(reports)s::uuid[], %(workers)s::text[],
              %(times)s::timestamptz[], %(days)s::date[])
       with ordinality as q (terminal_id, report_id, worker_id, at, day, number)
  left join assignment a
    on a.terminal_id = q.terminal_id
   and a.valid_from <= q.at
   and (a.valid_to is null or a.valid_to > q.at)
 cross join lateral (select coalesce(q.worker_id, a.worker_id) as worker_id) one
 where not exists (select
                     from work_order_report o
                    where o.terminal_id = q.terminal_id and o.report_id = q.report_id)
 order by q.number, a.valid_from desc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report that is stored; `worker_id` and `account_id` where it came over HTTP.

    Of a terminal's report the worker is whoever carried it at `taken_at`. `photos` are SHA-256
    digests in hexadecimal.
    """

    terminal_id: str
    report_id: str
    taken_at: datetime
    category: str
    text: str | None = None
    photos: tuple[str, ...] = ()
    place: Place | None = None
    worker_id: WorkerId | None = None
    account_id: str | None = None


class Opened(NamedTuple):
    """The order of a report, and by what its grid was found."""

    report: Reported
    order_id: str
    grid_id: GridId | None
    by: PlacedBy


class Opener:
    """Opens orders over one connection; what changes seldom is kept in memory."""

    def __init__(self) -> None:
        self._versions = Versions()
        self._ground = Ground()

    def open(
        self, conn: psycopg.Connection, reports: Sequence[Reported], *, at: datetime
    ) -> list[Opened]:
        """Open the order of each report that has none, within the caller's transaction.

        Their time begins `at`. The registers must be held, and the reports be the caller's own.
        """
        if not reports:
            return []
        workflow = newest_workflow(conn, self._versions)
        zone = workflow.calendar.zone
        index = self._ground.index(conn, at=at, zone=zone)
        opened: list[Opened] = []
        writings: list[Writing] = []
        for row in _surroundings(conn, reports, zone):
            report = reports[row["number"] - 1]
            assigned = row["assigned"] or [one for one in (row["usual"],) if one is not None]
            placed = place_report(
                index,
                report.place,
                workflow.placing,
                on_duty=row["on_duty"],
                assigned=assigned,
            )
            one = Opened(report, uuid7(now_ms=epoch_ms(at)), placed.grid_id, placed.by)
            opened.append(one)
            writings += _writings(workflow, one, worker_id=row["worker_id"], at=at)
        _write_together(conn, writings)
        return opened


def age_of(fix_ms: int, *, at: datetime) -> int:
    """Return how old a fix was, in seconds; one from after `at` is as good as new."""
    return max(0, round((epoch_ms(at) - fix_ms) / 1000))


def _surroundings(
    conn: psycopg.Connection, reports: Sequence[Reported], zone: ZoneInfo
) -> list[dict[str, Any]]:
    values = {
        "terminals": [one.terminal_id for one in reports],
        "reports": [one.report_id for one in reports],
        "workers": [one.worker_id for one in reports],
        "times": [one.taken_at for one in reports],
        "days": [one.taken_at.astimezone(zone).date() for one in reports],
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SURROUNDINGS, values).fetchall()


def _writings(
    workflow: Workflow, one: Opened, *, worker_id: WorkerId | None, at: datetime
) -> Iterable[Writing]:
    report = one.report
    opening = Opening(
        order_id=one.order_id,
        category=report.category,
        who=Who(report.account_id, worker_id),
        grid_id=one.grid_id,
        place=report.place,
        report_id=report.report_id,
        text=report.text,
        photos=report.photos,
    )
    yield from writings_of(workflow, open_order(workflow, opening, at=at))
    keys = {"terminal_id": report.terminal_id, "report_id": report.report_id}
    yield Writing(INSERT_REPORT, {**keys, "order_id": one.order_id})


def _write_together(conn: psycopg.Connection, writings: Iterable[Writing]) -> None:
    """Store all of it, each statement once for all orders: they refer to none but their own."""
    values: dict[str, list[dict[str, Any]]] = {}
    for one in writings:
        values.setdefault(one.sql, []).append(one.values)
    with conn.cursor() as cursor:
        for sql, rows in values.items():
            cursor.executemany(sql.encode(), rows)
