"""Rows out of GeoJSON and CSV files, with what is wrong named by file and row."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeAlias, TypeVar

from patrol.errors import InputError
from patrol.wire import shown

T = TypeVar("T")

_MAX_NAME_CHARS = 200
_MAX_HOUSEHOLDS = 100_000
_LEAST_RADIUS_M = 0.1
_MAX_RADIUS_M = 100_000
# The years of the wire: anything else is a slip of the pen.
_YEARS = range(2000, 2100)
# What the database's text cannot hold.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

# The names under which a folder holds the registers, in the order in which they depend.
FILES = {
    "grids": "grids.geojson",
    "premises": "premises.geojson",
    "places": "places.geojson",
    "workers": "workers.csv",
    "terminals": "terminals.csv",
    "roster": "roster.csv",
    "requirements": "requirements.csv",
    "excuses": "excuses.csv",
    "covers": "covers.csv",
    "checkpoints": "checkpoints.geojson",
    "streets": "streets.geojson",
    "facilities": "facilities.geojson",
    "tags": "tags.csv",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A file that has been read, and what messages call it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a sheet, the first one with the names of the columns, and what messages call it."""

    name: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Features:
    """Features of GeoJSON, and what messages call whence they come, by which unit, counted how."""

    name: str
    features: Sequence[Mapping[str, Any]]
    unit: str = "feature"
    first: int = 1


Source: TypeAlias = Text | Table | Features


@dataclass(slots=True)
class Problems:
    """What is wrong, row by row.

    Registers are loaded as they are meant, so a column that nobody knows is refused; whoever
    judges recorded days `ignores_other_columns` of what others have exported.
    """

    rows: list[tuple[str, str]] = field(default_factory=list)
    ignores_other_columns: bool = False

    @property
    def found(self) -> list[str]:
        """Where something is wrong and what, a line each."""
        return [f"{where}: {reason}" for where, reason in self.rows]

    def add(self, where: str, reason: object) -> None:
        """Note that the row at `where` cannot be used because of `reason`."""
        self.rows.append((where, str(reason)))

    def raise_any(self) -> None:
        """Raise one InputError that lists everything, if there is anything."""
        if self.rows:
            count = len(self.rows)
            listed = "\n  ".join(self.found)
            raise InputError(
                f"{count} row{'s' if count > 1 else ''} cannot be loaded, so nothing was:\n  {listed}"
            )


def read_features(
    source: Source,
    read: Callable[[Mapping[str, Any], Mapping[str, Any], str], T],
    problems: Problems,
) -> list[T]:
    """Return what `read(feature, properties, where)` makes of each feature; note what it refuses."""
    rows = []
    unit, first = (source.unit, source.first) if isinstance(source, Features) else ("feature", 1)
    for number, feature in enumerate(_features(source), start=first):
        where = f"{source.name}: {unit} {number}"
        try:
            properties = feature.get("properties")
            rows.append(read(feature, properties if isinstance(properties, Mapping) else {}, where))
        except InputError as error:
            problems.add(where, error)
    return rows


def _features(source: Source) -> Sequence[Mapping[str, Any]]:
    if isinstance(source, Features):
        return source.features
    if isinstance(source, Table):
        raise InputError(f"{source.name} has rows: give GeoJSON")
    try:
        document = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source.name} is not JSON: {error}") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise InputError(f"{source.name} is not a GeoJSON FeatureCollection")
    return features


def read_rows(
    source: Source,
    read: Callable[[Mapping[str, str], str], T],
    problems: Problems,
    *,
    columns: Sequence[str],
    optional: str | None = None,
) -> list[T]:
    """Return what `read(row, where)` makes of each line of a CSV file; note what it refuses.

    The column `optional` may be left out.
    """
    rows = []
    strict = not problems.ignores_other_columns
    for line, header, values in _lines(source, columns, optional=optional, strict=strict):
        where = f"{source.name}: line {line}"
        try:
            rows.append(read(_row(header, values), where))
        except InputError as error:
            problems.add(where, error)
    return rows


