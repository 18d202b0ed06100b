"""Which orders a page has: of all that whoever asks may read, the newest first."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, LiteralString

from api.orders import statements
from api.orders.bodies import OrdersQuery, Wanted
from api.orders.reading.paging import make_cursor, read_cursor
from api.orders.shapes import Order, OrdersPage
from api.views import Snapshot

# Up to so many grids are looked at one by one; in more of them, an order is soon found.
FEW_GRIDS: Final = 200
_FILTERS: Final = (
    *("step", "level", "category", "severity"),
    *("department_id", "overdue", "due_before"),
)


async def list_orders(snapshot: Snapshot, query: OrdersQuery) -> OrdersPage:
    """Return a page of what whoever asks may read and has asked for."""
    place = read_cursor(query.cursor)
    values = filters_of(query) | {
        "after_at": place.at,
        "after_id": place.order_id,
        "limit": query.limit + 1,
        "is_open": _is_open(query),
        "opened_from": query.opened_from,
        "opened_before": query.opened_before,
    }
    reach = await read_reach(snapshot)
    within = await grids_within(snapshot, query)
    rows = []
    for sql, more in _branches(query, reach, within):
        rows += await snapshot.found(sql, **values, **more)
    # One order may be found in more than one way.
    newest = sorted({(one["opened_at"], one["order_id"]) for one in rows}, reverse=True)
    page = newest[: query.limit]
    cursor = make_cursor(*page[-1]) if len(newest) > query.limit else None
    orders = await read_orders(snapshot, [order_id for _, order_id in page])
    return OrdersPage(orders=orders, next_cursor=cursor)


async def read_orders(snapshot: Snapshot, order_ids: Sequence[object]) -> list[Order]:
    """Return orders in the order of their ids here; it is known that they may be read."""
    found = await snapshot.found(statements.ORDERS, order_ids=list(map(str, order_ids)))
    by_id = {one["order_id"]: order_from(one) for one in found}
    return [by_id[one] for one in order_ids if one in by_id]


def order_from(row: Mapping[str, Any]) -> Order:
    """Return what is told of a row of v1_work_order."""
    return Order(**fields_from(row))


def fields_from(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of what is told of a row of v1_work_order."""
    ids = ("order_id", "merged_into", "split_from")
    values = {name: row[name] for name in Order.model_fields}
    return values | {name: None if row[name] is None else str(row[name]) for name in ids}


def filters_of(query: Wanted) -> dict[str, Any]:
    """Return the values of what lists and inboxes can be narrowed by."""
    return {name: getattr(query, name) for name in _FILTERS}


async def read_reach(snapshot: Snapshot) -> Mapping[str, Any]:
    """Return which orders whoever asks may read, and which wait for them."""
    reach = await snapshot.row(statements.REACH)
    assert reach is not None  # noqa: S101 - it has one row always, for mypy
    return reach


async def grids_within(snapshot: Snapshot, query: Wanted) -> list[str] | None:
    """Return the grids that were asked for; None: any, and those whose grid is not known."""
    asked = None if query.grid_id is None else [query.grid_id]
    if query.area_id is None:
        return asked
    row = await snapshot.row(statements.AREA_GRIDS, area_id=query.area_id)
    grids: list[str] = [] if row is None else row["grids"]
    return grids if asked is None else [one for one in asked if one in grids]


Branch = tuple[LiteralString, dict[str, Any]]


def _is_open(query: OrdersQuery) -> bool | None:
    """Return whether only open orders can be meant: there are few of them, told apart by an index."""
    if query.state is not None:
        return query.state == "open"
    return True if query.overdue or query.level is not None else None


def _branches(
    query: OrdersQuery, reach: Mapping[str, Any], within: list[str] | None
) -> Iterable[Branch]:
    """Yield the ways in which orders may be read: statements and their values."""
    if not query.mine:
        yield from _of_grids(query, reach, within)
    if reach["worker_id"] is not None:
        more = {"worker_id": reach["worker_id"], "within": within}
        yield statements.LIST_OF_REPORTER, more
    if reach["account_id"]:
        yield statements.LIST_OF_ACCOUNT, {"account_id": reach["account_id"], "within": within}
    if reach["departments"] and not query.mine:
        more = {"departments": reach["departments"], "within": within}
        yield statements.LIST_OF_DEPARTMENTS, more


def _of_grids(
    query: OrdersQuery, reach: Mapping[str, Any], within: list[str] | None
) -> Iterable[Branch]:
    if reach["sees_all"] and within is None:
        yield statements.LIST_ALL, {}
        return
    if reach["sees_all"] and within is not None:
        mine = set(within)
    else:
        mine = {*reach["own_grids"], *reach["work_grids"]}
        mine.update(chain.from_iterable(one["grids"] for one in reach["posts"]))
    grids = sorted(mine if within is None else mine.intersection(within))
    if grids and query.department_id is not None:
        # A department has few of them in any grid.
        more = {"departments": [query.department_id], "within": grids}
        yield statements.LIST_OF_DEPARTMENTS, more
    elif grids:
        is_few = len(grids) <= FEW_GRIDS
        yield statements.LIST_OF_FEW if is_few else statements.LIST_OF_MANY, {"grids": grids}
