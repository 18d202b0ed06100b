"""What one connection knows of its terminal, and what it answers."""

from collections.abc import Callable
from struct import Struct

from gateway.codecs.events import Event, Identified, Reply, Value
from gateway.codecs.jt808.checking import STANDARD, VERSION_BIT, fold
from gateway.codecs.jt808.commands import Result
from gateway.codecs.jt808.header import Message, read_terminal_id
from gateway.codecs.jt808.outgoing import Addressee, escape, seal
from gateway.codecs.jt808.parts import Assemblies
from gateway.codecs.jt808.reports.location import LocationReader
from gateway.codecs.profile import Profile

_HEAD = Struct(">HH")
_ANSWER = Struct(">HHHBB")
_ANSWER_BYTES = 5
_ANSWER_ID = 0x8001
_SHORT_ANSWER_ID = 0x4401
_WORD = 0xFFFF
_BYTE = 0xFF
# As a number: looking for it as bytes takes six times as long.
_ESCAPE = 0x7D


class Conversation:
    """The terminal at the other end, and the platform's count of messages to it."""

    def __init__(self, profile: Profile, *, admit: Callable[[str], bool]) -> None:
        self.terminal_id = ""
        self.admitted = False
        self.to = Addressee(b"")
        self.locations = LocationReader(profile)
        self.assemblies = Assemblies()
        self.strict = profile.strict
        self.speaker: tuple[bytes, int | None] = (b"", None)
        # The number of a terminal whose header of 2013 needs no second look; else none.
        self.plain_phone = b""
        self._admit = admit
        self._delimiter = STANDARD
        self._serial = 0
        self._head = b""
        self._opening = b""
        self._head_fold = 0

    def next_serial(self) -> int:
        """Return the platform's next count on this line."""
        serial = self._serial
        self._serial = serial + 1 & _WORD
        return serial

    def recognise(self, message: Message, *, delimiter: int) -> None:
        """Take the number in a message's header as the one that speaks from here on."""
        phone, version = self.speaker = (message.phone, message.version)
        self.terminal_id = read_terminal_id(phone)
        self.to = Addressee(phone, version, delimiter)
        self._delimiter = delimiter
        self.admitted = self._admit(self.terminal_id)
        is_plain = self.admitted and version is None and delimiter == STANDARD and not self.strict
        self.plain_phone = phone if is_plain else b""
        if version is None:
            self._head = _HEAD.pack(_ANSWER_ID, _ANSWER_BYTES) + phone
        else:
            sized = _HEAD.pack(_ANSWER_ID, _ANSWER_BYTES | VERSION_BIT)
            self._head = sized + bytes([version]) + phone
        self._head_fold = fold(self._head)
        self._opening = b"\x7e" + escape(self._head)

    def identified(self, message: Message, said: dict[str, Value] | None = None) -> Identified:
        """Return who speaks, with what was said about it."""
        attributes: dict[str, Value] = {"phone": message.phone.hex(), "version": message.version}
        attributes |= said or {}
        return Identified(terminal_id=self.terminal_id, attributes=attributes)

    def answer(self, message: Message, result: Result = Result.DONE) -> Reply:
        """Return 0x8001 for a message."""
        return self.answer_to(message.serial, message.message_id, result)

    def answer_to(self, answered: int, about: int, result: int) -> Reply:
        """Return 0x8001 for the message `about` of a count; what is always the same is made once."""
        serial = self._serial
        self._serial = serial + 1 & _WORD
        mixed = serial ^ answered ^ about
        checksum = (self._head_fold ^ mixed ^ mixed >> 8 ^ result) & _BYTE
        tail = _ANSWER.pack(serial, answered, about, result, checksum)
        if self._delimiter != STANDARD:
            return Reply(data=seal(self._head + tail[:-1], delimiter=self._delimiter))
        if _ESCAPE in tail or STANDARD in tail:
            tail = escape(tail)
        return Reply(self._opening + tail + b"\x7e")

    def answer_shortly(self, message: Message) -> Reply:
        """Return 0x4401, which answers the messages whose count is one byte."""
        head = _HEAD.pack(_SHORT_ANSWER_ID, 3) + message.phone + b"\x01"
        body = message.message_id.to_bytes(2, "big") + bytes([Result.DONE])
        return Reply(data=seal(head + body, delimiter=self._delimiter))


Handler = Callable[[Conversation, Message, list[Event]], None]
