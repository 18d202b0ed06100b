"""What the server says to a terminal."""

from datetime import datetime
from enum import StrEnum

from gateway.codecs.events import Reply
from gateway.codecs.gt06.frames import END, SHORT, Frame, acknowledgement, frame

_COMMAND = 0x80
_ADDRESS = 0x97
_PIECE = 0x36
_NO_ADDRESS = b"NA&&NA&&0##"
_CENTURY = 2000
_MOST_COMMAND_BYTES = 244
_DATE_BYTES = 6
_FLAG_BYTES = 4


class Answer(StrEnum):
    """How a message is acknowledged."""

    SHORT = "short"
    LONG = "long"
    SCAN = "scan"
    TIME = "time"
    ADDRESS = "address"
    NONE = "none"


def answer(to: Frame, kind: Answer, *, now: datetime) -> list[Reply]:
    """Return the acknowledgement of `to`; `now` is UTC.

    A message without a serial number, but for a scan of Wi-Fi and cells, has none.
    """
    serial = to.serial
    if serial is None:
        return _scanned(to) if kind is Answer.SCAN else []
    if kind is Answer.SHORT:
        return [Reply(acknowledgement(to.kind, serial))]
    if kind is Answer.TIME:
        return [Reply(data=frame(to.kind, _date(now), serial=serial))]
    if kind is Answer.ADDRESS:
        # No address is known here; the terminal waits for one nevertheless.
        content = bytes((len(_NO_ADDRESS), 0, 0, 0, 0)) + _NO_ADDRESS
        return [Reply(data=frame(_ADDRESS, content, serial=serial, is_long=True))]
    if kind is Answer.NONE:
        return []
    return [Reply(data=frame(to.kind, b"", serial=serial, is_long=True))]


def _scanned(to: Frame) -> list[Reply]:
    # Its own form: no length, no serial, no checksum, only the time that it told.
    return [Reply(data=SHORT + bytes((0, to.kind)) + to.content[:_DATE_BYTES] + END)]


def ask_piece(photo_id: int, at: int, size: int) -> Reply:
    """Ask for `size` bytes of a photo from `at` on."""
    content = b"".join(
        (photo_id.to_bytes(4, "big"), at.to_bytes(4, "big"), size.to_bytes(2, "big"))
    )
    return Reply(data=frame(_PIECE, content, serial=0))


def command(
    text: str, *, serial: int = 0, flag: bytes = bytes(_FLAG_BYTES), language: int | None = None
) -> bytes:
    """Return a command for the terminal, e.g. "WHERE#".

    The terminal gives `flag`, 4 bytes, back with its answer. Some models want to be told a
    `language`, 1 Chinese or 2 English. Raises ValueError for a text that is not ASCII or
    longer than 244 bytes.
    """
    raw = text.encode("ascii")
    if len(raw) > _MOST_COMMAND_BYTES:
        raise ValueError(f"a command of {len(raw)} bytes does not fit into {_MOST_COMMAND_BYTES}")
    if len(flag) != _FLAG_BYTES:
        raise ValueError(f"a mark of {len(flag)} bytes: it must have {_FLAG_BYTES}")
    behind = b"" if language is None else language.to_bytes(2, "big")
    return frame(_COMMAND, bytes((len(flag) + len(raw),)) + flag + raw + behind, serial=serial)


def _date(now: datetime) -> bytes:
    return bytes((now.year - _CENTURY, now.month, now.day, now.hour, now.minute, now.second))
