"""Reading registers: every bad row is named with file, row and reason, and only those."""

import json
from pathlib import Path

import pytest

from patrol.errors import InputError
from patrol.registers.files import Problems
from patrol.registers.rows import (
    read_grids,
    read_places,
    read_premises,
    read_roster,
    read_terminals,
    read_workers,
)
from runtime.registers.sources import read_source
from tests.makers import square

POINT = {"type": "Point", "coordinates": [104.06, 30.66]}


def geojson(folder: Path, *features: dict) -> Path:
    path = folder / "some.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def feature(geometry: dict | None, **properties: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def text(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "some.csv"
    path.write_text(content, encoding=encoding)
    return path


def refused(read, path: Path) -> str:
    problems = Problems()
    read(read_source(path), problems)
    return "\n".join(problems.found)


def test_a_grid_is_an_outline_with_an_id(tmp_path):
    problems = Problems()

    rows = read_grids(
        read_source(geojson(tmp_path, feature(square(), grid_id="G1", name="North"))), problems
    )

    assert problems.found == []
    assert [(row.id, row.name) for row in rows] == [("G1", "North")]


def test_good_features_beside_a_bad_one_are_still_read(tmp_path):
    problems = Problems()
    path = geojson(
        tmp_path,
        feature(square(), grid_id="G1"),
        feature(None, grid_id="G2"),
        feature(square(), grid_id="G3"),
    )

    assert [row.id for row in read_grids(read_source(path), problems)] == ["G1", "G3"]
    assert problems.found == [f"{path}: feature 2: geometry is missing"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (feature(POINT, grid_id="G1"), "a grid needs an outline"),
        (feature(square()), "property grid_id is missing"),
        (feature(square(), grid_id="G 1"), "grid_id 'G 1' is not an id"),
        (feature(square(), grid_id="G1", name="x" * 201), "name is longer than 200"),
        (
            {"type": "Feature", "geometry": square(), "properties": None},
            "property grid_id is missing",
        ),
    ],
)
def test_a_bad_grid_is_named(tmp_path, made, reason):
    assert f"feature 1: {reason}" in refused(read_grids, geojson(tmp_path, made))


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"premises_id": "P1", "grid_id": "G1"}, "a Point needs radius_m"),
        ({"premises_id": "P1", "grid_id": "G1", "radius_m": "5"}, "radius_m is '5'"),
        (
            {"premises_id": "P1", "grid_id": "G1", "radius_m": 5, "households": -1},
            "households is -1",
        ),
        (
            {"premises_id": "P1", "grid_id": "G1", "radius_m": 5, "households": "3"},
            "households is '3'",
        ),
        ({"premises_id": "P1", "radius_m": 5}, "property grid_id is missing"),
        *[
            ({"premises_id": "P1", "grid_id": "G1", "radius_m": radius_m}, "not 0.1 to 100000")
            for radius_m in (0, 1e-300, float("nan"), float("inf"), 10**400)
        ],
        ({"premises_id": "P1", "grid_id": "G1", "radius_m": 5, "name": "\ud800"}, "not text"),
    ],
)
def test_bad_premises_are_named(tmp_path, properties, reason):
    assert reason in refused(read_premises, geojson(tmp_path, feature(POINT, **properties)))


def test_premises_keep_nothing_about_residents(tmp_path):
    """What a register of residents might bring along is not carried any further."""
    made = feature(POINT, premises_id="P1", grid_id="G1", radius_m=5, resident="a name", phone="1")

    (row,) = read_premises(read_source(geojson(tmp_path, made)), Problems())

    assert "a name" not in repr(row)


def test_an_area_is_kept_without_heights_and_foreign_members(tmp_path):
    point = {"type": "Point", "coordinates": [104.06, 30.66, float("nan")], "resident": "\0"}
    made = feature(point, place_id="S1", radius_m=30)
    outline = square()
    outline["coordinates"] = [[[*position, 480] for position in outline["coordinates"][0]]]

    (place,) = read_places(read_source(geojson(tmp_path, made)), Problems())
    (grid,) = read_grids(read_source(geojson(tmp_path, feature(outline, grid_id="G1"))), Problems())

    assert place.geometry == POINT
    assert grid.geometry == square()


