"""Small worlds for tests: a square grid, a few doors, tracks that are walked by the metre."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from patrol.compliance import DayFacts
from patrol.duty import DutyWindow
from patrol.fix import epoch_ms
from patrol.geodesy import LocalPlane
from patrol.geofence import (
    AuthorisedPlace,
    Grid,
    Premises,
    PremisesIndex,
    read_area,
)
from patrol.ids import GridId, PlaceId, PremisesId, WorkerId
from patrol.intervals import Interval
from patrol.notices.checkins import CheckIn, CheckInKind, Phase
from patrol.track import UNKNOWN, FixColumns

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
CITY = LocalPlane(30.66, 104.06)
WORKER = WorkerId("W01")
GRID = GridId("G01")

# One leg of a walk: how many seconds into the test, and how many metres east and north.
Leg = tuple[float, float, float]


def at(seconds: float) -> datetime:
    """Return the time so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def span(start_s: float, end_s: float) -> Interval:
    """Return the interval between two times in seconds after noon."""
    return Interval(at(start_s), at(end_s))


def square(side_m: float = 400.0, *, plane: LocalPlane = CITY, middle_m: Leg = (0, 0, 0)) -> dict:
    """Return a square GeoJSON polygon around a place in metres from the middle of the plane."""
    _, x_mid, y_mid = middle_m
    half = side_m / 2
    x_m = np.array([-half, half, half, -half, -half]) + x_mid
    y_m = np.array([-half, -half, half, half, -half]) + y_mid
    lat_deg, lon_deg = plane.to_degrees(x_m, y_m)
    ring = [[float(lon), float(lat)] for lat, lon in zip(lat_deg, lon_deg, strict=True)]
    return {"type": "Polygon", "coordinates": [ring]}


def walk(
    legs: Sequence[Leg],
    *,
    every_s: float = 10.0,
    plane: LocalPlane = CITY,
    accuracy_m: float = 5.0,
    shift: timedelta = timedelta(),
) -> FixColumns:
    """Return fixes every so often along straight legs between the given places and times."""
    times, xs, ys = (np.array(column, dtype=float) for column in zip(*legs, strict=True))
    seconds = np.arange(times[0], times[-1] + 1e-6, every_s)
    lat_deg, lon_deg = plane.to_degrees(
        np.interp(seconds, times, xs), np.interp(seconds, times, ys)
    )
    count = len(seconds)
    return FixColumns(
        epoch_ms=epoch_ms(NOON + shift) + np.round(seconds * 1000).astype(np.int64),
        lat_e7=np.round(lat_deg * 1e7).astype(np.int64),
        lon_e7=np.round(lon_deg * 1e7).astype(np.int64),
        accuracy_dm=np.full(count, round(accuracy_m * 10), dtype=np.int64),
        hdop_d=np.full(count, 10, dtype=np.int64),
        quality=np.ones(count, dtype=np.int64),
        flags=np.zeros(count, dtype=np.int64),
    )


def pick(fixes: FixColumns, index: np.ndarray) -> FixColumns:
    """Return the fixes at `index`, which may repeat and reorder them."""
    return FixColumns(**{name: getattr(fixes, name)[index] for name in COLUMNS})


def join(*parts: FixColumns) -> FixColumns:
    """Return all fixes of several walks."""
    return FixColumns(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    )


def without(fixes: FixColumns, start_s: float, end_s: float) -> FixColumns:
    """Return the fixes that are not within a span of silence."""
    start_ms, end_ms = epoch_ms(at(start_s)), epoch_ms(at(end_s))
    kept = (fixes.epoch_ms < start_ms) | (fixes.epoch_ms >= end_ms)
    return pick(fixes, np.flatnonzero(kept))


COLUMNS = ("epoch_ms", "lat_e7", "lon_e7", "accuracy_dm", "hdop_d", "quality", "flags")
NO_FIXES = FixColumns(**{name: np.array([], dtype=np.int64) for name in COLUMNS})


def grid(side_m: float = 400.0, *, plane: LocalPlane = CITY) -> Grid:
    """Return a square grid around the middle of the plane."""
    return Grid(GRID, read_area(square(side_m, plane=plane)))


def door(name: str, x_m: float, y_m: float, *, plane: LocalPlane = CITY) -> Premises:
    """Return premises as a point with a radius of 5 m."""
    lat_deg, lon_deg = plane.to_degrees(np.array([x_m]), np.array([y_m]))
    point = {"type": "Point", "coordinates": [float(lon_deg[0]), float(lat_deg[0])]}
    return Premises(PremisesId(name), read_area(point, radius_m=5.0))


def checkin(
    at_s: float, phase: str, premises: str | None = "A", *, kind: str = "tag", name: str = ""
) -> CheckIn:
    """Return a check-in so many seconds after noon."""
    return CheckIn(
        checkin_id=name or f"{kind}-{phase}-{premises}-{at_s:g}",
        at=at(at_s),
        kind=CheckInKind(kind),
        phase=Phase(phase),
        premises_id=None if premises is None else PremisesId(premises),
    )


def station(x_m: float, y_m: float) -> AuthorisedPlace:
    """Return an authorised place of 30 m around a point."""
    lat_deg, lon_deg = CITY.to_degrees(np.array([x_m]), np.array([y_m]))
    point = {"type": "Point", "coordinates": [float(lon_deg[0]), float(lat_deg[0])]}
    return AuthorisedPlace(PlaceId("station"), read_area(point, radius_m=30.0))


def day_facts(
    fixes: FixColumns,
    *,
    duty: Sequence[Interval] = (span(0, 3600),),
    premises: Sequence[Premises] = (),
    places: Sequence[AuthorisedPlace] = (),
    plane: LocalPlane = CITY,
) -> DayFacts:
    """Return the facts of one worker-day in the square grid."""
    return DayFacts(
        worker_id=WORKER,
        day=DAY,
        windows=[DutyWindow(WORKER, interval, GRID) for interval in duty],
        grids={GRID: grid(plane=plane)},
        premises={GRID: PremisesIndex(premises)},
        places=places,
        fixes=fixes,
    )


def missing_values(fixes: FixColumns) -> FixColumns:
    """Return the same fixes from a receiver that says nothing of accuracy or quality."""
    unknown = np.full(len(fixes), UNKNOWN, dtype=np.int64)
    columns = {name: getattr(fixes, name) for name in COLUMNS}
    return FixColumns(**{**columns, "accuracy_dm": unknown, "hdop_d": unknown, "quality": unknown})
