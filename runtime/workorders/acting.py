"""What time does to orders, written down; and how an order and its events are written at all."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.rows import dict_row

from patrol.workorders.limits import Taken, escalate_up_to
from patrol.workorders.terms import Workflow
from runtime.workorders.rows import event_values, order_of, order_values
from runtime.workorders.statements import ESCALATING, INSERT_EVENT, INSERT_ORDER, UPDATE_ORDER
from runtime.workorders.workflows import Versions, workflow_of


class Writing(NamedTuple):
    """A statement and its values: the same ones for whoever writes, at once or asynchronously."""

    sql: LiteralString
    values: dict[str, Any]


def writings_of(workflow: Workflow, taken: Taken) -> Iterator[Writing]:
    """Yield what stores an order after something was done to it, in one transaction of the caller.

    The first event of an order makes its row; what was split off comes after it.
    """
    if taken.events:
        is_new = taken.events[0].revision == 1
        yield Writing(INSERT_ORDER if is_new else UPDATE_ORDER, order_values(workflow, taken.order))
        for event in taken.events:
            yield Writing(INSERT_EVENT, event_values(event))
    if taken.part is not None:
        yield from writings_of(workflow, taken.part)


def write(conn: psycopg.Connection, writings: Iterable[Writing]) -> None:
    """Store what `writings_of` yields."""
    for one in writings:
        conn.execute(one.sql, one.values)


def escalate_due(
    conn: psycopg.Connection, versions: Versions, *, now: datetime, most: int = 500
) -> int:
    """Write down what time has done to orders until `now`; return how many orders it was.

    At most `most` of them, in a transaction of its own; those that somebody acts on just now
    are left: whoever acts applies it first. What is written says when it was due, not when
    somebody looked.
    """
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(ESCALATING, {"now": now, "limit": most}).fetchall()
        for row in rows:
            workflow = workflow_of(conn, versions, row["workflow_version"])
            write(conn, writings_of(workflow, escalate_up_to(workflow, order_of(row), now)))
    return len(rows)
