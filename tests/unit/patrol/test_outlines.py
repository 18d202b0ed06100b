"""Distances to outlines: what the geometry library says of the same shapes."""

import numpy as np
import pytest
import shapely

from patrol.chains.outlines import signed_distances

SQUARE = shapely.Polygon([(0, 0), (20, 0), (20, 20), (0, 20)])
YARD = shapely.Polygon(SQUARE.exterior, [[(5, 5), (15, 5), (15, 15), (5, 15)]])
BENT = shapely.Polygon([(0, 0), (30, 0), (30, 8), (10, 8), (4, 25), (0, 25)])


def edges_of(shape: shapely.Polygon) -> np.ndarray:
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shape)]
    return np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in rings])


@pytest.mark.parametrize("shape", [SQUARE, YARD, BENT])
def test_the_distance_to_an_outline_is_that_of_the_geometry_library(shape):
    x_m, y_m = np.random.default_rng(1).uniform(-30, 50, (2, 400))

    found = signed_distances(x_m, y_m, edges_of(shape))

    places = shapely.points(x_m, y_m)
    assert np.abs(found) == pytest.approx(shapely.distance(shape.boundary, places))
    assert (found < 0).tolist() == shapely.contains(shape, places).tolist()


def test_a_point_is_an_edge_of_no_length():
    x_m, y_m = np.array([0.0, 3.0, 30.0]), np.array([0.0, 4.0, 40.0])

    assert signed_distances(x_m, y_m, np.zeros((1, 4))).tolist() == [0.0, 5.0, 50.0]
