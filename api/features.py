"""Positions, tracks and grids as GeoJSON (RFC 7946): WGS-84, longitude first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, starmap
from operator import attrgetter
from typing import Any, Final, Literal

import msgspec
from pydantic import Field

from api import shapes
from api.reading.rows import FixRow, LatestRow
from api.shapes import Shape
from patrol.fix import ANTIMERIDIAN_DEG

Place = tuple[float, float]

_PLACE = (116.407394, 39.904211)
_NEXT = (116.407402, 39.904298)
_OUTLINE = [[[116.4, 39.9], [116.41, 39.9], [116.41, 39.91], [116.4, 39.91], [116.4, 39.9]]]


class Point(Shape):
    """A place."""

    type: Literal["Point"] = Field(default="Point", examples=["Point"])
    coordinates: Place = Field(examples=[_PLACE])


class LineString(Shape):
    """Places joined by a line."""

    type: Literal["LineString"] = Field(default="LineString", examples=["LineString"])
    coordinates: list[Place] = Field(examples=[[_PLACE, _NEXT]])


class LineProperties(Shape):
    """What is known along a line; the lists are as long as its coordinates."""

    terminal_id: str = Field(examples=["T07"])
    grid_id: str = Field(description="the grid of the duty window", examples=["G3"])
    start_at: datetime = Field(examples=["2026-11-20T01:30:05Z"])
    end_at: datetime = Field(examples=["2026-11-20T01:30:15Z"])
    epochs: list[datetime] = Field(examples=[["2026-11-20T01:30:05Z", "2026-11-20T01:30:15Z"]])
    accuracies_m: list[float | None] = Field(examples=[[4.8, None]])
    speeds_mps: list[float | None] = Field(examples=[[1.2, 1.1]])


class Feature(Shape):
    """Something with a place."""

    type: Literal["Feature"] = Field(default="Feature", examples=["Feature"])


class FixFeature(Feature):
    """One fix of a track."""

    geometry: Point
    properties: shapes.FixProperties


class LineFeature(Feature):
    """Fixes of a track that follow one another closely; a lone one is a point."""

    geometry: LineString | Point
    properties: LineProperties


class LatestFeature(Feature):
    """A latest position."""

    geometry: Point
    properties: shapes.LatestProperties


class GridFeature(Feature):
    """A grid and its outline."""

    geometry: dict[str, Any] = Field(examples=[{"type": "Polygon", "coordinates": _OUTLINE}])
    properties: shapes.Grid


class Collection(Shape):
    """A GeoJSON document."""

    type: Literal["FeatureCollection"] = Field(
        default="FeatureCollection", examples=["FeatureCollection"]
    )


class Track(Collection):
    """The fixes of a worker-day, with its duty windows beside."""

    worker_id: str = Field(examples=["W07"])
    day: date = Field(examples=["2026-11-20"])
    duty: list[shapes.DutyWindow]
    features: list[FixFeature] | list[LineFeature]


class LatestCollection(Collection):
    """Latest positions on the map."""

    features: list[LatestFeature]


class Grids(Collection):
    """All grids, by grid_id."""

    features: list[GridFeature]


class _Place(msgspec.Struct, tag_field="type", tag="Point", gc=False):
    """A `Point`, of thousands in an answer."""

    coordinates: Place


class _Feature(msgspec.Struct, tag_field="type", tag="Feature", gc=False):
    """A `FixFeature` or a `LatestFeature`, of thousands in an answer."""

    geometry: _Place
    properties: object


# The rows without their places, and whole: written by field three times as fast as dicts are.
_FixTold: Final = msgspec.defstruct("_FixTold", FixRow._fields[:-2], gc=False)
_LatestPlaceTold: Final = msgspec.defstruct("_LatestPlaceTold", LatestRow._fields[:-2], gc=False)
_LatestTold: Final = msgspec.defstruct("_LatestTold", LatestRow._fields, gc=False)


def track_of(fixes: Sequence[FixRow], beside: Track) -> bytes:
    """Return `beside` with one feature a fix, in the same order, as JSON."""
    return _written(beside, [_feature(one, _FixTold) for one in fixes])


def lines_of(fixes: Iterable[FixRow], *, max_gap: timedelta) -> list[LineFeature]:
    """Return one feature a run of fixes; nobody knows the way across more than `max_gap`.

    `fixes` are in the order of their epochs; runs keep to one terminal and one grid.
    """
    source = attrgetter("terminal_id", "grid_id")
    # The sort is stable: within a source the order of the epochs stays.
    runs = [
        run
        for _, of_source in groupby(sorted(fixes, key=source), key=source)
        for run in _runs(of_source, max_gap)
    ]
    return sorted(map(_line, runs), key=lambda line: line.properties.start_at)


def latest_of(positions: Iterable[LatestRow]) -> bytes:
    """Return one feature a position, as GeoJSON."""
    features = [_feature(one, _LatestPlaceTold) for one in positions]
    return _written(LatestCollection(features=[]), features)


def positions_of(positions: Iterable[LatestRow]) -> bytes:
    """Return the positions as JSON, without geometries."""
    return msgspec.json.encode({"positions": list(starmap(_LatestTold, positions))})


def grids_of(grids: Iterable[shapes.GridOutline]) -> Grids:
    """Return one feature a grid."""
    return Grids(features=[GridFeature(geometry=one.outline, properties=one) for one in grids])


def _written(beside: Collection, features: list[_Feature]) -> bytes:
    document = beside.model_dump(exclude={"features"})
    return msgspec.json.encode(document | {"features": features})


def _feature(row: FixRow | LatestRow, properties: Callable[..., object]) -> _Feature:
    *told, lon_deg, lat_deg = row
    return _Feature(_Place((lon_deg, lat_deg)), properties(*told))


def _point(one: FixRow) -> Point:
    return Point(coordinates=(one.lon_deg, one.lat_deg))


def _runs(fixes: Iterable[FixRow], max_gap: timedelta) -> Iterator[list[FixRow]]:
    run: list[FixRow] = []
    for fix in fixes:
        if run and not _joins(run[-1], fix, max_gap):
            yield run
            run = []
        run.append(fix)
    if run:
        yield run


def _joins(before: FixRow, after: FixRow, max_gap: timedelta) -> bool:
    # A line across the antimeridian would be drawn round the whole Earth the other way.
    is_across = abs(after.lon_deg - before.lon_deg) > ANTIMERIDIAN_DEG
    return after.epoch - before.epoch <= max_gap and not is_across


def _line(run: Sequence[FixRow]) -> LineFeature:
    places = [(fix.lon_deg, fix.lat_deg) for fix in run]
    is_lone = len(run) == 1
    return LineFeature(
        geometry=_point(run[0]) if is_lone else LineString(coordinates=places),
        properties=LineProperties(
            terminal_id=run[0].terminal_id,
            grid_id=run[0].grid_id,
            start_at=run[0].epoch,
            end_at=run[-1].epoch,
            epochs=[fix.epoch for fix in run],
            accuracies_m=[fix.accuracy_m for fix in run],
            speeds_mps=[fix.speed_mps for fix in run],
        ),
    )
