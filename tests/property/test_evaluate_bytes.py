"""`patrol evaluate` over files: however they are written, the same bytes are printed."""

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.evaluate import cli, tracks
from patrol.fix import epoch_of
from patrol.geodesy import LocalPlane
from patrol.track import UNKNOWN, FixColumns
from tests.makers import CITY, GRID, NOON, square
from tests.property.worlds import (
    BEYOND,
    CHECKPOINTS,
    DOORS,
    EAST,
    EAST_DOORS,
    STREETS,
    WINDOWS_S,
    WORLDS,
    Deed,
    World,
)

SEEDS = st.integers(0, 2**32 - 1)
Row = dict[str, str]
# How a day may be told: each worker's worlds, one after the other.
Days = Mapping[str, Sequence[World]]


@dataclass(slots=True)
class Files:
    """The files of a district: features of GeoJSON, rows of CSV."""

    features: dict[str, list[dict]]
    rows: dict[str, list[Row]]

    def write(self, folder: Path) -> None:
        """Write them all."""
        for name, features in self.features.items():
            text = json.dumps({"type": "FeatureCollection", "features": features})
            (folder / f"{name}.geojson").write_text(text)
        for name, rows in self.rows.items():
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    def mixed(self, seed: int) -> "Files":
        """Return the same with features, rows and columns in any order, and some fixes twice."""
        chance = Random(seed)  # noqa: S311 - an order is no secret
        features = {name: chance.sample(some, len(some)) for name, some in self.features.items()}
        rows = {name: chance.sample(some, len(some)) for name, some in self.rows.items()}
        told = rows["tracks"]
        rows["tracks"] = chance.sample(told + told[::3], len(told) + len(told[::3]))
        for name, some in rows.items():
            columns = chance.sample(list(some[0]), len(some[0]))
            rows[name] = [{column: row[column] for column in columns} for row in some]
        return Files(features, rows)


def files_of(days: Days) -> Files:
    """Return the district of some worlds, which lie in one place."""
    world = next(world for worlds in days.values() for world in worlds)
    told = [(who, one) for who, worlds in days.items() for one in worlds]
    return Files(
        features=areas_of(world.plane),
        rows={
            "roster": [
                spanned(one, *edges) | {"worker_id": who, "grid_id": grid}
                for who, one in told
                for edges, grid in zip(WINDOWS_S, (GRID, one.then), strict=True)
            ],
            "covers": [
                spanned(world, 600, 3000) | {"worker_id": who, "grid_id": EAST} for who in days
            ],
            "excuses": [
                spanned(one, *edges) | {"worker_id": who, "grid_id": "", "reason": "other"}
                for who, one in told
                for edges in (*one.excused_s, (50_000, 50_060))
            ],
            "requirements": [
                row(grid_id="", visit_s="2400", presence_share="0.8", coverage_share="0.5"),
                row(grid_id=GRID, visit_s="1800", presence_share="0.9", coverage_share="0.3"),
            ],
            "tracks": [fix for who, one in told for fix in fixes_of(who, one.fixes())],
        },
    )


def row(**values: str) -> Row:
    return {"valid_from": "", "valid_to": "", **values}


def spanned(world: World, start_s: float, end_s: float) -> Row:
    span = world.span(start_s, end_s)
    return {"start": span.start.isoformat(), "end": span.end.isoformat()}


def fixes_of(who: str, fixes: FixColumns) -> list[Row]:
    """Return fixes as rows of a file."""
    columns = (fixes.epoch_ms, fixes.lat_e7, fixes.lon_e7, fixes.accuracy_dm)
    return [
        {
            "worker_id": who,
            "epoch": epoch_of(ms).isoformat(),
            "lat_deg": f"{lat / 1e7:.7f}",
            "lon_deg": f"{lon / 1e7:.7f}",
            "accuracy_m": "" if accuracy == UNKNOWN else str(accuracy / 10),
            "quality": "1",
        }
        for ms, lat, lon, accuracy in zip(*(one.tolist() for one in columns), strict=True)
    ]


