"""Lists as PostgreSQL writes arrays, for statements that take a whole batch.

https://www.postgresql.org/docs/current/arrays.html, "Array Input and Output Syntax". The driver's
own lists cost as much as the rest of a statement.
"""

from collections.abc import Iterable, Sequence

from patrol.track import UNKNOWN, Integers

_UNKNOWN = str(UNKNOWN)
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"'})


def numbers(values: Integers) -> str:
    """Return whole numbers as an array; UNKNOWN is null."""
    words: Iterable[str] = map(str, values.tolist())
    if (values == UNKNOWN).any():
        words = ("NULL" if word == _UNKNOWN else word for word in words)
    return "{" + ",".join(words) + "}"


def texts(values: Sequence[str]) -> str:
    """Return texts as an array."""
    if not values:
        return "{}"
    whole = "".join(values)
    if '"' in whole or "\\" in whole:
        values = [value.translate(_ESCAPED) for value in values]
    return '{"' + '","'.join(values) + '"}'
