"""Areas on the ground: what GeoJSON may say, and how far something lies outside."""

import numpy as np
import pytest
import shapely

from patrol import geofence
from patrol.chains import outlines
from patrol.errors import InputError
from patrol.geodesy import LocalPlane
from patrol.geofence import Premises, PremisesIndex, read_area
from patrol.ids import PremisesId
from tests.makers import CITY, door, grid, square


def outside_m(area, x_m: float, y_m: float, *, plane: LocalPlane = CITY) -> float:
    lat_deg, lon_deg = plane.to_degrees(np.array([x_m]), np.array([y_m]))
    return float(area.outside_m(lat_deg, lon_deg)[0])


def polygon(*rings: list[list[float]]) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


SQUARE = [[104.0, 30.0], [104.01, 30.0], [104.01, 30.01], [104.0, 30.01], [104.0, 30.0]]


def test_within_the_grid_nothing_is_outside():
    assert outside_m(grid(400).area, 150, -150) == 0


@pytest.mark.parametrize(("x_m", "y_m", "away_m"), [(230, 0, 30), (0, -300, 100), (203, 204, 5)])
def test_the_distance_outside_is_in_metres(x_m, y_m, away_m):
    assert outside_m(grid(400).area, x_m, y_m) == pytest.approx(away_m, abs=0.1)


def test_a_hole_in_a_grid_is_outside():
    hole = square(100)["coordinates"][0]
    area = read_area(polygon(square(400)["coordinates"][0], hole))

    assert outside_m(area, 0, 0) == pytest.approx(50, abs=0.1)


def test_a_grid_may_have_several_parts():
    parts = [square(100)["coordinates"], square(100, middle_m=(0, 500, 0))["coordinates"]]
    area = read_area({"type": "MultiPolygon", "coordinates": parts})

    assert [outside_m(area, x, 0) for x in (0, 500)] == [0, 0]
    assert outside_m(area, 250, 0) == pytest.approx(200, abs=0.1)


def test_a_point_with_a_radius_is_a_circle():
    area = door("P1", 100, 0).area

    assert outside_m(area, 104, 0) == 0
    assert outside_m(area, 115, 0) == pytest.approx(10, abs=0.1)


def test_a_grid_across_the_antimeridian_is_whole():
    plane = LocalPlane(-17.0, 180.0)
    area = read_area(square(400, plane=plane))

    assert outside_m(area, -150, 0, plane=plane) == outside_m(area, 150, 0, plane=plane) == 0
    assert outside_m(area, 250, 0, plane=plane) == pytest.approx(50, abs=0.1)


def signed_m(area, x_m: float, y_m: float, *, plane: LocalPlane = CITY) -> float:
    lat_deg, lon_deg = plane.to_degrees(np.array([x_m]), np.array([y_m]))
    return float(outlines.signed_m(area, lat_deg, lon_deg)[0])


@pytest.mark.parametrize(
    ("x_m", "y_m", "away_m"),
    [(230, 0, 30), (203, 204, 5), (200, 0, 0), (199, 0, -1), (0, 0, -200), (150, -180, -20)],
)
def test_the_signed_distance_is_negative_within(x_m, y_m, away_m):
    assert signed_m(grid(400).area, x_m, y_m) == pytest.approx(away_m, abs=0.1)


def test_the_edge_of_a_hole_is_a_border_too():
    area = read_area(polygon(square(400)["coordinates"][0], square(100)["coordinates"][0]))

    assert signed_m(area, 0, 0) == pytest.approx(50, abs=0.1)
    assert signed_m(area, 60, 0) == pytest.approx(-10, abs=0.1)


def test_of_several_parts_the_nearest_border_counts():
    parts = [square(100)["coordinates"], square(100, middle_m=(0, 500, 0))["coordinates"]]
    area = read_area({"type": "MultiPolygon", "coordinates": parts})

    assert [round(signed_m(area, x, 0)) for x in (0, 100, 300, 500)] == [-50, 50, 150, -50]


def test_within_a_circle_the_signed_distance_is_that_to_its_rim():
    area = door("P1", 100, 0).area

    assert [round(signed_m(area, x, 0), 1) for x in (100, 104, 115)] == [-5, -1, 10]


