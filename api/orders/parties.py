"""In which parties of an order whoever asks stands: said by the database, order by order."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.identity.permissions import Role
from api.orders.problems import unknown
from api.orders.statements import STANDING
from api.views import Asking, Snapshot
from patrol.ids import WorkerId
from patrol.workorders.terms import Workflow
from patrol.workorders.values import Actor, OrderState, Party, PartyCode, Who

# From the lowest: whoever supervises an area supervises what is below it.
HEIGHTS: Final[Mapping[str, int]] = {"community": 1, "street": 2, "district": 3, "city": 4}
_OF_NOTHING: Final = 0
_OF_ALL: Final = 5


def who_of(asking: Asking) -> Who:
    """Return whoever asks, as events keep it."""
    worker = None if asking.worker_id is None else WorkerId(asking.worker_id)
    return Who(asking.account_id or None, worker)


async def actor_of(
    snapshot: Snapshot, asking: Asking, *, workflow: Workflow, order: OrderState
) -> Actor:
    """Return whoever asks, with the parties of this order; ProblemError for whom it is not."""
    found = await snapshot.row(
        STANDING,
        order_id=order.order_id,
        grid_id=order.grid_id,
        department_id=order.department_id,
        reporter_worker=order.reporter.worker_id,
        reporter_account=order.reporter.account_id,
    )
    if found is None or not found["may_read"]:
        raise unknown(order.order_id)
    who = who_of(asking)
    parties = set(_levels(workflow, found))
    is_reporter = who.is_same(order.reporter) and set(asking.roles) != {Role.DEPARTMENT}
    if is_reporter or found["is_on_duty"]:
        parties.add(Party.REPORTER)
    if found["is_department"]:
        parties.add(Party.DEPARTMENT)
    return Actor(who, frozenset(parties))


def _levels(workflow: Workflow, found: Mapping[str, Any]) -> Iterator[PartyCode]:
    """Yield the levels at which somebody stands: of the own areas, and all below."""
    height = max((HEIGHTS[kind] for kind in found["area_kinds"]), default=_OF_NOTHING)
    if found["supervises_all"]:
        height = _OF_ALL
    if height or found["supervises_grid"] or found["is_of_grid"]:
        yield Party.GRID
    for code, level in workflow.levels.items():
        if level.area is not None and HEIGHTS[level.area] <= height:
            yield code
