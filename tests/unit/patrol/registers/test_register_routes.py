"""Checkpoints and streets: whose they are, and where they cannot be."""

import pytest

from patrol.geofence import Grid, read_area
from patrol.registers.files import Features, Problems
from patrol.registers.routes import (
    RouteRows,
    check_routes,
    make_routes,
    read_checkpoints,
    read_streets,
)
from tests.makers import CITY, GRID, grid, square

NEAR = {"type": "Point", "coordinates": [104.06, 30.66]}
FAR = {"type": "Point", "coordinates": [104.30, 30.66]}
LINE = {"type": "LineString", "coordinates": [[104.06, 30.66], [104.061, 30.66]]}


def features(*made: tuple[dict | None, dict]) -> Features:
    return Features("some", [{"geometry": shape, "properties": given} for shape, given in made])


def checkpoints(*made: tuple[dict | None, dict], problems: Problems | None = None) -> RouteRows:
    return RouteRows(checkpoints=read_checkpoints(features(*made), problems or Problems()))


def streets(*made: tuple[dict | None, dict], problems: Problems | None = None) -> RouteRows:
    return RouteRows(streets=read_streets(features(*made), problems or Problems()))


def wrong(rows: RouteRows) -> list[str]:
    problems = Problems()
    check_routes(rows, problems, grids={GRID, "G02"}, areas={GRID: grid().area})
    return problems.found


def test_a_checkpoint_is_a_point_with_a_radius_in_a_grid():
    named = {"checkpoint_id": "C1", "grid_id": GRID, "radius_m": 20, "name": "gate"}

    (row,) = checkpoints((NEAR, named)).checkpoints

    assert (row.id, row.grid_id, row.radius_m, row.name) == ("C1", GRID, 20.0, "gate")
    assert wrong(RouteRows(checkpoints=[row])) == []


def test_a_street_counts_for_all_grids_or_for_one():
    own, shared = streets((LINE, {"grid_id": GRID}), (LINE, {})).streets

    assert (own.street.grid_id, shared.street.grid_id) == (GRID, None)
    assert own.geometry == LINE
    assert wrong(RouteRows(streets=[own, shared])) == []


@pytest.mark.parametrize(
    ("read", "shape", "given", "reason"),
    [
        (checkpoints, NEAR, {"grid_id": GRID}, "property checkpoint_id is missing"),
        (checkpoints, NEAR, {"checkpoint_id": "C1", "grid_id": GRID}, "a Point needs radius_m"),
        (streets, NEAR, {}, "geometry is a 'Point': use LineString or MultiLineString"),
        (streets, LINE, {"grid_id": "G 1"}, "grid_id 'G 1' is not an id"),
    ],
)
def test_what_cannot_be_reached_is_named(read, shape, given, reason):
    problems = Problems()

    read((shape, given), problems=problems)

    assert problems.found == [f"some: feature 1: {reason}"] or reason in problems.found[0]


def test_a_checkpoint_that_stands_twice_is_named_both_times():
    named = {"checkpoint_id": "C1", "grid_id": GRID, "radius_m": 20}

    assert wrong(checkpoints((NEAR, named), (NEAR, named))) == [
        "some: feature 1 C1: C1 stands 2 times in the file: keep one",
        "some: feature 2 C1: C1 stands 2 times in the file: keep one",
    ]


def test_a_checkpoint_far_from_its_grid_is_named_where_the_grid_is_known():
    named = {"checkpoint_id": "C1", "radius_m": 20}

    assert "km from its grid G01" in wrong(checkpoints((FAR, named | {"grid_id": GRID})))[0]
    assert wrong(checkpoints((FAR, named | {"grid_id": "G02"}))) == []


def test_grids_that_nobody_knows_are_named():
    named = {"checkpoint_id": "C1", "grid_id": "G9", "radius_m": 20}
    rows = RouteRows(
        checkpoints=checkpoints((NEAR, named)).checkpoints,
        streets=streets((LINE, {"grid_id": "G8"})).streets,
    )

    assert wrong(rows) == [
        "some: feature 1 C1: grid G9 is not known: load grids",
        "some: feature 1: grid G8 is not known: load grids",
    ]


def test_grids_without_anything_to_reach_have_no_route():
    elsewhere = Grid("G02", read_area(square(plane=CITY, middle_m=(0, 20_000, 0))))
    named = {"checkpoint_id": "C1", "grid_id": GRID, "radius_m": 20}

    routes = make_routes([grid(), elsewhere], checkpoints((NEAR, named)))

    assert list(routes) == [GRID]
    assert make_routes([grid()], RouteRows()) == {}


def test_a_street_is_to_be_reached_in_the_grid_in_which_it_lies():
    assert list(make_routes([grid()], streets((LINE, {})))) == [GRID]
