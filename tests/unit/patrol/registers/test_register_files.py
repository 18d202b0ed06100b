"""Reading registers: every bad row is named with file, row and reason, and only those."""

import json
from datetime import date

import pytest

from patrol.errors import InputError
from patrol.registers.files import Features, Problems, Source, Table, Text, read_rows
from patrol.registers.rows import (
    read_grids,
    read_places,
    read_premises,
    read_roster,
    read_terminals,
    read_workers,
)
from tests.makers import square

POINT = {"type": "Point", "coordinates": [104.06, 30.66]}


def geojson(*features: dict) -> Text:
    return Text("some.geojson", json.dumps({"type": "FeatureCollection", "features": features}))


def feature(geometry: dict | None, **properties: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def text(content: str) -> Text:
    return Text("some.csv", content)


def refused(read, source: Source) -> str:
    problems = Problems()
    read(source, problems)
    return "\n".join(problems.found)


def test_a_grid_is_an_outline_with_an_id():
    problems = Problems()

    rows = read_grids(geojson(feature(square(), grid_id="G1", name="North")), problems)

    assert problems.found == []
    assert [(row.id, row.name) for row in rows] == [("G1", "North")]


def test_a_grid_has_days_and_a_place_in_the_tree():
    """The day on which it is a grid no more is the first one without it."""
    made = feature(
        square(), grid_id="G1", area_id="east", valid_from="2026-03-01", valid_to="2026-04-01"
    )

    (row,) = read_grids(geojson(made), Problems())

    assert (row.area_id, row.valid_from, row.valid_to) == (
        "east",
        date(2026, 3, 1),
        date(2026, 4, 1),
    )


def test_good_features_beside_a_bad_one_are_still_read():
    problems = Problems()
    source = geojson(
        feature(square(), grid_id="G1"),
        feature(None, grid_id="G2"),
        feature(square(), grid_id="G3"),
    )

    assert [row.id for row in read_grids(source, problems)] == ["G1", "G3"]
    assert problems.found == ["some.geojson: feature 2: geometry is missing"]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (feature(POINT, grid_id="G1"), "a grid needs an outline"),
        (feature(square()), "property grid_id is missing"),
        (feature(square(), grid_id="G 1"), "grid_id 'G 1' is not an id"),
        (feature(square(), grid_id="G1", name="x" * 201), "name is longer than 200"),
        (feature(square(), grid_id="G1", valid_from="1.3.2026"), "valid_from '1.3.2026' is not"),
        (
            feature(square(), grid_id="G1", valid_from="2026-03-01", valid_to="2026-03-01"),
            "valid_to is not after valid_from",
        ),
        (
            {"type": "Feature", "geometry": square(), "properties": None},
            "property grid_id is missing",
        ),
    ],
)
def test_a_bad_grid_is_named(made, reason):
    assert f"feature 1: {reason}" in refused(read_grids, geojson(made))


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
def test_bad_premises_are_named(properties, reason):
    assert reason in refused(read_premises, geojson(feature(POINT, **properties)))


def test_premises_keep_nothing_about_residents():
    """What a register of residents might bring along is not carried any further."""
    made = feature(POINT, premises_id="P1", grid_id="G1", radius_m=5, resident="a name", phone="1")

    (row,) = read_premises(geojson(made), Problems())

    assert "a name" not in repr(row)


def test_an_area_is_kept_without_heights_and_foreign_members():
    point = {"type": "Point", "coordinates": [104.06, 30.66, float("nan")], "resident": "\0"}
    made = feature(point, place_id="S1", radius_m=30)
    outline = square()
    outline["coordinates"] = [[[*position, 480] for position in outline["coordinates"][0]]]

    (place,) = read_places(geojson(made), Problems())
    (grid,) = read_grids(geojson(feature(outline, grid_id="G1")), Problems())

    assert place.geometry == POINT
    assert grid.geometry == square()


def test_a_place_has_a_kind():
    made = feature(POINT, place_id="S1", radius_m=30, kind="station")

    (row,) = read_places(geojson(made), Problems())

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
def test_a_file_that_is_no_geojson_is_refused(content, reason):
    with pytest.raises(InputError, match=reason):
        read_grids(Text("some.geojson", content), Problems())


@pytest.mark.parametrize("read", [read_grids, read_premises, read_places])
def test_rows_are_no_areas(read):
    with pytest.raises(InputError, match="sheet has rows: give GeoJSON"):
        read(Table("sheet", [["grid_id"], ["G1"]]), Problems())


