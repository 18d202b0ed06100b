"""The checksum of a frame, and the size that its header declares."""

# Id and attributes of the message, the terminal's number, the serial: nothing is shorter.
LEAST_BYTES = 12

SIZE_BITS = 0x03FF
ENCRYPTION_BITS = 0x1C00
PARTS_BIT = 0x2000
VERSION_BIT = 0x4000

STANDARD = 0x7E
ALTERNATIVE = 0xE7

# Two messages of one maker count with one byte, and give the attributes' upper bits other uses.
SHORT_SERIAL_IDS = frozenset({0x5501, 0x5502})

_SHORT_SERIAL_HIGH = 0x55

_BYTE = 0xFF
_SHORT_BYTES = 64
_HEAD_BYTES = 4
_SERIAL_BYTES = 2
_PARTS_BYTES = 4
_PHONE_BYTES_2013 = 6
_PLAIN_BYTES = _HEAD_BYTES + _PHONE_BYTES_2013 + _SERIAL_BYTES + 1
_PHONE_BYTES_E7 = 7
_PHONE_BYTES_2019 = 10


def fold(data: bytes) -> int:
    """Return the XOR of all bytes: 0 for a frame with its right checksum.

    The whole is one big number whose halves are XORed, again and again; a loop over the bytes
    takes ten times as long.
    """
    number = int.from_bytes(data, "big")
    if len(data) > _SHORT_BYTES:
        bits = 4 << len(data).bit_length()
        while bits > 4 * _SHORT_BYTES:
            number ^= number >> bits
            bits >>= 1
    number ^= number >> 256
    number ^= number >> 128
    number ^= number >> 64
    number ^= number >> 32
    number ^= number >> 16
    return (number ^ number >> 8) & _BYTE


def is_frame(content: bytes, *, delimiter: int) -> bool:
    """Return whether checksum and declared length agree: whole, and from header to checksum."""
    return (
        len(content) > LEAST_BYTES - 1
        and len(content) == declared_bytes(content, delimiter=delimiter)
        and not fold(content)
    )


def phone_bytes(content: bytes, *, delimiter: int) -> int:
    """Return how many bytes the terminal's number has in the header."""
    if is_of_2019(content):
        return _PHONE_BYTES_2019
    return _PHONE_BYTES_E7 if delimiter == ALTERNATIVE else _PHONE_BYTES_2013


def is_of_2019(content: bytes) -> bool:
    """Return whether the header is that of 2019, with a version and a number of 20 digits.

    Some terminals set its bit in a header of 2013: then that one's length is the right one.
    """
    attributes = content[2] << 8 | content[3]
    if not attributes & VERSION_BIT:
        return False
    size = _PLAIN_BYTES + (attributes & SIZE_BITS)
    if attributes & PARTS_BIT:
        size += _PARTS_BYTES
    return len(content) != size or fold(content) != 0


def declared_bytes(content: bytes, *, delimiter: int) -> int:
    """Return how long header, body and checksum together are by the header's own words."""
    attributes = content[2] << 8 | content[3]
    if attributes <= SIZE_BITS and delimiter == STANDARD and content[0] != _SHORT_SERIAL_HIGH:
        return _PLAIN_BYTES + attributes
    size = _HEAD_BYTES + _SERIAL_BYTES + 1 + (attributes & SIZE_BITS)
    if content[0] << 8 | content[1] in SHORT_SERIAL_IDS:
        return size - 1 + _PHONE_BYTES_2013
    if attributes & PARTS_BIT:
        size += _PARTS_BYTES
    if is_of_2019(content):
        return size + 1 + _PHONE_BYTES_2019
    return size + (_PHONE_BYTES_E7 if delimiter == ALTERNATIVE else _PHONE_BYTES_2013)
