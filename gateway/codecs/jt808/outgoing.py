"""Frames to a terminal: its own version of the header, checksum, escapes."""

import re
from dataclasses import dataclass
from struct import Struct

from gateway.codecs.jt808.checking import ALTERNATIVE, STANDARD, VERSION_BIT, fold

MOST_BODY_BYTES = 1023

_HEAD = Struct(">HH")
_SERIAL = Struct(">H")
_UNSAFE = {
    STANDARD: re.compile(rb"[\x7d\x7e]"),
    ALTERNATIVE: re.compile(rb"[\x3d\x3e\xe6\xe7]"),
}
_ESCAPES = {
    b"\x7d": b"\x7d\x01",
    b"\x7e": b"\x7d\x02",
    b"\xe6": b"\xe6\x01",
    b"\xe7": b"\xe6\x02",
    b"\x3e": b"\x3e\x01",
    b"\x3d": b"\x3e\x02",
}


@dataclass(frozen=True, slots=True)
class Addressee:
    """How a terminal wants to be spoken to: as it speaks itself.

    `phone` are the bytes of its number as they stood in its header; `version` is the protocol's,
    from 2019 on, or None before; `delimiter` is 0x7E, or 0xE7 in the dialect of that byte.
    """

    phone: bytes
    version: int | None = None
    delimiter: int = STANDARD


def encode(to: Addressee, message_id: int, body: bytes, *, serial: int) -> bytes:
    """Return one whole frame; `serial` is the sender's own count, modulo 65,536.

    Raises ValueError when the body is longer than one frame holds: what we send never is.
    """
    if len(body) > MOST_BODY_BYTES:
        raise ValueError(f"a body of {len(body)} bytes, a frame holds {MOST_BODY_BYTES}")
    if to.version is None:
        head = _HEAD.pack(message_id, len(body)) + to.phone
    else:
        head = _HEAD.pack(message_id, len(body) | VERSION_BIT) + bytes([to.version]) + to.phone
    return seal(head + _SERIAL.pack(serial & 0xFFFF) + body, delimiter=to.delimiter)


def seal(content: bytes, *, delimiter: int = STANDARD) -> bytes:
    """Return header and body with their checksum, escaped, between delimiters."""
    content += bytes([fold(content)])
    mark = bytes([delimiter])
    return mark + escape(content, delimiter=delimiter) + mark


def escape(content: bytes, *, delimiter: int = STANDARD) -> bytes:
    """Return content in which no byte is a delimiter."""
    return _UNSAFE[delimiter].sub(lambda one: _ESCAPES[one[0]], content)