def test_features_are_no_rows():
    with pytest.raises(InputError, match="body has features: give rows with columns"):
        read_workers(Features("body", [feature(None)]), Problems())


def test_features_are_counted_as_whoever_gives_them_counts():
    """A row of a sheet that became a feature is found again by its line."""
    problems = Problems()
    source = Features("sheet", [feature(square()), feature(square(), grid_id="G2")], "line", 2)

    (row,) = read_grids(source, problems)

    assert row.where == "sheet: line 3 G2"
    assert problems.found == ["sheet: line 2: property grid_id is missing"]


def test_blank_lines_are_no_rows():
    rows = read_workers(text("worker_id,name\n\nW1,李雷\n , \n"), Problems())

    assert [(row.worker_id, row.name) for row in rows] == [("W1", "李雷")]


def test_rows_of_a_sheet_are_read_as_lines_of_a_file():
    (row,) = read_workers(Table("sheet", [["worker_id", "name"], [" W1 ", ""]]), Problems())

    assert (row.worker_id, row.name, row.where) == ("W1", "W1", "sheet: line 2")


def test_a_file_without_lines_names_no_columns():
    with pytest.raises(InputError, match=r"line 1 must name the columns worker_id,name, not $"):
        read_workers(text(""), Problems())


def test_columns_of_others_are_left_out_for_whoever_ignores_them():
    problems = Problems(ignores_other_columns=True)

    (row,) = read_workers(text("worker_id,team,name\nW1,north,A\n"), problems)

    assert (row.worker_id, row.name) == ("W1", "A")


@pytest.mark.parametrize(("header", "given"), [("a,b", "1,2"), ("b,a", "2,1"), ("a", "1")])
def test_a_column_may_be_left_out_where_it_is_optional(header, given):
    source = text(f"{header}\n{given}\n")

    ((a, b),) = read_rows(
        source, lambda row, _: (row["a"], row.get("b", "")), Problems(), columns="a", optional="b"
    )

    assert (a, b) == ("1", "2" if "b" in header else "")


def test_everything_that_is_wrong_is_said_at_once():
    problems = Problems()
    problems.add("roster.csv: line 2", "end is missing")
    problems.add("roster.csv: line 3", "start is missing")

    with pytest.raises(InputError) as raised:
        problems.raise_any()

    assert str(raised.value).splitlines() == [
        "2 rows cannot be loaded, so nothing was:",
        "  roster.csv: line 2: end is missing",
        "  roster.csv: line 3: start is missing",
    ]


def test_where_nothing_is_wrong_nothing_is_raised():
    Problems().raise_any()


def test_columns_are_named_when_they_are_others():
    with pytest.raises(InputError, match="must name the columns worker_id,name, not id,name"):
        read_workers(text("id,name\n"), Problems())


@pytest.mark.parametrize(
    "content",
    ['W1,"A\nW2,B\n', 'W1,"A\nW2,"B\n', 'W1,"' + "A\n" * 100_000, 'W1,"A"B\n'],
    ids=["never closed", "closed by another", "longer than a value may be", "closed too early"],
)
def test_a_stray_quotation_mark_swallows_no_rows(content):
    with pytest.raises(InputError, match=r"line \d+: .*: are its quotation marks in pairs\?"):
        read_workers(text(f"worker_id,name\n{content}"), Problems())


def test_a_comma_too_many_is_named():
    found = refused(read_workers, text("worker_id,name\nW1,Li, Wei\nW2,B,,\n"))

    assert found.endswith(
        "line 2: has 3 values for 2 columns: put a value with a comma into quotation marks"
    )


def test_a_column_that_the_product_must_not_keep_is_refused():
    with pytest.raises(InputError, match="line 1 must name the columns"):
        read_workers(text("worker_id,name,health\nW1,A,good\n"), Problems())


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
def test_a_bad_terminal_is_named_by_its_line(line, reason):
    found = refused(read_terminals, text(f"{TERMINALS}T0,m,,,\n{line}\n"))

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
def test_a_bad_duty_is_named_by_its_line(line, reason):
    found = refused(read_roster, text(f"worker_id,grid_id,start,end\n{line}\n"))

    assert "line 2: " in found
    assert reason in found


def test_duty_is_kept_in_utc():
    line = "W1,G1,2026-03-02T08:00:00+08:00,2026-03-02T18:00:00+08:00"

    (row,) = read_roster(text(f"worker_id,grid_id,start,end\n{line}\n"), Problems())

    assert (row.window.worker_id, row.window.grid_id) == ("W1", "G1")
    assert row.window.interval.start.isoformat() == "2026-03-02T00:00:00+00:00"
