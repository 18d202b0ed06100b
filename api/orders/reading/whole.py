"""One order as whoever asks is told of it: what may be done to it, its reports, its history."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final, NamedTuple

from api.identity.permissions import Role
from api.orders import shapes
from api.orders.parties import actor_of
from api.orders.problems import unknown
from api.orders.reading.listing import fields_from
from api.orders.statements import FIND
from api.orders.workflows import Workflows
from api.views import Asking, Snapshot
from patrol.reasons import Language
from patrol.workorders.limits import escalate_up_to
from patrol.workorders.machine import legal_acts
from patrol.workorders.terms import LegalAct, Workflow
from patrol.workorders.values import Actor, OrderState
from runtime.clock import utc_now
from runtime.workorders.rows import order_of

_EVENTS: Final = """
-- all that was done to an order
select revision, at, kind, act, account_id, worker_id, party, from_step, step, step_kind, category,
       severity, grid_id, department_id, due_at, reason as reason_code, text, photos, distance_m,
       accuracy_m, age_s, nearness, other_id::text as other_id, tells
  from v1_work_order_event
 where order_id = %(order_id)s
 order by revision
"""

_REPORTS: Final = """
-- what an order is about: its own reports, those merged into it, those before a split
select order_id, terminal_id, report_id, taken_at, received_at, category, about, marks, sha256,
       bytes, media_type
  from v1_work_order_report
 where order_id in (select order_family(%(order_id)s::uuid))
 order by taken_at, report_id, place
"""

_PEOPLE: Final = ("reporter_account", "reporter_worker")


class Telling(NamedTuple):
    """To whom an order is told, from where, and in which language."""

    snapshot: Snapshot
    workflows: Workflows
    asking: Asking
    language: Language


async def read_whole(telling: Telling, order_id: str) -> shapes.OrderWhole:
    """Return an order that whoever asks may read; ProblemError (404) for any other."""
    snapshot, asking = telling.snapshot, telling.asking
    row = await snapshot.row(FIND, order_id=order_id)
    if row is None:
        raise unknown(order_id)
    order = order_of(row)
    workflow = await telling.workflows.of(snapshot, order.workflow_version)
    actor = await actor_of(snapshot, asking, workflow=workflow, order=order)
    reports = await snapshot.found(_REPORTS, order_id=order_id)
    events = await snapshot.rows(shapes.OrderEvent, _EVENTS, order_id=order_id)
    whole = shapes.OrderWhole(
        **fields_from(row),
        legal=_legal(workflow, order, actor=actor, language=telling.language),
        reports=list(_reports(reports)),
        history=events,
    )
    return for_departments(whole) if set(asking.roles) == {Role.DEPARTMENT} else whole


def for_departments(whole: shapes.OrderWhole) -> shapes.OrderWhole:
    """Return an order without who reported it and who did what: a department needs neither."""
    nobody = {"account_id": None, "worker_id": None}
    history = [one.model_copy(update=nobody) for one in whole.history]
    return whole.model_copy(update=dict.fromkeys(_PEOPLE) | {"history": history})


def _legal(
    workflow: Workflow, order: OrderState, *, actor: Actor, language: Language
) -> list[shapes.LegalAct]:
    # What time has done is applied before any act: what is told here is what will be asked.
    now = escalate_up_to(workflow, order, utc_now()).order
    return [_told(one, language) for one in legal_acts(workflow, now, actor)]


def _told(legal: LegalAct, language: Language) -> shapes.LegalAct:
    return shapes.LegalAct(
        act=legal.code,
        name=legal.rule.names[language],
        kind=legal.rule.kind,
        to_step=legal.rule.to,
        party=legal.party,
        needs=sorted(legal.needs),
        reasons=[
            shapes.ActReason(reason_code=one.code, reason=one.names[language])
            for one in legal.reasons
        ],
    )


def _reports(rows: Iterable[Mapping[str, Any]]) -> Iterable[shapes.OrderReport]:
    for _, group in groupby(rows, key=lambda one: (one["terminal_id"], one["report_id"])):
        photos = list(group)
        first = photos[0]
        yield shapes.OrderReport(
            order_id=str(first["order_id"]),
            report_id=str(first["report_id"]),
            taken_at=first["taken_at"],
            received_at=first["received_at"],
            category=first["category"],
            text=first["about"],
            marks=first["marks"],
            photos=[
                shapes.OrderPhoto(
                    sha256=one["sha256"], bytes=one["bytes"], media_type=one["media_type"]
                )
                for one in photos
                if one["sha256"] is not None
            ],
        )
