"""The loops over the edges of outlines: how far places lie from them, and whether within.

Compiled by numba; plain Python gives the same results. Edges are rows x, y, next x, next y, in
metres, those of holes among them; a point is one edge of no length.
"""

import numpy as np
from numba import njit

from patrol.geodesy import Floats
from patrol.geofence import Area

# An edge without a length is a place: whatever is divided by its square must stay finite.
_TINY = 1e-290


def signed_m(area: Area, lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Return how far each place lies from the border of an area, metres; negative within."""
    result: Floats = signed_distances(*area.plane.to_metres(lat_deg, lon_deg), area.edges)
    return result - area.radius_m


@njit(cache=True, error_model="numpy")
def squares_to(x_m: Floats, y_m: Floats, edges: Floats, squares: Floats) -> None:
    """Write the square of the distance of each place to the nearest edge, m²."""
    squares[:] = np.inf
    # Edge by edge over all places: so the processor does several places at once.
    for e in range(len(edges)):
        ax, ay = edges[e, 0], edges[e, 1]
        dx, dy = edges[e, 2] - ax, edges[e, 3] - ay
        per_square = 1.0 / (dx * dx + dy * dy + _TINY)
        for i in range(len(squares)):
            px, py = x_m[i] - ax, y_m[i] - ay
            share = (px * dx + py * dy) * per_square
            share = max(0.0, share)
            share = min(1.0, share)
            px, py = px - share * dx, py - share * dy
            square = px * px + py * py
            squares[i] = min(squares[i], square)


@njit(cache=True, error_model="numpy")
def is_within(px: float, py: float, edges: Floats) -> bool:
    """Return whether a place lies within: a way out of it crosses an odd number of edges."""
    within = False
    for e in range(len(edges)):
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if (ay > py) != (by > py) and px < (bx - ax) * (py - ay) / (by - ay) + ax:
            within = not within
    return within


@njit(cache=True, error_model="numpy")
def signed_distances(x_m: Floats, y_m: Floats, edges: Floats) -> Floats:
    """Return the distance of each place to the nearest edge, metres; negative within."""
    away_m = np.empty(len(x_m))
    squares_to(x_m, y_m, edges, away_m)
    for i in range(len(x_m)):
        away_m[i] = np.sqrt(away_m[i])
        if is_within(x_m[i], y_m[i], edges):
            away_m[i] = -away_m[i]
    return away_m
