"""Rows out of GeoJSON and CSV files, with what is wrong named by file and row."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

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
    "tags": "tags.csv",
}


@dataclass(slots=True)
class Problems:
    """What is wrong, row by row.

    Registers are loaded as they are meant, so a column that nobody knows is refused; whoever
    judges recorded days `ignores_other_columns` of what others have exported.
    """

    found: list[str] = field(default_factory=list)
    ignores_other_columns: bool = False

    def add(self, where: str, reason: object) -> None:
        """Note that the row at `where` cannot be used because of `reason`."""
        self.found.append(f"{where}: {reason}")

    def raise_any(self) -> None:
        """Raise one InputError that lists everything, if there is anything."""
        if self.found:
            count = len(self.found)
            listed = "\n  ".join(self.found)
            raise InputError(
                f"{count} row{'s' if count > 1 else ''} cannot be loaded, so nothing was:\n  {listed}"
            )


def read_features(
    path: Path,
    read: Callable[[Mapping[str, Any], Mapping[str, Any], str], T],
    problems: Problems,
) -> list[T]:
    """Return what `read(feature, properties, where)` makes of each feature; note what it refuses."""
    rows = []
    for number, feature in enumerate(_features(path), start=1):
        where = f"{path}: feature {number}"
        try:
            properties = feature.get("properties")
            rows.append(read(feature, properties if isinstance(properties, Mapping) else {}, where))
        except InputError as error:
            problems.add(where, error)
    return rows


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise InputError(f"{path} is not a GeoJSON FeatureCollection")
    return features


def read_rows(
    path: Path,
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
    for line, header, values in _lines(path, columns, optional=optional, strict=strict):
        where = f"{path}: line {line}"
        try:
            rows.append(read(_row(header, values), where))
        except InputError as error:
            problems.add(where, error)
    return rows


def _lines(
    path: Path, columns: Sequence[str], *, optional: str | None, strict: bool
) -> Iterator[tuple[int, Sequence[str], Sequence[str]]]:
    """Yield line number, names of the columns and values, stripped, of each line with any."""
    # Strict: a quotation mark that is never closed would swallow the rest of the file.
    reader = csv.reader(_read_text(path).splitlines(), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        named = [*columns, optional] if optional in header else columns
        known = header if strict else [name for name in header if name in named]
        if sorted(known) != sorted(named):
            raise InputError(
                f"{path}: line 1 must name the columns {','.join(columns)}, not {','.join(header)}"
            )
        for line in reader:
            values = [value.strip() for value in line]
            if any(values):
                yield reader.line_num, header, values
    except csv.Error as error:
        raise InputError(
            f"{path}: line {reader.line_num}: {error}: are its quotation marks in pairs?"
        ) from error


def _row(header: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    if any(values[len(header) :]):
        raise InputError(
            f"has {len(values)} values for {len(header)} columns: "
            "put a value with a comma into quotation marks"
        )
    padded = [*values, *[""] * (len(header) - len(values))]
    return dict(zip(header, padded, strict=False))


def _read_text(path: Path) -> str:
    try:
        # Spreadsheets put a byte order mark in front.
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as such") from error


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
