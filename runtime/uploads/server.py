"""A photo is brought to the server: in pieces, from where the last attempt ended.

Source: the core of the tus resumable upload protocol 1.0.0 (HEAD, PATCH, Upload-Offset) and
RFC 9530 (Repr-Digest), by which the server says that it has the photo.
"""

import base64
import http.client
import ipaddress
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import BinaryIO, NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from patrol.errors import InputError
from runtime.settings import read_secret

_PATIENCE_S = 30.0
_PIECE_BYTES = 1 << 16
_MOST_ANSWER_BYTES = 1 << 16
_MOST_REASON_CHARS = 200
_VERSION = {"Tus-Resumable": "1.0.0"}


class Outcome(StrEnum):
    """What came of an attempt."""

    STORED = "stored"
    NOT_AWAITED = "not_awaited"
    DIFFERS = "differs"
    REFUSED = "refused"
    UNFINISHED = "unfinished"


class Answer(NamedTuple):
    """What the server answered, names of headers in lower case, and why where it refuses."""

    status: int
    headers: Mapping[str, str]
    reason: str


class LineError(Exception):
    """The server is not reached, or does not answer as it should; to be tried again."""


class Destination(NamedTuple):
    """Where the API is, and how it is spoken to; `named` is how its settings begin.

    Whoever brings photos `for_terminals` has each in a folder that is named by its terminal.
    """

    url: str
    token_file: Path | None
    ca_file: Path | None
    chunk_bytes: int = 1 << 20
    named: str = "[reports] upload"
    for_terminals: bool = False

    def check(self) -> None:
        """Raise InputError where it cannot be used: no TLS but to this machine, or no token."""
        try:
            server = urlsplit(self.url)
            port = server.port
        except ValueError as error:
            raise InputError(f"{self.named}_url is {self.url!r}: {error}") from error
        is_safe = server.scheme == "https" or (server.scheme == "http" and _is_here(server))
        if not is_safe or not server.hostname or port == 0 or server.query or server.username:
            raise InputError(
                f"{self.named}_url is {self.url!r}: give https:// and the name of the "
                "server; http:// is taken for 127.0.0.1 alone"
            )
        if self.token_file is None:
            raise InputError(
                f"{self.named}_token_file is not set: `patrol api token` on the server makes a token"
            )


class Server:
    """One connection to the API, for a few photos.

    Raises InputError when the token or the certificates cannot be read.
    """

    def __init__(self, destination: Destination) -> None:
        self._chunk_bytes = destination.chunk_bytes
        self._for_terminals = destination.for_terminals
        server = urlsplit(destination.url)
        self._base = server.path.rstrip("/")
        self._token = read_secret(destination.token_file) or ""
        host = server.hostname or ""
        if server.scheme == "https":
            trusted = _trusted(destination)
            self._line: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, server.port, timeout=_PATIENCE_S, context=trusted
            )
        else:
            self._line = http.client.HTTPConnection(host, server.port, timeout=_PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def bring(self, path: Path, stop: Event) -> tuple[Outcome, str]:
        """Bring the photo at `path`, whose name is its SHA-256, and return what came of it and why.

        STORED is returned only when the server says this very hash. Raises LineError.
        """
        place = f"{path.name}?terminal_id={path.parent.name}" if self._for_terminals else path.name
        answer = self._ask("HEAD", place)
        with path.open("rb") as photo:
            size = os.fstat(photo.fileno()).st_size
            while not stop.is_set():
                if _is_stored(answer, path.name):
                    return Outcome.STORED, ""
                offset = _offset(answer, size)
                if offset is None:
                    return _refusal(answer)
                answer = self._bring_on(photo, place, offset=offset, size=size)
                if answer.status == HTTPStatus.CONFLICT:
                    answer = self._ask("HEAD", place)
                elif _is_behind(answer, offset, size):
                    raise LineError(f"the server stays at byte {offset} of {size}")
        return Outcome.UNFINISHED, ""

    def _bring_on(self, photo: BinaryIO, place: str, *, offset: int, size: int) -> Answer:
        length = min(self._chunk_bytes, size - offset)
        photo.seek(offset)
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(length),
            "Upload-Offset": str(offset),
        }
        return self._ask("PATCH", place, headers=headers, body=_pieces(photo, length))

    def _ask(
        self,
        method: str,
        place: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Iterator[bytes] | None = None,
    ) -> Answer:
        told = {**_VERSION, "Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            self._line.request(method, f"{self._base}/v1/photos/{place}", body, told)
            answer = self._line.getresponse()
            text = answer.read(_MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise LineError(f"{type(error).__name__}: {error}") from error
        given = {field.lower(): value for field, value in answer.headers.items()}
        return Answer(answer.status, given, _reason(text) or answer.reason)


def _is_here(server: SplitResult) -> bool:
    try:
        return ipaddress.ip_address(server.hostname or "").is_loopback
    except ValueError:
        return server.hostname == "localhost"


def _trusted(destination: Destination) -> ssl.SSLContext:
    ca_file = destination.ca_file
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise InputError(
            f"{destination.named}_ca_file {ca_file} cannot be used: {error}"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _pieces(photo: BinaryIO, length: int) -> Iterator[bytes]:
    while length and (piece := photo.read(min(_PIECE_BYTES, length))):
        length -= len(piece)
        yield piece


def _is_stored(answer: Answer, sha256: str) -> bool:
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    is_said = answer.headers.get("repr-digest") == f"sha-256=:{digest}:"
    return is_said and answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}


def _offset(answer: Answer, size: int) -> int | None:
    """Return how much the server has, None where it refuses."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        return None
    text = answer.headers.get("upload-offset", "")
    offset = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= offset <= size:
        raise LineError(f"the server says it has {text[:20]!r} of {size} bytes")
    return offset


def _is_behind(answer: Answer, offset: int, size: int) -> bool:
    """Return whether the server took what was sent and is no further for it."""
    is_taken = answer.status == HTTPStatus.NO_CONTENT and "repr-digest" not in answer.headers
    return is_taken and (_offset(answer, size) or 0) <= offset


def _refusal(answer: Answer) -> tuple[Outcome, str]:
    if answer.status == HTTPStatus.NOT_FOUND:
        return Outcome.NOT_AWAITED, answer.reason
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Outcome.DIFFERS, answer.reason
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.LOCKED:
        raise LineError(f"{answer.status} {answer.reason}")
    return Outcome.REFUSED, f"{answer.status} {answer.reason}"


def _reason(text: bytes) -> str:
    with suppress(ValueError, RecursionError):
        problem = json.loads(text)
        if isinstance(problem, dict):
            return str(problem.get("detail", ""))[:_MOST_REASON_CHARS]
    return ""
