"""What holds of every simulated day, whatever the seed."""

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.patrols import Day, Habits
from simulator.scenario import DEFAULT_DUTY, Scenario, build_city, build_day
from simulator.tracks import OUTDOORS, Span, StayKind, is_inside
from simulator.world import City
from tests.unit.simulator.simulated import DAY, ONE_WINDOW, grid_of, made

PLACES = st.sampled_from(
    [(30.66, 104.06), (-33.9, 151.2), (51.5, -0.1), (-17.0, 179.9999), (69.6, -180.0)]
)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    lat_deg, lon_deg = draw(PLACES)
    return Scenario(
        seed=draw(st.integers(0, 2**63)),
        workers=draw(st.integers(1, 3)),
        day=DAY,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        duty=draw(st.sampled_from([DEFAULT_DUTY, ONE_WINDOW])),
    )


def every_second(span: Span) -> np.ndarray:
    return np.arange(span.start_ms, span.end_ms, 1000)


@settings(max_examples=25, deadline=None)
@given(scenario=scenarios())
def test_inside_and_outside_tile_the_duty(scenario):
    for one in made(scenario)[2]:
        tiles = sorted([*one.day.inside, *one.day.outside])
        for window in one.day.duty:
            own = [tile for tile in tiles if window.start_ms <= tile.start_ms < window.end_ms]
            assert own[0].start_ms == window.start_ms
            assert own[-1].end_ms == window.end_ms
            assert all(a.end_ms == b.start_ms for a, b in pairwise(own))
            assert all(tile.end_ms > tile.start_ms for tile in own)


@settings(max_examples=25, deadline=None)
@given(scenario=scenarios())
def test_inside_is_where_the_worker_is_in_the_polygon(scenario):
    """Every second of duty, judged anew by another geometry than the simulator's."""
    _, city, days = made(scenario)
    for one in days:
        outline = shapely.Polygon(grid_of(city, one.day).outline)
        shapely.prepare(outline)
        for spans, expected in ((one.day.inside, True), (one.day.outside, False)):
            for span in spans:
                x_m, y_m = one.day.track.places(every_second(span)[1:])
                assert (shapely.contains_xy(outline, x_m, y_m) == expected).all()


@settings(max_examples=25, deadline=None)
@given(scenario=scenarios())
def test_a_visit_is_time_within_premises_of_the_own_grid(scenario):
    _, city, days = made(scenario)
    for one in days:
        buildings = {building.premises_id: building for building in grid_of(city, one.day).premises}
        for stay in one.day.stays(StayKind.VISIT):
            building = shapely.Polygon(buildings[stay.premises_id].outline).buffer(0.01)
            x_m, y_m = one.day.track.places(every_second(stay.span))
            assert shapely.contains_xy(building, x_m, y_m).all()


@settings(max_examples=25, deadline=None)
@given(scenario=scenarios())
def test_visits_are_paid_on_duty_and_one_after_the_other(scenario):
    for one in made(scenario)[2]:
        spans = [stay.span for stay in one.day.stays(StayKind.VISIT)]
        assert all(a.end_ms < b.start_ms for a, b in pairwise(spans))
        for span in spans:
            assert any(
                window.start_ms <= span.start_ms < span.end_ms <= window.end_ms
                for window in one.day.duty
            )


@settings(max_examples=25, deadline=None)
@given(scenario=scenarios())
def test_nobody_passes_through_walls(scenario):
    """Outdoors is never deep within a building."""
    _, city, days = made(scenario)
    for one in days:
        walls = shapely.union_all(
            [shapely.Polygon(b.outline).buffer(-0.5) for b in grid_of(city, one.day).premises]
        )
        shapely.prepare(walls)
        middles_ms = (one.day.track.at_ms[1:] + one.day.track.at_ms[:-1]) // 2
        x_m, y_m = one.day.track.places(middles_ms[one.day.track.stay_of == OUTDOORS])
        assert not shapely.contains_xy(walls, x_m, y_m).any()


@st.composite
def eventful_days(draw: st.DrawFn) -> tuple[City, Day]:
    """Return a day on which everything happens that does not happen every day."""
    scenario = draw(scenarios())
    city = build_city(scenario)
    habits = Habits(riding=1, neighbours=1, forgetting=1, few_streets=draw(st.integers(0, 1)))
    return city, build_day(scenario, city, "T01", habits=habits).day


@settings(max_examples=12, deadline=None)
@given(made_day=eventful_days())
def test_on_an_eventful_day_inside_and_outside_tile_the_duty(made_day):
    _, day = made_day
    tiles = sorted([*day.inside, *day.outside])

    assert sum(tile.end_ms - tile.start_ms for tile in tiles) == sum(
        window.end_ms - window.start_ms for window in day.duty
    )
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(tiles))


@settings(max_examples=12, deadline=None)
@given(made_day=eventful_days())
def test_on_an_eventful_day_nobody_passes_through_walls_next_door_either(made_day):
    city, day = made_day
    walls = shapely.union_all(
        [shapely.Polygon(one.outline).buffer(-0.5) for grid in city.grids for one in grid.premises]
    )
    shapely.prepare(walls)
    middles_ms = (day.track.at_ms[1:] + day.track.at_ms[:-1]) // 2
    x_m, y_m = day.track.places(middles_ms[day.track.stay_of == OUTDOORS])
    assert not shapely.contains_xy(walls, x_m, y_m).any()


@settings(max_examples=12, deadline=None)
@given(made_day=eventful_days())
def test_on_an_eventful_day_every_visit_is_paid_on_duty(made_day):
    _, day = made_day
    for stay in day.stays(StayKind.VISIT):
        assert any(
            window.start_ms <= stay.span.start_ms < stay.span.end_ms <= window.end_ms
            for window in day.duty
        )


@settings(max_examples=12, deadline=None)
@given(made_day=eventful_days())
def test_a_terminal_is_where_the_worker_is_but_when_it_was_left(made_day):
    _, day = made_day
    at_ms = np.arange(day.track.at_ms[0], day.track.at_ms[-1], 5000)
    for span in day.left:
        at_ms = at_ms[(at_ms < span.start_ms) | (at_ms > span.end_ms)]
    assert np.array_equal(day.terminal.places(at_ms), day.track.places(at_ms))


coordinates = st.integers(-1000, 1000).map(float)


@given(
    corners=st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12, unique=True),
    points=st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20),
)
def test_ray_casting_agrees_with_a_geometry_library(corners, points):
    # In the order of their angle around the middle, corners make a polygon that is simple.
    middle = np.mean(corners, axis=0)
    corners.sort(key=lambda one: np.arctan2(one[1] - middle[1], one[0] - middle[0]))
    polygon = shapely.Polygon(corners)
    x_m, y_m = np.array(points).T + 0.5
    is_clear = ~shapely.intersects_xy(polygon.exterior.buffer(1e-6), x_m, y_m)

    if polygon.is_valid:
        expected = shapely.contains_xy(polygon, x_m, y_m)
        assert (is_inside(x_m, y_m, corners) == expected)[is_clear].all()
