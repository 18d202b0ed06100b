"""Streets out of GeoJSON: cut where they meet, whatever their order."""

import numpy as np
import pytest

from patrol.coverage import Street, Streets, read_lines
from patrol.errors import InputError

WEST_EAST = [[104.0, 30.0], [104.002, 30.0]]
SOUTH_NORTH = [[104.001, 29.999], [104.001, 30.001]]


def line(points: list) -> dict:
    return {"type": "LineString", "coordinates": points}


def test_streets_are_cut_where_they_cross():
    town = Streets([Street(read_lines(line(one))) for one in (WEST_EAST, SOUTH_NORTH)])

    assert len(town.lines_m) == 4
    lengths = sorted(round(float(np.hypot(*(one[-1] - one[0])))) for one in town.lines_m)
    assert lengths == [96, 96, 111, 111]


def test_the_order_of_streets_does_not_matter():
    one, other = (
        Streets([Street(read_lines(line(points))) for points in order]).lines_m
        for order in ((WEST_EAST, SOUTH_NORTH), (SOUTH_NORTH, WEST_EAST))
    )

    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_parts_of_a_multiline_are_streets_too():
    both = read_lines({"type": "MultiLineString", "coordinates": [WEST_EAST, SOUTH_NORTH]})

    assert len(Streets([Street(both)]).lines_m) == 4


def test_pieces_are_at_most_as_long_as_asked_and_as_long_together():
    net = Streets([Street(read_lines(line(WEST_EAST)))]).net(25.0)

    assert net.length_m.max() <= 25.0
    assert net.length_m.sum() == pytest.approx(193, abs=1)


def test_no_streets_have_no_pieces():
    assert len(Streets([]).net(25.0).length_m) == 0


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "geometry is missing"),
        ({"type": "Point", "coordinates": [104, 30]}, "use LineString or MultiLineString"),
        (line(5), "not lists of positions"),
        (line([[104, 30]]), "at least 2 positions that differ"),
        (line([[104, 30], [104, 30]]), "at least 2 positions that differ"),
        (line([[30, 104], [31, 104]]), "axes swapped"),
        ({"type": "MultiLineString", "coordinates": None}, "at least 2 positions"),
    ],
)
def test_what_is_no_line_is_named(geometry, reason):
    with pytest.raises(InputError, match=reason):
        read_lines(geometry)
