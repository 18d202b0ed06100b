"""What surrounds every request: safe headers, a line in the log, no traceback, no endless body."""

from collections.abc import Mapping
from time import perf_counter
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BODY_TOO_LARGE, FAILED, ProblemError, respond
from patrol.errors import InputError
from patrol.ids import check_id

log = structlog.get_logger()

# Answers are personal data: nobody on the way keeps them, nothing in them is ever run.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Probes ask for it every few seconds.
_QUIET = frozenset({"/v1/health"})
_READING = frozenset({"GET", "HEAD"})
# Bodies are this long at most, but for routes that say otherwise.
MOST_BYTES: Final = 1 << 20


class Access:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and write down who read what."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        status = 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception:
            log.exception("api.failed", route=_route(scope))
            if status:
                # Half an answer is out: cutting the line is the only way left to say so.
                raise
            problem = ProblemError(FAILED, "the log of the server says more")
            await respond(problem, path=scope["path"])(scope, receive, send_safely)
        _write_down(scope, status=status, took_ms=round((perf_counter() - began) * 1000, 1))


def _write_down(scope: Scope, *, status: int, took_ms: float) -> None:
    route = _route(scope)
    token_name = scope.get("state", {}).get("token_name")
    if route in _QUIET or not (token_name or route.startswith("/v1/")):
        return
    log.info(
        _event(scope) if token_name else "api.refused",
        token=token_name,
        route=route,
        worker_id=_worker_id(scope),
        status=status,
        took_ms=took_ms,
    )


def _event(scope: Scope) -> str:
    return "api.read" if scope["method"] in _READING else "api.written"


def _route(scope: Scope) -> str:
    # The template, as in the documentation; a path that fits none is not worth keeping.
    return str(getattr(scope.get("route"), "path", ""))


def _worker_id(scope: Scope) -> str | None:
    asked = scope.get("path_params", {}).get("worker_id")
    asked = asked or QueryParams(scope["query_string"]).get("worker_id")
    try:
        return None if asked is None else check_id(asked, what="worker_id")
    except InputError:
        return None


class Bodies:
    """ASGI middleware: bodies of `MOST_BYTES`, or what `more` says of the paths below a prefix.

    None there stands for a route that reads its body in pieces and has a limit of its own.
    """

    def __init__(self, app: ASGIApp, more: Mapping[str, int | None]) -> None:
        self._app = app
        self._more = more

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it for its length."""
        most_bytes = self._most_bytes(scope)
        if most_bytes is None:
            await self._app(scope, receive, send)
            return
        if _told_bytes(scope) > most_bytes:
            await _refuse(scope, receive, send, most_bytes=most_bytes)
            return
        counted = _Counted(receive, send, most_bytes)
        await self._app(scope, counted.receive, counted.send)
        if counted.is_over and not counted.has_begun:
            await _refuse(scope, receive, send, most_bytes=most_bytes)

    def _most_bytes(self, scope: Scope) -> int | None:
        if scope["type"] != "http":
            return None
        path: str = scope["path"]
        fitting = [prefix for prefix in self._more if path.startswith(prefix)]
        return self._more[max(fitting, key=len)] if fitting else MOST_BYTES


class _Counted:
    """A body that ends when it has become too long; the answer to what there is of it is dropped."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._left = most_bytes
        self.is_over = False
        self.has_begun = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.is_over = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return message

    async def send(self, message: Message) -> None:
        if self.is_over and not self.has_begun:
            return
        self.has_begun = True
        await self._send(message)


def _told_bytes(scope: Scope) -> int:
    told = Headers(scope=scope).get("Content-Length", "0")
    return int(told) if told.isascii() and told.isdigit() else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, *, most_bytes: int) -> None:
    # What is still on its way is not waited for.
    problem = ProblemError(
        BODY_TOO_LARGE, f"{most_bytes} bytes are taken", headers={"Connection": "close"}
    )
    await respond(problem, path=scope["path"])(scope, receive, send)
