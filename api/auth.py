"""Bearer tokens (RFC 6750) from a file that holds their SHA-256, never the tokens.

One token a line: `<name> <sha256 in hex>`; the name of a terminal's token is its terminal_id.
A token is 256 random bits, so that a plain hash of it cannot be turned round. The file is read
again whenever it changes: a line that is taken out is a token withdrawn.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import TOKEN_REQUIRED, ProblemError, unavailable
from patrol.errors import InputError
from patrol.ids import check_id

log = structlog.get_logger()

# Something that scanners for leaked secrets can look for.
PREFIX = "patrol_"
_TOKEN_BYTES = 32
# Shorter ones are never accepted, whatever hash somebody has put into the file by hand.
MIN_CHARS = 40
_MAX_CHARS = 200

_LINE = re.compile(r"([A-Za-z0-9_-]{1,64})[ \t]+([0-9a-f]{64})", re.ASCII)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the file."""

    name: str
    digest: bytes


class TokenFile:
    """The tokens that are accepted now; without a file none are."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._tokens: tuple[Token, ...] = ()
        self._stamp: tuple[int, ...] | None = None

    def read(self) -> tuple[Token, ...]:
        """Return the tokens, read anew if the file has changed.

        Raises InputError when the file cannot be used; then no token is accepted at all,
        because one that was withdrawn might be among those read before.
        """
        if self._path is None:
            return ()
        stamp = _stamp(self._path)
        if stamp is None or stamp != self._stamp:
            self._stamp = None
            self._tokens = read_tokens(self._path)
            self._stamp = stamp
        return self._tokens

    def name_of(self, presented: str) -> str | None:
        """Return whose token `presented` is, or None; any guess takes equally long."""
        tokens = self.read()
        if not MIN_CHARS <= len(presented) <= _MAX_CHARS:
            return None
        digest = token_digest(presented)
        names = [one.name for one in tokens if hmac.compare_digest(one.digest, digest)]
        return names[0] if names else None


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Return the tokens in the file at `path`; InputError says why it cannot be used."""
    how = f"make a token with `patrol api token NAME --file {path}`"
    try:
        tokens = _read(path)
    except FileNotFoundError:
        raise InputError(f"tokens_file {path} does not exist: {how}") from None
    if not tokens:
        raise InputError(f"tokens_file {path} holds no token: {how}")
    return tokens


def add_token(path: Path, name: str) -> str:
    """Make a token for `name`, append its hash to the file at `path` and return the token.

    Raises InputError when the name is taken or the file cannot be used. The file is made,
    for its owner alone, where there is none.
    """
    check_id(name, what="token name")
    try:
        known = _read(path)
    except FileNotFoundError:
        known = ()
    if any(one.name == name for one in known):
        raise InputError(
            f"{path} has a token named {name!r} already: take another name, or take that line out"
        )
    token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        _append(path, f"{name} {token_digest(token).hex()}\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return token


bearer_token = HTTPBearer(
    auto_error=False,
    description="A session's token, a key, or one made with `patrol api token NAME --file FILE`.",
)


async def require_terminal(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_token)],
) -> str:
    """Let the request pass if it carries a terminal's own token, and return the terminal."""
    return _let_in(request, credentials, request.app.state.terminal_tokens)


TerminalRequired = Annotated[str, Depends(require_terminal)]


def _let_in(
    request: Request, credentials: HTTPAuthorizationCredentials | None, tokens: TokenFile
) -> str:
    if credentials is None:
        raise refuse_token("send `Authorization: Bearer <token>`", error="")
    try:
        name = tokens.name_of(credentials.credentials)
    except InputError as error:
        raise unusable_tokens(error) from error
    if name is None:
        raise refuse_token(
            "this token is not known; it may have been withdrawn", error=', error="invalid_token"'
        )
    request.state.token_name = name
    return name


def unusable_tokens(error: InputError) -> ProblemError:
    """Return the answer while a tokens file cannot be used; why goes to the log alone."""
    log.error("api.tokens_unusable", reason=str(error))
    return unavailable("the tokens file cannot be used; the log says why")


def refuse_token(detail: str, *, error: str) -> ProblemError:
    """Return the answer (401) to a request without a token that is accepted."""
    headers = {"WWW-Authenticate": f'Bearer realm="gridpatrol"{error}'}
    return ProblemError(TOKEN_REQUIRED, detail, headers=headers)


def _read(path: Path) -> tuple[Token, ...]:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"tokens_file {path} cannot be read: {error}") from error
    if mode & _OTHERS:
        raise InputError(
            f"tokens_file {path} has mode {stat.S_IMODE(mode):04o}, so that others can use it: "
            f"run `chmod 600 {path}`"
        )
    return tuple(_parse(line, f"{path} line {number}") for number, line in _entries(lines))


def _entries(lines: list[str]) -> list[tuple[int, str]]:
    stripped = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]


def _parse(line: str, where: str) -> Token:
    match = _LINE.fullmatch(line)
    if match is None:
        # The line is not shown: it may be a token that somebody has put there in clear.
        raise InputError(
            f"{where} is not `<name> <sha256 in hex>`: take it out, "
            "and make a token with `patrol api token`"
        )
    return Token(match[1], bytes.fromhex(match[2]))


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        # An editor may have left the last line without an end.
        is_open = file.seek(0, os.SEEK_END) and os.pread(descriptor, 1, file.tell() - 1) != b"\n"
        file.write((("\n" if is_open else "") + line).encode())


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # The time of change too: it tells of a new mode and of another file in this place.
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def token_digest(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()
