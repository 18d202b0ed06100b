"""Reading a district's registers from files: areas from GeoJSON, people's duty from CSV.

Every row is checked; what is wrong is named with file, row and reason, all of it at once.
Properties and columns that the product has no use for are never kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from patrol import ids
from patrol.duty import DutyWindow
from patrol.errors import InputError
from patrol.geofence import Area, read_area
from patrol.intervals import Interval
from patrol.registers.files import (
    Problems,
    Source,
    day,
    epoch,
    households,
    label,
    plain,
    radius,
    read_features,
    read_rows,
    text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """A grid, premises or an authorised place as it goes into its table."""

    id: str
    area: Area
    geometry: Mapping[str, Any]
    radius_m: float | None = None
    grid_id: str = ""
    name: str = ""
    kind: str = ""
    households: int = 1
    # Of a grid alone: where it hangs in the tree, and from which day until before which it is one.
    area_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """A worker."""

    worker_id: str
    name: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalRow:
    """A terminal and, if it has a worker, since when and until when."""

    terminal_id: str
    model: str
    worker_id: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """A duty window."""

    window: DutyWindow
    where: str


def read_grids(source: Source, problems: Problems) -> list[AreaRow]:
    """Return the grids in a GeoJSON file: polygons with `grid_id` and `name`.

    `area_id`, `valid_from` and `valid_to`, days, may be left out.
    """

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> AreaRow:
        geometry = feature.get("geometry")
        if isinstance(geometry, Mapping) and geometry.get("type") == "Point":
            raise InputError("a grid needs an outline: use Polygon or MultiPolygon")
        grid = ids.grid_id(text(properties, "grid_id"))
        valid_from, valid_to = (day(properties, key) for key in ("valid_from", "valid_to"))
        if valid_from is not None and valid_to is not None and valid_to <= valid_from:
            raise InputError("valid_to is not after valid_from; it is the first day no longer held")
        area = properties.get("area_id")
        return AreaRow(
            id=grid,
            area_id=None if area is None else ids.check_id(str(area), what="area_id"),
            valid_from=valid_from,
            valid_to=valid_to,
            area=read_area(geometry),
            geometry=plain(geometry),
            name=label(properties, "name") or grid,
            where=f"{where} {grid}",
        )

    return read_features(source, read, problems)


def read_premises(source: Source, problems: Problems) -> list[AreaRow]:
    """Return the premises in a GeoJSON file: outlines, or points with `radius_m`."""

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> AreaRow:
        premises = ids.premises_id(text(properties, "premises_id"))
        radius_m = radius(properties)
        return AreaRow(
            id=premises,
            grid_id=ids.grid_id(text(properties, "grid_id")),
            area=read_area(feature.get("geometry"), radius_m=radius_m),
            geometry=plain(feature.get("geometry")),
            radius_m=radius_m,
            name=label(properties, "name"),
            households=households(properties),
            where=f"{where} {premises}",
        )

    return read_features(source, read, problems)


def read_places(source: Source, problems: Problems) -> list[AreaRow]:
    """Return the authorised places in a GeoJSON file: outlines, or points with `radius_m`."""

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> AreaRow:
        place = ids.place_id(text(properties, "place_id"))
        radius_m = radius(properties)
        return AreaRow(
            id=place,
            area=read_area(feature.get("geometry"), radius_m=radius_m),
            geometry=plain(feature.get("geometry")),
            radius_m=radius_m,
            name=label(properties, "name"),
            kind=label(properties, "kind") or "other",
            where=f"{where} {place}",
        )

    return read_features(source, read, problems)


def read_workers(source: Source, problems: Problems) -> list[WorkerRow]:
    """Return the workers in a CSV file: `worker_id,name`."""

    def read(row: Mapping[str, str], where: str) -> WorkerRow:
        worker = ids.worker_id(row["worker_id"])
        return WorkerRow(worker_id=worker, name=label(row, "name") or worker, where=where)

    return read_rows(source, read, problems, columns=("worker_id", "name"))


def read_terminals(source: Source, problems: Problems) -> list[TerminalRow]:
    """Return the terminals in a CSV file: `terminal_id,model,worker_id,valid_from,valid_to`."""

    def read(row: Mapping[str, str], where: str) -> TerminalRow:
        worker = ids.worker_id(row["worker_id"]) if row["worker_id"] else None
        if worker is not None and not row["valid_from"]:
            raise InputError("valid_from is empty: since when has the worker this terminal?")
        valid_from = epoch(row, "valid_from") if worker is not None else None
        valid_to = epoch(row, "valid_to") if worker is not None and row["valid_to"] else None
        if valid_from is not None and valid_to is not None and valid_to <= valid_from:
            raise InputError("valid_to is not after valid_from")
        return TerminalRow(
            terminal_id=ids.terminal_id(row["terminal_id"]),
            model=label(row, "model"),
            worker_id=worker,
            valid_from=valid_from,
            valid_to=valid_to,
            where=where,
        )

    columns = ("terminal_id", "model", "worker_id", "valid_from", "valid_to")
    return read_rows(source, read, problems, columns=columns)


def read_roster(source: Source, problems: Problems) -> list[DutyRow]:
    """Return the duty windows in a CSV file: `worker_id,grid_id,start,end`."""

    def read(row: Mapping[str, str], where: str) -> DutyRow:
        start, end = epoch(row, "start"), epoch(row, "end")
        if end <= start:
            raise InputError(f"end {row['end']} is not after start {row['start']}")
        window = DutyWindow(
            worker_id=ids.worker_id(row["worker_id"]),
            interval=Interval(start, end),
            grid_id=ids.grid_id(row["grid_id"]),
        )
        return DutyRow(window=window, where=where)

    return read_rows(source, read, problems, columns=("worker_id", "grid_id", "start", "end"))
