"""What is told and given of accounts, sessions and keys."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from api.identity.passwords import MAX_CHARS
from api.identity.permissions import Permission, Role
from api.shapes import GRID, WORKER, Id, Shape

AccountId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$", examples=["chen.li"])]
# What every database and calendar can tell, in any zone.
_YEARS = range(2000, 2200)
_WITHOUT_AREA = frozenset({Role.GRID_SUPERVISOR, Role.WORKER, Role.DEPARTMENT})
_AREA = ["A0702"]
_TIME = ["2026-11-20T08:00:00Z"]
_SUBJECT = ["https://id.example.org 24400320"]
_PASSWORD = ["seven grids before the rain"]

Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Subject = Annotated[str, Field(max_length=500, pattern=r"^https?://\S+ [^\x00-\x1f\x7f]{1,255}$")]


def _check_text(secret: SecretStr) -> SecretStr:
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("give characters that there are") from None
    return secret


Password = Annotated[SecretStr, Field(max_length=MAX_CHARS), AfterValidator(_check_text)]


class Given(BaseModel):
    """What every body is that is taken: of known fields alone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignIn(Given):
    """Who signs in."""

    account_id: AccountId
    password: Password = Field(examples=_PASSWORD)


class Renewal(Given):
    """What makes the next token of a session, once."""

    refresh_token: str = Field(min_length=40, max_length=200, examples=["patrol_3V...Qk"])


class NewPassword(Given):
    """The own password, changed."""

    old_password: Password = Field(examples=["the one somebody gave me"])
    new_password: Password = Field(examples=_PASSWORD)


class Session(Shape):
    """A session that has begun or goes on."""

    account_id: str = Field(description="whose it is", examples=["chen.li"])
    token: str = Field(description="send it as Authorization: Bearer", examples=["patrol_9f...aA"])
    expires_at: datetime = Field(
        description="until then the token is good, UTC", examples=["2026-11-20T08:15:00Z"]
    )
    refresh_token: str = Field(
        description="makes the next token, once: POST /v1/session/refresh",
        examples=["patrol_3V...Qk"],
    )
    refresh_expires_at: datetime = Field(
        description="until then the session can be renewed, UTC",
        examples=["2026-11-20T20:00:00Z"],
    )
    must_change_password: bool = Field(
        description="nothing else may be done before PUT /v1/me/password", examples=[False]
    )


class Grant(Shape):
    """A role, where it holds and how long."""

    grant_id: int = Field(description="by which it is withdrawn", examples=[17])
    role: Role = Field(examples=["area_supervisor"])
    area_id: str | None = Field(
        description="within this area and all that lies in it", examples=_AREA
    )
    grid_id: str | None = Field(
        description="within this grid; with neither, everywhere", examples=[None]
    )
    department_id: str | None = Field(
        None, description="of the role department: for this one", examples=[None]
    )
    valid_from: datetime = Field(description="UTC", examples=_TIME)
    valid_to: datetime | None = Field(description="UTC; null: until withdrawn", examples=[None])
    granted_by: str = Field(description="the account that granted it", examples=["zhao.min"])


class Me(Shape):
    """Who asks, and what they may do."""

    name: str = Field(description="the account, or the name of the token", examples=["chen.li"])
    account_id: str | None = Field(
        description="null for a token of the deployment's own file", examples=["chen.li"]
    )
    kind: Literal["session", "key", "file"] = Field(
        description="what was shown: a session's token, a key, a token of the deployment's file",
        examples=["session"],
    )
    worker_id: str | None = Field(description="who the account is as a worker", examples=WORKER)
    expires_at: datetime | None = Field(
        description="until then the token is good, UTC", examples=["2026-11-20T08:15:00Z"]
    )
    permissions: list[Permission] = Field(
        description="what may be done at all", examples=[["read_results", "read_tracks"]]
    )
    roles: list[Grant] = Field(description="those that hold now")
    purposes: str = Field(
        description="where it is told what data are for and how long they are kept",
        examples=["/v1/purposes"],
    )
    must_change_password: bool = Field(
        description="nothing else may be done before PUT /v1/me/password", examples=[False]
    )


