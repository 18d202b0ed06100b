"""Statements in a chain: each names the one before by its SHA-256, so that none can be changed.

What is chained is the SHA-256 of a statement and not its words, so that words which have to be
erased leave the chain whole.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

# Before the first one.
START: Final = bytes(32)

_NUMBER_BYTES: Final = 8


def canonical(content: Mapping[str, Any]) -> str:
    """Return JSON that is the same for the same content: names in order, no blanks."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256_of(text: str) -> bytes:
    """Return the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).digest()


def link(previous: bytes, number: int, content_sha256: bytes) -> bytes:
    """Return the digest of a statement: of the digest before it, its number and its content."""
    number_bytes = number.to_bytes(_NUMBER_BYTES, "big")
    return hashlib.sha256(previous + number_bytes + content_sha256).digest()
