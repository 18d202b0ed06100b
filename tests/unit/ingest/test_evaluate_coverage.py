"""`patrol evaluate` with checkpoints and streets: verdicts, and what is wrong in their files."""

import argparse
import json
from pathlib import Path

import pytest

from ingest.evaluate import cli
from patrol.errors import InputError
from patrol.fix import epoch_of
from tests.district import collection, write_registers
from tests.makers import CITY, walk

# An hour up and down the middle of the grid, between 150 m west and 150 m east.
LEGS = [(300.0 * leg, 150.0 * (-1) ** (leg + 1), 0.0) for leg in range(13)]


def point(x_m: float, y_m: float) -> dict:
    lat_deg, lon_deg = CITY.to_degrees(x_m, y_m)
    return {"type": "Point", "coordinates": [float(lon_deg), float(lat_deg)]}


def line(*places: tuple[float, float]) -> dict:
    return {"type": "LineString", "coordinates": [point(*one)["coordinates"] for one in places]}


@pytest.fixture
def district(tmp_path: Path) -> Path:
    """Return a folder with one grid and the walk of one worker."""
    write_registers(tmp_path)
    fixes = walk(LEGS)
    columns = (fixes.epoch_ms.tolist(), fixes.lat_e7.tolist(), fixes.lon_e7.tolist())
    lines = [
        f"W01,{epoch_of(ms).isoformat()},{lat / 1e7},{lon / 1e7},5"
        for ms, lat, lon in zip(*columns, strict=True)
    ]
    header = "worker_id,epoch,lat_deg,lon_deg,accuracy_m"
    (tmp_path / "tracks.csv").write_text("\n".join([header, *lines, ""]))
    return tmp_path


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str], district: Path):
    def run() -> dict:
        parser = argparse.ArgumentParser()
        cli.register(parser.add_subparsers())
        options = parser.parse_args(["evaluate", str(district)])
        options.command(options)
        return json.loads(capsys.readouterr().out)

    return run


def put_checkpoint(district: Path, geometry: dict, **more: object) -> None:
    about = {"checkpoint_id": "C1", "grid_id": "G01", "radius_m": 20, **more}
    (district / "checkpoints.geojson").write_text(collection(about, geometry))


@pytest.mark.parametrize(("y_m", "verdict"), [(0, "met"), (150, "not_met"), (26, "undetermined")])
def test_checkpoints_are_judged(district, evaluate, y_m, verdict):
    put_checkpoint(district, point(0, y_m))

    assert evaluate()["verdicts"]["coverage"] == verdict


def test_the_answer_names_what_was_reached_and_when(district, evaluate):
    put_checkpoint(district, point(0, 0))

    (found,) = evaluate()["coverage"]
    assert [found["kind"], found["reached"], found["not_reached"]] == ["checkpoints", ["C1"], []]
    assert [found["share"], found["share_interval"]] == [1.0, [1.0, 1.0]]
    assert len(found["passes"]) == 12
    assert list(found["passes"][0]) == ["checkpoint_id", "start", "end", "p"]


def test_streets_are_judged_where_there_are_no_checkpoints(district, evaluate):
    (district / "streets.geojson").write_text(collection({}, line((-150, 0), (150, 0))))

    answer = evaluate()
    assert [answer["coverage"][0]["kind"], answer["verdicts"]["coverage"]] == ["streets", "met"]


def test_without_either_coverage_is_not_judged(evaluate):
    answer = evaluate()

    assert [answer["coverage"], answer["verdicts"]["coverage"]] == [[], None]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"grid_id": "G09"}, "grid G09 is not known"),
        ({"checkpoint_id": "C 1"}, "checkpoint_id 'C 1' is not an id"),
        ({"radius_m": None}, "a Point needs radius_m"),
    ],
)
def test_a_bad_checkpoint_is_named(district, evaluate, more, reason):
    put_checkpoint(district, point(0, 0), **more)

    with pytest.raises(InputError, match=f"checkpoints.geojson: feature 1.*{reason}"):
        evaluate()


def test_a_checkpoint_far_from_its_grid_is_named(district, evaluate):
    put_checkpoint(district, point(9_000, 0))

    with pytest.raises(InputError, match="C1: lies 9 km from its grid G01"):
        evaluate()


@pytest.mark.parametrize(
    ("about", "geometry", "reason"),
    [
        ({}, point(0, 0), "use LineString"),
        ({"grid_id": "G09"}, line((0, 0), (9, 9)), "grid G09 is not known"),
        ({"grid_id": "G 9"}, line((0, 0), (9, 9)), "grid_id 'G 9' is not an id"),
    ],
)
def test_a_bad_street_is_named(district, evaluate, about, geometry, reason):
    (district / "streets.geojson").write_text(collection(about, geometry))

    with pytest.raises(InputError, match=f"streets.geojson: feature 1.*{reason}"):
        evaluate()