class Account(Shape):
    """Somebody, or some machine, who may ask."""

    account_id: str = Field(description="its name when it signs in", examples=["chen.li"])
    name: str = Field(description="empty where it has none", examples=["Chen Li"])
    area_id: str | None = Field(
        description="in whose administrators' care it is; null: of those of everywhere",
        examples=_AREA,
    )
    worker_id: str | None = Field(description="who it is as a worker", examples=[None])
    subject: str | None = Field(
        description="issuer and subject by which it signs in elsewhere", examples=_SUBJECT
    )
    is_active: bool = Field(description="false: nobody gets in with it", examples=[True])
    has_password: bool = Field(examples=[True])
    must_change_password: bool = Field(
        description="its password was chosen by somebody else", examples=[False]
    )
    created_at: datetime = Field(description="UTC", examples=_TIME)
    revision: int = Field(description="give it with a change", examples=[3])


class AccountWhole(Account):
    """An account with its roles, those that have ended included."""

    roles: list[Grant]


class AccountPage(Shape):
    """Accounts by account_id."""

    accounts: list[Account]
    next_cursor: str | None = Field(
        description="give it as cursor for the next page; null on the last one",
        examples=["chen.li"],
    )


class AccountMade(Given):
    """An account to make; without a password it signs in elsewhere, or not at all."""

    account_id: AccountId
    name: Name = Field("", examples=["Chen Li"])
    area_id: Id | None = Field(None, examples=_AREA)
    worker_id: Id | None = Field(None, examples=[None])
    subject: Subject | None = Field(None, examples=_SUBJECT)
    password: Password | None = Field(
        None, description="for the first sign-in, which changes it", examples=_PASSWORD
    )
    reason: Name = Field("", description="why, for the log of changes", examples=["new here"])


class AccountChange(Given):
    """What is to change of an account: fields that are not given stay."""

    revision: int = Field(ge=1, description="that was read", examples=[3])
    name: Name | None = Field(None, examples=["Chen Li"])
    area_id: Id | None = Field(None, examples=_AREA)
    worker_id: Id | None = Field(None, examples=WORKER)
    subject: Subject | None = Field(None, examples=_SUBJECT)
    is_active: bool | None = Field(None, examples=[True])
    password: Password | None = Field(
        None, description="for the next sign-in, which changes it", examples=_PASSWORD
    )
    reason: Name = Field("", description="why, for the log of changes", examples=["moved"])


class GrantMade(Given):
    """A role to grant."""

    role: Role = Field(examples=["grid_supervisor"])
    area_id: Id | None = Field(None, examples=[None])
    grid_id: Id | None = Field(None, examples=GRID)
    department_id: Id | None = Field(
        None, description="goes with the role department", examples=[None]
    )
    valid_from: datetime | None = Field(None, description="now, if not given", examples=_TIME)
    valid_to: datetime | None = Field(None, description="until withdrawn", examples=[None])
    reason: Name = Field("", description="why, for the log of changes", examples=["took over"])

    @model_validator(mode="after")
    def _fits(self) -> "GrantMade":
        if (self.role is Role.GRID_SUPERVISOR) != (self.grid_id is not None):
            raise ValueError("grid_id goes with the role grid_supervisor, and with no other")
        if (self.role is Role.DEPARTMENT) != (self.department_id is not None):
            raise ValueError("department_id goes with the role department, and with no other")
        if self.area_id is not None and self.role in _WITHOUT_AREA:
            raise ValueError(f"area_id does not go with the role {self.role.value}")
        times = [one for one in (self.valid_from, self.valid_to) if one is not None]
        if any(one.tzinfo is None or one.year not in _YEARS for one in times):
            raise ValueError("times are of these centuries and have a zone: 2026-11-20T08:00:00Z")
        if self.valid_to and self.valid_from and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is later than valid_from")
        return self


class KeyMade(Given):
    """A key for a machine."""

    name: Id = Field(examples=["map"])
    scopes: list[Permission] = Field(
        min_length=1, max_length=len(Permission), examples=[["read_registry", "read_results"]]
    )
    days: int = Field(90, ge=1, le=365, description="it is good so long", examples=[90])


class Key(Shape):
    """A key, without what opens."""

    name: str = Field(examples=["map"])
    scopes: list[Permission] = Field(examples=[["read_registry", "read_results"]])
    created_at: datetime = Field(description="UTC", examples=_TIME)
    expires_at: datetime = Field(description="UTC", examples=["2027-02-18T08:00:00Z"])
    used_at: datetime | None = Field(
        description="the last time, UTC, to the minute; null: never",
        examples=["2026-11-20T09:12:00Z"],
    )


class NewKey(Key):
    """A key that has just been made: what opens is shown only now."""

    token: str = Field(description="send it as Authorization: Bearer", examples=["patrol_c4...5w"])


class Keys(Shape):
    """The own keys, by name."""

    keys: list[Key]
