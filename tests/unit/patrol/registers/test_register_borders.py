"""Gaps and overlaps between grids, with their sizes on the ground."""

import pytest

from patrol.geodesy import LocalPlane
from patrol.geofence import Area, read_area
from patrol.registers.borders import find_faults

CITY = LocalPlane(30.66, 104.06)


def block(west_m: float, south_m: float, east_m: float, north_m: float) -> Area:
    corners = [
        (west_m, south_m),
        (east_m, south_m),
        (east_m, north_m),
        (west_m, north_m),
        (west_m, south_m),
    ]
    places = [CITY.to_degrees(x_m, y_m) for x_m, y_m in corners]
    ring = [[float(lon_deg), float(lat_deg)] for lat_deg, lon_deg in places]
    return read_area({"type": "Polygon", "coordinates": [ring]})


def test_grids_that_fit_have_no_faults():
    grids = {"G1": block(0, 0, 500, 500), "G2": block(500, 0, 900, 500)}

    assert find_faults(grids, least_m2=1) == []


def test_an_overlap_has_both_grids_and_its_size():
    grids = {"G1": block(0, 0, 500, 500), "G2": block(490, 0, 900, 500)}

    (fault,) = find_faults(grids, least_m2=1)

    assert (fault.kind, fault.grid_ids) == ("overlap", ("G1", "G2"))
    assert fault.area_m2 == pytest.approx(5000, rel=1e-3)


@pytest.mark.parametrize(("wide_m", "faults"), [(20, 1), (49, 1), (60, 0)])
def test_a_strip_between_two_grids_is_a_gap_while_it_is_narrow(wide_m, faults):
    grids = {"G1": block(0, 0, 500, 500), "G2": block(500 + wide_m, 0, 900, 500)}

    found = find_faults(grids, least_m2=1)

    assert [one.kind for one in found] == ["gap"] * faults
    assert [one.area_m2 for one in found] == [pytest.approx(500 * wide_m, rel=0.01)] * faults


def test_ground_that_grids_enclose_is_a_gap_however_wide():
    grids = {
        "south": block(0, 0, 900, 300),
        "north": block(0, 600, 900, 900),
        "west": block(0, 300, 300, 600),
        "east": block(600, 300, 900, 600),
    }

    (fault,) = find_faults(grids, least_m2=1)

    assert fault.grid_ids == ("east", "north", "south", "west")
    assert fault.area_m2 == pytest.approx(90_000, rel=1e-3)


def test_what_is_smaller_than_asked_for_is_left_out():
    grids = {"G1": block(0, 0, 500, 500), "G2": block(499.9, 0, 900, 500)}

    assert find_faults(grids, least_m2=100) == []


def test_no_grids_have_no_faults():
    assert find_faults({}, least_m2=1) == []
