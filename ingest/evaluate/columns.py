"""Lines of text into columns of whole numbers, many at a time; bad ones are named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan, nan
from typing import NamedTuple, TypeAlias

import numpy as np

from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, FixQuality
from patrol.geodesy import Floats
from patrol.messages import SCALE_E7
from patrol.track import UNKNOWN, FixColumns, Integers

Row: TypeAlias = Sequence[str]
_Reader: TypeAlias = Callable[[Row], tuple[Integers, dict[int, str]]]

# Unix time in seconds stays below this until the year 5138; in milliseconds it has been
# above since 1973.
_LEAST_MS = 1e11
# The last moment that a calendar of four digits knows, in seconds.
_LAST_S = 253_402_300_799.0
_MICROSECONDS = 1_000_000


class _Column(NamedTuple):
    """A column of numbers: its bounds, what a whole unit is, and if it may be empty."""

    name: str
    low: float
    high: float
    scale: float
    unit: str
    required: bool = False
    whole: bool = False
    # Receivers that do not know write 0, which no receiver can know.
    zero_is_unknown: bool = False


_NUMBERS = (
    _Column("lat_deg", -POLE_DEG, POLE_DEG, SCALE_E7, "degrees", required=True),
    _Column("lon_deg", -ANTIMERIDIAN_DEG, ANTIMERIDIAN_DEG, SCALE_E7, "degrees", required=True),
    _Column("accuracy_m", 0, 1_000_000, 10, "metres", zero_is_unknown=True),
    _Column("hdop", 0, 1_000, 10, "HDOP", zero_is_unknown=True),
    _Column("quality", 0, max(FixQuality), 1, "GGA quality", whole=True),
)
_WORKER, _EPOCH = "worker_id", "epoch"
_REQUIRED = (_WORKER, _EPOCH, *(column.name for column in _NUMBERS if column.required))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row each column stands that is read."""

    place_of: Mapping[str, int]
    width: int


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The good rows as columns, and why the others are none; by their index."""

    worker_ids: Sequence[str]
    fixes: FixColumns
    rows: Integers
    refused: dict[int, str]
    # Values of good rows that are taken as not known; the first of each row, by its index.
    doubted: dict[int, str]


def read_layout(header: Row) -> Layout:
    """Return the layout that a header names, or raise InputError."""
    names = [name.strip() for name in header]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise InputError(f"must name the columns {','.join(_REQUIRED)}: no {','.join(missing)}")
    wanted = (_WORKER, _EPOCH, *(column.name for column in _NUMBERS))
    twice = [name for name in wanted if names.count(name) > 1]
    if twice:
        raise InputError(f"names {','.join(twice)} more than once")
    return Layout({name: names.index(name) for name in wanted if name in names}, len(names))


def read_chunk(rows: Sequence[Row], layout: Layout) -> Chunk:
    """Return the good rows as columns, in their order; blank rows are skipped."""
    refused: dict[int, str] = {}
    kept = np.arange(len(rows))
    if set(map(len, rows)) != {layout.width}:
        kept, rows = _to_width(rows, layout.width, refused)
    texts = list(zip(*rows, strict=True)) or [()] * layout.width
    found: dict[str, Integers] = {}
    bad: dict[int, str] = {}
    odd: dict[int, str] = {}
    for name, read in _READERS.items():
        at = layout.place_of.get(name)
        found[name], reasons = read(texts[at]) if at is not None else (_unknown(len(rows)), {})
        # The first column that is bad is named.
        if name in _REQUIRED:
            bad = reasons | bad
        else:
            odd = reasons | odd
    refused |= {int(kept[index]): reason for index, reason in bad.items()}
    good = np.delete(np.arange(len(rows)), list(bad))
    workers = texts[layout.place_of[_WORKER]]
    return Chunk(
        worker_ids=[workers[index] for index in good.tolist()] if bad else workers,
        fixes=FixColumns(
            epoch_ms=found[_EPOCH][good],
            lat_e7=found["lat_deg"][good],
            lon_e7=found["lon_deg"][good],
            accuracy_dm=found["accuracy_m"][good],
            hdop_d=found["hdop"][good],
            quality=found["quality"][good],
            flags=np.zeros(len(good), dtype=np.int64),
        ),
        rows=kept[good],
        refused=refused,
        doubted={int(kept[index]): odd[index] for index in odd.keys() - bad.keys()},
    )


def _to_width(
    rows: Sequence[Row], width: int, refused: dict[int, str]
) -> tuple[Integers, list[Row]]:
    """Return the rows that can have as many values as the header, and their index."""
    kept: dict[int, Row] = {}
    for index, row in enumerate(rows):
        if any(value.strip() for value in row[width:]):
            refused[index] = (
                f"has {len(row)} values for {width} columns: "
                "put a value with a comma into quotation marks"
            )
        elif any(value.strip() for value in row):
            kept[index] = [*row[:width], *[""] * (width - len(row))]
    return np.array(list(kept), dtype=np.int64), list(kept.values())


def _read_epochs(texts: Row) -> tuple[Integers, dict[int, str]]:
    seconds = _seconds(texts)
    bad = {
        index: f"epoch {texts[index][:40]!r} is not a time with an offset: "
        "write it like 2026-03-02T08:30:00+08:00"
        for index in np.flatnonzero(~np.isfinite(seconds)).tolist()
    }
    # A time of this century has 53 bits down to a quarter of a microsecond.
    micros = np.rint(np.where(np.isfinite(seconds), seconds, 0.0) * _MICROSECONDS)
    return micros.astype(np.int64) // 1000, bad


def _seconds(texts: Row) -> Floats:
    """Return Unix time in seconds, NaN where a text is not a time."""
    try:
        moments = list(map(datetime.fromisoformat, texts))
    except ValueError:
        return np.array([_second(text) for text in texts])
    if any(moment.tzinfo is None for moment in moments):
        return np.array([_second(text) for text in texts])
    return np.fromiter((moment.timestamp() for moment in moments), float, len(texts))


def _second(text: str) -> float:
    value = _number(text)
    if not isnan(value):
        seconds = value / 1000 if abs(value) >= _LEAST_MS else value
        return seconds if abs(seconds) <= _LAST_S else nan
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return nan
    return moment.timestamp() if moment.tzinfo is not None else nan


def _read_numbers(column: _Column) -> _Reader:
    def read(texts: Row) -> tuple[Integers, dict[int, str]]:
        values = _floats(texts)
        within = (values >= column.low) & (values <= column.high)
        if column.whole:
            within &= values == np.rint(values)
        reasons = {
            index: _reason(column, texts[index])
            for index in np.flatnonzero(~within).tolist()
            if column.required or texts[index].strip()
        }
        known = within & (values != 0) if column.zero_is_unknown else within
        whole = np.rint(np.where(known, values, 0.0) * column.scale).astype(np.int64)
        return np.where(known, whole, UNKNOWN), reasons

    return read


def _reason(column: _Column, text: str) -> str:
    if not text.strip():
        return f"{column.name} is empty"
    kind = "a whole number" if column.whole else "a number"
    return (
        f"{column.name} {text[:40]!r} is not {kind} ({column.unit}) "
        f"from {column.low} to {column.high}"
    )


def _floats(texts: Row) -> Floats:
    """Return the numbers, NaN where a text is none."""
    try:
        return np.array([float(text) if text else nan for text in texts])
    except ValueError:
        return np.array([_number(text) for text in texts])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _unknown(count: int) -> Integers:
    return np.full(count, UNKNOWN, dtype=np.int64)


_READERS: dict[str, _Reader] = {
    _EPOCH: _read_epochs,
    **{column.name: _read_numbers(column) for column in _NUMBERS},
}
