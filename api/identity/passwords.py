"""Passwords: which are taken, and how they are kept (Argon2id, RFC 9106)."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from api.problems import TOO_MANY_REQUESTS, ProblemError
from patrol.errors import InputError

T = TypeVar("T")

MIN_CHARS: Final = 12
MAX_CHARS: Final = 256
_MIN_DIFFERENT: Final = 5

# Each hash takes 64 MiB and all cores for a moment: two at a time, and a short queue.
_AT_ONCE: Final = 2
_WAITING: Final = 40
_COME_BACK_S: Final = 1

# Those of at least twelve characters that lists of leaked passwords begin with.
_COMMON: Final = frozenset(
    {
        "123456789012",
        "1234567890123",
        "12345678901234567890",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "1qaz2wsx3edc4rfv",
        "abcdefghijkl",
        "administrator",
        "changeme1234",
        "iloveyou1234",
        "letmein12345",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "q1w2e3r4t5y6",
        "qwerty123456",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiop1234567890",
        "welcome12345",
        "woaini1314520",
        "zxcvbnm12345",
        "gridpatrol12",
        "gridpatrol1234",
        "gridpatrolgridpatrol",
    }
)

# A hash of nothing that anybody knows: checked for accounts that are not there, so that the
# answer takes as long as for those that are.
NOBODYS: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5J3Mgc2FsdCAxNg"
    "$y0YNzuj/RoW16DT2aGK88qABpXnVvbF/5Rccss6UcaE"
)

_HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def check_password(password: str, account_id: str) -> None:
    """Raise InputError, with what to do, for a password that is not taken.

    The rules are those of NIST SP 800-63B: length, and none that everybody guesses first; no
    rules of composition, and no change for the calendar's sake.
    """
    plain = _normal(password)
    if len(plain) < MIN_CHARS:
        raise InputError(f"the password is shorter than {MIN_CHARS} characters: give a longer one")
    if len(plain) > MAX_CHARS:
        raise InputError(f"the password is longer than {MAX_CHARS} characters: give a shorter one")
    folded = plain.casefold()
    if account_id.casefold() in {folded, folded[::-1]}:
        raise InputError("the password is the account's name: give another")
    if len(set(folded)) < _MIN_DIFFERENT or folded in _COMMON:
        raise InputError("the password is among those that are guessed first: give another")


def hash_password(password: str) -> str:
    """Return what is kept of a password; about 0.1 s and 64 MiB."""
    return _HASHER.hash(_normal(password))


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    try:
        return _HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return True


class Hashing:
    """Passwords hashed in threads, so few at once that a flood cannot eat the memory."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        self._asked = 0

    async def is_right(self, stored: str | None, given: str) -> bool:
        """Whether `given` is the password of the hash; takes as long where there is none."""
        is_right = await self._run(partial(_verify, stored or NOBODYS, given))
        return is_right and stored is not None

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return await self._run(partial(hash_password, password))

    async def _run(self, task: Callable[[], T]) -> T:
        if self._asked >= _AT_ONCE + _WAITING:
            raise ProblemError(
                TOO_MANY_REQUESTS,
                "too many sign in at this moment: try again in a second",
                headers={"Retry-After": str(_COME_BACK_S)},
            )
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, task)
        finally:
            self._asked -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _verify(stored: str, given: str) -> bool:
    try:
        return _HASHER.verify(stored, _normal(given))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # What keyboards and systems spell differently is the same password (NIST SP 800-63B).
    return unicodedata.normalize("NFKC", password)
