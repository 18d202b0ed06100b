"""Whoever asks: found by the bearer token, held against what a route permits."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials

from api.auth import TokenFile, bearer_token, refuse_token, token_digest, unusable_tokens
from api.identity.permissions import FILE_TOKEN, Permission, Role, roles_that_may
from api.identity.rates import Rates, address_of
from api.problems import NOT_PERMITTED, ProblemError
from api.views import Asking, Views
from patrol.errors import InputError

_LOOK_UP: Final = """
-- whose bearer this is, and what the account is now
select b.account_id, b.kind, b.family, b.scopes, b.expires_at, a.worker_id,
       b.kind = 'key' and coalesce(b.used_at < now() - interval '1 minute', true) as is_unnoted,
       coalesce(array_agg(distinct r.role) filter (where r.role is not null), '{}') as roles
  from bearer b
  join account a using (account_id)
  left join account_role r
    on r.account_id = b.account_id
   and r.valid_from <= now()
   and (r.valid_to is null or r.valid_to > now())
 where b.digest = %(digest)s
   and b.kind in ('session', 'key')
   and b.expires_at > now()
   and a.is_active
 group by b.digest, a.account_id
"""

_NOTE_USE: Final = """
-- when a key was used last, to the minute
update bearer set used_at = now() where digest = %(digest)s
"""

# No token of any kind is longer: what is, is not even hashed.
_MAX_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account, or a token of the deployment's own file (`account_id` is None)."""

    name: str
    account_id: str | None
    worker_id: str | None
    roles: frozenset[Role]
    # What a key is for; None: all that its roles may do.
    scopes: frozenset[Permission] | None = None
    kind: Literal["session", "key", "file"] = "file"
    # All that came of one sign-in; of a key, its name.
    family: str = ""
    expires_at: datetime | None = None

    @property
    def must_change_password(self) -> bool:
        """Whether the password was chosen by somebody else, so that nothing else may be done."""
        return self.kind == "session" and self.scopes is not None

    def permissions(self) -> list[Permission]:
        """Return all that this caller may do at all, by name."""
        return sorted(one for one in Permission if self.may(one))

    def may(self, permission: Permission) -> bool:
        """Whether this caller may do it at all; where, is said by the database."""
        if self.account_id is None:
            return permission in FILE_TOKEN
        if self.scopes is not None and permission not in self.scopes:
            return False
        return bool(roles_that_may(permission, self.roles))

    def asking(self, permission: Permission) -> Asking:
        """Return what the database is told; ProblemError when it may not be done."""
        if self.must_change_password:
            raise ProblemError(
                NOT_PERMITTED,
                "your password was chosen by somebody else: change it, PUT /v1/me/password",
            )
        if not self.may(permission):
            raise ProblemError(
                NOT_PERMITTED, f"{self.name} has no role or scope for {permission.value}"
            )
        roles = roles_that_may(permission, self.roles)
        return Asking(
            reader=self.name,
            account_id=self.account_id or "",
            roles=tuple(sorted(roles)),
            is_file_token=self.account_id is None,
            worker_id=self.worker_id if Role.WORKER in roles else None,
        )


async def find_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_token)],
) -> Caller:
    """Return who asks; ProblemError (401) for a token that nobody has."""
    if credentials is None:
        raise refuse_token("send `Authorization: Bearer <token>`", error="")
    rates: Rates = request.app.state.gate.rates
    caller = await _caller_of(request, credentials.credentials)
    if caller is None:
        # Guesses are counted by where they come from: they have no name.
        rates.take(f"address {address_of(request)}")
        raise refuse_token(
            "this token is not known; it may have ended or been withdrawn",
            error=', error="invalid_token"',
        )
    rates.take(f"{caller.kind} {caller.name}")
    request.state.token_name = caller.name
    return caller


# Of a whole router, before its parameters: who has no token learns nothing of them.
CallerKnown = Security(find_caller)
AskingCaller = Annotated[Caller, Security(find_caller)]
ReadingPurpose = Annotated[
    str,
    Header(
        pattern=r"^[a-z0-9_-]{0,64}$",
        description="what a worker's data are read for: a purpose_id of /v1/purposes, for the log",
    ),
]


def asks(permission: Permission) -> Callable[..., Coroutine[Any, Any, Asking]]:
    """Return the dependency of a route that is for those with `permission`."""

    async def permitted(caller: AskingCaller, reading_purpose: ReadingPurpose = "") -> Asking:
        return replace(caller.asking(permission), purpose=reading_purpose)

    return permitted


def session_of(caller: Caller) -> str:
    """Return the account of a session; ProblemError (403) for keys and tokens of the file."""
    if caller.kind != "session" or caller.account_id is None:
        raise ProblemError(
            NOT_PERMITTED, "this is for sessions: a key or a token of the file is none"
        )
    return caller.account_id


async def _with_session(caller: AskingCaller) -> Caller:
    session_of(caller)
    return caller


# Before the body is looked at: what is for sessions alone.
SessionCaller = Annotated[Caller, Security(_with_session)]
ReadsTracks = Annotated[Asking, Security(asks(Permission.READ_TRACKS))]
ReadsResults = Annotated[Asking, Security(asks(Permission.READ_RESULTS))]
ReadsDecisions = Annotated[Asking, Security(asks(Permission.READ_DECISIONS))]
ReadsRegistry = Annotated[Asking, Security(asks(Permission.READ_REGISTRY))]
WritesRegistry = Annotated[Asking, Security(asks(Permission.WRITE_REGISTRY))]
WritesRoster = Annotated[Asking, Security(asks(Permission.WRITE_ROSTER))]
Answers = Annotated[Asking, Security(asks(Permission.ANSWER))]
Decides = Annotated[Asking, Security(asks(Permission.DECIDE))]
Freezes = Annotated[Asking, Security(asks(Permission.FREEZE))]
ReadsAccessLog = Annotated[Asking, Security(asks(Permission.READ_ACCESS_LOG))]
ManagesAccounts = Annotated[Asking, Security(asks(Permission.MANAGE_ACCOUNTS))]
Operates = Annotated[Asking, Security(asks(Permission.OPERATE))]
ReadsOrders = Annotated[Asking, Security(asks(Permission.READ_ORDERS))]
HandlesOrders = Annotated[Asking, Security(asks(Permission.HANDLE_ORDERS))]
Measures = Annotated[Asking, Security(asks(Permission.MEASURE))]


async def _caller_of(request: Request, presented: str) -> Caller | None:
    tokens: TokenFile = request.app.state.tokens
    try:
        name = tokens.name_of(presented)
    except InputError as error:
        raise unusable_tokens(error) from error
    if name is not None:
        return Caller(name, None, None, frozenset())
    if len(presented) > _MAX_CHARS:
        return None
    views: Views = request.app.state.views
    digest = token_digest(presented)
    row = await views.row(_LOOK_UP, digest=digest)
    if row is None:
        return None
    if row["is_unnoted"]:
        async with views.change(Asking(row["account_id"])) as change:
            await change.write(_NOTE_USE, digest=digest)
    scopes = row["scopes"]
    return Caller(
        row["account_id"],
        row["account_id"],
        row["worker_id"],
        frozenset(Role(role) for role in row["roles"]),
        # A scope that is no longer known permits nothing.
        None if scopes is None else frozenset(one for one in Permission if one.value in scopes),
        kind=row["kind"],
        family=row["family"],
        expires_at=row["expires_at"],
    )
