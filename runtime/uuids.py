"""Identifiers that are made where something happens, in the order of time.

Source: RFC 9562, 5.7: 48 bits of Unix time in ms, version and variant, the rest at random.
"""

import secrets
import time
import uuid

_RANDOM_A_BITS = 12
_RANDOM_B_BITS = 62
_LAST_MS = (1 << 48) - 1


def uuid7(*, now_ms: int | None = None) -> str:
    """Return a new UUID of version 7, in lower case; `now_ms` since 1970, else the clock's.

    The id carries this time for its order alone: a wrong clock makes no id that is used twice.
    """
    at_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    at_ms = min(max(at_ms, 0), _LAST_MS)
    number = at_ms << 80
    number |= 0x7 << 76 | secrets.randbits(_RANDOM_A_BITS) << 64
    number |= 0b10 << 62 | secrets.randbits(_RANDOM_B_BITS)
    return str(uuid.UUID(int=number))
