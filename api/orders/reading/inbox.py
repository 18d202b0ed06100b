"""What waits for whoever asks: found post by post, the first due first, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from api.orders import statements
from api.orders.bodies import InboxQuery
from api.orders.parties import HEIGHTS
from api.orders.reading.listing import (
    FEW_GRIDS,
    Branch,
    filters_of,
    grids_within,
    read_orders,
    read_reach,
)
from api.orders.reading.paging import make_cursor, read_cursor
from api.orders.shapes import Inbox, StepCount, Waiting
from api.views import Snapshot
from runtime.clock import utc_now

# So many are counted; whoever has more than that to do is not helped by the number.
_COUNTED: Final = 500
# Who holds what waits below the levels of areas.
_BELOW: Final = ("grid", "reporter")
_SUPERVISING: Final = "area_supervisor"

Row = Mapping[str, Any]


class Post(NamedTuple):
    """Holders for whom orders wait in some grids; without grids, in all and in none."""

    holders: Sequence[str]
    grids: Sequence[str] | None


async def read_inbox(snapshot: Snapshot, query: InboxQuery) -> Inbox:
    """Return a page of what waits for whoever asks, with the first one how much that is."""
    place = read_cursor(query.cursor)
    is_first = query.cursor is None
    values = filters_of(query) | {
        "after_key": place.at,
        "after_id": place.order_id,
        "limit": max(query.limit, _COUNTED if is_first else 0) + 1,
    }
    reach = await read_reach(snapshot)
    within = await grids_within(snapshot, query)
    posts = _posts(reach, is_below=query.below)
    found: dict[object, Row] = {}
    for sql, more in chain(_of_posts(posts, within), _of_others(reach, within)):
        rows = await snapshot.found(sql, **values, **more)
        found.update((one["order_id"], one) for one in rows)
    waiting = sorted(found.values(), key=lambda one: (one["due_key"], one["order_id"]))
    page = waiting[: query.limit]
    is_more = len(waiting) > query.limit
    return Inbox(
        waiting=_count(waiting) if is_first else None,
        orders=await read_orders(snapshot, [one["order_id"] for one in page]),
        next_cursor=make_cursor(page[-1]["due_key"], page[-1]["order_id"]) if is_more else None,
    )


def _posts(reach: Row, *, is_below: bool) -> Iterable[Post]:
    yield Post(("grid",), [*reach["work_grids"], *reach["own_grids"]])
    yield Post(("reporter",), reach["duty_grids"])
    more = _BELOW if is_below else ()
    if reach["supervises_all"]:
        yield Post((*HEIGHTS, *more), None)
    for post in reach["posts"]:
        if post["role"] == _SUPERVISING:
            lowest, highest = 0 if is_below else post["height"], HEIGHTS[post["kind"]]
            holders = [one for one, height in HEIGHTS.items() if lowest < height <= highest]
            yield Post((*holders, *more), post["grids"])


def _of_posts(posts: Iterable[Post], within: list[str] | None) -> Iterable[Branch]:
    """Yield what finds orders by the grids in which they are."""
    pairs: set[tuple[str, str]] = set()
    for post in posts:
        grids = post.grids if within is None else _both(post.grids, within)
        if grids is None or len(grids) > FEW_GRIDS:
            more = {"holders": list(post.holders), "grids": grids}
            yield statements.WAITING_IN_MANY, more
        else:
            pairs.update((holder, grid) for holder in post.holders for grid in grids)
    if pairs:
        holders, few = zip(*sorted(pairs), strict=True)
        yield statements.WAITING_IN_FEW, {"holders": list(holders), "grids": list(few)}


def _of_others(reach: Row, within: list[str] | None) -> Iterable[Branch]:
    """Yield what finds orders by whose they are."""
    if reach["departments"]:
        more = {"departments": reach["departments"], "within": within}
        yield statements.WAITING_FOR_DEPARTMENTS, more
    if reach["worker_id"] is not None:
        more = {"worker_id": reach["worker_id"], "within": within}
        yield statements.WAITING_FOR_WORKER, more
    if reach["account_id"]:
        more = {"account_id": reach["account_id"], "within": within}
        yield statements.WAITING_FOR_ACCOUNT, more


def _both(grids: Sequence[str] | None, within: list[str]) -> list[str]:
    return within if grids is None else sorted(set(grids).intersection(within))


def _count(waiting: Sequence[Row]) -> Waiting:
    counted = waiting[:_COUNTED]
    now = utc_now()
    steps = Counter(one["step"] for one in counted)
    timings = Counter(_timing(one, one["paused_at"] or now) for one in counted)
    return Waiting(
        orders=len(counted),
        overdue=timings["overdue"],
        due_soon=timings["due_soon"],
        paused=sum(one["paused_at"] is not None for one in counted),
        is_all=len(waiting) <= _COUNTED,
        steps=[StepCount(step=step, orders=number) for step, number in sorted(steps.items())],
    )


def _timing(row: Row, at: Any) -> str:  # noqa: ANN401 - a moment, for comparing
    if row["due_at"] is not None and row["due_at"] <= at:
        return "overdue"
    is_soon = row["due_soon_at"] is not None and row["due_soon_at"] <= at
    return "due_soon" if is_soon else "in_time"
