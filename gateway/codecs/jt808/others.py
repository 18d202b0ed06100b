"""Messages beside the positions: pictures, the time, answers to commands, and unknown ones."""

from struct import Struct

from gateway.codecs.events import Alive, Event, Happened, Reply, Value
from gateway.codecs.jt808 import commands
from gateway.codecs.jt808.commands import Result
from gateway.codecs.jt808.conversation import Conversation, Handler
from gateway.codecs.jt808.header import Message
from gateway.codecs.jt808.messages import wrong_body
from gateway.codecs.jt808.reports.media import read_head, read_media
from gateway.codecs.jt808.reports.parameters import read_parameters
from gateway.codecs.jt808.reports.registration import read_card
from gateway.codecs.jt808.reports.transparent import read_transparent

MEDIA_DATA = 0x0801

_REPLY = Struct(">HHB")
_WORD_BYTES = 2
_LENGTH_BYTES = 4
_ICCID_AT, _ICCID_BYTES = 34, 10
# Names of what is kept as it came, in hex, and whether an answer is due.
_KEPT = {
    0x0301: ("event", True),
    0x0303: ("information", True),
    0x0700: ("recorder", False),
    0x0705: ("can", True),
    0x0802: ("media_list", False),
    0x0901: ("compressed", True),
    0x0A00: ("public_key", True),
    0x1007: ("time_zone", True),
    0x2070: ("acceleration", False),
    0x8888: ("picture", True),
}


def keep_reply(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0001: what the terminal did with a command; no answer is due."""
    if len(message.body) < _REPLY.size:
        events.append(wrong_body(message, "no whole reply"))
        return
    serial, answered, result = _REPLY.unpack_from(message.body)
    said = {"answer_to": serial, "message": f"0x{answered:04x}", "result": result}
    events.append(_happened(talk, message, kind="reply", said=said))


def keep_picture_reply(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0302 and 0x0805: the answer to a question, or whether a picture was taken."""
    said: dict[str, Value] = {"answer_to": int.from_bytes(message.body[:2], "big")}
    if message.body[2:]:
        said["result"] = message.body[2]
    said["body"] = message.body.hex()
    events.append(_happened(talk, message, kind="reply", said=said))


def keep_text(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0701, 0x1300 and 0x6006: words of the terminal, mostly the answer to a command."""
    body = message.body
    if message.message_id == 0x1300:  # noqa: PLR2004 - of the three in the line above
        words = body[_WORD_BYTES:].decode("utf-16-be", errors="replace")
    elif message.message_id == 0x6006:  # noqa: PLR2004 - the same
        words = body[1:].decode("gbk", errors="replace")
    else:
        words = body[_LENGTH_BYTES:].decode("gbk", errors="replace")
    events.append(_happened(talk, message, kind="reply", said={"text": words.strip("\0 \r\n")}))
    events.append(talk.answer(message))


def log_out(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0003: it leaves."""
    events.append(_happened(talk, message, kind="logout", said={}))
    events.append(talk.answer(message))


def tell_time(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0004, and 0x0109 of one maker: it asks for the time."""
    events.append(Alive(terminal_id=talk.terminal_id, attributes={"asked": "time"}))
    plain = message.message_id == 0x0109  # noqa: PLR2004 - named in the line above
    command = commands.tell_time_plainly if plain else commands.tell_time
    serial = talk.next_serial()
    events.append(Reply(data=command(talk.to, message.received_at, serial=serial)))


def keep_parameters(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0104: how it is set, as the answer to a question; no answer is due."""
    said = read_parameters(message.body)
    events.append(_happened(talk, message, kind="parameters", said=said))


def keep_properties(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0107: what it is made of."""
    said: dict[str, Value] = {"body": message.body.hex()}
    if len(message.body) >= _ICCID_AT + _ICCID_BYTES:
        said["iccid"] = message.body[_ICCID_AT : _ICCID_AT + _ICCID_BYTES].hex()
    events.append(_happened(talk, message, kind="properties", said=said))
    events.append(talk.answer(message))


def announce_media(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0800: it has a picture or a recording."""
    head = read_head(message.body)
    if head is None:
        events.append(wrong_body(message, "no whole head of a picture"))
    else:
        events.append(_happened(talk, message, kind="media_event", said=head.attributes()))
    events.append(talk.answer(message, Result.WRONG if head is None else Result.DONE))


def take_media(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0801, whole: the picture, then that the part has come, then that the whole has."""
    media = read_media(message.body, talk.locations, terminal_id=talk.terminal_id)
    head = read_head(message.body)
    if media is None or head is None:
        events.append(wrong_body(message, "no whole head of a picture"))
        events.append(talk.answer(message, Result.WRONG))
        return
    events.append(media)
    events.append(talk.answer(message))
    serial = talk.next_serial()
    data = commands.confirm_media(talk.to, media_id=head.media_id, missing=[], serial=serial)
    events.append(Reply(data=data))


def keep_card(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0702: whose card was put in or taken out, and when."""
    said = read_card(message.body, talk.locations.clock)
    events.append(_happened(talk, message, kind="card", said=said))
    events.append(talk.answer(message))


def pass_through(talk: Conversation, message: Message, events: list[Event]) -> None:
    """0x0900: what only its maker knows, unless it is a position."""
    events.append(read_transparent(message.body, talk.locations, terminal_id=talk.terminal_id))
    events.append(talk.answer(message))


def keep(talk: Conversation, message: Message, events: list[Event]) -> None:
    """Keep a message in hex; one that nobody told us of is answered as unsupported."""
    kind, due = _KEPT.get(message.message_id, ("message", True))
    said: dict[str, Value] = {"message": f"0x{message.message_id:04x}", "body": message.body.hex()}
    events.append(_happened(talk, message, kind=kind, said=said))
    if due:
        known = message.message_id in _KEPT
        events.append(talk.answer(message, Result.DONE if known else Result.UNSUPPORTED))


def _happened(
    talk: Conversation, message: Message, *, kind: str, said: dict[str, Value]
) -> Happened:
    attributes = {**message.marks, **said}
    return Happened(terminal_id=talk.terminal_id, kind=kind, attributes=attributes)


OTHERS: dict[int, Handler] = {
    0x0001: keep_reply,
    0x0003: log_out,
    0x0004: tell_time,
    0x0104: keep_parameters,
    0x0107: keep_properties,
    0x0109: tell_time,
    0x0302: keep_picture_reply,
    0x0701: keep_text,
    0x0702: keep_card,
    0x0800: announce_media,
    MEDIA_DATA: take_media,
    0x0805: keep_picture_reply,
    0x0900: pass_through,
    0x1300: keep_text,
    0x6006: keep_text,
}