def test_a_place_has_a_kind(tmp_path):
    made = feature(POINT, place_id="S1", radius_m=30, kind="station")

    (row,) = read_places(read_source(geojson(tmp_path, made)), Problems())

    assert (row.id, row.kind, row.radius_m) == ("S1", "station", 30.0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a GeoJSON"),
        ('{"features": [1]}', "is not a GeoJSON"),
    ],
)
def test_a_file_that_is_no_geojson_is_refused(tmp_path, content, reason):
    path = tmp_path / "some.geojson"
    path.write_text(content)

    with pytest.raises(InputError, match=reason):
        read_grids(read_source(path), Problems())


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv cannot be read: No such file"):
        read_workers(read_source(tmp_path / "none.csv"), Problems())


def test_a_spreadsheet_in_another_encoding_is_refused(tmp_path):
    path = text(tmp_path, "worker_id,name\nW1,李雷\n", encoding="gb18030")

    with pytest.raises(InputError, match="is not UTF-8"):
        read_workers(read_source(path), Problems())


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path):
    path = text(tmp_path, "worker_id,name\n\nW1,李雷\n", encoding="utf-8-sig")

    assert [(row.worker_id, row.name) for row in read_workers(read_source(path), Problems())] == [
        ("W1", "李雷")
    ]


def test_columns_are_named_when_they_are_others(tmp_path):
    with pytest.raises(InputError, match="must name the columns worker_id,name, not id,name"):
        read_workers(read_source(text(tmp_path, "id,name\n")), Problems())


@pytest.mark.parametrize(
    "content",
    ['W1,"A\nW2,B\n', 'W1,"A\nW2,"B\n', 'W1,"' + "A\n" * 100_000, 'W1,"A"B\n'],
    ids=["never closed", "closed by another", "longer than a value may be", "closed too early"],
)
def test_a_stray_quotation_mark_swallows_no_rows(tmp_path, content):
    with pytest.raises(InputError, match=r"line \d+: .*: are its quotation marks in pairs\?"):
        read_workers(read_source(text(tmp_path, f"worker_id,name\n{content}")), Problems())


def test_a_comma_too_many_is_named(tmp_path):
    found = refused(read_workers, text(tmp_path, "worker_id,name\nW1,Li, Wei\nW2,B,,\n"))

    assert found.endswith(
        "line 2: has 3 values for 2 columns: put a value with a comma into quotation marks"
    )


def test_a_column_that_the_product_must_not_keep_is_refused(tmp_path):
    with pytest.raises(InputError, match="line 1 must name the columns"):
        read_workers(read_source(text(tmp_path, "worker_id,name,health\nW1,A,good\n")), Problems())


TERMINALS = "terminal_id,model,worker_id,valid_from,valid_to\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("T 1,m,,,", "terminal_id 'T 1' is not an id"),
        ("T1,m,W1,,", "valid_from is empty"),
        ("T1,m,W1,yesterday,", "valid_from 'yesterday' is not a time"),
        ("T1,m,W1,2026-03-01T00:00:00,", "valid_from 2026-03-01T00:00:00 has no offset: write it"),
        ("T1,m,W1,2026-03-01T00:00:00Z,2026-02-01T00:00:00Z", "valid_to is not after"),
        ("T1,m,W1,2026-03-01T00:00:00Z,9999-12-31T23:59:59-08:00", "valid_to 9999-12-31T23:59"),
    ],
)
def test_a_bad_terminal_is_named_by_its_line(tmp_path, line, reason):
    found = refused(read_terminals, text(tmp_path, f"{TERMINALS}T0,m,,,\n{line}\n"))

    assert f"line 3: {reason}" in found


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("W1,G1,2026-03-02T09:00:00+08:00,2026-03-02T08:00:00+08:00", "is not after start"),
        ("W1,G1,2026-03-02T09:00:00+08:00", "end '' is not a time"),
        (
            "W1,G1,0001-01-01T00:00:00+08:00,0001-01-01T10:00:00+08:00",
            "start 0001-01-01T00:00:00+08:00 is in no year from 2000 to 2099",
        ),
        ("W1,,2026-03-02T09:00:00+08:00,2026-03-02T10:00:00+08:00", "grid_id '' is not an id"),
    ],
)
def test_a_bad_duty_is_named_by_its_line(tmp_path, line, reason):
    found = refused(read_roster, text(tmp_path, f"worker_id,grid_id,start,end\n{line}\n"))

    assert "line 2: " in found
    assert reason in found
