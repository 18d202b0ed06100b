"""A city as it is described: grids of whole blocks, lots, households, places outside."""

from functools import cache
from itertools import pairwise
from math import dist, inf, nan

import numpy as np
import pytest
import shapely

from patrol.errors import InputError
from simulator.buildings import HALF_STREET_M
from simulator.tracks import is_inside
from simulator.world import City, Grid, make_city

SEEDS = [1, 2, 3]


@cache
def city(seed: int = 1, **changes: float) -> City:
    options = {"grids": 12, "lat_deg": 30.66, "lon_deg": 104.06, **changes}
    return make_city(np.random.default_rng(seed), **options)


def all_grids() -> list[Grid]:
    return [grid for seed in SEEDS for grid in city(seed).grids]


def test_every_grid_has_some_hundred_households():
    households = {sum(one.households for one in grid.premises) for grid in all_grids()}

    assert min(households) >= 300
    assert max(households) <= 400


def test_most_premises_are_houses_and_some_are_flats_with_many_households():
    households = [one.households for grid in all_grids() for one in grid.premises]

    assert np.mean([number <= 3 for number in households]) > 0.7
    assert max(households) >= 20


def test_grid_edges_run_along_streets():
    for grid in city().grids:
        nodes = [city().net.nodes.index(corner) for corner in grid.outline]
        for a, b in pairwise([*nodes, nodes[0]]):
            assert (min(a, b), max(a, b)) in city().net.street_of


def test_blocks_are_a_hundred_metres_more_or_less():
    net = city().net
    lengths_m = [dist(net.nodes[a], net.nodes[b]) for a, b in net.street_of]

    assert np.mean(lengths_m) == pytest.approx(100, abs=3)
    assert np.std(lengths_m) > 3


def test_premises_lie_within_their_grid_and_off_the_street():
    for grid in all_grids():
        outline = shapely.Polygon(grid.outline)
        for one in grid.premises:
            building = shapely.Polygon(one.outline)
            assert outline.contains(building)
            # A block a tenth smaller than its 100 m has narrower streets, too.
            assert outline.exterior.distance(building) > 0.7 * (HALF_STREET_M + 3)


def test_premises_do_not_overlap():
    for grid in all_grids():
        buildings = [shapely.Polygon(one.outline) for one in grid.premises]
        pairs = shapely.STRtree(buildings).query(buildings, predicate="intersects").T

        assert all(a == b for a, b in pairs.tolist())


def test_premises_have_ids_of_their_own():
    ids = [one.premises_id for grid in city().grids for one in grid.premises]

    assert len(set(ids)) == len(ids)


def test_grids_share_no_ground():
    outlines = [shapely.Polygon(grid.outline) for grid in city().grids]

    assert shapely.union_all(outlines).area == pytest.approx(sum(one.area for one in outlines))


def test_the_pavement_lies_within_the_grid():
    for grid in all_grids():
        outline = shapely.Polygon(grid.outline)
        for point in grid.pavement.values():
            assert outline.contains(shapely.Point(point))
            assert outline.exterior.distance(shapely.Point(point)) > 0.7 * HALF_STREET_M


def test_station_and_canteens_lie_outside_every_grid():
    made = city()
    for place in (made.station, *made.lunch_places):
        circle = shapely.Point(place.middle).buffer(place.radius_m)
        assert not any(shapely.Polygon(grid.outline).intersects(circle) for grid in made.grids)


def test_corners_stand_on_whole_units_of_the_files():
    made = city()
    x_m, y_m = np.array(made.net.nodes).T
    for degrees in made.plane.to_degrees(x_m, y_m):
        assert np.abs(degrees * 1e7 - np.rint(degrees * 1e7)).max() < 1e-4


def test_the_same_seed_makes_the_same_city():
    assert city(7) == city.__wrapped__(7)


def test_another_seed_makes_another_city():
    assert city(7) != city(8)


@pytest.mark.parametrize("grids", [1, 2, 5, 13])
def test_a_city_has_as_many_grids_as_were_asked_for(grids):
    assert [grid.grid_id for grid in city(grids=grids).grids] == [
        f"G{number:02d}" for number in range(1, grids + 1)
    ]


@pytest.mark.parametrize("lon_deg", [179.999, -179.999, 180.0])
def test_a_city_may_lie_across_the_antimeridian(lon_deg):
    made = city(lat_deg=-17.0, lon_deg=lon_deg)
    x_m, y_m = np.array([one.door for one in made.grids[0].premises]).T
    lat_deg, turned_deg = made.plane.to_degrees(x_m, y_m)
    back_x_m, back_y_m = made.plane.to_metres(lat_deg, turned_deg)

    assert is_inside(back_x_m, back_y_m, made.grids[0].outline).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grids": 0}, "0 grids"),
        ({"grids": 201}, "201 grids"),
        ({"lat_deg": 80.5}, "80.5"),
        ({"lon_deg": 181}, "181"),
        ({"lat_deg": nan}, "nan"),
        ({"lon_deg": inf}, "inf"),
    ],
)
def test_an_impossible_city_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        city(**changes)
