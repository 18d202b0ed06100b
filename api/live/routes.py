"""The stream of who on duty is where now."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, Field

from api.auth import TokenFile, bearer_token, token_digest
from api.documentation import Answers, refusals
from api.identity.callers import CallerKnown, ReadsTracks
from api.live.hub import Hub
from api.live.stream import Listener, PatientResponse, stream
from api.problems import (
    FAILED,
    INVALID_REQUEST,
    NOT_PERMITTED,
    TOKEN_REQUIRED,
    UNAVAILABLE,
    invalid_parameter,
)
from api.reading.accesses import AskedAccesses
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews
from patrol.errors import InputError

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["positions"])

_EXAMPLE = """event: snapshot
id: 5f0e77aa.9c3b1f6e20d4.1
data: {"positions":[{"terminal_id":"T07","worker_id":"W07","worker_name":"Li Na","grid_id":"G3"}]}

event: gone
id: 5f0e77aa.9c3b1f6e20d4.2
data: {"positions":[{"worker_id":"W07","terminal_id":"T07","grid_id":"G3"}]}
"""
_STREAMED: Answers = refusals(
    TOKEN_REQUIRED, NOT_PERMITTED, INVALID_REQUEST, FAILED, UNAVAILABLE
) | {
    200: {
        "description": "Server-sent events: snapshot, changed, gone, end",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


class LiveQuery(BaseModel):
    """Whose positions are followed."""

    grid_id: Id | None = Field(None, description="only those on duty in this grid")


@router.get(
    "/live", responses=_STREAMED, response_class=PatientResponse, summary="Who is where, live"
)
async def follow(  # noqa: PLR0913 - the parameters of the request
    request: Request,
    query: Annotated[LiveQuery, Query()],
    *,
    views: AskedViews,
    asking: ReadsTracks,
    accesses: AskedAccesses,
    credentials: Annotated[HTTPAuthorizationCredentials, Security(bearer_token)],
    last_event_id: Annotated[
        str, Header(max_length=100, description="id of the last event that you have")
    ] = "",
) -> Response:
    """Follow the positions of those on duty now, as server-sent events.

    `snapshot` is all there is and replaces what came before; `changed` has positions that are new
    or moved; `gone` names those who are no longer on duty or no longer yours; `end` says why the
    stream ends. What changes within a second comes at once. With `Last-Event-ID` the stream goes
    on where it was cut off, for two minutes.
    """
    await accesses.check_purpose(asking)
    if query.grid_id is not None:
        async with views.snapshot(asking) as snapshot:
            if not await snapshot.has_grid(query.grid_id):
                raise invalid_parameter("grid_id", "no grid has this id; /v1/grids lists them")
    hub: Hub = request.app.state.live
    presented = credentials.credentials
    digest = None if asking.is_file_token else token_digest(presented)
    listener = Listener(
        asking=asking,
        grid_id=query.grid_id,
        is_good=partial(_is_good, request, presented, digest),
        digest=digest,
        last_id=last_event_id,
    )
    return PatientResponse(stream(hub, accesses, listener))


def _is_good(request: Request, presented: str, digest: bytes | None) -> bool:
    """Whether the token that began a stream would be let in now."""
    if digest is not None:
        hub: Hub = request.app.state.live
        return hub.is_good(digest)
    tokens: TokenFile = request.app.state.tokens
    try:
        return tokens.name_of(presented) is not None
    except InputError:
        return False
