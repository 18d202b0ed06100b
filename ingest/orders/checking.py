"""Orders replayed from their events, and held against the rows that say how far they are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import dict_row

from patrol.errors import StateError
from patrol.workorders.history import replay
from patrol.workorders.values import Event
from runtime.workorders.rows import event_of, order_values
from runtime.workorders.statements import UPDATE_ORDER
from runtime.workorders.workflows import Versions, workflow_of

_AT_ONCE: Final = 1000

# One moment of the database: nobody acts between the rows and their events.
_BEGIN: Final = "set transaction isolation level repeatable read"

_ORDERS: Final = """
-- orders behind another one
select * from work_order
 where %(after)s::uuid is null or order_id > %(after)s
 order by order_id
 limit %(limit)s
"""

_EVENTS: Final = """
-- all that was done to some orders
select * from work_order_event
 where order_id = any(%(order_ids)s)
 order by order_id, revision
"""

_LOCK: Final = "select * from work_order where order_id = %(order_id)s for update"

Row = Mapping[str, Any]


class Difference(NamedTuple):
    """One column of an order that is not what its events make of it."""

    order_id: str
    column: str
    stored: str
    replayed: str


class Checked(NamedTuple):
    """How many orders and events were replayed, and all that differs."""

    orders: int
    events: int
    differences: list[Difference]


def check_orders(conn: psycopg.Connection) -> Checked:
    """Replay all orders in one snapshot; nothing is changed."""
    versions = Versions()
    orders = events = 0
    differences: list[Difference] = []
    with conn.transaction():
        conn.execute(_BEGIN)
        for rows, by_order in _batches(conn):
            orders += len(rows)
            events += sum(map(len, by_order.values()))
            for row in rows:
                found = by_order.get(row["order_id"], [])
                differences += compare(conn, versions, row=row, events=found)
    return Checked(orders, events, differences)


def rebuild_order(conn: psycopg.Connection, order_id: str) -> bool:
    """Make an order's row anew of its events; return whether it was another one.

    StateError where the events do not follow each other: no row can be made of them.
    """
    versions = Versions()
    with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_LOCK, {"order_id": order_id}).fetchone()
        if row is None:
            raise StateError(f"there is no order {order_id}")
        rows = cursor.execute(_EVENTS, {"order_ids": [row["order_id"]]}).fetchall()
        values = _replayed(conn, versions, [event_of(one) for one in rows])
        if not list(_differing(row, values)):
            return False
        cursor.execute(UPDATE_ORDER, values)
    return True


def compare(
    conn: psycopg.Connection, versions: Versions, *, row: Row, events: list[Event]
) -> list[Difference]:
    """Return in what an order's row is not what its events make of it."""
    order_id = str(row["order_id"])
    try:
        values = _replayed(conn, versions, events)
    except StateError as error:
        return [Difference(order_id, "events", f"revision {row['revision']}", str(error))]
    return [
        Difference(order_id, name, str(row[name]), str(value))
        for name, value in _differing(row, values)
    ]


def _replayed(conn: psycopg.Connection, versions: Versions, events: list[Event]) -> dict[str, Any]:
    order = replay(events)
    return order_values(workflow_of(conn, versions, order.workflow_version), order)


def _differing(row: Row, values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        stored = row[name]
        is_id = name in ("order_id", "merged_into", "split_from") and stored is not None
        if (str(stored) if is_id else stored) != value:
            yield name, value


def _batches(
    conn: psycopg.Connection,
) -> Iterator[tuple[list[dict[str, Any]], dict[object, list[Event]]]]:
    after = None
    with conn.cursor(row_factory=dict_row) as cursor:
        while rows := cursor.execute(_ORDERS, {"after": after, "limit": _AT_ONCE}).fetchall():
            after = rows[-1]["order_id"]
            by_order: dict[object, list[Event]] = defaultdict(list)
            for one in cursor.execute(_EVENTS, {"order_ids": [row["order_id"] for row in rows]}):
                by_order[one["order_id"]].append(event_of(one))
            yield rows, by_order