def _lines(
    source: Source, columns: Sequence[str], *, optional: str | None, strict: bool
) -> Iterator[tuple[int, Sequence[str], Sequence[str]]]:
    """Yield line number, names of the columns and values, stripped, of each line with any."""
    numbered = numbered_lines(source)
    header = [name.strip() for name in next(numbered, (1, []))[1]]
    named = [*columns, optional] if optional in header else columns
    known = header if strict else [name for name in header if name in named]
    if sorted(known) != sorted(named):
        raise InputError(
            f"{source.name}: line 1 must name the columns {','.join(columns)}, "
            f"not {','.join(header)}"
        )
    for number, line in numbered:
        values = [value.strip() for value in line]
        if any(values):
            yield number, header, values


def numbered_lines(source: Source) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the number and the values of each line, the header first."""
    if isinstance(source, Table):
        yield from enumerate(source.rows, start=1)
        return
    if isinstance(source, Features):
        raise InputError(f"{source.name} has features: give rows with columns")
    # Strict: a quotation mark that is never closed would swallow the rest of the file.
    reader = csv.reader(source.text.splitlines(), strict=True)
    try:
        for line in reader:
            yield reader.line_num, line
    except csv.Error as error:
        raise InputError(
            f"{source.name}: line {reader.line_num}: {error}: are its quotation marks in pairs?"
        ) from error


def _row(header: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    if any(values[len(header) :]):
        raise InputError(
            f"has {len(values)} values for {len(header)} columns: "
            "put a value with a comma into quotation marks"
        )
    padded = [*values, *[""] * (len(header) - len(values))]
    return dict(zip(header, padded, strict=False))


def text(properties: Mapping[str, Any], key: str) -> str:
    """Return the value of a property that must be there, as text."""
    value = properties.get(key)
    if value is None:
        raise InputError(f"property {key} is missing")
    return str(value)


def label(properties: Mapping[str, Any], key: str) -> str:
    """Return a name for people, empty where there is none."""
    text = str(properties.get(key) or "").strip()
    if len(text) > _MAX_NAME_CHARS or _NO_TEXT.search(text):
        raise InputError(f"{key} is longer than {_MAX_NAME_CHARS} characters or not text")
    return text


def plain(geometry: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON, found to be an area
    """Return the type and the positions of an area, without heights and whatever else it has."""
    return {"type": geometry["type"], "coordinates": _flat(geometry["coordinates"])}


def _flat(part: list[Any]) -> list[Any]:
    if not isinstance(part[0], list):
        return part[:2]
    return [_flat(one) for one in part]


def radius(properties: Mapping[str, Any]) -> float | None:
    """Return `radius_m` in metres, or None where there is none."""
    value = properties.get("radius_m")
    if value is None:
        return None
    if type(value) not in (int, float) or not _LEAST_RADIUS_M <= value <= _MAX_RADIUS_M:
        raise InputError(
            f"radius_m is {shown(value)}, not {_LEAST_RADIUS_M} to {_MAX_RADIUS_M} metres"
        )
    return float(value)


def households(properties: Mapping[str, Any]) -> int:
    """Return the number of households, 1 where it is not said."""
    value = properties.get("households", 1)
    if type(value) is not int or not 0 <= value <= _MAX_HOUSEHOLDS:
        raise InputError(f"households is {value!r}, not a number of households")
    return value


def day(row: Mapping[str, Any], key: str) -> date | None:
    """Return the day at `key`, or None where there is none."""
    if not row.get(key):
        return None
    try:
        return date.fromisoformat(str(row[key]))
    except ValueError as error:
        raise InputError(f"{key} {row[key]!r} is not a day: write it like 2026-03-02") from error


def epoch(row: Mapping[str, str], key: str) -> datetime:
    """Return the time at `key` in UTC; one without an offset raises InputError."""
    try:
        epoch = datetime.fromisoformat(row[key])
    except ValueError as error:
        raise InputError(
            f"{key} {row[key]!r} is not a time: write it like 2026-03-02T08:30:00+08:00"
        ) from error
    if epoch.tzinfo is None:
        raise InputError(f"{key} {row[key]} has no offset: write it like {row[key]}+08:00")
    if epoch.year not in _YEARS:
        raise InputError(
            f"{key} {row[key]} is in no year from {_YEARS[0]} to {_YEARS[-1]}; "
            "leave an end empty that is not known"
        )
    return epoch.astimezone(UTC)
