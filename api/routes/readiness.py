"""Whether questions can be answered now: the only route without a token."""

import sys
from collections.abc import Iterator
from typing import LiteralString

from fastapi import APIRouter, Request, Response

from api.auth import TokenFile
from api.documentation import JSON, Answers, example_of, refusals
from api.problems import INVALID_REQUEST, RETRY_AFTER_S
from api.routes.parameters import ParametersKnown
from api.shapes import Readiness
from api.views import State, Views
from patrol.errors import InputError

router = APIRouter(prefix="/v1", dependencies=[ParametersKnown], tags=["readiness"])

# SQL has its purpose in the first line.
_PURPOSE = "-- "
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


class Lookout:
    """Whether the database has all that is ever asked of it.

    Questions about worker-days are looked at each time; what else the code asks and changes, until
    all of it is there once.
    """

    def __init__(self, views: Views) -> None:
        self._views = views
        self._is_whole = False

    async def state(self) -> State:
        """Return whether everything can be answered and done now."""
        if self._is_whole:
            return await self._views.state()
        state = await self._views.state(every_statement())
        self._is_whole = state == "up"
        return state


def every_statement() -> Iterator[LiteralString]:
    """Yield the statements of all modules of this process, by the names that they have there."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("api."):
            for one in tuple(vars(module).values()):
                several = one.values() if isinstance(one, dict) else (one,)
                yield from (sql for sql in several if _is_statement(sql))


def _is_statement(one: object) -> bool:
    return isinstance(one, str) and one.startswith("\n" + _PURPOSE)


@router.get("/health", responses=_ANSWERS, summary="Whether questions can be answered now")
async def get_readiness(request: Request, response: Response) -> Readiness:
    """Answer 200 while every question can be answered, and 503 otherwise. Needs no token."""
    lookout: Lookout = request.app.state.lookout
    database = await lookout.state()
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
