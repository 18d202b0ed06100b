"""Messages by which a terminal logs in, lives and says where it is, and how each is answered."""

from collections.abc import Iterator

from gateway.codecs.events import Alive, Event, Located, Refused, Reply, Value
from gateway.codecs.jt808 import commands
from gateway.codecs.jt808.commands import Admission, Result
from gateway.codecs.jt808.conversation import Conversation, Handler
from gateway.codecs.jt808.header import Message
from gateway.codecs.jt808.reports.compact import COMPACT_BYTES, read_compact
from gateway.codecs.jt808.reports.location import LOCATION_BYTES
from gateway.codecs.jt808.reports.registration import read_authentication, read_registration

REGISTRATION = 0x0100
AUTHENTICATION = 0x0102
LOCATION = 0x0200
BATCH = 0x0704

_HEARTBEAT_BYTES = 3
_CHARGE_BYTES = 7
_FULL_PCT = 100
_BLIND = 0x5502


def register(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0100: who it is, and the code with which it is to log in from now on."""
    said = read_registration(message.body, message.version)
    events.append(talk.identified(message, said))
    events.append(_admission(talk, message, Admission.ADMITTED))


def turn_away(talk: Conversation, message: Message, events: list[Event]) -> None:
    """Refuse a message of a terminal that is not admitted, and tell it."""
    reason = f"terminal {talk.terminal_id} is not admitted"
    events.append(Refused(reason=reason, code="terminal", data=message.body))
    if message.message_id == REGISTRATION:
        events.append(_admission(talk, message, Admission.NO_SUCH_TERMINAL))
    else:
        events.append(talk.answer(message, Result.FAILED))


def _admission(talk: Conversation, message: Message, result: Admission) -> Reply:
    data = commands.admit(
        talk.to,
        of=message.serial,
        result=result,
        code=talk.terminal_id,
        serial=talk.next_serial(),
    )
    return Reply(data=data)


def authenticate(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0102: who it is, by the code that it was given."""
    events.append(talk.identified(message, read_authentication(message.body, message.version)))
    events.append(talk.answer(message))


def beat(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0002: it lives; some say battery, signal and state, though nothing should stand there."""
    attributes: dict[str, Value] = {**message.marks}
    battery_pct = None
    body = message.body
    if len(body) >= _HEARTBEAT_BYTES:
        battery_pct = body[0] if body[0] <= _FULL_PCT else None
        attributes |= {"signal": body[1], "status_bits": body[2], "body": body.hex()}
    elif body:
        attributes["body"] = body.hex()
    events.append(
        Alive(terminal_id=talk.terminal_id, battery_pct=battery_pct, attributes=attributes)
    )
    events.append(talk.answer(message))


def report(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0200: where it is."""
    said = _read_location(talk, message, message.body)
    events.append(said)
    if type(said) is Located:
        events.append(talk.answer(message))
    else:
        events.append(talk.answer(message, Result.WRONG))


def report_when_asked(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0201 and 0x0500: where it is, as the answer to a command; no answer is due."""
    events.append(_read_location(talk, message, message.body[2:]))


def report_many(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0704: where it was, each place with its length in two bytes before it."""
    late = message.body[2:3] > b"\0"
    events += _report_each(talk, message, _pieces(message.body, at=3, head_bytes=2), late=late)


def report_many_shortly(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0210: where it was, each place with its length in one byte; or a battery and a time."""
    if len(message.body) == _CHARGE_BYTES:
        events.append(_read_charge(talk, message))
        events.append(talk.answer(message))
        return
    events += _report_each(talk, message, _pieces(message.body, at=0, head_bytes=1))


def rescue(talk: Conversation, message_id: int, beginning: bytes) -> list[Event]:
    """Return the places at the beginning of a message in parts that never became whole."""
    if talk.strict or message_id not in {LOCATION, BATCH}:
        return []
    is_late = message_id == BATCH and beginning[2:3] > b"\0"
    pieces = _pieces(beginning, at=3, head_bytes=2) if message_id == BATCH else [beginning]
    return [
        talk.locations.read(
            piece, terminal_id=talk.terminal_id, late=is_late, marks={"parts": False}
        )
        for piece in pieces
        if len(piece) >= LOCATION_BYTES
    ]


def _pieces(body: bytes, *, at: int, head_bytes: int) -> Iterator[bytes]:
    while at + head_bytes <= len(body):
        size = int.from_bytes(body[at : at + head_bytes], "big")
        at += head_bytes
        yield body[at : at + size]
        at += size


def _report_each(
    talk: Conversation, message: Message, pieces: Iterator[bytes], *, late: bool = False
) -> list[Event]:
    events: list[Event] = [_read_location(talk, message, piece, late=late) for piece in pieces]
    done = any(type(one) is Located for one in events)
    if not events:
        events.append(wrong_body(message, "a batch without one location"))
    events.append(talk.answer(message, Result.DONE if done else Result.WRONG))
    return events


def _read_charge(talk: Conversation, message: Message) -> Alive:
    epoch = talk.locations.clock.read(message.body[1:])
    said = {"epoch": epoch.isoformat()} if epoch else {"raw_time": message.body[1:].hex()}
    level = message.body[0]
    return Alive(
        terminal_id=talk.terminal_id,
        battery_pct=level if level <= _FULL_PCT else None,
        attributes={**message.marks, **said},
    )


def _read_location(
    talk: Conversation, message: Message, body: bytes, *, late: bool = False
) -> Located | Refused:
    if len(body) < LOCATION_BYTES:
        return wrong_body(message, f"a location of {len(body)} bytes")
    located = talk.locations.read(
        body, terminal_id=talk.terminal_id, late=late, marks=message.marks
    )
    if talk.strict and "items_cut" in located.attributes:
        return wrong_body(message, "an item is longer than its message")
    return located


def report_compactly(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x5501 and, from its memory, 0x5502: where it is, answered only where it asks for that."""
    if len(message.body) < COMPACT_BYTES:
        events.append(wrong_body(message, f"a report of {len(message.body)} bytes"))
        return
    clock = talk.locations.clock
    late = message.message_id == _BLIND
    located = read_compact(message.body, clock, terminal_id=talk.terminal_id, late=late)
    events.append(located)
    if message.answer_wanted:
        events.append(talk.answer_shortly(message))


def wrong_body(message: Message, why: str) -> Refused:
    """Return that a message's frame is right and its body is not."""
    reason = f"message 0x{message.message_id:04x}: {why}"
    return Refused(reason=reason, code="body", data=message.body)


MESSAGES: dict[int, Handler] = {
    0x0002: beat,
    REGISTRATION: register,
    AUTHENTICATION: authenticate,
    LOCATION: report,
    0x0201: report_when_asked,
    0x0210: report_many_shortly,
    0x0500: report_when_asked,
    0x0506: beat,
    BATCH: report_many,
    0x5501: report_compactly,
    _BLIND: report_compactly,
}
