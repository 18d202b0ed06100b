"""Rows in PostgreSQL's binary COPY format, rendered column by column.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Each row is
the number of its fields, then for each field its length and its bytes in network order; a null
is the length -1 and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from patrol.track import UNKNOWN, Integers

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
# PostgreSQL counts microseconds from here.
_POSTGRES_EPOCH_MS = round(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Numbers of `width` bytes each, one a row; UNKNOWN is null where `nullable`."""

    values: Integers
    width: int
    nullable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Texts, one a row: row i has `names[codes[i]]`."""

    names: Sequence[str]
    codes: Integers


def times(epoch_ms: Integers) -> Column:
    """Return a column of timestamps, from milliseconds since 1970."""
    return Column((epoch_ms - _POSTGRES_EPOCH_MS) * 1000, 8)


def render(columns: Sequence[Column], texts: Sequence[Names] = ()) -> bytes:
    """Return the rows as COPY takes them: `columns` in their order, then `texts` in theirs."""
    tables = [np.array([name.encode() for name in one.names], dtype=bytes) for one in texts]
    widths = tuple(table.dtype.itemsize for table in tables)
    layout = _layout(tuple(column.width for column in columns), widths)
    rows: NDArray[np.void] = np.empty(len(columns[0].values), dtype=layout)
    rows["fields"] = len(columns) + len(texts)
    kept = np.ones((len(rows), rows.dtype.itemsize), dtype=bool)
    for number, column in enumerate(columns):
        _fill(rows, kept, column, name=str(number))
    for number, (text, table) in enumerate(zip(texts, tables, strict=True), start=len(columns)):
        lengths = np.char.str_len(table)[text.codes]
        rows[f"length{number}"] = lengths
        rows[str(number)] = table[text.codes]
        first = rows.dtype.fields[str(number)][1] if rows.dtype.fields else 0
        width = table.dtype.itemsize
        kept[:, first : first + width] = np.arange(width) < lengths[:, np.newaxis]
    as_bytes = rows.view(np.uint8).reshape(kept.shape)
    body = as_bytes if kept.all() else as_bytes[kept]
    return _SIGNATURE + body.tobytes() + _END


@lru_cache(maxsize=256)
def _layout(widths: tuple[int, ...], text_widths: tuple[int, ...]) -> np.dtype[np.void]:
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    kinds = [f">i{width}" for width in widths] + [f"S{width}" for width in text_widths]
    for number, kind in enumerate(kinds):
        layout += [(f"length{number}", ">i4"), (str(number), kind)]
    return np.dtype(layout)


def _fill(rows: NDArray[np.void], kept: NDArray[np.bool_], column: Column, *, name: str) -> None:
    rows[f"length{name}"] = column.width
    if not column.nullable or not (null := column.values == UNKNOWN).any():
        rows[name] = column.values
        return
    rows[name] = np.where(null, 0, column.values)
    rows[f"length{name}"][null] = -1
    first = rows.dtype.fields[name][1] if rows.dtype.fields else 0
    kept[null, first : first + column.width] = False
