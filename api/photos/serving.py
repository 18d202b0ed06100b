"""The way out for photos: those of orders and of reports, whole and small."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from api import problems
from api.documentation import Answers, refusals
from api.identity.callers import CallerKnown
from api.photos.problems import PHOTO_NOT_SHOWN, PHOTO_NOT_THERE
from api.photos.statements import OF_ORDER, OF_REPORT
from api.photos.window import ENDINGS, Looking, looking
from api.routes.parameters import ParametersKnown

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["photos"])


def _answers() -> Answers:
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in ENDINGS}
    given: Answers = {
        int(HTTPStatus.OK): {"description": "The picture", "content": content},
        int(HTTPStatus.NOT_MODIFIED): {"description": "It is as it was"},
    }
    return given | refusals(
        problems.TOKEN_REQUIRED,
        problems.NOT_PERMITTED,
        problems.UNKNOWN_PHOTO,
        PHOTO_NOT_THERE,
        PHOTO_NOT_SHOWN,
        problems.INVALID_REQUEST,
        problems.TOO_MANY_REQUESTS,
        problems.FAILED,
        problems.UNAVAILABLE,
    )


_ANSWERS: Final = _answers()
_Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_Looking = Annotated[Looking, Depends(looking)]


@router.get(
    "/orders/{order_id}/photos/{sha256}",
    response_class=Response,
    responses=_ANSWERS,
    summary="A photo of an order",
)
async def get_order_photo(order_id: UUID, sha256: _Sha256, *, looking: _Looking) -> Response:
    """Give a photo of the order's reports or acts, without what its camera wrote beside it.

    An order has those of the orders that were merged into it, and of that of which it was split
    off. That it was looked at stands in the access log of the worker who took it.
    """
    return await looking.photo(OF_ORDER, sha256, order_id=order_id)


@router.get(
    "/orders/{order_id}/photos/{sha256}/thumbnail",
    response_class=Response,
    responses=_ANSWERS,
    summary="A small picture of a photo of an order",
)
async def get_order_thumbnail(order_id: UUID, sha256: _Sha256, *, looking: _Looking) -> Response:
    """Give a JPEG of at most 320 pixels a side; the access log tells of it by the hour."""
    return await looking.thumbnail(OF_ORDER, sha256, order_id=order_id)


@router.get(
    "/reports/{report_id}/photos/{sha256}",
    response_class=Response,
    responses=_ANSWERS,
    summary="A photo of a report",
)
async def get_report_photo(report_id: UUID, sha256: _Sha256, *, looking: _Looking) -> Response:
    """Give a photo that the report announced, without what its camera wrote beside it."""
    return await looking.photo(OF_REPORT, sha256, report_id=report_id)


@router.get(
    "/reports/{report_id}/photos/{sha256}/thumbnail",
    response_class=Response,
    responses=_ANSWERS,
    summary="A small picture of a photo of a report",
)
async def get_report_thumbnail(report_id: UUID, sha256: _Sha256, *, looking: _Looking) -> Response:
    """Give a JPEG of at most 320 pixels a side; the access log tells of it by the hour."""
    return await looking.thumbnail(OF_REPORT, sha256, report_id=report_id)
