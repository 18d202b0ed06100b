"""The files of a simulated day: what `patrol ingest load` takes, and the truth beside it.

docs/reference/simulator.md describes each of them.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.geodesy import LocalPlane
from simulator.scenario import Scenario, WorkerDay
from simulator.streets import Point
from simulator.tracks import Span, StayKind
from simulator.world import City

SCENARIO_FILE = "city.json"
# Long before any day that anybody simulates, so that days of one city can share a database.
_ASSIGNED_FROM = "2000-01-01T00:00:00Z"
_TRACK_COLUMNS = (
    "worker_id",
    "epoch",
    "lat_deg",
    "lon_deg",
    "accuracy_m",
    "hdop",
    "speed_mps",
    "satellites",
    "quality",
)


def save(folder: Path, scenario: Scenario, *, city: City, days: Sequence[WorkerDay]) -> None:
    """Write every file of the day into `folder`, which is made when it is not there.

    Raises InputError when that cannot be done.
    """
    texts = {
        SCENARIO_FILE: _json(_scenario_values(scenario)),
        "grids.geojson": _collection(grid_features(city)),
        "premises.geojson": _collection(premises_features(city)),
        "places.geojson": _collection(place_features(city)),
        "workers.csv": _csv(["worker_id", "name"], ([one.worker_id, one.name] for one in days)),
        "terminals.csv": _csv(
            ["terminal_id", "model", "worker_id", "valid_from", "valid_to"],
            ([one.terminal_id, one.model, one.worker_id, _ASSIGNED_FROM, ""] for one in days),
        ),
        "roster.csv": _csv(["worker_id", "grid_id", "start", "end"], _roster(scenario, days)),
        "truth.json": _json(_truth(scenario, days)),
        "tracks.csv": _csv(_TRACK_COLUMNS, (row for one in days for row in _fixes(one))),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"city folder {folder} cannot be written: {error.strerror}") from error


def load(folder: Path) -> Scenario:
    """Return the scenario that the files in `folder` were made from, or raise InputError."""
    path = folder / SCENARIO_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["day"] = date.fromisoformat(values["day"])
        values["duty"] = tuple(
            (time.fromisoformat(start), time.fromisoformat(end)) for start, end in values["duty"]
        )
        return Scenario(**values)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}; make it with patrol simulate city"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is not a city made by patrol simulate city: {error}") from error


def _scenario_values(scenario: Scenario) -> dict[str, Any]:
    duty = [[start.isoformat(), end.isoformat()] for start, end in scenario.duty]
    return {**asdict(scenario), "day": scenario.day.isoformat(), "duty": duty}


def grid_features(city: City) -> Iterator[dict[str, Any]]:
    """Yield the grids as GeoJSON features."""
    for grid in city.grids:
        about = {"grid_id": grid.grid_id, "name": grid.name}
        yield _feature(_polygon(city.plane, grid.outline), about)


def premises_features(city: City) -> Iterator[dict[str, Any]]:
    """Yield the premises of all grids as GeoJSON features."""
    for grid in city.grids:
        for one in grid.premises:
            about = {
                "premises_id": one.premises_id,
                "grid_id": grid.grid_id,
                "name": one.name,
                "households": one.households,
            }
            yield _feature(_polygon(city.plane, one.outline), about)


def place_features(city: City) -> Iterator[dict[str, Any]]:
    """Yield the authorised places as GeoJSON features."""
    station = city.station
    about = {
        "place_id": station.place_id,
        "name": station.name,
        "kind": station.kind,
        "radius_m": station.radius_m,
    }
    place = _positions(city.plane, [station.middle])[0]
    yield _feature({"type": "Point", "coordinates": place}, about)


def _roster(scenario: Scenario, days: Sequence[WorkerDay]) -> Iterator[list[str]]:
    for one in days:
        for start, end in scenario.duty:
            moments = [scenario.at(start).isoformat(), scenario.at(end).isoformat()]
            yield [one.worker_id, one.day.grid_id, *moments]


def _truth(scenario: Scenario, days: Sequence[WorkerDay]) -> dict[str, Any]:
    return {
        "day": scenario.day.isoformat(),
        "timezone": scenario.timezone,
        "seed": scenario.seed,
        "workers": [_truth_of(one) for one in days],
    }


def _truth_of(one: WorkerDay) -> dict[str, Any]:
    return {
        "worker_id": one.worker_id,
        "terminal_id": one.terminal_id,
        "grid_id": one.day.grid_id,
        "duty": _spans(one.day.duty),
        "inside": _spans(one.day.inside),
        "outside": _spans(one.day.outside),
        "authorised": _spans(stay.span for stay in one.day.stays(StayKind.STATION)),
        "visits": [
            {
                "premises_id": stay.premises_id,
                "start": _moment(epoch_of(stay.span.start_ms)),
                "end": _moment(epoch_of(stay.span.end_ms)),
            }
            for stay in one.day.stays(StayKind.VISIT)
        ],
        "neighbours": _spans(stay.span for stay in one.day.stays(StayKind.NEIGHBOUR)),
        "ridden": _spans(one.day.track.rides()),
        "epochs_with_solution": int(np.count_nonzero(one.solutions.solved)),
    }


def _fixes(one: WorkerDay) -> Iterator[list[str]]:
    solutions = one.solutions
    solved = solutions.solved
    for epoch_ms, lat_e7, lon_e7, accuracy_dm, hdop_c, speed_cmps, satellites in zip(
        solutions.epoch_ms[solved].tolist(),
        solutions.lat_e7[solved].tolist(),
        solutions.lon_e7[solved].tolist(),
        solutions.accuracy_dm[solved].tolist(),
        solutions.hdop_c[solved].tolist(),
        solutions.speed_cmps[solved].tolist(),
        solutions.satellites[solved].tolist(),
        strict=True,
    ):
        yield [
            one.worker_id,
            _moment(epoch_of(epoch_ms)),
            f"{lat_e7 / 1e7:.7f}",
            f"{lon_e7 / 1e7:.7f}",
            f"{accuracy_dm / 10:.1f}",
            f"{hdop_c / 100:.2f}",
            f"{speed_cmps / 100:.2f}",
            str(satellites),
            "1",
        ]


def _polygon(plane: LocalPlane, outline: Sequence[Point]) -> dict[str, Any]:
    ring = _positions(plane, [*outline, outline[0]])
    return {"type": "Polygon", "coordinates": [ring]}


def _positions(plane: LocalPlane, points: Sequence[Point]) -> list[list[float]]:
    """Return [longitude, latitude] of each point, as GeoJSON wants them (RFC 7946)."""
    x_m, y_m = np.array(points).T
    lat_deg, lon_deg = plane.to_degrees(x_m, y_m)
    return [list(pair) for pair in np.round(np.stack([lon_deg, lat_deg], axis=1), 7).tolist()]


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _collection(features: Iterable[dict[str, Any]]) -> str:
    return _json({"type": "FeatureCollection", "features": list(features)})


def _spans(spans: Iterable[Span]) -> list[list[str]]:
    return [[_moment(epoch_of(ms)) for ms in (span.start_ms, span.end_ms)] for span in spans]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
