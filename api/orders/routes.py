"""Orders read: lists, the inbox, one whole, what may be the same matter, and what happens."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.documentation import answers, refusals
from api.exports.workbook import XLSX
from api.identity.callers import CallerKnown, ReadsOrders
from api.identity.permissions import Role
from api.notices.stream import Watch
from api.notices.telling import AskedTelling
from api.orders.bodies import InboxQuery, OrderId, OrdersQuery
from api.orders.problems import UNKNOWN_ORDER
from api.orders.reading.duplicates import read_duplicates
from api.orders.reading.inbox import read_inbox
from api.orders.reading.listing import list_orders
from api.orders.reading.sheet import sheet_of
from api.orders.reading.whole import Telling, read_whole
from api.orders.shapes import Duplicates, Inbox, Order, OrdersPage, OrderWhole
from api.orders.stream import stream
from api.orders.workflows import AskedWorkflows
from api.problems import FAILED, INVALID_REQUEST, NOT_PERMITTED, TOKEN_REQUIRED, UNAVAILABLE
from api.reading.accesses import Accesses, AskedAccesses, Reading
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking

router = APIRouter(
    prefix="/v1/orders", dependencies=[CallerKnown, ParametersKnown], tags=["orders"]
)

_EVENTS = "text/event-stream"
_REFUSED = refusals(TOKEN_REQUIRED, NOT_PERMITTED, INVALID_REQUEST, FAILED, UNAVAILABLE)
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events named by what was done; data is an OrderNews, id its number",
        "content": {_EVENTS: {"schema": {"type": "string"}}},
    },
    **_REFUSED,
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
    },
    **_REFUSED,
}
AskedOrder = Annotated[OrderId, Path()]


@router.get("", responses=answers(OrdersPage, NOT_PERMITTED), summary="Orders")
async def get_orders(
    query: Annotated[OrdersQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsOrders,
    accesses: AskedAccesses,
) -> OrdersPage:
    """List orders that whoever asks may read, the newest first.

    With `next_cursor` as `cursor`, and the rest of the question as before, the next page
    follows; orders that are opened meanwhile neither repeat nor hide one.
    """
    async with views.snapshot(asking) as snapshot:
        page = await list_orders(snapshot, query)
    orders = await _told(accesses, asking, page.orders)
    return page.model_copy(update={"orders": orders})


@router.get("/inbox", responses=answers(Inbox, NOT_PERMITTED), summary="What waits for you")
async def get_inbox(
    query: Annotated[InboxQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsOrders,
    accesses: AskedAccesses,
) -> Inbox:
    """List open orders whose step is held by whoever asks, the first due first.

    Workers have what waits in their grids, and what they are to verify; supervisors what waits
    at the level of their own areas; departments what is dispatched to them.
    """
    async with views.snapshot(asking) as snapshot:
        page = await read_inbox(snapshot, query)
    orders = await _told(accesses, asking, page.orders)
    return page.model_copy(update={"orders": orders})


@router.get("/list.xlsx", responses=_FILE, response_class=Response, summary="Orders as XLSX")
async def get_sheet(
    query: Annotated[OrdersQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsOrders,
    accesses: AskedAccesses,
) -> Response:
    """Return a page of orders as a workbook; `Link` with `rel="next"` leads to the next one."""
    async with views.snapshot(asking) as snapshot:
        page = await list_orders(snapshot, query)
    orders = await _told(accesses, asking, page.orders)
    body = await run_in_threadpool(sheet_of, orders)
    headers = {"Content-Disposition": 'attachment; filename="orders.xlsx"'}
    if page.next_cursor is not None:
        headers["Link"] = f'</v1/orders/list.xlsx?cursor={page.next_cursor}>; rel="next"'
    return Response(body, media_type=XLSX, headers=headers)


@router.get("/live", responses=_STREAMED, response_class=StreamingResponse, summary="Live")
async def follow_orders(
    request: Request,
    asking: ReadsOrders,
    *,
    telling: AskedTelling,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**63 - 1, description="go on behind this one")
    ] = None,
) -> StreamingResponse:
    """Stream what is done to orders; with `Last-Event-ID` from behind that one, else from now.

    It ends after a quarter of an hour; browsers come again by themselves.
    """
    watch: Watch = request.app.state.order_watch
    return StreamingResponse(
        stream(watch, asking, telling=telling, after=last_event_id), media_type=_EVENTS
    )


@router.get(
    "/{order_id}", responses=answers(OrderWhole, NOT_PERMITTED, UNKNOWN_ORDER), summary="An order"
)
async def get_order(  # noqa: PLR0913 - the parameters of the request
    order_id: AskedOrder,
    *,
    views: AskedViews,
    workflows: AskedWorkflows,
    asking: ReadsOrders,
    accesses: AskedAccesses,
    language: AskedLanguage,
    response: Response,
) -> OrderWhole:
    """Return an order: how far it is, what you may do to it, its reports, and its history.

    `ETag` is its revision, for `If-Match` of an act.
    """
    async with views.snapshot(asking) as snapshot:
        whole = await read_whole(Telling(snapshot, workflows, asking, language), order_id)
    if whole.reporter_worker is not None and whole.reporter_worker != asking.worker_id:
        reading = Reading(what="order", worker_id=whole.reporter_worker, grid_id=whole.grid_id)
        await accesses.record(asking, reading)
    response.headers["ETag"] = f'"{whole.revision}"'
    return whole


@router.get(
    "/{order_id}/duplicates",
    responses=answers(Duplicates, NOT_PERMITTED, UNKNOWN_ORDER),
    summary="What may be the same matter",
)
async def get_duplicates(
    order_id: AskedOrder, *, views: AskedViews, workflows: AskedWorkflows, asking: ReadsOrders
) -> Duplicates:
    """List open orders of its category that are near in place and time, the nearest first."""
    async with views.snapshot(asking) as snapshot:
        found = await read_duplicates(snapshot, asking, workflows=workflows, order_id=order_id)
    return Duplicates(duplicates=found)


async def _told(accesses: Accesses, asking: Asking, orders: Iterable[Order]) -> list[Order]:
    """Return orders as they may be told; of whom, is written down before."""
    if set(asking.roles) == {Role.DEPARTMENT}:
        nobody = {"reporter_account": None, "reporter_worker": None}
        return [one.model_copy(update=nobody) for one in orders]
    told = list(orders)
    whose = {one.reporter_worker for one in told if one.reporter_worker is not None}
    if others := whose - {asking.worker_id or ""}:
        await accesses.watch(asking, "order", others, grid_id=None)
    return told
