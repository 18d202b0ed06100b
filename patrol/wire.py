"""How a message travels: versioned JSON, maybe in a zlib stream, and its checked values."""

import json
import re
import zlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from patrol.errors import InputError

VERSION = 1
MAX_PLAIN_BYTES = 1 << 20

MAX_NUMBER = (1 << 63) - 1
# Years 2000 to 2099: anything else is no time at which anybody patrolled, whatever the clock.
EPOCHS_MS = (946_684_800_000, 4_102_444_799_999)

E = TypeVar("E", bound=StrEnum)

# The first byte of a zlib stream; no JSON document starts with it.
_ZLIB = b"\x78"
# Below this a zlib stream is no smaller than the JSON that it holds.
_WORTH_COMPRESSING_BYTES = 128
_MAX_ITEMS = 10_000
_SHOWN_CHARS = 40
_SHOWN_BITS = 64
_MAX_NAME_CHARS = 64
# Version 7 of RFC 9562, in lower case: made on the terminal, in the order of time.
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def encode(body: dict[str, Any], *, is_packed: bool = True) -> bytes:
    """Return the payload of a message: versioned JSON, in a zlib stream where that is smaller.

    Unless `is_packed` it is plain, whatever its size.
    """
    plain = json.dumps({"v": VERSION, **body}, separators=(",", ":"), ensure_ascii=False).encode()
    if not is_packed or len(plain) < _WORTH_COMPRESSING_BYTES:
        return plain
    packed = zlib.compress(plain, 9)
    return packed if len(packed) < len(plain) else plain


def decode(payload: bytes) -> dict[str, Any]:
    """Return the object in `payload`, or raise InputError; inflating stops at the limit."""
    plain = plain_of(payload)
    try:
        body = json.loads(plain.decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"payload is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InputError(f"payload is a JSON {type(body).__name__}, not an object")
    version = body.get("v")
    if type(version) is not int or version != VERSION:
        raise InputError(f"v is {shown(version)}; this server speaks v {VERSION}")
    return body


def plain_of(payload: bytes) -> bytes:
    """Return the JSON text of `payload`, inflated if need be, or raise InputError."""
    plain = _inflate(payload) if payload[:1] == _ZLIB else payload
    if len(plain) > MAX_PLAIN_BYTES:
        raise InputError(f"payload of {len(plain)} bytes is larger than {MAX_PLAIN_BYTES}")
    return plain


def _inflate(payload: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(payload, MAX_PLAIN_BYTES + 1)
    except zlib.error as error:
        raise InputError(f"payload is not a zlib stream: {error}") from error
    if len(plain) > MAX_PLAIN_BYTES:
        raise InputError(f"payload inflates to more than {MAX_PLAIN_BYTES} bytes")
    if not stream.eof or stream.unused_data:
        raise InputError("payload is a zlib stream cut short or with bytes behind its end")
    return plain


def number(body: Mapping[str, Any], key: str) -> int:
    """Return the whole number at `key`, from 0 to what a database bigint holds."""
    value = body.get(key)
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise InputError(f"{key} is {shown(value)}, not a whole number from 0")
    return value


def number_within(body: Mapping[str, Any], key: str, bounds: tuple[int, int]) -> int:
    """Return the whole number at `key`, from the first of `bounds` to the second."""
    value = body.get(key)
    low, high = bounds
    if type(value) is not int or not low <= value <= high:
        raise InputError(f"{key} is {shown(value)}, not a whole number in {low}..{high}")
    return value


def optional_number(body: Mapping[str, Any], key: str) -> int | None:
    """Return the whole number at `key`, or None where there is none."""
    return None if body.get(key) is None else number(body, key)


def name(body: Mapping[str, Any], key: str) -> str:
    """Return the short name at `key`: printable ASCII, which every store and log can hold."""
    value = body.get(key)
    if not isinstance(value, str) or not is_name(value):
        raise InputError(f"{key} is {shown(value)}, not 1 to 64 printable ASCII characters")
    return value


def is_name(text: str) -> bool:
    """Return whether `text` can be a short name: 1 to 64 printable ASCII characters."""
    return 0 < len(text) <= _MAX_NAME_CHARS and text.isascii() and text.isprintable()


def optional_name(body: Mapping[str, Any], key: str) -> str | None:
    """Return the short name at `key`, or None where there is none."""
    return None if body.get(key) is None else name(body, key)


def uuid7(body: Mapping[str, Any], key: str) -> str:
    """Return the UUID of version 7 at `key`, in lower case."""
    value = body.get(key)
    if not isinstance(value, str) or not _UUID7.fullmatch(value):
        raise InputError(f"{key} is {shown(value)}, not a UUID of version 7")
    return value


def choice(body: Mapping[str, Any], key: str, allowed: type[E]) -> E:
    """Return the one of `allowed` that stands at `key`."""
    value = body.get(key)
    if not isinstance(value, str) or value not in list(allowed):
        raise InputError(f"{key} is {shown(value)}, not one of {', '.join(allowed)}")
    return allowed(value)


def items(body: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list at `key`, empty where there is none."""
    value = body.get(key, [])
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise InputError(f"{key} must be a list of at most {_MAX_ITEMS}")
    return value


def shown(value: object) -> str:
    """Return a short, printable form of somebody else's value for a message."""
    # The sum of two numbers that were read can be too long for Python to write out.
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"a number of more than {_SHOWN_BITS} bits"
    text = ascii(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."
