"""What surrounds every request: safe headers, a line in the log, and no traceback outside."""

from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import FAILED, ProblemError, respond
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
