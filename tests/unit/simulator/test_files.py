"""The files of a simulated day: what they hold, and what they never hold."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from patrol.errors import InputError
from simulator import files
from simulator.scenario import Scenario
from tests.unit.simulator.simulated import DAY, made, small

NAMES = {
    "city.json",
    "grids.geojson",
    "places.geojson",
    "premises.geojson",
    "roster.csv",
    "terminals.csv",
    "tracks.csv",
    "truth.json",
    "workers.csv",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario, city, days = small()
    folder = tmp_path_factory.mktemp("simulated") / "new" / "city"
    files.save(folder, scenario, city=city, days=days)
    return folder


def features(folder: Path, name: str) -> list[dict[str, Any]]:
    found = json.loads((folder / name).read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    return found["features"]


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def truth(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def test_every_file_is_written(folder: Path):
    assert {path.name for path in folder.iterdir()} == NAMES


def test_grids_are_closed_rings_with_id_and_name(folder: Path):
    for one in features(folder, "grids.geojson"):
        [ring] = one["geometry"]["coordinates"]
        assert set(one["properties"]) == {"grid_id", "name"}
        assert ring[0] == ring[-1]
        assert shapely.Polygon(ring).exterior.is_ccw


def test_premises_lie_in_the_grid_that_they_name(folder: Path):
    outlines = {
        one["properties"]["grid_id"]: shapely.from_geojson(json.dumps(one["geometry"]))
        for one in features(folder, "grids.geojson")
    }
    for one in features(folder, "premises.geojson"):
        shape = shapely.from_geojson(json.dumps(one["geometry"]))
        assert outlines[one["properties"]["grid_id"]].contains(shape)


def test_premises_say_nothing_about_who_lives_there(folder: Path):
    for one in features(folder, "premises.geojson"):
        assert set(one["properties"]) == {"premises_id", "grid_id", "name", "households"}
        assert one["properties"]["name"].split()[0] in {"House", "Flats"}


def test_workers_have_invented_names(folder: Path):
    assert [row["name"] for row in rows(folder, "workers.csv")] == [
        "Worker 01",
        "Worker 02",
        "Worker 03",
    ]


def test_places_are_where_being_outside_is_in_order(folder: Path):
    [one] = features(folder, "places.geojson")

    assert one["geometry"]["type"] == "Point"
    assert one["properties"].keys() == {"place_id", "name", "kind", "radius_m"}


def test_the_roster_has_both_windows_in_the_clock_of_the_city(folder: Path):
    assert rows(folder, "roster.csv")[:2] == [
        {
            "worker_id": "W01",
            "grid_id": "G01",
            "start": "2026-03-02T08:30:00+08:00",
            "end": "2026-03-02T12:00:00+08:00",
        },
        {
            "worker_id": "W01",
            "grid_id": "G01",
            "start": "2026-03-02T13:30:00+08:00",
            "end": "2026-03-02T17:30:00+08:00",
        },
    ]


def test_each_terminal_has_its_worker_for_good(folder: Path):
    for row, one in zip(rows(folder, "terminals.csv"), small()[2], strict=True):
        assert (row["terminal_id"], row["worker_id"]) == (one.terminal_id, one.worker_id)
        assert datetime.fromisoformat(row["valid_from"]).year == 2000
        assert row["valid_to"] == ""


def test_tracks_hold_the_fixes_of_all_terminals(folder: Path):
    found = rows(folder, "tracks.csv")
    [fixes] = [one.solutions for one in small()[2] if one.worker_id == "W02"]
    own = [row for row in found if row["worker_id"] == "W02"]

    assert [round(float(row["lat_deg"]) * 1e7) for row in own] == fixes.lat_e7[
        fixes.solved
    ].tolist()
    assert {row["quality"] for row in found} == {"1"}
    assert own[0]["epoch"].endswith("Z")


def test_the_truth_names_day_zone_and_seed(folder: Path):
    found = truth(folder)

    assert (found["day"], found["timezone"], found["seed"]) == ("2026-03-02", "Asia/Shanghai", 1)


def test_the_truth_of_a_worker_is_what_happened(folder: Path):
    for found, one in zip(truth(folder)["workers"], small()[2], strict=True):
        assert found["grid_id"] == one.day.grid_id
        assert found["epochs_with_solution"] == np.count_nonzero(one.solutions.solved)
        spans = sorted([*found["inside"], *found["outside"]])
        assert spans[0][0] == "2026-03-02T00:30:00.000Z"
        assert spans[-1][1] == "2026-03-02T09:30:00.000Z"
        assert all(visit["premises_id"].startswith(one.day.grid_id) for visit in found["visits"])


def test_time_at_the_station_is_marked_in_the_truth(tmp_path: Path):
    scenario, city, days = made(Scenario(seed=1, day=DAY))
    files.save(tmp_path, scenario, city=city, days=days)
    workers = truth(tmp_path)["workers"]

    assert any(one["authorised"] for one in workers)
    for one in workers:
        for start, end in one["authorised"]:
            assert any(first <= start < end <= last for first, last in one["outside"]) or (
                start < one["duty"][0][0]
            )


def test_calls_at_a_neighbour_s_and_rides_are_in_the_truth(tmp_path: Path):
    scenario, city, days = made(Scenario(seed=1, day=DAY))
    files.save(tmp_path, scenario, city=city, days=days)
    workers = truth(tmp_path)["workers"]

    assert any(one["neighbours"] for one in workers)
    assert any(one["ridden"] for one in workers)
    for one in workers:
        for start, _ in one["neighbours"]:
            assert not any(first <= start < last for first, last in one["inside"])


def test_a_city_of_sparing_terminals_can_be_made_again(tmp_path: Path):
    scenario, city, days = made(Scenario(workers=1, day=DAY, sparing=True))
    files.save(tmp_path, scenario, city=city, days=days)

    assert files.load(tmp_path) == scenario
    assert (
        len(rows(tmp_path, "tracks.csv")) == truth(tmp_path)["workers"][0]["epochs_with_solution"]
    )


def test_a_city_can_be_made_again_from_its_file(folder: Path):
    assert files.load(folder) == small()[0]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"day": 5, "duty": []}', '{"day": "2026-03-02", "duty": [], "x": 1}']
)
def test_another_file_is_no_city(text, tmp_path: Path):
    (tmp_path / "city.json").write_text(text)

    with pytest.raises(InputError, match=r"city\.json is not a city"):
        files.load(tmp_path)


def test_a_folder_without_a_city_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="patrol simulate city"):
        files.load(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    scenario, city, days = small()
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InputError, match="cannot be written"):
        files.save(tmp_path / "file", scenario, city=city, days=days)
