"""Server-sent events of orders: what was done to those that whoever asks may read."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from pydantic import Field

from api.notices.stream import Watch
from api.notices.telling import Telling
from api.orders.shapes import CATEGORY, DUE, ORDER_ID, STEP, TIME, Severity, StepKind
from api.shapes import Shape
from api.views import Asking, Views

_HEARTBEAT_S: Final = 15.0
# Then the client comes again, and shows a token that is still good.
_LIFE_S: Final = 900.0
_MOST: Final = 500
# So many numbers back is looked for those that come late.
_LATE: Final = 200

_NEWEST: Final = """
-- the last number given, for streams that wait for the next
select coalesce(max(event_id), 0) as newest from v1_work_order_event
"""

_EVENTS: Final = """
-- what was done to orders that whoever asks may read
select e.event_id, e.order_id::text as order_id, e.revision, e.at, e.kind, e.act, e.from_step,
       e.step, e.step_kind, e.category, e.severity, e.grid_id, e.department_id, e.due_at, e.tells
  from v1_work_order_event e
 where e.event_id > %(after)s
   and e.order_id in (select order_id from v1_my_order)
 order by e.event_id
 limit %(limit)s
"""


class OrderNews(Shape):
    """Something that was done to an order; what follows `step` held afterwards."""

    event_id: int = Field(description="counted up", examples=[1204])
    order_id: str = Field(examples=ORDER_ID)
    revision: int = Field(examples=[2])
    at: datetime = Field(examples=TIME)
    kind: str = Field(examples=["climb"])
    act: str = Field(examples=["climb"])
    from_step: str | None = Field(examples=STEP)
    step: str = Field(examples=["community"])
    step_kind: StepKind = Field(examples=["handle"])
    category: str = Field(examples=CATEGORY)
    severity: Severity = Field(examples=["normal"])
    grid_id: str | None = Field(examples=["G03"])
    department_id: str | None = Field(examples=[None])
    due_at: datetime | None = Field(examples=DUE)
    tells: str | None = Field(description="the level that an escalation tells", examples=[None])


def watch_orders(views: Views) -> Watch:
    """Return what looks for anything done to orders, as long as somebody waits for it."""
    return Watch(views, _NEWEST)


async def stream(
    watch: Watch, asking: Asking, *, telling: Telling, after: int | None
) -> AsyncIterator[bytes]:
    """Yield what is done to orders that `asking` may read behind `after`, as it comes.

    None: from now on. It ends when its token would no longer be let in.
    """
    until_s = time.monotonic() + _LIFE_S
    if after is None:
        row = await watch.views.row(_NEWEST)
        after = 0 if row is None else int(row["newest"])
    heard, told = after, set[int]()
    yield b"retry: 2000\n\n"
    while time.monotonic() < until_s and await telling.is_good(asking):
        if not await watch.wait(heard, within_s=_HEARTBEAT_S):
            yield b": still here\n\n"
            continue
        # A lower number may be committed after a greater one.
        begin, heard = max(after, heard - _LATE), watch.newest
        async for news in _read(watch, asking, begin):
            if news.event_id not in told:
                yield event_of(news)
            told.add(news.event_id)
        told = {one for one in told if one > heard - 2 * _LATE}


async def _read(watch: Watch, asking: Asking, after: int) -> AsyncIterator[OrderNews]:
    while True:
        async with watch.views.snapshot(asking) as snapshot:
            found = await snapshot.rows(OrderNews, _EVENTS, after=after, limit=_MOST)
        for one in found:
            yield one
        if len(found) < _MOST:
            return
        after = found[-1].event_id


def event_of(news: OrderNews) -> bytes:
    """Return what was done as a server-sent event (WHATWG HTML, 9.2.6)."""
    return f"id: {news.event_id}\nevent: {news.kind}\ndata: {news.model_dump_json()}\n\n".encode()
