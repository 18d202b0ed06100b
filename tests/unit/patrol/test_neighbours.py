"""Premises beyond the border of a grid."""

import numpy as np
import pytest

from patrol.geodesy import LocalPlane
from patrol.geofence import PremisesIndex, read_area
from patrol.ids import GridId
from patrol.neighbours import index_all, index_premises
from tests.makers import CITY, door, square

WEST, EAST = GridId("west"), GridId("east")


def areas(plane: LocalPlane = CITY):
    return {
        WEST: read_area(square(200, plane=plane, middle_m=(0, -100, 0))),
        EAST: read_area(square(200, plane=plane, middle_m=(0, 100, 0))),
    }


def names(index: PremisesIndex) -> tuple[list[str], list[str]]:
    """Return the names of a grid's own premises and of the others."""
    own = [name for name, is_own in zip(index.ids, index.is_own, strict=True) if is_own]
    return own, [name for name in index.ids if name not in own]


@pytest.mark.parametrize("lon_deg", [104.0, 180.0])
def test_premises_near_the_border_of_another_grid_are_known_there(lon_deg):
    plane = LocalPlane(30.0, lon_deg)
    premises = {
        WEST: [door("A", -150, 0, plane=plane), door("B", -20, 0, plane=plane)],
        EAST: [door("C", 20, 0, plane=plane), door("D", 150, 0, plane=plane)],
    }

    found = index_all(areas(plane), premises)

    assert names(found[WEST]) == (["A", "B"], ["C"])
    assert names(found[EAST]) == (["C", "D"], ["B"])


def test_a_district_without_premises_has_empty_indexes():
    found = index_all(areas(), {WEST: [], EAST: []})

    assert [len(index) for index in found.values()] == [0, 0]


def test_the_length_of_an_index_is_that_of_the_grid():
    index = index_premises(areas()[WEST], [door("A", -50, 0)], [door("C", 20, 0)])

    assert len(index) == 1
    assert index.is_own.tolist() == [True, False]


def test_joined_indexes_know_all_own_premises_as_their_own():
    """Whoever covers for another grid has its premises, too."""
    west = index_premises(areas()[WEST], [door("A", -50, 0)], [door("C", 20, 0), door("X", 9, 0)])
    east = index_premises(areas()[EAST], [door("C", 20, 0)], [door("A", -50, 0)])

    assert names(west.joined(east)) == (["A", "C"], ["X"])


def test_an_index_joined_with_none_is_the_same():
    index = PremisesIndex([door("A", 0, 0)])

    assert index.joined() is index


def test_a_circle_holds_all_of_an_outline():
    index = PremisesIndex([door("A", 100, 50)])

    assert np.allclose(index.circles, [[0, 0, 5]])
