"""Reading what is to be reached in grids from GeoJSON files: checkpoints and streets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patrol import ids
from patrol.coverage import Checkpoint, Route, Street, Streets, read_lines
from patrol.geofence import Area, Grid, read_area
from patrol.ids import CheckpointId, GridId
from patrol.registers.checks import check_near, check_once
from patrol.registers.files import Problems, Source, label, plain, radius, read_features, text
from patrol.registers.rows import AreaRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRow:
    """A street as it goes into its table."""

    street: Street
    geometry: Mapping[str, Any]
    where: str


@dataclass(slots=True, kw_only=True)
class RouteRows:
    """The rows of the two files; None where a file was not given."""

    checkpoints: list[AreaRow] | None = None
    streets: list[StreetRow] | None = None


def read_checkpoints(source: Source, problems: Problems) -> list[AreaRow]:
    """Return the checkpoints in a GeoJSON file: outlines, or points with `radius_m`."""

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> AreaRow:
        checkpoint = ids.checkpoint_id(text(properties, "checkpoint_id"))
        radius_m = radius(properties)
        return AreaRow(
            id=checkpoint,
            grid_id=ids.grid_id(text(properties, "grid_id")),
            area=read_area(feature.get("geometry"), radius_m=radius_m),
            geometry=plain(feature.get("geometry")),
            radius_m=radius_m,
            name=label(properties, "name"),
            where=f"{where} {checkpoint}",
        )

    return read_features(source, read, problems)


def read_streets(source: Source, problems: Problems) -> list[StreetRow]:
    """Return the streets in a GeoJSON file: lines, with `grid_id` where they count for one."""

    def read(feature: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> StreetRow:
        named = properties.get("grid_id") is not None
        grid = ids.grid_id(text(properties, "grid_id")) if named else None
        lines = read_lines(feature.get("geometry"))
        return StreetRow(
            street=Street(lines, grid), geometry=plain(feature["geometry"]), where=where
        )

    return read_features(source, read, problems)


def check_routes(
    rows: RouteRows, problems: Problems, *, grids: set[str], areas: Mapping[str, Area]
) -> None:
    """Note ids that stand twice or are not among the `grids`, and checkpoints that lie far off."""
    checkpoints = rows.checkpoints or []
    check_once(((row.id, row.where) for row in checkpoints), problems)
    for row in checkpoints:
        if row.grid_id not in grids:
            problems.add(row.where, f"grid {row.grid_id} is not known: load grids")
        elif row.grid_id in areas:
            check_near(row, areas[row.grid_id], problems)
    for street in rows.streets or ():
        grid = street.street.grid_id
        if grid is not None and grid not in grids:
            problems.add(street.where, f"grid {grid} is not known: load grids")


def make_routes(grids: Iterable[Grid], rows: RouteRows) -> dict[GridId, Route]:
    """Return what is to be reached in each grid of which that is known."""
    by_grid: dict[str, list[Checkpoint]] = defaultdict(list)
    for row in rows.checkpoints or ():
        by_grid[row.grid_id].append(Checkpoint(CheckpointId(row.id), row.area))
    return known_routes(grids, by_grid, Streets([row.street for row in rows.streets or ()]))


def known_routes(
    grids: Iterable[Grid],
    checkpoints: Mapping[str, Sequence[Checkpoint]],
    streets: Streets,
) -> dict[GridId, Route]:
    """Return the routes of the grids that have checkpoints or streets."""
    routes = [
        Route(grid, checkpoints=checkpoints.get(grid.grid_id, ()), streets=streets)
        for grid in grids
    ]
    return {one.grid.grid_id: one for one in routes if one.is_known}
