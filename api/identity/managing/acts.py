"""What the commands do with accounts: each is one transaction, and returns what it says."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from api.identity import bearers, limits
from api.identity.changes import record_change
from api.identity.managing import accounts, statements
from api.identity.managing.accounts import Wanted
from api.identity.permissions import Permission
from api.identity.shapes import Account, AccountMade, AccountWhole, Grant, GrantMade, KeyMade
from api.problems import ALREADY_THERE, ProblemError
from api.views import Asking, Change
from patrol.errors import InputError

Act: TypeAlias = Callable[[Change, Asking], Awaitable[str]]
GivenT = TypeVar("GivenT", bound=BaseModel)

_DAY_S: Final = 86_400
_NOT_GIVEN: Final = {"password_hash": None, "is_given": False}


def account_of(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the account
    """Return the columns of a new account; InputError for what cannot be one."""
    return _checked(AccountMade, given).model_dump(exclude={"reason", "password"}) | _NOT_GIVEN


def role_of(**given: Any) -> Wanted:  # noqa: ANN401 - fields of the role
    """Return a role to grant; InputError where it does not go with its area or grid."""
    return Wanted(**_checked(GrantMade, given).model_dump(exclude={"reason"}))


def create(values: dict[str, Any], role: Wanted | None) -> Act:
    """Make an account, maybe with a role."""

    async def act(change: Change, asking: Asking) -> str:
        made = await accounts.add_account(change, asking, values, reason="")
        if role is not None:
            account_id = made.account_id
            await accounts.grant_role(change, asking, account_id, wanted=role, reason="")
        return _told(await accounts.find_account(change, made.account_id))

    return act


def change(account_id: str, values: dict[str, Any]) -> Act:
    """Change what `values` names; the sessions end where that closes them."""

    async def act(change: Change, asking: Asking) -> str:
        changed = await accounts.change_account(
            change, asking, account_id, values=dict(values), reason=""
        )
        return _told(changed)

    return act


def disable(account_id: str) -> Act:
    """Let nobody in with an account."""
    return change(account_id, {"is_active": False})


def enable(account_id: str) -> Act:
    """Let an account in again."""
    return change(account_id, {"is_active": True})


def show(account_id: str) -> Act:
    """Tell of an account."""

    async def act(change: Change, _asking: Asking) -> str:
        return _told(await accounts.find_account(change, account_id))

    return act


def grant(account_id: str, role: Wanted) -> Act:
    """Grant a role."""

    async def act(change: Change, asking: Asking) -> str:
        made = await accounts.grant_role(change, asking, account_id, wanted=role, reason="")
        return _role_told(made)

    return act


def revoke(account_id: str, grant_id: int) -> Act:
    """Withdraw a role."""

    async def act(change: Change, asking: Asking) -> str:
        await accounts.withdraw_role(change, asking, account_id, grant_id=grant_id)
        return _told(await accounts.find_account(change, account_id))

    return act


def end_sessions(account_id: str) -> Act:
    """End the sessions of an account and withdraw its keys."""

    async def act(change: Change, asking: Asking) -> str:
        await accounts.lock_account(change, asking, account_id)
        await bearers.end_sessions(change, account_id, with_keys=True)
        await record_change(
            change,
            asking=asking,
            what="account",
            key=account_id,
            before={},
            after={"sessions": "ended", "keys": "ended"},
        )
        return f"{account_id}: sessions and keys have ended\n"

    return act


def unlock(account_id: str) -> Act:
    """Forget the attempts to sign in."""

    async def act(change: Change, _asking: Asking) -> str:
        await limits.unlock(change, account_id)
        return f"{account_id}: the next attempt is looked at\n"

    return act


def key(account_id: str, *, name: str, scopes: list[Permission], days: int) -> Act:
    """Make a key, and say nothing but it."""
    given = _checked(KeyMade, {"name": name, "scopes": scopes, "days": days})

    async def act(change: Change, asking: Asking) -> str:
        await accounts.lock_account(change, asking, account_id)
        made = await bearers.add_key(
            change, account_id, name=given.name, scopes=given.scopes, life_s=given.days * _DAY_S
        )
        if made is None:
            raise ProblemError(ALREADY_THERE, f"{account_id} has a key {name!r}: take another name")
        await record_change(
            change,
            asking=asking,
            what="key",
            key=f"{account_id} {name}",
            before=None,
            after={"scopes": made.scopes, "expires_at": made.expires_at},
        )
        return f"{made.token}\n"

    return act


async def list_all(change: Change, _asking: Asking) -> str:
    """List all accounts."""
    found = await change.rows(
        Account, statements.LIST, after=None, area_id=None, is_active=None, limit=None
    )
    return "".join(_line(one) for one in found)


def _checked(model: type[GivenT], given: dict[str, Any]) -> GivenT:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(one) for one in first["loc"])
        raise InputError(f"{name}: {first['msg']}".removeprefix(": ")) from None


def _told(account: AccountWhole) -> str:
    roles = "".join(f"  {_role_told(one)}" for one in account.roles)
    return _line(account) + roles


def _line(account: Account) -> str:
    facts = [
        account.account_id,
        account.name,
        f"home {account.area_id or 'everywhere'}",
        account.worker_id and f"worker {account.worker_id}",
        account.subject,
        "password" if account.has_password else "no password",
        None if account.is_active else "disabled",
    ]
    return ", ".join(one for one in facts if one) + "\n"


def _role_told(grant: Grant) -> str:
    place = grant.grid_id or grant.area_id or grant.department_id
    where = place or ("itself" if grant.role == "worker" else "everywhere")
    until = "" if grant.valid_to is None else f" to {grant.valid_to:%Y-%m-%d %H:%MZ}"
    return (
        f"{grant.grant_id}: {grant.role} {where} from {grant.valid_from:%Y-%m-%d %H:%MZ}{until}\n"
    )
