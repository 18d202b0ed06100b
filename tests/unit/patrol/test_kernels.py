"""Distances to outlines: what the geometry library says of the same shapes."""

import numpy as np
import pytest
import shapely

from patrol.chains.kernels import outline_distances

SQUARE = shapely.Polygon([(0, 0), (20, 0), (20, 20), (0, 20)])
YARD = shapely.Polygon(SQUARE.exterior, [[(5, 5), (15, 5), (15, 15), (5, 15)]])
BENT = shapely.Polygon([(0, 0), (30, 0), (30, 8), (10, 8), (4, 25), (0, 25)])


def edges_of(shape: shapely.Polygon) -> np.ndarray:
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shape)]
    return np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in rings])


@pytest.mark.parametrize("shape", [SQUARE, YARD, BENT])
def test_the_distance_to_an_outline_is_that_of_the_geometry_library(shape):
    x_m, y_m = np.random.default_rng(1).uniform(-30, 50, (2, 400))
    edges = edges_of(shape)

    found = outline_distances(x_m, y_m, edges, np.array([0, len(edges)]), np.array([0.0]))

    assert found[:, 0] == pytest.approx(shapely.distance(shape, shapely.points(x_m, y_m)))


def test_a_point_with_a_radius_is_a_circle():
    x_m, y_m = np.array([0.0, 3.0, 30.0]), np.array([0.0, 4.0, 40.0])
    edges, first = np.zeros((1, 4)), np.array([0, 1])

    found = outline_distances(x_m, y_m, edges, first, np.array([5.0]))

    assert found[:, 0].tolist() == [0.0, 0.0, 45.0]


def test_several_outlines_have_a_column_each():
    edges = np.concatenate([edges_of(SQUARE), np.array([[50.0, 0.0, 50.0, 0.0]])])

    found = outline_distances(
        np.array([10.0, 26.0]), np.array([10.0, 0.0]), edges, np.array([0, 4, 5]), np.zeros(2)
    )

    assert found == pytest.approx(np.array([[0.0, np.hypot(40, 10)], [6.0, 24.0]]))
