"""HTTP/1.0 and 1.1 as terminals speak it: requests out of a stream of bytes, and answers to it.

RFC 9112, without trailers' meaning, content codings and upgrades. At most 16 kB of head and one
body, as long as its owner allows, are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from gateway.codecs.bodies import LINE_END, Chunked, Sized, UnreadableError, too_long

HEAD_LIMIT_BYTES = 16_384
BODY_LIMIT_BYTES = 1_048_576

_REASONS = {
    100: "Continue",
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
}

_TARGETS = (b"/", b"?", b"http://", b"https://")
_VERSION = b"HTTP/1."
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_NO_REQUEST = "no request of HTTP/1 stands where one should begin"
_LENGTH = re.compile(r"[0-9]{1,12}")
_PLAIN_CODINGS = {"", "identity"}


class Request(NamedTuple):
    """A whole request; names of headers are in lower case, and repeated ones joined by commas."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    keeps_alive: bool = True

    @property
    def query(self) -> str:
        """The target behind its question mark."""
        return self.target.partition("?")[2].partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; `keeps_alive` is whether the line may be used again."""

    status: int
    body: bytes = b""
    media_type: str = "text/plain"
    keeps_alive: bool = True

    def to_bytes(self) -> bytes:
        """Return the answer as it goes over the line."""
        head = [f"HTTP/1.1 {self.status} {_REASONS[self.status]}"]
        if self.body:
            head.append(f"Content-Type: {self.media_type}")
        head.append(f"Content-Length: {len(self.body)}")
        head.append(f"Connection: {'keep-alive' if self.keeps_alive else 'close'}")
        return "\r\n".join([*head, "", ""]).encode("ascii") + self.body


@dataclass(frozen=True, slots=True)
class Expectation:
    """The sender waits for "100 Continue" before it sends its body."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What makes the stream unreadable from here on, and the status to answer it with."""

    status: int
    reason: str


Message: TypeAlias = Request | Expectation | Fault

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class RequestLine(NamedTuple):
    """The first line of a request."""

    method: bytes
    target: bytes
    version: bytes


def read_request_line(line: bytes) -> RequestLine | None:
    """Return what `line` says, or None where it begins no request of HTTP/1.

    Blanks within the target are taken: modems send times so.
    """
    before, _, version = line.strip().rpartition(b" ")
    method, _, rest = before.partition(b" ")
    target = rest.strip()
    if not method.isalpha() or not target.startswith(_TARGETS):
        return None
    if not version.startswith(_VERSION) or not version[len(_VERSION) :].isdigit():
        return None
    return RequestLine(method, target, version)


class _Headers(NamedTuple):
    """The lines under the first of a head, and what they say of the body and of the line.

    A length of None is that of chunks.
    """

    lines: bytes
    values: Mapping[str, str]
    length: int | None
    expects_answer: bool
    says: frozenset[str]


class RequestReader:
    """Cuts a stream into requests, however its bytes arrive; after a fault it reads no more.

    It remembers the headers of the last request: a terminal sends the same ones each time.
    """

    def __init__(self, *, body_limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self._limit_bytes = body_limit_bytes
        self._buffer = bytearray()
        self._headers: _Headers | None = None
        self._head: Request | None = None
        self._body: Sized | Chunked | None = None
        self.is_broken = False

    @property
    def is_pending(self) -> bool:
        """Whether a request has begun and not ended."""
        return bool(self._buffer or self._head)

    def receive(self, data: bytes) -> list[Message]:
        """Return what `data` completes."""
        found: list[Message] = []
        if not self.is_broken:
            self._buffer += data
        try:
            while self._buffer or self._head:
                message = self._next()
                if message is None:
                    break
                found.append(message)
        except UnreadableError as error:
            self.is_broken = True
            self._buffer.clear()
            self._head = None
            found.append(Fault(error.status, str(error)))
        return found

    def _next(self) -> Message | None:
        if self._head is None or self._body is None:
            return self._begin()
        body = self._body.take(self._buffer)
        if body is None:
            return None
        whole = self._head._replace(body=body)
        self._head = self._body = None
        return whole

    def _begin(self) -> Message | None:
        head = self._take_head()
        if head is None:
            return None
        first, _, rest = head.partition(b"\n")
        line = read_request_line(first)
        if line is None:
            raise UnreadableError(400, _NO_REQUEST)
        headers = self._headers
        if headers is None or headers.lines != rest:
            headers = self._headers = _read_headers(rest, self._limit_bytes)
        request = Request(
            line.method.decode("ascii").upper(),
            line.target.decode("utf-8", "replace"),
            headers.values,
            keeps_alive=_keeps_alive(line.version, headers.says),
        )
        if headers.length == 0:
            return request
        is_sized = headers.length is not None
        self._head = request
        self._body = Sized(headers.length or 0) if is_sized else Chunked(self._limit_bytes)
        if headers.expects_answer and not self._buffer:
            return Expectation()
        return self._next()

    def _take_head(self) -> bytes | None:
        # Some senders end a body with a line end that its length leaves out (RFC 9112, 2.2).
        if self._buffer.startswith((b"\r", b"\n")):
            self._buffer[:] = self._buffer.lstrip(b"\r\n")
        end = _HEAD_END.search(self._buffer, 0, HEAD_LIMIT_BYTES)
        if end is None:
            _refuse_garbage(self._buffer)
            return None
        head = bytes(self._buffer[: end.start()])
        del self._buffer[: end.end()]
        return head


def _keeps_alive(version: bytes, says: frozenset[str]) -> bool:
    return "close" not in says and (version != b"HTTP/1.0" or "keep-alive" in says)


def _refuse_garbage(buffer: bytearray) -> None:
    """Raise as soon as `buffer` cannot become a head."""
    if len(buffer) >= HEAD_LIMIT_BYTES:
        raise UnreadableError(431, f"the head is longer than {HEAD_LIMIT_BYTES} bytes")
    line, end, _ = buffer.partition(b"\n")
    if end and read_request_line(bytes(line)) is None:
        raise UnreadableError(400, _NO_REQUEST)


def _read_headers(lines: bytes, limit_bytes: int) -> _Headers:
    """Return the headers in `lines`; one without a name means nothing, as modems send some."""
    values: dict[str, str] = {}
    for line in LINE_END.split(lines):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            continue
        key = name.strip().lower()
        text = value.strip()
        values[key] = f"{values[key]}, {text}" if key in values else text
    return _Headers(
        lines=lines,
        values=values,
        length=_length(values, limit_bytes),
        expects_answer=values.get("expect", "").lower() == "100-continue",
        says=frozenset(w.strip().lower() for w in values.get("connection", "").split(",")),
    )


def _length(values: Mapping[str, str], limit_bytes: int) -> int | None:
    """Return the length of the body, None for chunks, or raise UnreadableError."""
    if values.get("content-encoding", "").lower() not in _PLAIN_CODINGS:
        raise UnreadableError(415, "the body is packed: send it as it is")
    coding = values.get("transfer-encoding", "").lower()
    if coding == "chunked":
        return None
    if coding not in _PLAIN_CODINGS:
        raise UnreadableError(501, f"the transfer coding {coding!r} is not known")
    lengths = set(values.get("content-length", "0").replace(" ", "").split(","))
    if len(lengths) != 1 or not _LENGTH.fullmatch(length := lengths.pop()):
        raise UnreadableError(400, "the length of the body is no number")
    if int(length) > limit_bytes:
        raise too_long(limit_bytes)
    return int(length)
