"""A codec's half of an HTTP connection: requests in, events and answers out."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from gateway.codecs.events import Event, FrameError, Refused, Reply
from gateway.codecs.http import (
    CONTINUE,
    Expectation,
    Fault,
    Message,
    Request,
    RequestReader,
    Response,
    read_request_line,
)

# What a codec makes of one request; a Reply is among the events.
Answer: TypeAlias = Callable[[Request, datetime], list[Event]]

BAD_REQUEST = "bad_request"
CUT_OFF = "cut_off"

_METHODS = {b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"PATCH", b"DELETE"}
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z-]*: [^\r\n]*\s*")


class HttpConnection:
    """Feeds the requests of one connection to a codec.

    A fault in the stream is refused and answered; bytes behind it raise FrameError, so that
    what stood before it is not lost.
    """

    def __init__(self, answer: Answer, *, body_limit_bytes: int) -> None:
        self.requests = 0
        self._answer = answer
        self._limit_bytes = body_limit_bytes
        self._requests = RequestReader(body_limit_bytes=body_limit_bytes)

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes, with an answer to each request."""
        if self._requests.is_broken:
            raise FrameError("bytes follow a fault in the stream: close the connection")
        found = self._requests.receive(data)
        if len(found) == 1:
            return self._events(found[0], received_at)
        return [event for one in found for event in self._events(one, received_at)]

    def take_line(self, line: bytes, *, received_at: datetime) -> list[Event] | None:
        """Return what a written piece of an HTTP stream completes, and None if it is none.

        A lone request line counts as a request, and the headers under it as nothing.
        """
        if self._requests.is_broken:
            self._requests = RequestReader(body_limit_bytes=self._limit_bytes)
        if self._requests.is_pending:
            return self.receive(line, received_at=received_at)
        if not line.strip() or _HEADER_LINE.fullmatch(line):
            return []
        if _is_lone_request(line):
            return self.receive(line.strip() + b"\r\n\r\n", received_at=received_at)
        if line.split(None, 1)[0] in _METHODS:
            return self.receive(line, received_at=received_at)
        return None

    def close(self) -> list[Event]:
        """Return a refusal if the stream ends within a request."""
        if self._requests.is_pending:
            return [Refused(reason="the stream ends within a request", code=CUT_OFF)]
        return []

    def _events(self, message: Message, received_at: datetime) -> list[Event]:
        if isinstance(message, Request):
            self.requests += 1
            return self._answer(message, received_at)
        if isinstance(message, Expectation):
            return [Reply(data=CONTINUE)]
        return _refusal(message)


def _is_lone_request(line: bytes) -> bool:
    """Return whether `line` is a request that needs no body: its target says all."""
    if b"\n" in line.strip():
        return False
    request = read_request_line(line)
    return request is not None and (request.method.upper() == b"GET" or b"?" in request.target)


def respond(request: Request, status: int, *, body: bytes = b"", media_type: str = "") -> Reply:
    """Return the answer to `request`; it keeps the line as the request asks."""
    return _reply(status, body, media_type, keeps_alive=request.keeps_alive)


@lru_cache(maxsize=64)
def _reply(status: int, body: bytes, media_type: str, *, keeps_alive: bool) -> Reply:
    answer = Response(status=status, body=body, media_type=media_type, keeps_alive=keeps_alive)
    return Reply(data=answer.to_bytes())


def _refusal(fault: Fault) -> list[Event]:
    return [
        Refused(reason=f"{fault.reason}: the connection ends here", code=BAD_REQUEST),
        _reply(fault.status, b"", "", keeps_alive=False),
    ]
