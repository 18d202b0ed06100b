"""How often a password may be guessed: counted in the database, for all processes together.

An attempt is counted before the password is looked at, so that many at once are not one, and
forgiven when it was right. What must wait grows from a second, by address and account together
first, then by address, then by account. The last holds only where the account has never been
signed in from: guesses from elsewhere cannot shut out whom it belongs to.
"""

from typing import Final, NamedTuple

from api.identity.rates import hidden, too_many
from api.views import Change

_REMEMBERED_S: Final = 3600
# Of what others left behind, at each sign-in.
_CLEANED: Final = 100

_COUNT: Final = """
-- one more attempt, unless it is too early for it
insert into sign_in_limit as l (what, key, attempts, last_at, free_at)
values (%(what)s, %(key)s, 1, clock_timestamp(), clock_timestamp())
on conflict (what, key) do update
   set attempts = case when l.last_at < clock_timestamp() - make_interval(secs => %(remembered_s)s)
                       then 1 else l.attempts + 1 end,
       last_at = clock_timestamp(),
       free_at = clock_timestamp() + make_interval(secs =>
           case when l.last_at < clock_timestamp() - make_interval(secs => %(remembered_s)s)
                     or l.attempts + 1 < %(free)s
                then 0
                else least(%(longest_s)s, power(2, least(l.attempts + 1 - %(free)s, 20))) end)
 where l.free_at <= clock_timestamp()
"""

_WAIT: Final = """
-- how long until the next attempt
select greatest(extract(epoch from free_at - clock_timestamp()), 0)::float8 as wait_s
  from sign_in_limit
 where what = %(what)s and key = %(key)s
"""

_KNOWN: Final = """
-- whether the account has been signed in from there
select exists (select from sign_in_place where account_id = %(account_id)s and key = %(place)s)
"""

_FORGIVE_ADDRESS: Final = """
-- the attempt was right: for the address it does not count
update sign_in_limit set attempts = greatest(attempts - 1, 0)
 where what = 'address' and key = %(key)s
"""

_FORGIVE: Final = """
-- the attempt was right: those before it are forgotten
delete from sign_in_limit where what = %(what)s and key = %(key)s
"""

_REMEMBER: Final = """
-- from here the account has been signed in
insert into sign_in_place (account_id, key) values (%(account_id)s, %(place)s)
on conflict (account_id, key) do update set last_at = now()
"""

_UNLOCK: Final = """
-- no attempt has been made on the account
delete from sign_in_limit
 where (what = 'account' and key = %(account)s)
    or (what = 'both' and starts_with(key, %(account)s || ':'))
"""

_CLEAN: Final = """
-- what nobody will ask for again, a little of it
with old_limit as (
    delete from sign_in_limit where (what, key) in (
        select what, key from sign_in_limit
         where last_at < now() - interval '1 day'
         limit %(most)s for update skip locked)
), old_place as (
    delete from sign_in_place where (account_id, key) in (
        select account_id, key from sign_in_place
         where last_at < now() - interval '90 days'
         limit %(most)s for update skip locked)
), old_request as (
    delete from oidc_request where state in (
        select state from oidc_request
         where expires_at < now()
         limit %(most)s for update skip locked)
)
delete from bearer where digest in (
    select digest from bearer
     where expires_at < now()
     limit %(most)s for update skip locked)
"""


class _Limit(NamedTuple):
    what: str
    # Attempts without a wait, and the longest wait.
    free: int
    longest_s: int


_ADDRESS: Final = _Limit("address", 100, 60)
_ACCOUNT: Final = _Limit("account", 50, 30)
_BOTH: Final = _Limit("both", 5, 900)


class Attempt(NamedTuple):
    """Who is said to sign in, and from which address."""

    account_id: str
    address: str

    @property
    def account(self) -> str:
        """By what the account is known here."""
        return hidden(self.account_id)

    @property
    def both(self) -> str:
        """By what account and address together are known here."""
        return f"{self.account}:{self.place}"

    @property
    def place(self) -> str:
        """By what the address is known here."""
        return hidden("address", self.address)


async def count_attempt(change: Change, attempt: Attempt) -> None:
    """Count an attempt; ProblemError (429), with which nothing is counted, if it is too early."""
    # Always in this order, so that two transactions never wait for each other.
    await _count(change, _ADDRESS, attempt.place)
    if not await change.truth(_KNOWN, account_id=attempt.account_id, place=attempt.place):
        await _count(change, _ACCOUNT, attempt.account)
    await _count(change, _BOTH, attempt.both)


async def forgive_attempts(change: Change, attempt: Attempt) -> None:
    """Take note that the password was right."""
    await change.write(_FORGIVE_ADDRESS, key=attempt.place)
    await change.write(_FORGIVE, what=_ACCOUNT.what, key=attempt.account)
    await change.write(_FORGIVE, what=_BOTH.what, key=attempt.both)
    await change.write(_REMEMBER, account_id=attempt.account_id, place=attempt.place)


async def unlock(change: Change, account_id: str) -> None:
    """Forget the attempts on an account, so that its next one need not wait."""
    await change.write(_UNLOCK, account=hidden(account_id))


async def clean_up(change: Change) -> None:
    """Drop a little of what has ended: bearers, limits, places, begun sign-ins."""
    await change.write(_CLEAN, most=_CLEANED)


async def _count(change: Change, limit: _Limit, key: str) -> None:
    counted = await change.write(
        _COUNT,
        what=limit.what,
        key=key,
        free=limit.free,
        longest_s=limit.longest_s,
        remembered_s=_REMEMBERED_S,
    )
    if not counted:
        row = await change.row(_WAIT, what=limit.what, key=key)
        raise too_many(row["wait_s"] if row else 0.0)