def test_the_signed_distance_is_right_across_the_antimeridian():
    plane = LocalPlane(-17.0, 180.0)
    area = read_area(square(400, plane=plane))

    found = [signed_m(area, x, 0, plane=plane) for x in (-210, -150, 0, 150, 210)]

    assert found == pytest.approx([10, -50, -200, -50, 10], abs=0.1)


def test_the_centre_lies_within():
    lat_deg, lon_deg = grid(400).area.centre()

    assert float(grid(400).area.outside_m(np.array([lat_deg]), np.array([lon_deg]))[0]) == 0


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "geometry is missing"),
        ({"type": "LineString", "coordinates": []}, "is a 'LineString': use Polygon"),
        (polygon(), "not lists of rings"),
        (polygon([]), "not lists of rings"),
        ({"type": "Polygon"}, "not lists of rings"),
        ({"type": "MultiPolygon", "coordinates": None}, "not lists of rings"),
        ({"type": "MultiPolygon", "coordinates": 5}, "not lists of rings"),
        (polygon(SQUARE[:-1]), "must end where it begins"),
        (polygon(SQUARE[:3]), "at least 4 positions"),
        (
            polygon([[30.0, 104.0]] * 4),
            r"\[30.0, 104.0\] has its axes swapped: GeoJSON has longitude",
        ),
        (polygon([[500.0, 20.0]] * 4), "is not longitude and latitude in degrees"),
        (polygon([[200.0, 100.0]] * 4), "is not longitude and latitude in degrees"),
        (polygon([[104.0, "30"]] * 4), "is not two numbers"),
        (polygon([[104.0, float("nan")]] * 4), "is not two numbers"),
        (polygon([[104.0]] * 4), r"must be \[longitude, latitude\]"),
        (polygon([104.0, 30.0, 104.0, 30.0]), r"must be \[longitude, latitude\]"),
        (
            polygon([[104.0, 30.0], [106.0, 30.0], [106.0, 31.0], [104.0, 30.0]]),
            "km across: are the coordinates right",
        ),
        ({"type": "Point", "coordinates": [104.0, 30.0]}, "needs radius_m"),
        (polygon([[10**400, 30.0]] * 4), "is not longitude and latitude in degrees"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], []]}, "a polygon has no ring"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused_with_the_reason(geometry, reason):
    with pytest.raises(InputError, match=reason):
        read_area(geometry)


def test_a_self_crossing_outline_is_refused_with_the_place():
    bow = [[104.0, 30.0], [104.01, 30.01], [104.01, 30.0], [104.0, 30.01], [104.0, 30.0]]

    with pytest.raises(InputError, match=r"Self-intersection near lon 104\.005\d*, lat 30\.00"):
        read_area(polygon(bow))


def test_an_outline_without_a_surface_is_refused():
    flat = [[104.0, 30.0], [104.01, 30.0], [104.02, 30.0], [104.0, 30.0]]

    with pytest.raises(InputError, match="outline is not valid"):
        read_area(polygon(flat))


@pytest.mark.parametrize("radius_m", [0, -5, 1e9, float("nan")])
def test_a_circle_needs_a_radius_that_can_be(radius_m):
    with pytest.raises(InputError, match="radius_m"):
        read_area({"type": "Point", "coordinates": [104.0, 30.0]}, radius_m=radius_m)


def test_premises_stand_in_the_order_of_their_ids():
    """So that no result depends on who listed them."""
    assert PremisesIndex([door("B", 0, 0), door("A", 50, 0)]).ids == ["A", "B"]


def test_outlines_are_edges_in_one_plane():
    yard = read_area(polygon(square(100)["coordinates"][0], square(20)["coordinates"][0]))
    index = PremisesIndex([door("A", 40, 0), Premises(PremisesId("B"), yard)])

    corners, first, radius_m = index.outlines()

    assert radius_m.tolist() == [5.0, 0.0]
    assert first[1] == 1
    # Four sides each, of the wall and of the yard.
    assert len(corners) == first[2] == 1 + 4 + 4
    assert corners[0] == pytest.approx([0, 0, 0, 0], abs=1e-6)
    assert corners[1] == pytest.approx([-90, -50, 10, -50], abs=0.05)


def test_a_grid_without_premises_has_no_outlines():
    index = PremisesIndex([])

    assert (len(index), len(index.outlines().corners)) == (0, 0)


def test_a_reason_without_a_place_is_passed_on_as_it_is():
    assert geofence._explain(shapely.box(0, 0, 1, 1), CITY) == "Valid Geometry"
