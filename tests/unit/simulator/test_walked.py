"""Which pieces of street were walked, on ways drawn by hand and on simulated days."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.scenario import WorkerDay
from simulator.scoring.walked import StreetPieces, streets_walked
from simulator.streets import Edge
from simulator.tracks import Span, StayKind, Track, TrackMaker
from simulator.world import City
from tests.unit.simulator.simulated import grid_of, small

WALK_MPS, RIDE_MPS = 1.2, 5.0


def inner_edge(city: City, one: WorkerDay) -> Edge:
    """Return a street of the own grid."""
    own = grid_of(city, one.day).pavement
    return next(edge for edge in city.net.street_of if own.keys() >= set(edge))


def pieces_of(track: Track, *, duty: Span | None = None) -> StreetPieces:
    _, city, days = small()
    window = duty or Span(int(track.at_ms[0]), int(track.at_ms[-1]))
    day = replace(days[0].day, track=track, duty=(window,))
    return streets_walked(replace(days[0], day=day), city)


def way(share: float, *, speed_mps: float = WALK_MPS, is_indoors: bool = False) -> Track:
    """Return a way along the first part of a street."""
    _, city, days = small()
    edge = inner_edge(city, days[0])
    (ax, ay), (bx, by) = (city.net.nodes[node] for node in edge)
    maker = TrackMaker(0, (ax, ay))
    maker.stand(edge=edge, for_s=10)
    if is_indoors:
        maker.enter()
    maker.walk((ax + (bx - ax) * share, ay + (by - ay) * share), edge=edge, speed_mps=speed_mps)
    if is_indoors:
        maker.leave(StayKind.MEAL)
    maker.stand(edge=edge, for_s=10)
    return maker.track()


def test_the_pieces_are_all_streets_between_crossings_of_the_grid():
    _, city, days = small()
    own = grid_of(city, days[0].day).pavement
    edges = [edge for edge in city.net.street_of if own.keys() >= set(edge)]
    whole_m = sum(
        float(np.hypot(*np.subtract(city.net.nodes[a], city.net.nodes[b]))) for a, b in edges
    )

    found = streets_walked(days[0], city)
    assert found.length_m.sum() == pytest.approx(whole_m)
    assert found.length_m.max() <= 25
    assert len(found) >= 4 * len(edges)


def test_the_ends_of_a_piece_are_as_far_apart_as_it_is_long():
    _, city, days = small()
    found = streets_walked(days[0], city)
    start = np.array(city.plane.to_metres(found.start_lat_deg, found.start_lon_deg))
    end = np.array(city.plane.to_metres(found.end_lat_deg, found.end_lon_deg))

    assert np.hypot(*(end - start)) == pytest.approx(found.length_m, abs=1e-3)


@pytest.mark.parametrize(("share", "covered"), [(1.0, 4), (0.5, 2), (0.3, 1), (0.0, 0)])
def test_a_piece_is_covered_when_half_of_it_was_walked(share, covered):
    # A street of 90 to 110 m has four or five pieces.
    found = int(pieces_of(way(share)).is_covered.sum())

    assert covered <= found <= covered + (share == 1.0)


def test_riding_covers_nothing():
    assert not pieces_of(way(1.0, speed_mps=RIDE_MPS)).is_covered.any()


def test_time_indoors_covers_nothing():
    assert not pieces_of(way(1.0, is_indoors=True)).is_covered.any()


def test_what_was_walked_off_duty_does_not_count():
    half_way_ms = 10_000 + round(50 / WALK_MPS * 1000)

    on_duty = pieces_of(way(1.0), duty=Span(0, half_way_ms)).is_covered
    assert 1 <= on_duty.sum() < pieces_of(way(1.0)).is_covered.sum()


def test_two_halves_walked_on_two_ways_make_a_whole():
    _, city, days = small()
    edge = inner_edge(city, days[0])
    maker = TrackMaker(0, city.net.nodes[edge[0]])
    maker.stand(edge=edge, for_s=1)
    (ax, ay), (bx, by) = (city.net.nodes[node] for node in edge)
    for share in (0.55, 0.0, 0.3, 1.0):
        maker.walk((ax + (bx - ax) * share, ay + (by - ay) * share), edge=edge, speed_mps=1)
    maker.stand(edge=edge, for_s=1)

    assert pieces_of(maker.track()).is_covered.sum() == pieces_of(way(1.0)).is_covered.sum()


def test_most_streets_are_covered_on_a_usual_day():
    _, city, days = small()
    for one in days:
        assert streets_walked(one, city).covered_share > 0.8
