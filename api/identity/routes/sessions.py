"""Sign in, go on, sign out; who one is; the own password."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request, Response

from api import problems
from api.documentation import answers, nothing
from api.identity import bearers, limits
from api.identity.bearers import Opened
from api.identity.callers import AskingCaller, Caller, CallerKnown, SessionCaller, session_of
from api.identity.changes import record_change
from api.identity.gate import SIGNING_IN, AskedGate, Gate, Stranger
from api.identity.limits import Attempt
from api.identity.managing.accounts import grants_of
from api.identity.passwords import check_password, is_outdated
from api.identity.provider import refused
from api.identity.shapes import Me, NewPassword, Renewal, Session, SignIn
from api.problems import invalid_parameter
from api.routes.parameters import ParametersKnown
from api.views import AskedViews, Asking, Change, Views
from patrol.errors import InputError

router = APIRouter(prefix="/v1", tags=["identity"])
# For those who are not known yet, and for those who are.
_strangers = APIRouter(dependencies=[ParametersKnown])
_own = APIRouter(dependencies=[CallerKnown, ParametersKnown])

_PURPOSES: Final = "/v1/purposes"
_WRONG: Final = "the account or its password is wrong"

_FIND: Final = """
-- the password of an account that is let in
select password_hash, is_given from account where account_id = %(account_id)s and is_active
"""

_HOLD: Final = """
-- whether the account is as it was when its password was looked at; so it stays for now
select true
  from account
 where account_id = %(account_id)s and is_active and password_hash = %(password_hash)s
   for update
"""

_SET_OWN: Final = """
-- the account's own password
update account
   set password_hash = %(password_hash)s, is_given = %(is_given)s, revision = revision + 1
 where account_id = %(account_id)s
"""

_REHASH: Final = """
-- the same password, kept with the parameters of today
update account set password_hash = %(password_hash)s where account_id = %(account_id)s
"""


@_strangers.post(
    "/session",
    responses=answers(Session, problems.SIGN_IN_REFUSED, problems.BODY_TOO_LARGE),
    summary="Sign in",
)
async def sign_in(
    request: Request,
    given: Annotated[SignIn, Body()],
    *,
    views: AskedViews,
    gate: AskedGate,
    address: Stranger,
) -> Session:
    """Begin a session with the password of an account.

    An account that is not there, or has no password, is refused as one with another password:
    with the same answer, after the same time. Attempts are counted; `Retry-After` says when the
    next one is looked at.
    """
    attempt = Attempt(given.account_id, address)
    found = await _prove(views, gate, attempt, password=given.password.get_secret_value())
    async with views.change(SIGNING_IN) as change:
        if not await change.truth(_HOLD, account_id=given.account_id, **_hash_of(found)):
            raise refused(_WRONG)
        await limits.forgive_attempts(change, attempt)
        if found["renewed"]:
            await change.write(_REHASH, account_id=given.account_id, password_hash=found["renewed"])
        await limits.clean_up(change)
        opened = Opened(given.account_id, is_given=found["is_given"])
        session = await bearers.begin_session(change, opened, gate.settings)
    request.state.token_name = given.account_id
    return session


@_strangers.post(
    "/session/refresh",
    responses=answers(Session, problems.SIGN_IN_REFUSED, problems.BODY_TOO_LARGE),
    summary="Go on with a session",
)
async def refresh_session(
    request: Request,
    given: Annotated[Renewal, Body()],
    *,
    views: AskedViews,
    gate: AskedGate,
    _address: Stranger,
) -> Session:
    """Take a refresh, once, for the next token and the next refresh.

    One that is brought a second time was stolen, by whoever brought it first or now: the whole
    session ends.
    """
    async with views.change(SIGNING_IN) as change:
        session = await bearers.renew_session(change, given.refresh_token, gate.settings)
    if session is None:
        raise refused("this refresh cannot be used (any more): sign in again")
    request.state.token_name = session.account_id
    return session


@_own.delete(
    "/session",
    status_code=HTTPStatus.NO_CONTENT,
    responses=nothing(),
    summary="Sign out",
)
async def sign_out(caller: SessionCaller, *, views: AskedViews) -> Response:
    """End the session whose token is sent, its refresh too."""
    account_id = session_of(caller)
    async with views.change(SIGNING_IN) as change:
        await bearers.end_sessions(change, account_id, only=caller.family)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@_own.get("/me", responses=answers(Me), summary="Who asks")
async def get_me(caller: AskingCaller, *, views: AskedViews) -> Me:
    """Tell who asks, what may be done, and where: roles name an area, a grid, or everywhere."""
    roles = []
    if caller.account_id is not None:
        async with views.snapshot(SIGNING_IN) as snapshot:
            roles = await grants_of(snapshot, caller.account_id, now_only=True)
    return Me(
        name=caller.name,
        account_id=caller.account_id,
        kind=caller.kind,
        worker_id=caller.worker_id,
        expires_at=caller.expires_at,
        permissions=caller.permissions(),
        roles=roles,
        purposes=_PURPOSES,
        must_change_password=caller.must_change_password,
    )


@_own.put(
    "/me/password",
    status_code=HTTPStatus.NO_CONTENT,
    responses=nothing(problems.SIGN_IN_REFUSED, problems.BODY_TOO_LARGE),
    summary="Change the own password",
)
async def change_password(
    caller: SessionCaller,
    given: Annotated[NewPassword, Body()],
    *,
    views: AskedViews,
    gate: AskedGate,
    address: Stranger,
) -> Response:
    """Change the own password; all other sessions of the account end, its keys stay."""
    account_id = session_of(caller)
    new = given.new_password.get_secret_value()
    old = given.old_password.get_secret_value()
    try:
        check_password(new, account_id)
    except InputError as error:
        raise invalid_parameter("new_password", str(error), place="body") from None
    if new == old:
        raise invalid_parameter("new_password", "it is the old one: give another", place="body")
    attempt = Attempt(account_id, address)
    found = await _prove(views, gate, attempt, password=old)
    password_hash = await gate.hashing.hash(new)
    async with views.change(Asking(account_id, account_id)) as change:
        if not await change.truth(_HOLD, account_id=account_id, **_hash_of(found)):
            raise refused(_WRONG)
        await limits.forgive_attempts(change, attempt)
        await _set_own(change, caller, password_hash)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _prove(views: Views, gate: Gate, attempt: Attempt, *, password: str) -> dict[str, Any]:
    """Return the account of whoever knows its password, the attempt counted."""
    async with views.change(SIGNING_IN) as change:
        await limits.count_attempt(change, attempt)
    found = await views.row(_FIND, account_id=attempt.account_id)
    stored = found["password_hash"] if found else None
    if not await gate.hashing.is_right(stored, password) or found is None:
        raise refused(_WRONG)
    renewed = await gate.hashing.hash(password) if is_outdated(found["password_hash"]) else None
    return found | {"renewed": renewed}


async def _set_own(change: Change, caller: Caller, password_hash: str) -> None:
    account_id = session_of(caller)
    await change.write(_SET_OWN, account_id=account_id, password_hash=password_hash, is_given=False)
    await bearers.end_sessions(change, account_id, but=caller.family)
    await bearers.lift_limits(change, account_id)
    await record_change(
        change,
        asking=Asking(account_id, account_id),
        what="account",
        key=account_id,
        before={},
        after={"password": "changed"},
    )


def _hash_of(found: dict[str, Any]) -> dict[str, Any]:
    return {"password_hash": found["password_hash"]}


for _one in (_strangers, _own):
    router.include_router(_one)
