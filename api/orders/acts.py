"""Orders moved on: opened, acted on one by one or many at once, split and merged."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Response

from api.documentation import answers
from api.identity.callers import CallerKnown, HandlesOrders
from api.orders.bodies import (
    ActGiven,
    ActsGiven,
    MergeGiven,
    OneOfMany,
    OpenGiven,
    OrderId,
    SplitGiven,
)
from api.orders.doing import acting
from api.orders.doing.acting import Desk, problem_of
from api.orders.doing.opening import open_by_hand
from api.orders.problems import ILLEGAL_ACT, UNKNOWN_ORDER
from api.orders.reading.whole import Telling, read_whole
from api.orders.shapes import AllDone, Done, OrderWhole
from api.orders.workflows import AskedWorkflows, Workflows
from api.problems import (
    ALREADY_THERE,
    CHANGED_MEANWHILE,
    NOT_PERMITTED,
    ProblemError,
    invalid_parameter,
)
from api.routes.language import AskedLanguage
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking, Views

router = APIRouter(
    prefix="/v1/orders", dependencies=[CallerKnown, ParametersKnown], tags=["orders"]
)

_ACTED = answers(OrderWhole, NOT_PERMITTED, UNKNOWN_ORDER, CHANGED_MEANWHILE, ILLEGAL_ACT)
_TAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,9})"')
AskedOrder = Annotated[OrderId, Path()]
IfMatch = Annotated[
    str | None, Header(max_length=100, description="ETag of the order that you have read")
]


@router.post(
    "", responses=answers(OrderWhole, NOT_PERMITTED, ALREADY_THERE), summary="Open an order"
)
async def open_order(  # noqa: PLR0913 - the parameters of the request
    body: OpenGiven,
    *,
    views: AskedViews,
    workflows: AskedWorkflows,
    asking: HandlesOrders,
    language: AskedLanguage,
    response: Response,
) -> OrderWhole:
    """Open an order in one of your grids without a report: for supervisors.

    Whoever gives the same `order_id` again is answered with what it opened.
    """
    async with views.change(asking) as change:
        order_id = await open_by_hand(Desk(change, workflows, asking), body)
        whole = await read_whole(Telling(change, workflows, asking, language), order_id)
    return _tagged(response, whole)


@router.post("/acts", responses=answers(AllDone, NOT_PERMITTED), summary="Act on many orders")
async def act_on_many(
    body: ActsGiven, *, views: AskedViews, workflows: AskedWorkflows, asking: HandlesOrders
) -> AllDone:
    """Do something to up to 200 orders, one after the other, each for itself.

    The answer is 200 whatever became of them: `status` of each says how it would have been
    answered alone.
    """
    return AllDone(acts=[await _do(views, workflows, asking=asking, one=one) for one in body.acts])


@router.post("/merge", responses=_ACTED, summary="Merge orders")
async def merge_orders(  # noqa: PLR0913 - the parameters of the request
    body: MergeGiven,
    *,
    views: AskedViews,
    workflows: AskedWorkflows,
    asking: HandlesOrders,
    language: AskedLanguage,
    response: Response,
) -> OrderWhole:
    """Make orders about one matter part of another one: all of them, or none.

    They end, and their reports are shown with the one that goes on, which is answered.
    """
    async with views.change(asking) as change:
        await acting.merge_all(Desk(change, workflows, asking), body)
        whole = await read_whole(Telling(change, workflows, asking, language), body.into)
    return _tagged(response, whole)


@router.post("/{order_id}/acts", responses=_ACTED, summary="Act on an order")
async def act_on_order(  # noqa: PLR0913 - the parameters of the request
    order_id: AskedOrder,
    body: ActGiven,
    *,
    views: AskedViews,
    workflows: AskedWorkflows,
    asking: HandlesOrders,
    language: AskedLanguage,
    response: Response,
    if_match: IfMatch = None,
) -> OrderWhole:
    """Do one of its legal acts to an order, as you have read it: give `revision` or `If-Match`.

    Of two who act at once, one does and the other is told 409. What is not legal is 409, too,
    with what would be. A position says only how far from the matter you were.
    """
    given = body.model_copy(update={"revision": _revision(body.revision, if_match)})
    async with views.change(asking) as change:
        await acting.act_on(Desk(change, workflows, asking), order_id, given)
        whole = await read_whole(Telling(change, workflows, asking, language), order_id)
    return _tagged(response, whole)


@router.post("/{order_id}/split", responses=_ACTED, summary="Split an order")
async def split_order(  # noqa: PLR0913 - the parameters of the request
    order_id: AskedOrder,
    body: SplitGiven,
    *,
    views: AskedViews,
    workflows: AskedWorkflows,
    asking: HandlesOrders,
    language: AskedLanguage,
    response: Response,
    if_match: IfMatch = None,
) -> OrderWhole:
    """Make an order of its own of what is another matter; the new one is answered.

    It stands in the same step, with limits of its own, and shows the same reports.
    """
    given = body.model_copy(update={"revision": _revision(body.revision, if_match)})
    async with views.change(asking) as change:
        taken = await acting.split(Desk(change, workflows, asking), order_id, given)
        part_id = order_id if taken.part is None else taken.part.order.order_id
        whole = await read_whole(Telling(change, workflows, asking, language), part_id)
    return _tagged(response, whole)


async def _do(views: Views, workflows: Workflows, *, asking: Asking, one: OneOfMany) -> Done:
    try:
        async with views.change(asking) as change:
            taken = await acting.act_on(Desk(change, workflows, asking), one.order_id, one)
    except ProblemError as error:
        return Done(order_id=one.order_id, step=None, **problem_of(error))
    return Done(
        order_id=one.order_id,
        status=200,
        revision=taken.order.revision,
        step=taken.order.step,
        type=None,
        detail=None,
        legal=[],
    )


def _revision(given: int | None, if_match: str | None) -> int | None:
    if if_match is None:
        return given
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise invalid_parameter("If-Match", "give the ETag of the order", place="header")
    revision = int(found[1])
    if given not in (None, revision):
        raise invalid_parameter("revision", "is another one than If-Match", place="body")
    return revision


def _tagged(response: Response, whole: OrderWhole) -> OrderWhole:
    response.headers["ETag"] = f'"{whole.revision}"'
    return whole
