"""Rows out of GeoJSON and CSV files, with what is wrong named by file and row."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from patrol.errors import InputError

T = TypeVar("T")

_MAX_NAME_CHARS = 200
_MAX_HOUSEHOLDS = 100_000


@dataclass(slots=True)
class Problems:
    """What is wrong, row by row."""

    found: list[str] = field(default_factory=list)

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
) -> list[T]:
    """Return what `read(row, where)` makes of each line of a CSV file; note what it refuses."""
    rows = []
    for line, row in _lines(path, columns):
        where = f"{path}: line {line}"
        try:
            rows.append(read(row, where))
        except InputError as error:
            problems.add(where, error)
    return rows


def _lines(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(_read_text(path).splitlines())
    header = [name.strip() for name in next(reader, [])]
    if sorted(header) != sorted(columns):
        raise InputError(
            f"{path}: line 1 must name the columns {','.join(columns)}, not {','.join(header)}"
        )
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        padded = [*values, *[""] * (len(header) - len(values))]
        row = {name: value.strip() for name, value in zip(header, padded, strict=False)}
        yield reader.line_num, row


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
    if len(text) > _MAX_NAME_CHARS or "\0" in text:
        raise InputError(f"{key} is longer than {_MAX_NAME_CHARS} characters or not text")
    return text


def radius(properties: Mapping[str, Any]) -> float | None:
    """Return `radius_m` in metres, or None where there is none."""
    value = properties.get("radius_m")
    if value is not None and type(value) not in (int, float):
        raise InputError(f"radius_m is {value!r}, not a number of metres")
    return None if value is None else float(value)


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
    return epoch.astimezone(UTC)
