"""What a command is in the words of each protocol. Pure."""

from enum import StrEnum

from gateway.codecs import gt06, jt808
from gateway.codecs.events import Codec
from gateway.codecs.jt808 import commands
from patrol.errors import InputError


class Order(StrEnum):
    """What a terminal can be asked."""

    LOCATE = "locate"
    PHOTO = "photo"
    TEXT = "text"
    INTERVAL = "interval"
    DUMP = "dump"
    WAYPOINTS = "waypoints"
    CONFIGURATION = "configuration"


def encode_order(codec: Codec, what: str, argument: str) -> bytes:
    """Return the bytes for the terminal of `codec`; raises InputError where it has no such word."""
    if what == Order.TEXT and not argument.strip():
        raise InputError("there is no text: give one")
    if isinstance(codec, jt808.Jt808Codec):
        return _encode_jt808(codec, Order(what), argument)
    if isinstance(codec, gt06.Gt06Codec):
        return _encode_gt06(Order(what), argument)
    raise InputError("its protocol has no commands")


def _encode_jt808(codec: jt808.Jt808Codec, what: Order, argument: str) -> bytes:
    to = codec.addressee
    if to is None:
        raise InputError("the terminal has not said who it is")
    serial = codec.next_serial()
    match what:
        case Order.LOCATE:
            return commands.locate(to, serial=serial)
        case Order.PHOTO:
            return commands.take_photo(to, serial=serial)
        case Order.TEXT:
            return commands.send_text(to, _in_gbk(argument), serial=serial)
        case Order.INTERVAL:
            intervals = {commands.REPORT_INTERVAL_S: seconds_of(argument)}
            return commands.set_seconds(to, intervals, serial=serial)
        case Order.DUMP | Order.WAYPOINTS | Order.CONFIGURATION:
            raise InputError(f"a handheld cannot do {what}")


def _encode_gt06(what: Order, argument: str) -> bytes:
    words = {
        Order.LOCATE: "WHERE#",
        Order.INTERVAL: f"TIMER,{argument}#",
        Order.TEXT: argument,
    }
    if what not in words:
        raise InputError(f"a tracker cannot do {what}")
    if what is Order.INTERVAL:
        seconds_of(argument)
    try:
        return gt06.command(words[what])
    except ValueError as error:
        raise InputError(str(error)) from error


def _in_gbk(text: str) -> str:
    """Return `text`, or raise InputError where it would arrive as something else."""
    try:
        text.encode("gbk")
    except UnicodeEncodeError as error:
        unknown = text[error.start : error.end]
        raise InputError(f"terminals cannot show {unknown!r}: leave it out") from error
    return text


def seconds_of(text: str) -> int:
    """Return an interval, or raise InputError."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 86_400:  # noqa: PLR2004 - a day
        raise InputError(f"{text!r} is no number of seconds from 1 to 86400")
    return int(text)
