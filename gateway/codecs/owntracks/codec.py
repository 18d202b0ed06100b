"""OwnTracks: messages in JSON, in HTTP requests or in what an MQTT broker passes on.

A connection keeps at most 16 kB of head, 8 MiB of body and what one read brings.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.codecs.documents import Document, read_documents
from gateway.codecs.events import Event, Identified, Refused
from gateway.codecs.http import Request
from gateway.codecs.owntracks.messages import read_message
from gateway.codecs.owntracks.sealed import SealedError, unseal
from gateway.codecs.owntracks.senders import Sender
from gateway.codecs.profile import Profile
from gateway.codecs.web import HttpConnection, respond
from patrol.errors import InputError

# A photo of a few megabytes grows by a third in Base64.
BODY_LIMIT_BYTES = 8_388_608

UNREADABLE = "unreadable_message"
NO_ID = "no_id"
SEALED = "sealed"
UNKNOWN_TERMINAL = "unknown_terminal"

# The phone repeats a message that is answered so; it comes in when the set-up is mended.
_STATUSES = {NO_ID: 400, UNKNOWN_TERMINAL: 403, SEALED: 403}

_ENCRYPTED = "encrypted"
# What mosquitto_sub -v prints for an empty message.
_NOTHING = b"(null)"


class OwntracksCodec:
    """One connection; `admit` says of an id whether it may speak, and all may without it.

    A message that nobody could ever read is refused, and answered as one that can be read: a
    phone repeats whatever is not, and holds back all that follows.
    """

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
        """Return what `data` of an HTTP connection completes.

        Raises FrameError behind a fault in the stream.
        """
        return self._connection.receive(data, received_at=received_at)

    def take_message(self, topic: str, payload: bytes) -> list[Event]:
        """Return what an MQTT message says; MQTT itself acknowledges it."""
        if not payload.strip():
            return []
        return self._read(payload, Sender.of_topic(topic))

    def take_line(self, line: bytes, *, received_at: datetime) -> list[Event]:
        """Return what a written message says, whether or not it names a terminal.

        It is JSON, with or without a topic before it, or a piece of HTTP.
        """
        events = self._connection.take_line(line, received_at=received_at)
        if events is not None:
            return events
        text = line.strip().removeprefix(b"\xef\xbb\xbf")
        starts = [at for at in (text.find(b"{"), text.find(b"[")) if at >= 0]
        if text.endswith(_NOTHING):
            return []
        if not starts:
            reason = "the line holds no JSON: write it, alone or behind its topic"
            return [Refused(reason=reason, code=UNREADABLE, data=line)]
        topic, payload = text[: min(starts)].decode("utf-8", "replace"), text[min(starts) :]
        if topic:
            return self.take_message(topic.strip(), payload)
        request = Request(method="POST", target="/", headers={}, body=payload)
        return [*self._read(payload, Sender()), _done(request)]

    def close(self) -> list[Event]:
        """Return a refusal if the stream ends within a request."""
        return self._connection.close()

    def _answer(self, request: Request, _received_at: datetime) -> list[Event]:
        if not request.body.strip():
            return [_done(request)]
        try:
            sender = Sender.of_request(request)
        except InputError as error:
            refused = Refused(reason=str(error), code=UNREADABLE, data=request.body)
            return [refused, respond(request, 400)]
        events = self._read(request.body, sender, is_named=True)
        codes = {event.code for event in events if isinstance(event, Refused)}
        for code, status in _STATUSES.items():
            if code in codes:
                return [*events, respond(request, status)]
        return [*events, _done(request)]

    def _read(self, payload: bytes, sender: Sender, *, is_named: bool = False) -> list[Event]:
        """Return the events of all messages in `payload`, one refusal for each bad one.

        `is_named` is whether each must say whom it is from.
        """
        try:
            documents = read_documents(payload)
        except InputError as error:
            return [Refused(reason=str(error), code=UNREADABLE, data=payload)]
        told = [self._told(document, sender, is_named=is_named) for document in documents]
        return [
            replace(event, data=payload) if isinstance(event, Refused) else event
            for events in told
            for event in events
        ]

    def _told(self, document: Document, sender: Sender, *, is_named: bool) -> list[Event]:
        terminal_id = sender.terminal_id(document)
        events: list[Event]
        try:
            inner = self._opened(document)
            terminal_id = terminal_id or sender.terminal_id(inner)
            events = read_message(inner, terminal_id)
        except SealedError as error:
            events = [Refused(reason=str(error), code=SEALED)]
        except InputError as error:
            events = [Refused(reason=str(error), code=UNREADABLE)]
        if terminal_id is None and is_named:
            reason = "the message names no sender: give the phone a user and a device, or a tid"
            return [Refused(reason=reason, code=NO_ID)]
        if self._admit is not None and not (terminal_id and self._admit(terminal_id)):
            reason = f"{terminal_id!r} is not registered: register it, or compare its user"
            return [Refused(reason=reason, code=UNKNOWN_TERMINAL)]
        # The sender comes first also before a refusal: his profile may hold the key.
        return [*self._identified(terminal_id), *events]

    def _opened(self, document: Document) -> Document:
        """Return the one message within an encrypted one, or the message itself."""
        if document.get("_type") != _ENCRYPTED:
            return document
        inner = read_documents(unseal(document.get("data"), self._profile.secret_key))
        if len(inner) != 1:
            raise InputError("the encrypted text is no single message: send one at a time")
        return inner[0]

    def _identified(self, terminal_id: str | None) -> list[Identified]:
        if terminal_id is None or terminal_id == self._speaker:
            return []
        self._speaker = terminal_id
        return [Identified(terminal_id=terminal_id)]


def _done(request: Request) -> Event:
    return respond(request, 200, body=b"[]", media_type="application/json")
