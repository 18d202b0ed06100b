"""Orders that somebody opens without a report: a supervisor who has seen it."""

from typing import Final

from api.identity.permissions import Role
from api.orders import bodies
from api.orders.doing.acting import Desk, place_of, refusing
from api.orders.parties import who_of
from api.problems import ALREADY_THERE, NOT_PERMITTED, ProblemError, invalid_parameter
from patrol.ids import GridId
from patrol.workorders.machine import open_order
from patrol.workorders.values import Opening, Severity
from runtime.clock import utc_now
from runtime.uuids import uuid7
from runtime.workorders.acting import writings_of
from runtime.workorders.statements import ENSURE_DEFAULT
from runtime.workorders.workflows import shipped_values

_OPENERS: Final = frozenset({Role.GRID_SUPERVISOR, Role.AREA_SUPERVISOR})

_IS_MY_GRID: Final = """
-- whether whoever asks supervises a grid
select exists (select from v1_my_grid where grid_id = %(grid_id)s)
"""

_OPENED: Final = """
-- who opened an order of this id
select reporter_account from work_order where order_id = %(order_id)s
"""


async def open_by_hand(desk: Desk, given: bodies.OpenGiven) -> str:
    """Open an order and return its id; the same one again opens nothing twice."""
    asking = desk.asking
    if not _OPENERS.intersection(asking.roles):
        raise ProblemError(
            NOT_PERMITTED, "supervisors open orders without a report; workers report: /v1/reports"
        )
    if not await desk.change.truth(_IS_MY_GRID, grid_id=given.grid_id):
        raise invalid_parameter("grid_id", "you supervise no such grid", place="body")
    order_id = given.order_id or uuid7()
    opened = await desk.change.row(_OPENED, order_id=order_id)
    if opened is not None:
        if opened["reporter_account"] != asking.account_id:
            raise ProblemError(ALREADY_THERE, f"order_id {order_id} is taken: give another")
        return order_id
    await _open(desk, given, order_id)
    return order_id


async def _open(desk: Desk, given: bodies.OpenGiven, order_id: str) -> None:
    await desk.change.write(ENSURE_DEFAULT, **shipped_values())
    workflow = await desk.workflows.newest(desk.change)
    if given.category not in workflow.categories:
        known = ", ".join(workflow.categories)
        raise invalid_parameter("category", f"use one of {known}", place="body")
    opening = Opening(
        order_id=order_id,
        category=given.category,
        who=who_of(desk.asking),
        grid_id=GridId(given.grid_id),
        severity=None if given.severity is None else Severity(given.severity),
        place=place_of(given.place),
        text=given.text or None,
    )
    with refusing():
        taken = open_order(workflow, opening, at=utc_now())
    for one in writings_of(workflow, taken):
        await desk.change.write(one.sql, **one.values)
