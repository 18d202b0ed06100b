"""Acts on orders: each is one transaction, and the pure machine says what is legal.

Whoever comes second waits for the row, and then sees the revision of whoever came first.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from psycopg import errors

from api.orders import bodies
from api.orders.parties import actor_of
from api.orders.problems import changed, illegal, unknown
from api.orders.statements import LOCK
from api.orders.workflows import Workflows
from api.problems import ProblemError, invalid_parameter
from api.views import Asking, Change
from patrol.errors import InputError
from patrol.ids import GridId
from patrol.messages import SCALE_E7
from patrol.workorders.limits import Taken
from patrol.workorders.machine import IllegalAct, merge, take
from patrol.workorders.transitions import Matter
from patrol.workorders.values import Act, Actor, Part, Place, Severity
from runtime.clock import utc_now
from runtime.uuids import uuid7
from runtime.workorders.acting import writings_of
from runtime.workorders.rows import order_of

_DM_PER_M: Final = 10

_IS_DEPARTMENT: Final = """
-- whether orders can be dispatched to it
select exists (select from v1_department where department_id = %(department_id)s and is_active)
"""

_IS_GRID: Final = """
-- whether it is a grid of whoever asks
select exists (select from v1_my_grid where grid_id = %(grid_id)s)
    or exists (select from v1_my_work_grid where grid_id = %(grid_id)s)
"""

_IS_ORDER: Final = """
-- whether an id is taken, by whatever order
select exists (select from work_order where order_id = %(order_id)s)
"""


class Desk(NamedTuple):
    """One transaction of somebody who acts."""

    change: Change
    workflows: Workflows
    asking: Asking


class Held(NamedTuple):
    """An order under its lock, and who acts on it."""

    matter: Matter
    actor: Actor


async def act_on(desk: Desk, order_id: str, given: bodies.ActGiven) -> Taken:
    """Do something to an order; ProblemError says why not, and what would be legal."""
    held = await _hold(desk, {order_id: given.revision})
    await _check_named(desk, given)
    return await _take(desk, held[order_id], _act_of(given))


async def split(desk: Desk, order_id: str, given: bodies.SplitGiven) -> Taken:
    """Split something off an order, as an order of its own."""
    held = await _hold(desk, {order_id: given.revision})
    part = Part(
        order_id=given.order_id or uuid7(),
        category=given.category,
        severity=None if given.severity is None else Severity(given.severity),
    )
    if await desk.change.truth(_IS_ORDER, order_id=part.order_id):
        raise invalid_parameter("order_id", "is taken: give a new one, or none", place="body")
    act = Act(code=given.act, reason=given.reason_code, text=given.text or None, part=part)
    return await _take(desk, held[order_id], act)


async def merge_all(desk: Desk, given: bodies.MergeGiven) -> Taken:
    """Merge orders into one; all of them, or none."""
    revisions: dict[str, int | None] = {one.order_id: one.revision for one in given.orders}
    if given.into in revisions or len(revisions) < len(given.orders):
        raise invalid_parameter("orders", "name each once, and not `into`", place="body")
    held = await _hold(desk, revisions, into=given.into)
    act = Act(code=given.act, reason=given.reason_code, text=given.text or None)
    into = held[given.into].matter
    merged = Taken(order=into.order, events=())
    for order_id in revisions:
        matter, actor = held[order_id]
        with refusing():
            both = merge(matter, into, act, actor=actor, at=utc_now())
        await _store(desk, matter, both.order)
        await _store(desk, into, both.into)
        merged = both.into
        into = Matter(into.workflow, merged.order)
    return merged


async def _hold(
    desk: Desk, revisions: Mapping[str, int | None], *, into: str | None = None
) -> dict[str, Held]:
    """Lock orders, in the order of their ids, so that no two wait for each other.

    ProblemError for those that whoever asks may not read, and those that have changed.
    """
    wanted = [*revisions, *([] if into is None else [into])]
    rows = await desk.change.found(LOCK, order_ids=wanted)
    by_id = {str(row["order_id"]): row for row in rows}
    held = {}
    for order_id in wanted:
        if order_id not in by_id:
            raise unknown(order_id)
        held[order_id] = await _held(desk, by_id[order_id])
    for order_id, revision in revisions.items():
        _check_revision(held[order_id].matter, revision)
    return held


async def _held(desk: Desk, row: Mapping[str, Any]) -> Held:
    order = order_of(row)
    workflow = await desk.workflows.of(desk.change, order.workflow_version)
    actor = await actor_of(desk.change, desk.asking, workflow=workflow, order=order)
    return Held(Matter(workflow, order), actor)


def _check_revision(matter: Matter, revision: int | None) -> None:
    if revision is None:
        raise invalid_parameter(
            "revision", "give the one that you have read, or If-Match", place="body"
        )
    if revision != matter.order.revision:
        raise changed(matter.order.revision)


async def _check_named(desk: Desk, given: bodies.ActGiven) -> None:
    department_id, grid_id = given.department_id, given.grid_id
    if department_id is not None and not await desk.change.truth(
        _IS_DEPARTMENT, department_id=department_id
    ):
        raise invalid_parameter(
            "department_id", "no such department takes orders; /v1/departments", place="body"
        )
    if grid_id is not None and not await desk.change.truth(_IS_GRID, grid_id=grid_id):
        raise invalid_parameter("grid_id", "you have no such grid", place="body")


async def _take(desk: Desk, held: Held, act: Act) -> Taken:
    matter, actor = held
    with refusing():
        taken = take(matter.workflow, matter.order, act, actor=actor, at=utc_now())
    await _store(desk, matter, taken)
    return taken


async def _store(desk: Desk, matter: Matter, taken: Taken) -> None:
    try:
        for one in writings_of(matter.workflow, taken):
            await desk.change.write(one.sql, **one.values)
    except errors.UniqueViolation:
        raise invalid_parameter(
            "order_id", "is taken: give a new one, or none", place="body"
        ) from None


def _act_of(given: bodies.ActGiven) -> Act:
    return Act(
        code=given.act,
        reason=given.reason_code,
        text=given.text or None,
        photos=tuple(given.photos),
        department_id=given.department_id,
        category=given.category,
        severity=None if given.severity is None else Severity(given.severity),
        grid_id=None if given.grid_id is None else GridId(given.grid_id),
        place=place_of(given.position),
    )


def place_of(position: bodies.Position | None) -> Place | None:
    """Return a place as it is stored."""
    if position is None:
        return None
    accuracy_m = position.accuracy_m
    return Place(
        lat_e7=round(position.lat_deg * SCALE_E7),
        lon_e7=round(position.lon_deg * SCALE_E7),
        accuracy_dm=None if accuracy_m is None else round(accuracy_m * _DM_PER_M),
        age_s=position.age_s,
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the machine refuses into problem documents."""
    try:
        yield
    except IllegalAct as error:
        raise illegal(str(error), (one.code for one in error.legal)) from error
    except InputError as error:
        raise invalid_parameter("act", str(error), place="body") from error


def problem_of(error: ProblemError) -> Mapping[str, Any]:
    """Return what one of many acts is told of its refusal."""
    return {
        "status": int(error.kind.status),
        "type": error.kind.type,
        "detail": error.detail,
        "revision": error.more.get("revision"),
        "legal": error.more.get("legal", []),
    }
