"""Keys for machines: made by a session, for less than its account may do, shown once."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Body, Path, Response

from api import problems
from api.documentation import answers, nothing
from api.identity import bearers
from api.identity.callers import Caller, CallerKnown, SessionCaller, session_of
from api.identity.changes import record_change
from api.identity.gate import SIGNING_IN
from api.identity.shapes import KeyMade, Keys, NewKey
from api.problems import ALREADY_THERE, NOT_PERMITTED, UNKNOWN_KEY, ProblemError
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews, Asking

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["identity"])

_DAY_S: Final = 86_400


@router.get("/keys", responses=answers(Keys, problems.NOT_PERMITTED), summary="The own keys")
async def get_keys(caller: SessionCaller, *, views: AskedViews) -> Keys:
    """List the keys of the own account, by name, without what opens."""
    account_id = session_of(caller)
    async with views.snapshot(SIGNING_IN) as snapshot:
        return Keys(keys=await bearers.keys_of(snapshot, account_id))


@router.post(
    "/keys",
    status_code=HTTPStatus.CREATED,
    responses=answers(
        NewKey,
        problems.ALREADY_THERE,
        problems.BODY_TOO_LARGE,
        status=HTTPStatus.CREATED,
    ),
    summary="Make a key",
)
async def add_key(
    caller: SessionCaller, given: Annotated[KeyMade, Body()], *, views: AskedViews
) -> NewKey:
    """Make a key; what opens is in this answer and nowhere else.

    A key may do what its scopes name, where its account may, and as long as its account may.
    Keys are made by sessions: one that leaks makes no others.
    """
    account_id = session_of(caller)
    _check_scopes(caller, given)
    async with views.change(Asking(account_id, account_id)) as change:
        key = await bearers.add_key(
            change, account_id, name=given.name, scopes=given.scopes, life_s=given.days * _DAY_S
        )
        if key is None:
            raise ProblemError(
                ALREADY_THERE, f"you have a key {given.name!r} already: take another name"
            )
        await record_change(
            change,
            asking=Asking(account_id, account_id),
            what="key",
            key=f"{account_id} {given.name}",
            before=None,
            after={"scopes": given.scopes, "expires_at": key.expires_at},
        )
    return key


@router.delete(
    "/keys/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=nothing(problems.UNKNOWN_KEY),
    summary="Withdraw a key",
)
async def end_key(
    caller: SessionCaller, name: Annotated[Id, Path()], *, views: AskedViews
) -> Response:
    """Withdraw one of the own keys; it opens nothing from now on."""
    account_id = session_of(caller)
    async with views.change(Asking(account_id, account_id)) as change:
        if not await bearers.end_key(change, account_id, name):
            raise ProblemError(
                UNKNOWN_KEY, f"you have no key with the name {name!r}; /v1/keys lists them"
            )
        await record_change(
            change,
            asking=Asking(account_id, account_id),
            what="key",
            key=f"{account_id} {name}",
            before={},
            after=None,
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _check_scopes(caller: Caller, given: KeyMade) -> None:
    beyond = [one.value for one in given.scopes if not caller.may(one)]
    if beyond:
        raise ProblemError(
            NOT_PERMITTED, f"you may not do this yourself: {', '.join(beyond)}; give fewer scopes"
        )
