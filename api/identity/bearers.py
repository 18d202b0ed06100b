"""Sessions and keys: 256 random bits that open, of which the hash alone is kept.

A hash is looked up by the index, not compared in equal time: what an asker could learn from the
time is how a SHA-256 begins of something the asker has sent, and nothing follows from that for
the next guess.
"""

import secrets
from datetime import datetime
from typing import Any, Final, NamedTuple

from api.auth import PREFIX, token_digest
from api.identity.permissions import Permission
from api.identity.settings import IdentitySettings
from api.identity.shapes import Key, NewKey, Session
from api.views import Change, Snapshot

_BYTES: Final = 32

_ADD: Final = """
-- something that opens
insert into bearer (digest, account_id, kind, family, scopes, expires_at)
values (%(digest)s, %(account_id)s, %(kind)s, %(family)s, %(scopes)s,
        least(%(expires_at)s::timestamptz, now() + make_interval(secs => %(life_s)s)))
on conflict (account_id, family) where kind = 'key' do nothing
returning created_at, expires_at
"""

_USE_REFRESH: Final = """
-- a refresh is good once, and as long as its account is
update bearer b
   set used_at = now()
  from account a
 where b.digest = %(digest)s
   and b.kind = 'refresh'
   and b.used_at is null
   and b.expires_at > now()
   and a.account_id = b.account_id
   and a.is_active
returning b.account_id, b.family, b.scopes, b.expires_at, a.is_given
"""

_END_STOLEN: Final = """
-- whoever brings a used refresh, or whoever brought it before, has stolen it: all of it ends
delete from bearer b
 using bearer r
 where r.digest = %(digest)s
   and r.kind = 'refresh'
   and r.used_at is not null
   and b.account_id = r.account_id
   and b.family = r.family
   and b.kind in ('session', 'refresh')
"""

_END_SESSIONS: Final = """
-- sessions of an account: one, all but one, or all; keys only where it is said
delete from bearer
 where account_id = %(account_id)s
   and (kind in ('session', 'refresh') or %(with_keys)s)
   and (%(only)s::text is null or family = %(only)s)
   and (%(but)s::text is null or family <> %(but)s)
"""

_KEYS: Final = """
-- the keys of an account
select family as name, scopes, created_at, expires_at, used_at
  from bearer
 where account_id = %(account_id)s and kind = 'key' and expires_at > now()
 order by family
"""

_END_KEY: Final = """
-- one key less
delete from bearer where account_id = %(account_id)s and kind = 'key' and family = %(name)s
"""

_END_OLD_KEY: Final = """
-- a key that has ended leaves its name to another
delete from bearer
 where account_id = %(account_id)s and kind = 'key' and family = %(name)s and expires_at <= now()
"""

_LIFT: Final = """
-- the password is the account's own now
update bearer set scopes = null
 where account_id = %(account_id)s and kind in ('session', 'refresh')
"""


class Opened(NamedTuple):
    """Whose session it is, and whether its password must be changed first."""

    account_id: str
    is_given: bool = False
    # Where a session goes on.
    family: str | None = None


async def begin_session(change: Change, opened: Opened, settings: IdentitySettings) -> Session:
    """Return a session that begins now."""
    opened = opened._replace(family=secrets.token_hex(16))
    return await _session(change, opened, settings, until=None)


async def renew_session(change: Change, refresh: str, settings: IdentitySettings) -> Session | None:
    """Return the next token of a session, and the refresh after this one.

    None where it cannot be used; if it has been before, the whole session ends.
    """
    digest = token_digest(refresh)
    used = await change.row(_USE_REFRESH, digest=digest)
    if used is None:
        await change.write(_END_STOLEN, digest=digest)
        return None
    opened = Opened(used["account_id"], used["is_given"], used["family"])
    # The end stays that of the first: whoever has stolen one does not stay for ever.
    return await _session(change, opened, settings, until=used["expires_at"])


async def end_sessions(
    change: Change,
    account_id: str,
    *,
    only: str | None = None,
    but: str | None = None,
    with_keys: bool = False,
) -> None:
    """End the sessions of an account: all, `only` one family, or all `but` one."""
    await change.write(
        _END_SESSIONS, account_id=account_id, only=only, but=but, with_keys=with_keys
    )


async def add_key(
    change: Change, account_id: str, *, name: str, scopes: list[Permission], life_s: float
) -> NewKey | None:
    """Return a new key of the account, or None where it has one of this name."""
    token = _new_token()
    await change.write(_END_OLD_KEY, account_id=account_id, name=name)
    names = sorted({one.value for one in scopes})
    made = await change.row(
        _ADD,
        digest=token_digest(token),
        account_id=account_id,
        kind="key",
        family=name,
        scopes=names,
        expires_at=None,
        life_s=life_s,
    )
    if made is None:
        return None
    known = [Permission(one) for one in names]
    return NewKey(name=name, scopes=known, used_at=None, token=token, **made)


async def keys_of(snapshot: Snapshot, account_id: str) -> list[Key]:
    """Return the keys of an account, by name."""
    return await snapshot.rows(Key, _KEYS, account_id=account_id)


async def end_key(change: Change, account_id: str, name: str) -> bool:
    """End a key; False where there is none."""
    return bool(await change.write(_END_KEY, account_id=account_id, name=name))


async def lift_limits(change: Change, account_id: str) -> None:
    """Let the sessions of an account do all that its roles may: its password is its own."""
    await change.write(_LIFT, account_id=account_id)


async def _session(
    change: Change, opened: Opened, settings: IdentitySettings, *, until: datetime | None
) -> Session:
    # No scope at all, rather than all of them, until the password is the account's own.
    scopes: list[str] | None = [] if opened.is_given else None
    told: dict[str, Any] = {}
    lives = (("refresh", settings.refresh_s), ("session", settings.session_s))
    for kind, life_s in lives:
        token = _new_token()
        row = await change.row(
            _ADD,
            digest=token_digest(token),
            account_id=opened.account_id,
            kind=kind,
            family=opened.family,
            scopes=scopes,
            expires_at=until,
            life_s=life_s,
        )
        # The session ends with its last refresh, at the latest.
        until = row["expires_at"] if row else until
        told[kind] = (token, until)
    token, expires_at = told["session"]
    refresh_token, refresh_expires_at = told["refresh"]
    return Session(
        account_id=opened.account_id,
        token=token,
        expires_at=expires_at,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_expires_at,
        must_change_password=opened.is_given,
    )


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(_BYTES)
