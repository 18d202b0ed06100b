"""OsmAnd and Traccar Client: a report of position in each HTTP request.

A connection keeps at most 16 kB of head, 1 MiB of body and what one read brings.
"""

from collections.abc import Callable
from datetime import datetime

from gateway.codecs.events import Event, Identified, Located, Refused
from gateway.codecs.http import BODY_LIMIT_BYTES, Request
from gateway.codecs.osmand.body import read_body
from gateway.codecs.osmand.query import read_query
from gateway.codecs.profile import Profile
from gateway.codecs.web import HttpConnection, respond
from patrol.errors import InputError

UNREADABLE = "unreadable_report"
NO_ID = "no_id"
UNKNOWN_TERMINAL = "unknown_terminal"

# Longer names are no names, and would fill the list of strangers.
ID_LIMIT = 128

_JSON = "application/json"


class OsmandCodec:
    """One connection; `admit` says of an id whether it may speak, and all may without it."""

    def __init__(self, profile: Profile, *, admit: Callable[[str], bool] | None = None) -> None:
        self._profile = profile
        self._admit = admit
        self._speaker: str | None = None
        self._connection = HttpConnection(self._answer, body_limit_bytes=BODY_LIMIT_BYTES)

    @property
    def frames(self) -> int:
        """How many requests were taken."""
        return self._connection.requests

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes; raises FrameError behind a fault in the stream."""
        return self._connection.receive(data, received_at=received_at)

    def take_line(self, line: bytes, *, received_at: datetime) -> list[Event]:
        """Return what a written request says.

        It is a query with or without what stands before it, a JSON body, or a piece of HTTP.
        """
        events = self._connection.take_line(line, received_at=received_at)
        return self._answer(_written(line), received_at) if events is None else events

    def close(self) -> list[Event]:
        """Return a refusal if the stream ends within a request."""
        return self._connection.close()

    def _answer(self, request: Request, received_at: datetime) -> list[Event]:
        is_document = _is_document(request)
        try:
            reports = self._read(request, received_at, is_document=is_document)
        except InputError as error:
            return _refusal(request, 400, reason=str(error), code=UNREADABLE)
        terminal_id = reports[0].terminal_id
        if terminal_id is None or len(terminal_id) > ID_LIMIT:
            reason = (
                f"the report names no terminal by up to {ID_LIMIT} characters: send id,"
                " deviceid or device_id"
            )
            return _refusal(request, 400, reason=reason, code=NO_ID)
        if self._admit is not None and not self._admit(terminal_id):
            reason = f"{terminal_id!r} is not registered: register it, or compare the app's id"
            status = 404 if is_document else 400
            return _refusal(request, status, reason=reason, code=UNKNOWN_TERMINAL)
        return [*self._identified(terminal_id), *reports, respond(request, 200)]

    def _read(self, request: Request, received_at: datetime, *, is_document: bool) -> list[Located]:
        """Return the reports in `request`, at least one, all of one terminal."""
        if is_document:
            return read_body(request.body, received_at=received_at)
        # A body counts only where the target says nothing.
        query = request.query or request.body.decode("utf-8", "replace").strip()
        return [read_query(query, self._profile, received_at=received_at)]

    def _identified(self, terminal_id: str) -> list[Identified]:
        if terminal_id == self._speaker:
            return []
        self._speaker = terminal_id
        return [Identified(terminal_id=terminal_id)]


def _refusal(request: Request, status: int, *, reason: str, code: str) -> list[Event]:
    data = request.target.encode("utf-8", "replace") + b"\n" + request.body
    return [Refused(reason=reason, code=code, data=data.strip()), respond(request, status)]


def _is_document(request: Request) -> bool:
    if request.headers.get("content-type", "").lower().startswith(_JSON):
        return True
    return not request.query and request.body.lstrip().startswith((b"{", b"["))


def _written(line: bytes) -> Request:
    """Return the request that `line` stands for."""
    text = line.decode("utf-8", "replace").strip().removeprefix("\ufeff")
    if text.startswith(("{", "[")):
        return Request(method="POST", target="/", headers={}, body=text.encode())
    before, mark, behind = text.partition("?")
    # A question mark may also stand in a value.
    query = behind if mark and "=" not in before else text
    return Request(method="GET", target=f"/?{query}", headers={})
