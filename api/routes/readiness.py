"""Whether questions can be answered now: the only route without a token."""

from fastapi import APIRouter, Request, Response

from api.auth import TokenFile
from api.documentation import JSON, Answers, example_of, refusals
from api.problems import INVALID_REQUEST, RETRY_AFTER_S
from api.routes.parameters import ParametersKnown
from api.shapes import Readiness
from api.views import AskedViews
from patrol.errors import InputError

router = APIRouter(prefix="/v1", dependencies=[ParametersKnown], tags=["readiness"])

_DEGRADED = {"status": "degraded", "database": "down"}
_ANSWERS: Answers = {
    **refusals(INVALID_REQUEST),
    200: {"content": {JSON: {"example": example_of(Readiness)}}},
    503: {
        "model": Readiness,
        "description": "Not now",
        "content": {JSON: {"example": example_of(Readiness) | _DEGRADED}},
    },
}


@router.get("/health", responses=_ANSWERS, summary="Whether questions can be answered now")
async def get_readiness(request: Request, response: Response, views: AskedViews) -> Readiness:
    """Answer 200 while every question can be answered, and 503 otherwise. Needs no token."""
    database = await views.state()
    tokens = _are_usable(request.app.state.tokens)
    is_ok = database == "up" and tokens
    if not is_ok:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return Readiness(
        status="ok" if is_ok else "degraded",
        database=database,
        tokens="usable" if tokens else "unusable",
        version=request.app.version,
    )


def _are_usable(tokens: TokenFile) -> bool:
    try:
        tokens.read()
    except InputError:
        return False
    return True
