"""What the window answers to a request, whichever way it came."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import Any, Protocol, cast

import structlog

from device.acts.here import on_board, tell_here
from device.window.deeds import do
from device.window.door import Door, RefusedError
from device.window.looks import Parts, look
from device.window.uploads import Uploads
from patrol.errors import InputError, StateError

log = structlog.get_logger()

# Whoever says nothing for so long is hung up on.
_PATIENCE_S = 15.0
_MOST_BODY_BYTES = 65_536
# Longer than any length that is not too much.
_MOST_DIGITS = 18
_TOKEN_MARK = b"{{token}}"
_DEEDS = "/api/"
_PHOTOS = "/api/photos"
_HERE = "/api/here"
# What fails of ours when a worker does something is the disk.
_DISK = "disk"

_PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/window.css": ("window.css", "text/css; charset=utf-8"),
    "/words.js": ("words.js", "text/javascript; charset=utf-8"),
    "/window.js": ("window.js", "text/javascript; charset=utf-8"),
    "/acts.js": ("acts.js", "text/javascript; charset=utf-8"),
    "/tasks.js": ("tasks.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Shared(Protocol):
    """What every handler finds at its server; `door` is None where the file's mode decides."""

    parts: Parts
    uploads: Uploads
    door: Door | None


class Handler(BaseHTTPRequestHandler):
    """One request; anything that is wrong with it is answered with a status and the reason."""

    timeout = _PATIENCE_S
    server_version = "gridpatrol"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a part of the page, or with what there is to see."""
        self._guarded(self._show)

    def do_POST(self) -> None:
        """Do what our page asks for."""
        self._guarded(self._do)

    def log_message(self, *_said: object) -> None:
        """Say nothing: who looks every few seconds is no event."""

    def _guarded(self, answer: Callable[[], None]) -> None:
        try:
            if self._shared.door is not None:
                self._shared.door.check_guest(self.headers)
            answer()
        except RefusedError as error:
            self._refuse(error.status, error)
        except InputError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, error)
        except StateError as error:
            log.warning("window.deed_failed", reason=str(error))
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, error)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    @property
    def _shared(self) -> Shared:
        return cast("Shared", self.server)

    def _show(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/api/state":
            self._tell(HTTPStatus.OK, look(self._shared.parts))
        elif path == _HERE and self._shared.door is None:
            # Places are told on the socket alone, to whoever may read the outbox anyway.
            parts = self._shared.parts
            here = on_board(parts.board, parts.duty, parts.clock.now())
            self._tell(HTTPStatus.OK, tell_here(here))
        elif path in _PAGE:
            name, kind = _PAGE[path]
            door = self._shared.door
            token = b"" if door is None else door.token.encode()
            body = files("device.window").joinpath("page", name).read_bytes()
            self._answer(HTTPStatus.OK, kind, body.replace(_TOKEN_MARK, token))
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")

    def _do(self) -> None:
        if self._shared.door is not None:
            self._shared.door.check_deed(self.headers)
        path = self.path.partition("?")[0]
        if path == _PHOTOS:
            name = self._shared.uploads.take(self.rfile, self._length())
            self._tell(HTTPStatus.CREATED, {"photo": name})
        elif path.startswith(_DEEDS):
            deed = path.removeprefix(_DEEDS)
            done = do(deed, self._body(), parts=self._shared.parts, uploads=self._shared.uploads)
            self._tell(HTTPStatus.OK, done)
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing of this kind to do")

    def _length(self) -> int:
        text = self.headers.get("Content-Length") or ""
        if not text.isascii() or not text.isdecimal():
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing")
        return int(text[:_MOST_DIGITS])

    def _body(self) -> Mapping[str, Any]:
        kind = (self.headers.get("Content-Type") or "").partition(";")[0].strip()
        if kind != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
        length = self._length()
        if length > _MOST_BODY_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is too much")
        try:
            body = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"that is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "send a JSON object")
        return body

    def _tell(self, status: HTTPStatus, body: Mapping[str, Any]) -> None:
        text = json.dumps(body, ensure_ascii=False).encode()
        self._answer(status, "application/json", text)

    def _refuse(self, status: HTTPStatus, error: InputError | StateError) -> None:
        code = getattr(error, "code", _DISK if isinstance(error, StateError) else None)
        self._tell(status, {"error": str(error)} | ({} if code is None else {"code": code}))

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
