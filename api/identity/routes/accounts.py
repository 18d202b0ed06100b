"""Accounts and their roles, for administrators within their areas."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, Field, SecretStr

from api import problems
from api.documentation import answers, nothing
from api.identity import bearers
from api.identity.callers import CallerKnown, ManagesAccounts
from api.identity.changes import record_change
from api.identity.gate import AskedGate, Gate
from api.identity.managing import accounts, statements
from api.identity.passwords import check_password
from api.identity.shapes import (
    Account,
    AccountChange,
    AccountId,
    AccountMade,
    AccountPage,
    AccountWhole,
    Grant,
    GrantMade,
)
from api.problems import invalid_parameter
from api.routes.parameters import ParametersKnown
from api.shapes import Id
from api.views import AskedViews
from patrol.errors import InputError

router = APIRouter(prefix="/v1", dependencies=[CallerKnown, ParametersKnown], tags=["accounts"])

_MAX_LIMIT: Final = 500
# Fields of which null says nothing, rather than "none".
_NEVER_NULL: Final = frozenset({"name", "is_active"})
_REFUSALS: Final = (problems.NOT_PERMITTED, problems.UNKNOWN_ACCOUNT)
_CONFLICTS: Final = (problems.CHANGED_MEANWHILE, problems.ALREADY_THERE)
_EMPTY: Final = nothing(*_REFUSALS)

AskedAccount = Annotated[AccountId, Path()]


class AccountsQuery(BaseModel):
    """Which accounts are asked for."""

    area_id: Id | None = Field(None, description="only those in the care of this very area")
    is_active: bool | None = Field(None, description="only those that are let in, or are not")
    limit: int = Field(100, ge=1, le=_MAX_LIMIT, description="accounts a page")
    cursor: AccountId | None = Field(None, description="next_cursor of the page before")


@router.get("/accounts", responses=answers(AccountPage, problems.NOT_PERMITTED), summary="Accounts")
async def get_accounts(
    query: Annotated[AccountsQuery, Query()], *, views: AskedViews, asking: ManagesAccounts
) -> AccountPage:
    """List the accounts that you manage, by account_id.

    They are those in the care of your areas whose every role lies within them.
    """
    async with views.snapshot(asking) as snapshot:
        found = await snapshot.rows(
            Account,
            statements.LIST,
            after=query.cursor,
            area_id=query.area_id,
            is_active=query.is_active,
            limit=query.limit + 1,
        )
    more = len(found) > query.limit
    page = found[: query.limit]
    return AccountPage(accounts=page, next_cursor=page[-1].account_id if more else None)


@router.post(
    "/accounts",
    status_code=HTTPStatus.CREATED,
    responses=answers(
        AccountWhole, problems.ALREADY_THERE, problems.BODY_TOO_LARGE, status=HTTPStatus.CREATED
    ),
    summary="Make an account",
)
async def add_account(
    given: Annotated[AccountMade, Body()],
    *,
    views: AskedViews,
    gate: AskedGate,
    asking: ManagesAccounts,
) -> AccountWhole:
    """Make an account without any role; a password given with it is changed at its first use."""
    values = given.model_dump(exclude={"reason", "password"})
    values |= await _password(gate, given.account_id, given.password)
    async with views.change(asking) as change:
        return await accounts.add_account(change, asking, values, reason=given.reason)


@router.get(
    "/accounts/{account_id}", responses=answers(AccountWhole, *_REFUSALS), summary="An account"
)
async def get_account(
    account_id: AskedAccount, *, views: AskedViews, asking: ManagesAccounts
) -> AccountWhole:
    """Tell of an account that you manage, with all its roles."""
    async with views.snapshot(asking) as snapshot:
        return await accounts.find_account(snapshot, account_id)


@router.patch(
    "/accounts/{account_id}",
    responses=answers(AccountWhole, *_REFUSALS, problems.CHANGED_MEANWHILE, problems.ALREADY_THERE),
    summary="Change an account",
)
async def change_account(
    account_id: AskedAccount,
    given: Annotated[AccountChange, Body()],
    *,
    views: AskedViews,
    gate: AskedGate,
    asking: ManagesAccounts,
) -> AccountWhole:
    """Change what is given; what is not stays.

    With a new password, or when it is no longer active, the sessions of the account end at once.
    """
    values = given.model_dump(exclude_unset=True, exclude={"reason", "password"})
    values = {
        name: one for name, one in values.items() if one is not None or name not in _NEVER_NULL
    }
    if given.password is not None:
        values |= await _password(gate, account_id, given.password)
    async with views.change(asking) as change:
        return await accounts.change_account(
            change, asking, account_id, values=values, reason=given.reason
        )


@router.delete(
    "/accounts/{account_id}/sessions",
    status_code=HTTPStatus.NO_CONTENT,
    responses=_EMPTY,
    summary="End an account's sessions",
)
async def end_sessions(
    account_id: AskedAccount,
    *,
    views: AskedViews,
    asking: ManagesAccounts,
    keys: Annotated[bool, Query(description="its keys too")] = False,
) -> Response:
    """End all sessions of an account, as after a loss; it can sign in again."""
    async with views.change(asking) as change:
        await accounts.lock_account(change, asking, account_id)
        await bearers.end_sessions(change, account_id, with_keys=keys)
        await record_change(
            change,
            asking=asking,
            what="account",
            key=account_id,
            before={},
            after={"sessions": "ended", "keys": "ended" if keys else "kept"},
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/accounts/{account_id}/roles",
    status_code=HTTPStatus.CREATED,
    responses=answers(
        Grant,
        *_REFUSALS,
        problems.ALREADY_THERE,
        problems.BODY_TOO_LARGE,
        status=HTTPStatus.CREATED,
    ),
    summary="Grant a role",
)
async def grant_role(
    account_id: AskedAccount,
    given: Annotated[GrantMade, Body()],
    *,
    views: AskedViews,
    asking: ManagesAccounts,
) -> Grant:
    """Grant a role that lies within your own, in area and in time; never to yourself."""
    wanted = accounts.Wanted(**given.model_dump(exclude={"reason"}))
    async with views.change(asking) as change:
        return await accounts.grant_role(
            change, asking, account_id, wanted=wanted, reason=given.reason
        )


@router.delete(
    "/accounts/{account_id}/roles/{grant_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=_EMPTY,
    summary="Withdraw a role",
)
async def withdraw_role(
    account_id: AskedAccount,
    grant_id: Annotated[int, Path(ge=1, lt=2**63)],
    *,
    views: AskedViews,
    asking: ManagesAccounts,
) -> Response:
    """End a role now; that it was held stays to be read."""
    async with views.change(asking) as change:
        await accounts.withdraw_role(change, asking, account_id, grant_id=grant_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _password(gate: Gate, account_id: str, password: SecretStr | None) -> dict[str, Any]:
    if password is None:
        return {"password_hash": None, "is_given": False}
    plain = password.get_secret_value()
    try:
        check_password(plain, account_id)
    except InputError as error:
        raise invalid_parameter("password", str(error), place="body") from None
    return {"password_hash": await gate.hashing.hash(plain), "is_given": True}
