"""Accounts and their roles: made, changed and granted within the reach of whoever does it.

Nobody gives what lies beyond the own reach, in area or in time, and nobody changes the own
account but for the password. An account is locked before it is looked at, so that a role granted
at the same moment is seen.
"""

from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

from psycopg import errors

from api.identity import bearers
from api.identity.changes import record_change
from api.identity.managing import reach, statements
from api.identity.permissions import Role
from api.identity.shapes import Account, AccountWhole, Grant
from api.problems import (
    ALREADY_THERE,
    CHANGED_MEANWHILE,
    NOT_PERMITTED,
    UNKNOWN_ACCOUNT,
    ProblemError,
    invalid_parameter,
)
from api.views import Asking, Change, Snapshot

_CHANGEABLE: Final = ("name", "area_id", "worker_id", "subject", "is_active")
_TAKEN: Final = {
    "account_pkey": "an account of this name",
    "account_worker_id_key": "an account of this worker",
    "account_subject_key": "an account with this subject",
    "account_role_once": "this role",
}


class Wanted(NamedTuple):
    """A role to grant, where and how long."""

    role: Role
    area_id: str | None = None
    grid_id: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    department_id: str | None = None


async def find_account(snapshot: Snapshot, account_id: str) -> AccountWhole:
    """Return an account that whoever asks manages; ProblemError (404) for any other."""
    found = await snapshot.rows(Account, statements.FIND, account_id=account_id)
    if not found:
        raise ProblemError(
            UNKNOWN_ACCOUNT, f"no account that you manage has the name {account_id!r}"
        )
    grants = await grants_of(snapshot, account_id)
    return AccountWhole(**found[0].model_dump(), roles=grants)


async def grants_of(snapshot: Snapshot, account_id: str, *, now_only: bool = False) -> list[Grant]:
    """Return the roles of an account, all or those that hold now."""
    return await snapshot.rows(Grant, statements.GRANTS, account_id=account_id, now_only=now_only)


async def add_account(
    change: Change, asking: Asking, values: dict[str, Any], *, reason: str
) -> AccountWhole:
    """Make an account of `values`; ProblemError says what lies beyond or is taken."""
    account_id = values["account_id"]
    await reach.check_home(change, values["area_id"])
    await reach.check_worker(change, values["worker_id"])
    await _write(change, statements.ADD, values)
    made = await find_account(change, account_id)
    await record_change(
        change,
        asking=asking,
        what="account",
        key=account_id,
        before=None,
        after=_told(made),
        reason=reason,
    )
    return made


async def change_account(
    change: Change, asking: Asking, account_id: str, *, values: dict[str, Any], reason: str
) -> AccountWhole:
    """Change what `values` names of an account; `revision` in it is that which was read."""
    before = await lock_account(change, asking, account_id)
    revision = values.pop("revision", before.revision)
    if revision != before.revision:
        raise ProblemError(
            CHANGED_MEANWHILE,
            f"revision {before.revision} is there now: read it again and repeat your change",
        )
    after = {name: getattr(before, name) for name in _CHANGEABLE} | values
    if after["area_id"] != before.area_id:
        await reach.check_home(change, after["area_id"])
    if after["worker_id"] != before.worker_id:
        await reach.check_worker(change, after["worker_id"])
    password = {"password_hash": None, "is_given": False}
    await _write(change, statements.CHANGE, {"account_id": account_id} | password | after)
    if not after["is_active"] or after.get("password_hash"):
        await bearers.end_sessions(change, account_id)
    made = await find_account(change, account_id)
    await record_change(
        change,
        asking=asking,
        what="account",
        key=account_id,
        before=_told(before),
        after=_told(made) | ({"password": "changed"} if after.get("password_hash") else {}),
        reason=reason,
    )
    return made


async def grant_role(
    change: Change, asking: Asking, account_id: str, *, wanted: Wanted, reason: str
) -> Grant:
    """Grant a role that lies within the reach of whoever asks."""
    account = await lock_account(change, asking, account_id)
    if wanted.role is Role.WORKER and account.worker_id is None:
        raise invalid_parameter(
            "role",
            "give the account a worker_id first; the role is about that worker",
            place="body",
        )
    where = wanted if wanted.role is not Role.WORKER else wanted._replace(area_id=account.area_id)
    await reach.check_grant(change, where.area_id, where.grid_id, until=wanted.valid_to)
    row = await _write(
        change,
        statements.GRANT,
        {"account_id": account_id, "granted_by": asking.account_id or asking.reader}
        | wanted._asdict(),
    )
    made = Grant(**row)
    await _changed(change, asking, account_id, grants=(None, made), reason=reason)
    return made


async def withdraw_role(
    change: Change, asking: Asking, account_id: str, *, grant_id: int, reason: str = ""
) -> None:
    """End a role now; what it was stays to be read."""
    account = await lock_account(change, asking, account_id)
    grant = next((one for one in account.roles if one.grant_id == grant_id), None)
    row = await change.row(statements.WITHDRAW, account_id=account_id, grant_id=grant_id)
    if grant is None or row is None:
        raise invalid_parameter(
            "grant_id",
            f"{account_id} has no such role now; its roles are told with it",
            place="path",
        )
    await _changed(change, asking, account_id, grants=(grant, None), reason=reason)


async def lock_account(change: Change, asking: Asking, account_id: str) -> AccountWhole:
    """Return an account that nobody else changes until the end of the transaction."""
    if account_id == asking.account_id:
        raise ProblemError(
            NOT_PERMITTED, "nobody changes the own account; PUT /v1/me/password changes a password"
        )
    await change.write(statements.LOCK, account_id=account_id)
    return await find_account(change, account_id)


async def _changed(
    change: Change,
    asking: Asking,
    account_id: str,
    *,
    grants: tuple[Grant | None, Grant | None],
    reason: str,
) -> None:
    await change.write(statements.COUNT_UP, account_id=account_id)
    before, after = (None if one is None else one.model_dump(mode="json") for one in grants)
    await record_change(
        change,
        asking=asking,
        what="account_role",
        key=account_id,
        before=before,
        after=after,
        reason=reason,
    )


async def _write(change: Change, sql: LiteralString, values: dict[str, Any]) -> dict[str, Any]:
    try:
        return await change.row(sql, **values) or {}
    except errors.UniqueViolation as error:
        what = _TAKEN.get(error.diag.constraint_name or "", "this")
        raise ProblemError(ALREADY_THERE, f"{what} is there already: give another") from None
    except errors.ForeignKeyViolation as error:
        constraint = error.diag.constraint_name or ""
        name = next((one for one in ("grid", "worker", "department") if one in constraint), "area")
        raise invalid_parameter(f"{name}_id", "there is none with this id", place="body") from None
    except errors.CheckViolation:
        raise invalid_parameter("valid_to", "has passed: give a later time", place="body") from None


def _told(account: AccountWhole) -> dict[str, Any]:
    return account.model_dump(mode="json", exclude={"roles", "created_at"})
