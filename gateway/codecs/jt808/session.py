"""One connection that speaks JT/T 808: bytes in, events and replies out."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from gateway.codecs.events import Event, Refused, Reply
from gateway.codecs.jt808.commands import Result, confirm_media, request_parts
from gateway.codecs.jt808.conversation import Conversation
from gateway.codecs.jt808.framing import Found, Listener, Sentence, Taken
from gateway.codecs.jt808.header import PLAIN_HEAD_BYTES, Message, Part, read_message
from gateway.codecs.jt808.messages import (
    AUTHENTICATION,
    LOCATION,
    MESSAGES,
    REGISTRATION,
    rescue,
    turn_away,
)
from gateway.codecs.jt808.others import MEDIA_DATA, OTHERS, keep
from gateway.codecs.jt808.outgoing import Addressee
from gateway.codecs.jt808.parts import Assembly
from gateway.codecs.jt808.reports.location import LOCATION_BYTES
from gateway.codecs.jt808.reports.media import read_head
from gateway.codecs.jt808.sentences import read_sentence
from gateway.codecs.profile import Profile

_HANDLERS = MESSAGES | OTHERS
_NO_MARKS: dict[str, bool] = {}
# Id, and the upper byte of the attributes: with none of its bits but the size's.
_PLAIN_LOCATIONS = frozenset(LOCATION.to_bytes(2, "big") + bytes([high]) for high in range(4))
_LOCATION_BYTES = PLAIN_HEAD_BYTES + LOCATION_BYTES
_INTRODUCTIONS = {REGISTRATION, AUTHENTICATION}


def _is_plain_location(content: bytes) -> bool:
    """Return whether a frame is a location, whole, neither encrypted nor in parts, of 2013."""
    return content[:3] in _PLAIN_LOCATIONS and len(content) > _LOCATION_BYTES


def anybody(terminal_id: str) -> bool:
    """Admit every terminal that says a number."""
    return bool(terminal_id)


class Jt808Codec:
    """Reads one terminal's stream; `admit` says who may register, log in and report.

    Holds at most 8 KiB of unfinished frames for each of two dialects until one is heard, and
    2 MiB of messages in parts (`parts.MOST_BYTES`).
    """

    def __init__(self, profile: Profile, *, admit: Callable[[str], bool] = anybody) -> None:
        self.frames = 0
        self._listener = Listener(strict=profile.strict)
        self._talk = Conversation(profile, admit=admit)
        self._received_at = datetime.min.replace(tzinfo=UTC)

    @property
    def addressee(self) -> Addressee | None:
        """How commands to the terminal are made, once it has spoken."""
        return self._talk.to if self._talk.terminal_id else None

    def next_serial(self) -> int:
        """Return the platform's next count on this line, for a command."""
        return self._talk.next_serial()

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes, in order; `received_at` is UTC and aware.

        Raises FrameError when the stream cannot be read on.
        """
        self._received_at = received_at
        events: list[Event] = []
        self._take_all(self._listener.feed(data), events)
        if self._talk.assemblies.open:
            self._remind(events)
        return events

    def close(self) -> list[Event]:
        """Return what the end of the stream completes, and give up messages in parts."""
        events: list[Event] = []
        self._take_all(self._listener.close(), events)
        self._give_up(self._talk.assemblies.close(), events)
        return events

    def _take_all(self, frames: Iterable[Found], events: list[Event]) -> None:
        for found in frames:
            self.frames += not isinstance(found, Refused)
            if isinstance(found, bytes):
                if found[4:10] == self._talk.plain_phone and _is_plain_location(found):
                    self._take_location(found, events)
                else:
                    self._take(found, _NO_MARKS, events)
            elif isinstance(found, Taken):
                marks = {"checksum": found.checksum, "length": found.length}
                self._take(found.content, {k: v for k, v in marks.items() if not v}, events)
            elif isinstance(found, Sentence):
                events += read_sentence(found.text, self._talk, received_at=self._received_at)
            else:
                events.append(found)

    def _take_location(self, content: bytes, events: list[Event]) -> None:
        """Take a location of whoever spoke last; it is by far the most frequent message."""
        talk = self._talk
        body = content[PLAIN_HEAD_BYTES:-1]
        events.append(
            talk.locations.read(body, terminal_id=talk.terminal_id, late=False, marks=_NO_MARKS)
        )
        events.append(talk.answer_to(content[10] << 8 | content[11], LOCATION, Result.DONE))

    def _take(self, content: bytes, marks: dict[str, bool], events: list[Event]) -> None:
        talk = self._talk
        delimiter = self._listener.delimiter
        message = read_message(
            content, delimiter=delimiter, marks=marks, received_at=self._received_at
        )
        # Whoever was not admitted may be by now.
        if not talk.admitted or talk.speaker != message[2:4]:
            talk.recognise(message, delimiter=delimiter)
            if talk.admitted and message.message_id not in _INTRODUCTIONS:
                events.append(talk.identified(message))
        if not talk.admitted:
            turn_away(talk, message, events)
        elif message.encryption:
            self._refuse_encrypted(message, events)
        elif message.part is not None:
            self._take_part(message, message.part, events)
        else:
            _HANDLERS.get(message.message_id, keep)(talk, message, events)

    def _refuse_encrypted(self, message: Message, events: list[Event]) -> None:
        reason = f"message 0x{message.message_id:04x} is encrypted (kind {message.encryption})"
        events.append(Refused(reason=reason, code="encrypted", data=message.body))
        events.append(self._talk.answer(message, Result.UNSUPPORTED))

    def _take_part(self, message: Message, part: Part, events: list[Event]) -> None:
        assembly, whole, refused = self._talk.assemblies.add(message, part)
        self._give_up(refused, events)
        if whole:
            last = message._replace(body=assembly.beginning(), part=None)
            _HANDLERS.get(message.message_id, keep)(self._talk, last, events)
            return
        events.append(self._talk.answer(message))
        if part.number == part.total:
            events.append(self._request(assembly))

    def _remind(self, events: list[Event]) -> None:
        waiting, refused = self._talk.assemblies.overdue(self._received_at)
        self._give_up(refused, events)
        events += [self._request(assembly) for assembly in waiting]

    def _give_up(self, refused: list[Refused], events: list[Event]) -> None:
        """Tell what never became whole, and the places that came of it: they were answered."""
        assemblies = self._talk.assemblies
        for assembly in assemblies.given_up:
            if assembly.phone == self._talk.to.phone:
                events += rescue(self._talk, assembly.message_id, assembly.beginning())
        assemblies.given_up.clear()
        events += refused

    def _request(self, assembly: Assembly) -> Reply:
        """Ask for the parts that are missing; pictures have a message of their own for that."""
        missing = assembly.ask(self._received_at)
        talk = self._talk
        head = read_head(assembly.bodies.get(1, b""))
        if assembly.message_id == MEDIA_DATA and head is not None:
            data = confirm_media(
                talk.to, media_id=head.media_id, missing=missing, serial=talk.next_serial()
            )
            return Reply(data=data)
        data = request_parts(
            talk.to,
            first_serial=assembly.first_serial,
            numbers=missing,
            serial=talk.next_serial(),
        )
        return Reply(data=data)
