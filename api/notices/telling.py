"""What somebody may be told of notices: with places or without, written down, while let in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials

from api.auth import TokenFile, bearer_token, token_digest
from api.identity.callers import AskingCaller
from api.identity.permissions import Permission
from api.live.statements import STILL_GOOD
from api.notices.shapes import Notice
from api.reading.accesses import Accesses, AskedAccesses
from api.views import Asking, Views
from patrol.errors import InputError

_NOWHERE = {"fix_epoch": None, "lat_deg": None, "lon_deg": None, "accuracy_m": None}


@dataclass(frozen=True, slots=True)
class Telling:
    """One request: what its token may see, and whether that would be let in now."""

    request: Request
    accesses: Accesses
    presented: str
    has_places: bool

    async def told(self, asking: Asking, notices: Sequence[Notice]) -> list[Notice]:
        """Return notices as they may be told; a place is written down before it leaves."""
        if not self.has_places:
            return [one.model_copy(update=_NOWHERE) for one in notices]
        placed = {
            one.worker_id
            for one in notices
            if one.worker_id is not None and one.fix_epoch is not None
        }
        if placed:
            await self.accesses.watch(asking, "notice", placed, grid_id=None)
        return list(notices)

    async def is_good(self, asking: Asking) -> bool:
        """Whether the token would be let in now."""
        if asking.is_file_token:
            tokens: TokenFile = self.request.app.state.tokens
            try:
                return tokens.name_of(self.presented) is not None
            except InputError:
                return False
        views: Views = self.request.app.state.views
        row = await views.row(STILL_GOOD, digests=[token_digest(self.presented)])
        return row is not None and bool(row["digests"])


async def _telling_of(
    request: Request,
    *,
    caller: AskingCaller,
    accesses: AskedAccesses,
    credentials: Annotated[HTTPAuthorizationCredentials, Security(bearer_token)],
) -> Telling:
    has_places = caller.may(Permission.READ_TRACKS)
    return Telling(request, accesses, credentials.credentials, has_places)


AskedTelling = Annotated[Telling, Depends(_telling_of)]
