"""Tracks: exact times, where somebody was, and when that was in the grid."""

import numpy as np
import pytest

from simulator.tracks import (
    OUTDOORS,
    Span,
    Stay,
    StayKind,
    Track,
    TrackMaker,
    is_inside,
    spans_inside,
)
from tests.unit.simulator.simulated import box

EDGE, OTHER = (0, 1), (1, 2)
SQUARE = box(0, 0, 100, 100)


def walked(*points: tuple[float, float], speed_mps: float = 1.0) -> Track:
    maker = TrackMaker(0, points[0])
    for point in points[1:]:
        maker.walk(point, edge=EDGE, speed_mps=speed_mps)
    return maker.track()


def test_walking_takes_as_long_as_the_speed_says():
    assert walked((0, 0), (30, 40), speed_mps=2).at_ms.tolist() == [0, 25_000]


def test_a_way_too_short_to_take_time_is_no_piece():
    assert len(walked((0, 0), (10, 0), (10, 0)).at_ms) == 2


def test_a_place_between_two_knots_is_in_proportion():
    x_m, y_m = walked((0, 0), (100, 0), (100, 50)).places(np.array([25_000, 110_000]))

    assert x_m.tolist() == [25, 100]
    assert y_m.tolist() == [0, 10]


def test_a_velocity_is_that_of_the_piece_which_begins():
    x_mps, y_mps = walked((0, 0), (100, 0), (100, 50)).velocities(np.array([99_999, 100_000]))

    assert x_mps.tolist() == [1, 0]
    assert y_mps.tolist() == [0, 1]


def test_a_stay_lasts_from_door_to_door():
    maker = TrackMaker(1000, (0, 0))
    maker.walk((10, 0), edge=EDGE, speed_mps=1)
    maker.enter()
    maker.stand(edge=EDGE, for_s=60)
    maker.leave(StayKind.VISIT, "P1")
    maker.walk((20, 0), edge=OTHER, speed_mps=1)

    track = maker.track()
    assert track.stays == (Stay(StayKind.VISIT, Span(11_000, 71_000), "P1"),)
    assert track.stay_of.tolist() == [OUTDOORS, 0, OUTDOORS]
    assert [track.edges[index] for index in track.edge_of] == [EDGE, EDGE, OTHER]


def test_a_point_in_a_notch_is_outside():
    outline = [(0, 0), (100, 0), (100, 100), (50, 20), (0, 100)]

    inside = is_inside(np.array([50.0, 20.0, 50.0, -1.0]), np.array([60.0, 60, 10, 50]), outline)
    assert inside.tolist() == [False, True, True, False]


def test_spans_meet_where_the_edge_is_crossed():
    track = walked((-50, 50), (150, 50), (150, 90), (50, 90))

    assert spans_inside(track, SQUARE, Span(0, 340_000)) == [
        (Span(0, 50_000), False),
        (Span(50_000, 150_000), True),
        (Span(150_000, 290_000), False),
        (Span(290_000, 340_000), True),
    ]


@pytest.mark.parametrize("x_m", [99.9, -100.1])
def test_an_edge_is_crossed_at_either_end_of_a_piece(x_m):
    track = walked((x_m, 50), (x_m + 200, 50))

    assert len(spans_inside(track, SQUARE, Span(0, 200_000))) == 2


def test_spans_are_clipped_to_the_duty():
    track = walked((-50, 50), (150, 50))

    assert spans_inside(track, SQUARE, Span(60_000, 70_000)) == [(Span(60_000, 70_000), True)]


def test_touching_a_corner_from_within_is_no_exit():
    track = walked((50, 50), (100, 100), (50, 60))

    [(span, inside)] = spans_inside(track, SQUARE, Span(0, int(track.at_ms[-1])))
    assert (span.start_ms, inside) == (0, True)


@pytest.mark.parametrize("at_ms", [49_999, 50_000, 50_001])
def test_a_crossing_is_exact_to_a_millisecond(at_ms):
    tiles = spans_inside(walked((-50, 50), (150, 50)), SQUARE, Span(0, 100_000))

    [inside] = [one for span, one in tiles if span.start_ms <= at_ms < span.end_ms]
    assert inside == (at_ms >= 50_000)
