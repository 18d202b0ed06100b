"""JSON from strangers: whatever stands in it, it is read within bounds or refused."""

import json
import math
from collections.abc import Mapping
from typing import TypeAlias, cast

from gateway.codecs.events import Value
from patrol.errors import InputError

Document: TypeAlias = Mapping[str, Value]

DEPTH_LIMIT = 16
VALUES_LIMIT = 20_000

# Some editors begin a file with it.
_MARK = "\ufeff"

# Longer whole numbers are read as floating ones, and lose digits.
_INTEGER_DIGITS = 18


def read_documents(data: bytes) -> list[Document]:
    """Return the object in `data`, or the objects of a list, up to `VALUES_LIMIT` values.

    Numbers that JSON does not know are None, of names that repeat the last counts, bytes that
    are not UTF-8 become U+FFFD. Raises InputError where there is no JSON, or too much of it.
    """
    text = data.decode("utf-8", "replace").removeprefix(_MARK).strip(" \t\r\n\0")
    try:
        value: object = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise InputError("the text is no JSON: send one object") from error
    # The few that are deep, long or escaped are walked through; most need not be.
    cleaned = value if _is_small(text) else _Cleaner().clean(value, 0)
    found = cleaned if isinstance(cleaned, list) else [cleaned]
    if not all(isinstance(one, dict) for one in found):
        raise InputError("the JSON is no object: send one object, or a list of them")
    return cast("list[Document]", found)


def _is_small(text: str) -> bool:
    """Return whether `text` keeps the limits and can hold neither a NUL nor half a character."""
    opened = text.count("{") + text.count("[")
    return (
        opened <= DEPTH_LIMIT
        and text.count(",") < VALUES_LIMIT
        and "\\u" not in text
        and "\0" not in text
    )


class _Cleaner:
    """Copies what was read, and counts it."""

    def __init__(self) -> None:
        self._count = 0

    def clean(self, value: object, depth: int) -> Value:
        self._count += 1
        if depth > DEPTH_LIMIT or self._count > VALUES_LIMIT:
            raise InputError(
                f"the JSON is deeper than {DEPTH_LIMIT} or has over {VALUES_LIMIT} values:"
                " send one message at a time"
            )
        if isinstance(value, dict):
            return {_text(str(k)): self.clean(v, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self.clean(one, depth + 1) for one in value]
        return _text(value) if isinstance(value, str) else cast("Value", value)


def _text(text: str) -> str:
    """Return `text` as UTF-8 and a database can hold it."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _integer(text: str) -> int | float | None:
    return int(text) if len(text) <= _INTEGER_DIGITS else _floating(text)


def _floating(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _unknown(_name: str) -> None:
    """Stand for NaN and infinities."""


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_floating, parse_constant=_unknown, strict=False
)
