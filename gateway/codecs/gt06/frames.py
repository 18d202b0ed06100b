"""Frames of GT06: their form, and how they are cut out of a stream.

`78 78`, length in one byte, or `79 79`, length in two; message type, content, serial (2),
checksum (2), `0D 0A`. The length counts from the type to the checksum, and the checksum
covers from the length to the serial.
"""

from binascii import crc_hqx
from struct import Struct
from typing import NamedTuple

SHORT = b"\x78\x78"
LONG = b"\x79\x79"
END = b"\r\n"
# Wi-Fi and cells of old models: the length counts the access points, and nothing is checked.
SCANS = frozenset({0x17, 0x69})

# CRC-16/X-25 is the CRC of crc_hqx (polynomial 0x1021) with the bits of every byte and of
# the result turned round, and the result inverted; both turns are tables.
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FINISHED = bytes(byte ^ 0xFF for byte in _TURNED)

_ACKNOWLEDGED = Struct(">BBH")


def crc_x25(data: bytes) -> int:
    """Return CRC-16/X-25 of `data`: of b"123456789" it is 0x906E."""
    return int.from_bytes(check_of(data), "big")


def check_of(covered: bytes) -> bytes:
    """Return the two bytes that follow what they cover."""
    return crc_hqx(covered.translate(_TURNED), 0xFFFF).to_bytes(2, "little").translate(_FINISHED)


def frame(kind: int, content: bytes, *, serial: int, is_long: bool = False) -> bytes:
    """Return a whole frame; content longer than 250 bytes needs `is_long`."""
    length = (len(content) + 5).to_bytes(2 if is_long else 1, "big")
    covered = length + bytes((kind,)) + content + serial.to_bytes(2, "big")
    return (LONG if is_long else SHORT) + covered + check_of(covered) + END


def acknowledgement(kind: int, serial: int) -> bytes:
    """Return the short frame without content that acknowledges a message."""
    covered = _ACKNOWLEDGED.pack(_LEAST_LENGTH, kind, serial)
    return SHORT + covered + check_of(covered) + END


class Frame(NamedTuple):
    """One frame of a stream.

    `length` is the declared one. `faults` says what does not hold, "length" or "checksum",
    of a frame that is read nevertheless; `bare` is the content if it bears no serial and no
    checksum. `serial` is None where there is none.
    """

    kind: int
    length: int
    content: bytes
    serial: int | None
    is_long: bool = False
    faults: tuple[str, ...] = ()
    raw: bytes = b""

    @property
    def bare(self) -> bytes:
        """All between the type and the end."""
        return self.raw[5 if self.is_long else 4 : -2]


_WHOLE: tuple[str, ...] = ()
_BROKEN = ("length", "checksum")
_LEAST_LENGTH = 5
# Head, length, type, serial, checksum and end.
_LEAST_BYTES = 10


def whole(buffer: bytes, at: int, end: int) -> Frame:
    """Return the frame from `at` to `end`, whose declared length holds."""
    is_long = buffer[at] == LONG[0]
    kind_at = at + (4 if is_long else 3)
    length = end - kind_at - 2
    if length < _LEAST_LENGTH:
        content = buffer[kind_at + 1 : end - 2]
        return Frame(buffer[kind_at], length, content, None, is_long, _WHOLE, buffer[at:end])
    return Frame(
        buffer[kind_at],
        length,
        buffer[kind_at + 1 : end - 6],
        buffer[end - 6] << 8 | buffer[end - 5],
        is_long,
        _WHOLE if holds(buffer, at, end) else ("checksum",),
        buffer[at:end],
    )


def plain(buffer: bytes, at: int) -> Frame | None:
    """Return the short frame at `at` if all of it is here and holds, with no line end within it.

    That is nearly every frame; of any other it is None.
    """
    length = buffer[at + 2]
    end = at + length + 5
    if (
        length < _LEAST_LENGTH
        or buffer.find(END, at + 3, end) != end - 2
        or buffer[at : at + 2] != SHORT
        or check_of(buffer[at + 2 : end - 4]) != buffer[end - 4 : end - 2]
    ):
        return None
    raw = buffer[at:end]
    serial = raw[-6] << 8 | raw[-5]
    # As its class makes it, in half the time.
    return tuple.__new__(Frame, (raw[3], length, raw[4:-6], serial, False, _WHOLE, raw))


def damaged(raw: bytes) -> Frame:
    """Return the frame that fills `raw`, whatever its declared length says."""
    is_long = raw[0] == LONG[0]
    kind_at = 4 if is_long else 3
    length = int.from_bytes(raw[2:kind_at], "big")
    if len(raw) < kind_at + 3:
        return Frame(0, length, b"", None, is_long, _BROKEN, raw)
    if len(raw) < kind_at + 7:
        content = raw[kind_at + 1 : -2]
        return Frame(raw[kind_at], length, content, None, is_long, _BROKEN, raw)
    faults = ("length",) if holds(raw, 0, len(raw)) else _BROKEN
    serial = int.from_bytes(raw[-6:-4], "big")
    return Frame(raw[kind_at], length, raw[kind_at + 1 : -6], serial, is_long, faults, raw)


def scan(raw: bytes) -> Frame:
    """Return a frame of Wi-Fi and cells, whose length counts access points and has no check."""
    return Frame(raw[3], raw[2], raw[4:-2], None, raw=raw)


def holds(buffer: bytes, at: int, end: int) -> bool:
    """Return whether the checksum before the line end at `end` holds."""
    return (
        end - at >= _LEAST_BYTES and check_of(buffer[at + 2 : end - 4]) == buffer[end - 4 : end - 2]
    )