def areas_of(plane: LocalPlane) -> dict[str, list[dict]]:
    """Return what does not move: three grids, doors, checkpoints, streets, a station."""

    def position(x_m: float, y_m: float) -> list[float]:
        lat_deg, lon_deg = plane.to_degrees(np.array([x_m]), np.array([y_m]))
        return [float(lon_deg[0]), float(lat_deg[0])]

    def points(name: str, places: Mapping[str, tuple[float, float]], **about: object) -> list[dict]:
        return [
            feature({name: one, **about}, {"type": "Point", "coordinates": position(*place)})
            for one, place in places.items()
        ]

    middles = {GRID: (0.0, 0.0), EAST: (600.0, 0.0), "G03": (0.0, 400.0)}
    return {
        "grids": [
            feature({"grid_id": name}, square(plane=plane, middle_m=(0.0, *middle)))
            for name, middle in middles.items()
        ],
        "premises": [
            *points("premises_id", DOORS, grid_id=GRID, radius_m=5),
            *points("premises_id", EAST_DOORS, grid_id=EAST, radius_m=5),
            *points("premises_id", BEYOND, grid_id="G03", radius_m=5),
        ],
        "places": points("place_id", {"S": (0.0, -400.0)}, kind="station", radius_m=30),
        "checkpoints": points("checkpoint_id", CHECKPOINTS, grid_id=GRID, radius_m=20),
        "streets": [
            feature({"grid_id": EAST}, {"type": "LineString", "coordinates": [*map(list, line)]})
            for line in ([position(*place) for place in street] for street in STREETS)
        ],
    }


def feature(properties: dict, geometry: dict) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def evaluate(files: Files, *arguments: str) -> bytes:
    """Return what the command prints."""
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as out:
        files.write(Path(folder))
        options = parser.parse_args(["evaluate", folder, *arguments])
        assert options.command(options) == 0
    return out.getvalue().encode()


def days_after(world: World, days: int) -> World:
    return replace(world, starts=world.starts + timedelta(days=days))


def at_night(world: World) -> World:
    """Return a world that begins an hour and a half before midnight in Shanghai."""
    return replace(world, starts=world.starts + timedelta(hours=10, minutes=30))


@st.composite
def districts(draw: Callable) -> Days:
    """Draw some days of two workers, one of whom has duty across midnight."""
    first, second, third, fourth = (draw(WORLDS) for _ in range(4))
    return {
        "W01": [first, days_after(second, 1)],
        "W02": [at_night(third), days_after(at_night(fourth), 1)],
    }


