"""Sign in through a provider of OpenID Connect.

The one cookie of this API is here: it holds the browser to the sign-in that it has begun, so
that nobody is signed in by the link of somebody else. It opens nothing.
"""

import secrets
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api import problems
from api.auth import token_digest
from api.documentation import answers, refusals
from api.identity import bearers, limits
from api.identity.bearers import Opened
from api.identity.changes import record_change
from api.identity.gate import SIGNING_IN, AskedGate, Gate, Stranger
from api.identity.provider import Begun, Provider, Vouched, refused
from api.identity.shapes import Session
from api.problems import ProblemError
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking, Change

log = structlog.get_logger()

router = APIRouter(prefix="/v1/oidc", tags=["identity"])

_COOKIE: Final = "patrol_oidc"
_PATH: Final = "/v1/oidc"
_PATIENCE_S: Final = 600
_BYTES: Final = 32

_BEGIN: Final = """
-- a sign-in that begins
insert into oidc_request (state, browser, nonce, verifier, expires_at)
values (%(state)s, %(browser)s, %(nonce)s, %(verifier)s, now() + make_interval(secs => %(life_s)s))
"""

_TAKE: Final = """
-- a sign-in that comes back, once, whichever browser brings it
delete from oidc_request
 where state = %(state)s
returning browser = %(browser)s and expires_at > now() as is_own, nonce, verifier
"""

_LINKED: Final = """
-- the account of a subject
select account_id
  from account
 where subject = %(subject)s and is_active
   for update
"""

_LINK: Final = """
-- an account that has no subject yet and is named like a verified address
update account
   set subject = %(subject)s, revision = revision + 1
 where account_id = %(email)s and subject is null and is_active
returning account_id
"""


class CallbackQuery(BaseModel):
    """What the provider sends back; it may send more than is read."""

    model_config = ConfigDict(extra="ignore")

    state: str = Field("", max_length=200, description="as it was sent")
    code: str = Field("", max_length=4096, description="stands for the sign-in")
    error: str = Field("", max_length=200, description="why there is no code")
    iss: str | None = Field(None, max_length=500, description="the provider's own address")


@router.get(
    "/login",
    status_code=HTTPStatus.FOUND,
    response_class=RedirectResponse,
    dependencies=[ParametersKnown],
    responses=refusals(
        problems.NO_PROVIDER,
        problems.INVALID_REQUEST,
        problems.TOO_MANY_REQUESTS,
        problems.FAILED,
        problems.UNAVAILABLE,
    ),
    summary="Begin to sign in elsewhere",
)
async def begin(*, views: AskedViews, gate: AskedGate, _address: Stranger) -> Response:
    """Lead to the provider of the settings; it leads back to /v1/oidc/callback."""
    provider = _provider_of(gate)
    state, browser, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(4))
    address = await provider.address(state, Begun(nonce, verifier))
    async with views.change(SIGNING_IN) as change:
        await limits.clean_up(change)
        await change.write(
            _BEGIN,
            state=token_digest(state),
            browser=token_digest(browser),
            nonce=nonce,
            verifier=verifier,
            life_s=_PATIENCE_S,
        )
    response = RedirectResponse(address, status_code=HTTPStatus.FOUND)
    response.set_cookie(
        _COOKIE,
        browser,
        max_age=_PATIENCE_S,
        path=_PATH,
        secure=gate.settings.oidc_redirect_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(
    "/callback",
    responses=answers(Session, problems.SIGN_IN_REFUSED, problems.NO_PROVIDER),
    summary="Come back from elsewhere",
)
async def come_back(
    request: Request,
    query: Annotated[CallbackQuery, Query()],
    *,
    views: AskedViews,
    gate: AskedGate,
    _address: Stranger,
    patrol_oidc: Annotated[str, Cookie(max_length=200)] = "",
) -> Session:
    """Begin a session for whom the provider vouches, in the browser that began the sign-in.

    The account is linked beforehand: by its `subject`, or, where the settings say so, by a
    verified e-mail address that is its name. Nobody gets an account or a role by signing in.
    """
    provider = _provider_of(gate)
    async with views.change(SIGNING_IN) as change:
        begun = await change.row(
            _TAKE, state=token_digest(query.state), browser=token_digest(patrol_oidc)
        )
    if begun is None or not begun["is_own"]:
        raise refused("this sign-in was not begun here, or too long ago: begin anew")
    if query.iss is not None and query.iss != gate.settings.oidc_issuer:
        raise refused("this answer is of another provider")
    if query.error or not query.code:
        log.info("api.oidc_refused_elsewhere")
        raise refused("the provider has not let you in: begin anew")
    vouched = await provider.vouched(query.code, Begun(begun["nonce"], begun["verifier"]))
    async with views.change(SIGNING_IN) as change:
        account_id = await _account_of(change, gate, vouched)
        opened = Opened(account_id)
        session = await bearers.begin_session(change, opened, gate.settings)
    request.state.token_name = account_id
    return session


def _provider_of(gate: Gate) -> Provider:
    if gate.provider is None:
        raise ProblemError(problems.NO_PROVIDER, "POST /v1/session signs in with a password")
    return gate.provider


async def _account_of(change: Change, gate: Gate, vouched: Vouched) -> str:
    found = await change.row(_LINKED, subject=vouched.subject)
    if found is not None:
        return str(found["account_id"])
    if not gate.settings.oidc_links_email or vouched.email is None:
        raise _not_linked()
    linked = await change.row(_LINK, subject=vouched.subject, email=vouched.email)
    if linked is None:
        raise _not_linked()
    account_id = str(linked["account_id"])
    await record_change(
        change,
        asking=Asking(account_id, account_id),
        what="account",
        key=account_id,
        before={"subject": None},
        after={"subject": vouched.subject},
        reason="verified e-mail address",
    )
    return account_id


def _not_linked() -> ProblemError:
    return refused("no account is linked with you: ask an administrator")
