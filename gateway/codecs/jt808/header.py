"""Who speaks, and what about: the head of every message."""

from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import NamedTuple

from gateway.codecs.jt808.checking import (
    ENCRYPTION_BITS,
    PARTS_BIT,
    SHORT_SERIAL_IDS,
    SIZE_BITS,
    STANDARD,
    is_of_2019,
    phone_bytes,
)

_PLAIN = Struct(">HH6sH")
_PARTS = Struct(">HH")
PLAIN_HEAD_BYTES = _PLAIN.size
_IMEI_BYTES = 6
_ENCRYPTION_SHIFT = 10
_NINE = 9


@dataclass(frozen=True, slots=True)
class Part:
    """Which of how many parts of a message this is, counted from 1."""

    total: int
    number: int


class Message(NamedTuple):
    """One message without its frame.

    `marks` says what had to be overlooked in reading it; `encryption` are the three bits.
    """

    message_id: int
    serial: int
    phone: bytes
    version: int | None
    body: bytes
    part: Part | None
    encryption: int
    answer_wanted: bool
    marks: dict[str, bool]
    received_at: datetime


def read_message(
    content: bytes, *, delimiter: int, marks: dict[str, bool], received_at: datetime
) -> Message:
    """Return the message in a frame's content, whose last byte is the checksum."""
    message_id, attributes, phone, serial = _PLAIN.unpack_from(content)
    if attributes <= SIZE_BITS and delimiter == STANDARD and message_id not in SHORT_SERIAL_IDS:
        # Nearly every message; a tuple made by position is made in half the time.
        body = content[_PLAIN.size : -1]
        return Message(message_id, serial, phone, None, body, None, 0, True, marks, received_at)  # noqa: FBT003 - as said
    at, version = 4, None
    if message_id in SHORT_SERIAL_IDS:
        return _read_short(content, message_id=message_id, marks=marks, received_at=received_at)
    if is_of_2019(content):
        at, version = 5, content[4]
    start, at = at, at + phone_bytes(content, delimiter=delimiter)
    phone = content[start:at]
    serial = int.from_bytes(content[at : at + 2], "big")
    at += 2
    part = None
    if attributes & PARTS_BIT and len(content) > at + _PARTS.size:
        total, number = _PARTS.unpack_from(content, at)
        # Some terminals set the bit on whole messages, and put no numbers there.
        if 1 <= number <= total:
            part = Part(total, number)
            at += _PARTS.size
    return Message(
        message_id,
        serial,
        phone,
        version,
        content[at:-1],
        part,
        (attributes & ENCRYPTION_BITS) >> _ENCRYPTION_SHIFT,
        True,  # noqa: FBT003 - the same
        marks,
        received_at,
    )


def _read_short(
    content: bytes, *, message_id: int, marks: dict[str, bool], received_at: datetime
) -> Message:
    phone, serial, body = content[4:10], content[10], content[11:-1]
    wanted = bool(content[2] & 0x80)
    return Message(message_id, serial, phone, None, body, None, 0, wanted, marks, received_at)


def read_terminal_id(phone: bytes) -> str:
    """Return a terminal's number without leading zeros.

    Where the bytes are not decimal they are, in six, an IMEI as a binary number without its check
    digit, which is appended here; in any other number of bytes they are told in hex.
    """
    digits = phone.hex()
    if digits.isdecimal():
        return digits.lstrip("0") or "0"
    if len(phone) != _IMEI_BYTES:
        return digits
    number = int.from_bytes(phone, "big")
    return f"{number}{_luhn_digit(number)}"


def _luhn_digit(number: int) -> int:
    """Return the check digit of ISO/IEC 7812-1, as it ends every IMEI."""
    total = 0
    for index, digit in enumerate(reversed(str(number))):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - _NINE if value > _NINE else value
    return -total % 10