@contextmanager
def read_at_once(rows: int) -> Iterator[None]:
    """Let files be read in pieces of so many rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracks, "_ROWS_AT_ONCE", rows)
        yield


@settings(max_examples=6, deadline=None)
@given(days=districts(), seed=SEEDS, rows=st.integers(150, 5000))
def test_order_repeats_and_pieces_change_no_byte(days, seed, rows):
    files = files_of(days)
    printed = evaluate(files)

    with read_at_once(rows):
        assert evaluate(files.mixed(seed)) == printed


@settings(max_examples=6, deadline=None)
@given(days=districts())
def test_columns_in_which_nothing_is_said_change_no_byte(days):
    days = {who: [replace(one, has_accuracy=False) for one in some] for who, some in days.items()}
    files = files_of(days)
    printed = evaluate(files)
    kept = ("worker_id", "epoch", "lat_deg", "lon_deg")
    files.rows["tracks"] = [
        {column: fix[column] for column in kept} | {"speed_mps": "", "hdop": ""}
        for fix in files.rows["tracks"]
    ]

    assert evaluate(files) == printed


WRITTEN = [
    lambda moment: moment.astimezone(ZoneInfo("Asia/Shanghai")).isoformat(),
    lambda moment: moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    lambda moment: str(moment.timestamp()),
    lambda moment: str(round(moment.timestamp() * 1000)),
]


@settings(max_examples=6, deadline=None)
@given(days=districts(), seed=SEEDS)
def test_the_way_in_which_an_epoch_is_written_changes_no_byte(days, seed):
    files, chance = files_of(days), Random(seed)  # noqa: S311 - a way to write is no secret
    printed = evaluate(files)
    for fix in files.rows["tracks"]:
        fix["epoch"] = chance.choice(WRITTEN)(datetime.fromisoformat(fix["epoch"]))

    assert evaluate(files) == printed


@settings(max_examples=12, deadline=None)
@given(
    days=districts(),
    who=st.sampled_from(["W01", "W02"]),
    at_min=st.integers(-3000, 5000),
    place=st.one_of(
        st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
        st.tuples(st.floats(30.655, 30.665), st.floats(104.05, 104.07)),
        st.just((0.0, 0.0)),
    ),
    accuracy_m=st.sampled_from(["", "1", "5", "90"]),
)
def test_a_fix_changes_no_other_day_than_its_own(days, who, at_min, place, accuracy_m):
    """Its own is the day whose duty, with two hours before and after, holds it, if any does."""
    files = files_of(days)
    before = lines_of(evaluate(files))
    epoch = NOON + timedelta(minutes=at_min)
    fix = {"worker_id": who, "epoch": epoch.isoformat(), "quality": "1", "accuracy_m": accuracy_m}
    files.rows["tracks"].append(fix | {"lat_deg": str(place[0]), "lon_deg": str(place[1])})

    after = lines_of(evaluate(files))

    margin_s = 7200
    own = {
        (who, one.starts.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat())
        for one in days[who]
        if abs((epoch - one.starts).total_seconds() - WINDOWS_S[-1][1] / 2)
        <= WINDOWS_S[-1][1] / 2 + margin_s
    }
    assert {day for day in before if before[day] != after[day]} <= own
    assert before.keys() == after.keys()


def lines_of(printed: bytes) -> dict[tuple[str, str], bytes]:
    """Return the line of each worker-day."""
    lines = printed.splitlines()
    return {(one["worker_id"], one["day"]): line for line in lines if (one := json.loads(line))}


ZONES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ("Asia/Shanghai", datetime(2026, 12, 31, 16, tzinfo=UTC)),
]


@settings(max_examples=10, deadline=None)
@given(world=WORLDS, place=st.sampled_from(ZONES), lon_deg=st.sampled_from([104.06, 179.9965]))
def test_another_zone_and_meridian_change_nothing_but_times_and_coordinates(world, place, lon_deg):
    """Duty begins an hour and three quarters before midnight or before the clocks change."""
    zone, changes = place
    starts = changes - timedelta(minutes=105)
    there = replace(world, starts=starts, plane=LocalPlane(CITY.lat_deg, lon_deg))

    (found,) = evaluate(files_of({"W01": [there]}), "--timezone", zone).splitlines()
    (here,) = evaluate(files_of({"W01": [world]})).splitlines()

    assert told(found, starts) == told(here, NOON)
    assert json.loads(found)["day"] == starts.astimezone(ZoneInfo(zone)).date().isoformat()


def told(line: bytes, starts: datetime) -> object:
    """Return an answer with times in seconds since the start, without the names of places."""

    def moved(value: object) -> object:
        if isinstance(value, dict):
            streets = value.get("kind") == "streets"
            return {
                key: len(one) if streets and key.endswith(("reached", "unknown")) else moved(one)
                for key, one in value.items()
                if key != "day"
            }
        if isinstance(value, list):
            return [moved(one) for one in value]
        if isinstance(value, str) and value.endswith("Z"):
            return (datetime.fromisoformat(value) - starts).total_seconds()
        return value

    return moved(json.loads(line))


@settings(max_examples=4, deadline=None)
@given(world=WORLDS, other=WORLDS, seed=SEEDS)
def test_order_changes_no_byte_where_all_terminals_fall_silent_together(world, other, seed):
    files = files_of({f"W0{number}": [never_silent(world, number)] for number in range(4)})
    others = files_of({f"W1{number}": [never_silent(other, number)] for number in range(2)})
    for name in ("roster", "tracks"):
        files.rows[name] += others.rows[name]
    silence = world.span(1500, 2400)
    files.rows["tracks"] = [
        fix
        for fix in files.rows["tracks"]
        if not silence.start <= datetime.fromisoformat(fix["epoch"]) < silence.end
    ]
    printed = evaluate(files)

    assert evaluate(files.mixed(seed)) == printed
    assert b'"common_silence"' in printed


def never_silent(world: World, seed: int) -> World:
    """Return a world in which the terminal is always heard, with errors of its own."""
    stops = tuple(replace(stop, deed=Deed.STAY) for stop in world.stops)
    return replace(world, every_s=30.0, stops=stops, seed=seed)
