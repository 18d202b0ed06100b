"""Ways through few places."""

from patrol.datums import Place
from patrol.workorders.tour import walk


def test_there_is_no_way_through_no_places():
    assert walk(Place(30.66, 104.06), []) == []


def test_the_way_to_one_place_is_that_place():
    assert walk(Place(30.66, 104.06), [Place(30.67, 104.06)]) == [0]
