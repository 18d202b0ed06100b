"""Open orders that may be about the same matter as another: near it, soon after, of its category."""

from datetime import timedelta
from typing import Final

from api.orders.parties import actor_of
from api.orders.problems import unknown
from api.orders.shapes import Duplicate
from api.orders.statements import FIND
from api.orders.workflows import Workflows
from api.views import Asking, Snapshot
from patrol.workorders.duplicates import box_around, find_duplicates
from runtime.workorders.rows import order_of

_NEAR: Final = """
-- open orders around a place that whoever asks may read
select o.*
  from work_order o
 where o.category = %(category)s
   and o.lat_e7 between %(south_e7)s and %(north_e7)s
   and o.lon_e7 between %(west_e7)s and %(east_e7)s
   and o.opened_at between %(opened_at)s::timestamptz - %(within)s::interval
                       and %(opened_at)s::timestamptz + %(within)s::interval
   and o.ended_at is null
   and o.order_id <> %(order_id)s
   and o.order_id in (select order_id from v1_my_order)
 limit 200
"""


async def read_duplicates(
    snapshot: Snapshot, asking: Asking, *, workflows: Workflows, order_id: str
) -> list[Duplicate]:
    """Return candidates, the nearest first; ProblemError for an order that may not be read."""
    row = await snapshot.row(FIND, order_id=order_id)
    if row is None:
        raise unknown(order_id)
    order = order_of(row)
    workflow = await workflows.of(snapshot, order.workflow_version)
    await actor_of(snapshot, asking, workflow=workflow, order=order)
    if order.place is None:
        return []
    rule = workflow.duplicates
    box = box_around(rule, order.place)
    within: timedelta = rule.within
    rows = await snapshot.found(
        _NEAR,
        order_id=order_id,
        category=order.category,
        opened_at=order.opened_at,
        within=within,
        **box._asdict(),
    )
    others = {str(one["order_id"]): order_of(one) for one in rows}
    found = find_duplicates(rule, order, others.values())
    return [
        Duplicate(
            order_id=one.order_id,
            distance_m=round(one.distance_m, 1),
            apart_s=one.apart.total_seconds(),
            step=others[one.order_id].step,
            grid_id=others[one.order_id].grid_id,
            opened_at=others[one.order_id].opened_at,
            revision=others[one.order_id].revision,
        )
        for one in found
    ]
