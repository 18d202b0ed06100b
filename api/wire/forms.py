"""The forms of which JSON Schema of a message is made."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from patrol.messages import MAX_FIXES
from patrol.wire import MAX_NUMBER

Schema = dict[str, Any]


def whole(text: str, least: int = 0, most: int = MAX_NUMBER) -> Schema:
    """Return the form of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most, "description": text}


def words(kinds: type[StrEnum], text: str) -> Schema:
    """Return the form of a code out of an enumeration."""
    return {"type": "string", "enum": [str(one) for one in kinds], "description": text}


def text(text: str, most: int = 64) -> Schema:
    """Return the form of a short text."""
    return {"type": "string", "minLength": 1, "maxLength": most, "description": text}


def many(items: Schema, most: int, text: str = "") -> Schema:
    """Return the form of a list."""
    return {"type": "array", "items": items, "maxItems": most, "description": text}


def record(fields: Mapping[str, Schema], *required: str, text: str = "") -> Schema:
    """Return the form of an object."""
    found: Schema = {"type": "object", "properties": dict(fields), "required": list(required)}
    return found | ({"description": text} if text else {})


def message(fields: Mapping[str, Schema], *required: str) -> Schema:
    """Return the form of a whole message, with its version."""
    version = {"const": 1, "description": "version of the wire"}
    return record({"v": version, **fields}, "v", *required)


def column(text: str, least: int, most: int, *, nulls: bool = True) -> Schema:
    """Return the form of a column of a batch."""
    kind = ["integer", "null"] if nulls else "integer"
    item = {"type": kind, "minimum": least, "maximum": most}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_FIXES} | {
        "description": text
    }


def differences(text: str) -> Schema:
    """Return the form of a column of a first value and differences."""
    item = {"type": "integer"}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": MAX_FIXES} | {
        "description": f"{text}; the first value, then differences"
    }
