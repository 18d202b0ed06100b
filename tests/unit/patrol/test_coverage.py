"""Which checkpoints, streets and parts of a grid a walk reaches, and what nobody can know."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from patrol.compliance import Rules, Verdict, judge_day
from patrol.coverage import (
    Checkpoint,
    Coverage,
    CoverageKind,
    CoverageRules,
    Reach,
    Route,
    Street,
    Streets,
    find_coverage,
)
from patrol.geodesy import LocalPlane
from patrol.geofence import Grid, read_area
from patrol.ids import GridId, checkpoint_id
from patrol.intervals import Interval
from patrol.requirements import Excuse, ExcuseKind, Requirement
from patrol.track import FixColumns, TrackRules, build_track
from tests.makers import (
    CITY,
    GRID,
    NO_FIXES,
    day_facts,
    door,
    grid,
    join,
    span,
    square,
    walk,
    without,
)

DUTY = [span(0, 600)]
# Ten minutes along the middle of the grid, from west to east.
ALONG = walk([(0, -150, 0), (300, 150, 0)], every_s=10)
Line = Sequence[tuple[float, float]]


def checkpoint(name: str, x_m: float, y_m: float, *, radius_m: float = 20) -> Checkpoint:
    """Return a checkpoint around a place."""
    lat_deg, lon_deg = CITY.to_degrees(np.array([x_m]), np.array([y_m]))
    point = {"type": "Point", "coordinates": [float(lon_deg[0]), float(lat_deg[0])]}
    return Checkpoint(checkpoint_id(name), read_area(point, radius_m=radius_m))


def street(*points: tuple[float, float], grid_id: str | None = None) -> Street:
    x_m, y_m = np.array(points, dtype=float).T
    lat_deg, lon_deg = CITY.to_degrees(x_m, y_m)
    return Street((np.column_stack([lon_deg, lat_deg]),), GridId(grid_id) if grid_id else None)


def cover(
    fixes: FixColumns,
    route: Route,
    *,
    duty: Sequence[Interval] = DUTY,
    visits: Sequence[Interval] = (),
) -> Coverage:
    track = build_track(fixes, TrackRules())
    return find_coverage(track, route, duty=duty, visits=visits, rules=CoverageRules())


def reached(found: Coverage) -> dict[str, Reach]:
    return {one.name: one.reach for one in found.targets}


def near(found: Coverage, x_m: float, y_m: float) -> Reach:
    """Return what is known of the target whose middle is nearest to a place."""
    places = np.array([[float(part) for part in one.name.split(",")] for one in found.targets])
    x, y = CITY.to_metres(places[:, 1], places[:, 0])
    return found.targets[int(np.hypot(x - x_m, y - y_m).argmin())].reach


def test_a_checkpoint_on_the_way_is_reached_and_one_far_off_is_not():
    route = Route(grid(), checkpoints=[checkpoint("on", 50, 0), checkpoint("off", 0, 150)])
    found = cover(ALONG, route, duty=[span(0, 300)])

    assert reached(found) == {"off": Reach.NOT_REACHED, "on": Reach.REACHED}
    assert [found.kind, found.share_low, found.share_high] == ["checkpoints", 0.5, 0.5]


def test_a_checkpoint_between_two_fixes_is_reached():
    sparse = walk([(0, -120, 0), (240, 120, 0)], every_s=40)
    found = cover(
        sparse,
        Route(grid(), checkpoints=[checkpoint("on", -20, 0, radius_m=8)]),
        duty=[span(0, 240)],
    )

    assert reached(found) == {"on": Reach.REACHED}


def test_a_pass_says_when_and_how_sure():
    found = cover(ALONG, Route(grid(), checkpoints=[checkpoint("on", 0, 0)]))

    (one,) = found.passes
    assert one.checkpoint_id == "on"
    assert span(120, 180).start <= one.interval.start < one.interval.end <= span(120, 185).end
    assert one.p > 0.9


def test_who_came_by_twice_passed_twice():
    back = walk([(0, -150, 0), (300, 150, 0), (600, -150, 0)])
    found = cover(back, Route(grid(), checkpoints=[checkpoint("on", 0, 0)]))

    assert len(found.passes) == 2


def test_a_checkpoint_at_the_edge_of_the_error_is_unknown():
    found = cover(ALONG, Route(grid(), checkpoints=[checkpoint("by", 0, 26)]), duty=[span(0, 300)])

    assert reached(found) == {"by": Reach.UNKNOWN}


def test_a_silence_long_enough_for_the_way_leaves_a_checkpoint_unknown():
    route = Route(grid(), checkpoints=[checkpoint("off", 0, 120)])
    silent = without(ALONG, 60, 240)

    assert reached(cover(ALONG, route, duty=[span(0, 300)])) == {"off": Reach.NOT_REACHED}
    assert reached(cover(silent, route, duty=[span(0, 300)])) == {"off": Reach.UNKNOWN}


def test_a_silence_spent_on_a_visit_is_no_time_for_anything_else():
    route = Route(grid(), checkpoints=[checkpoint("off", 0, 120)])
    silent = without(ALONG, 60, 240)
    found = cover(silent, route, duty=[span(0, 300)], visits=[span(50, 250)])

    assert reached(found) == {"off": Reach.NOT_REACHED}


def test_before_the_first_fix_nobody_knows_where_somebody_was():
    late = walk([(0, -150, 0), (300, 150, 0)])
    route = Route(grid(), checkpoints=[checkpoint("off", -150, 150)])

    found = cover(late, route, duty=[span(-600, 300)])
    assert reached(found) == {"off": Reach.UNKNOWN}


def test_after_the_last_fix_nobody_knows_either():
    route = Route(grid(), checkpoints=[checkpoint("off", 150, 150)])

    assert reached(cover(ALONG, route, duty=[span(0, 900)])) == {"off": Reach.UNKNOWN}


def test_without_a_fix_everything_is_unknown():
    route = Route(grid(), checkpoints=[checkpoint("a", 0, 0), checkpoint("b", 100, 0)])
    found = cover(NO_FIXES, route)

    assert set(reached(found).values()) == {Reach.UNKNOWN}
    assert [found.share_low, found.share_high] == [0.0, 1.0]


def test_strays_of_a_receiver_indoors_prove_no_way_and_deny_none():
    route = Route(grid(), checkpoints=[checkpoint("near", 0, 0)])
    found = cover(ALONG, route, duty=[span(0, 300)], visits=[span(100, 200)])

    assert reached(found) == {"near": Reach.UNKNOWN}
    assert found.passes == ()


def test_what_was_done_before_duty_does_not_count():
    route = Route(grid(), checkpoints=[checkpoint("west", -120, 0)])

    assert reached(cover(ALONG, route, duty=[span(150, 300)])) == {"west": Reach.NOT_REACHED}


def test_two_windows_cover_what_either_covers():
    route = Route(grid(), checkpoints=[checkpoint("west", -120, 0), checkpoint("east", 120, 0)])
    found = cover(ALONG, route, duty=[span(0, 60), span(240, 300)])

    assert set(reached(found).values()) == {Reach.REACHED}


def test_parts_of_the_grid_are_squares_that_were_walked_through():
    found = cover(ALONG, Route(grid()), duty=[span(0, 300)])

    assert found.kind is CoverageKind.MICRO_GRIDS
    assert len(found.targets) == 64
    assert near(found, 25, 125) is Reach.NOT_REACHED
    # The walk is on the line between two rows of squares: it may have been either.
    assert near(found, 25, 25) is Reach.UNKNOWN
    middle = cover(walk([(0, -150, 25), (300, 150, 25)]), Route(grid()), duty=[span(0, 300)])
    assert near(middle, 25, 25) is Reach.REACHED


def test_squares_lie_within_the_grid():
    ring = square(100)["coordinates"][0]
    triangle = {"type": "Polygon", "coordinates": [[ring[0], ring[1], ring[2], ring[0]]]}
    found = cover(NO_FIXES, Route(Grid(GRID, read_area(triangle))))

    assert len(found.targets) == 3


@pytest.fixture
def town() -> Streets:
    """Return a street along the walk, one across it and one beside it."""
    return Streets(
        [street((-200, 0), (200, 0)), street((0, -200), (0, 200)), street((-200, 100), (200, 100))]
    )


def test_the_street_that_was_walked_is_covered_and_no_other(town):
    found = cover(ALONG, Route(grid(), streets=town), duty=[span(0, 300)])

    assert found.kind is CoverageKind.STREETS
    assert near(found, 100, 0) is Reach.REACHED
    assert near(found, 100, 100) is Reach.NOT_REACHED
    assert near(found, 0, 150) is Reach.NOT_REACHED
    assert found.share_low <= 300 / 1200 <= found.share_high
    assert found.share == pytest.approx(300 / 1200, abs=0.05)


def test_who_turns_at_a_crossing_covers_both_streets(town):
    bent = walk([(0, -150, 0), (150, 0, 0), (300, 0, 150)])
    found = cover(bent, Route(grid(), streets=town), duty=[span(0, 300)])

    assert [near(found, -100, 0), near(found, 0, 60)] == [Reach.REACHED, Reach.REACHED]
    assert near(found, 100, 0) is Reach.NOT_REACHED


def test_a_dead_end_is_walked_in_and_out():
    town = Streets([street((-200, 0), (200, 0)), street((0, 0), (0, 100))])
    there = walk([(0, -100, 0), (100, 0, 0), (190, 0, 95), (280, 0, 0), (380, 100, 0)])
    found = cover(there, Route(grid(), streets=town), duty=[span(0, 380)])

    assert near(found, 0, 60) is Reach.REACHED


def test_what_is_ridden_or_visited_is_not_walked(town):
    route = Route(grid(), streets=town)
    ride = walk([(0, -150, 0), (50, 150, 0)], every_s=5)

    assert cover(ride, route, duty=[span(0, 50)]).share == 0.0
    assert cover(ALONG, route, duty=[span(0, 300)], visits=[span(0, 300)]).share == 0.0


def test_a_ride_between_two_walks_joins_nothing(town):
    mixed = walk([(0, -180, 0), (60, -110, 0), (100, 110, 0), (160, 180, 0)], every_s=5)
    found = cover(mixed, Route(grid(), streets=town), duty=[span(0, 160)])

    assert near(found, -140, 0) is Reach.REACHED
    assert near(found, 0, 0) is not Reach.REACHED


def test_a_pause_is_no_way(town):
    paused = walk([(0, -150, 0), (150, 0, 0), (450, 0, 0), (600, 150, 0)])
    found = cover(paused, Route(grid(), streets=town), duty=[span(0, 600)])

    assert near(found, 100, 0) is Reach.REACHED
    assert near(found, 0, 60) is Reach.NOT_REACHED


def test_who_stands_where_the_receiver_strays_enters_no_street(town):
    errors_m = np.random.default_rng(5).normal(0, 16, (20, 2)).round().tolist()
    strays = [(180.0 + 30 * nth, x_m, y_m) for nth, (x_m, y_m) in enumerate(errors_m)]
    paused = walk([(0, -150, 0), (150, 0, 0), *strays, (780, 0, 0), (930, 150, 0)], every_s=10)
    found = cover(paused, Route(grid(), streets=town), duty=[span(0, 930)])

    assert [near(found, -100, 0), near(found, 100, 0)] == [Reach.REACHED, Reach.REACHED]
    assert Reach.REACHED not in {near(found, 0, 12), near(found, 0, -12)}


def test_who_turns_back_in_the_middle_of_a_street_has_not_walked_the_rest(town):
    there = [(0, -150, 0), (75, -75, 0), (255, -75, 0), (330, -150, 0)]
    found = cover(walk(there), Route(grid(), streets=town), duty=[span(0, 330)])

    assert near(found, -100, 0) is Reach.REACHED
    assert near(found, -36, 0) is not Reach.REACHED


def test_a_street_that_leads_out_of_the_grid_counts_up_to_the_edge():
    town = Streets([street((0, 0), (0, 320))])
    found = cover(ALONG, Route(grid(), streets=town))

    places = [place(one.name) for one in found.targets]
    assert max(CITY.to_metres(*one)[1] for one in places) < 200


def test_a_silence_leaves_streets_unknown(town):
    found = cover(without(ALONG, 20, 280), Route(grid(), streets=town), duty=[span(0, 300)])

    assert near(found, 0, 0) is Reach.UNKNOWN
    assert found.share_high > 0.5


def test_far_from_any_street_nothing_is_walked():
    town = Streets([street((-200, 190), (200, 190))])
    found = cover(ALONG, Route(grid(), streets=town), duty=[span(0, 300)])

    assert [found.share, found.share_low] == [0.0, 0.0]


def test_where_only_other_grids_have_streets_the_parts_count():
    town = Streets([street((2000, 0), (2100, 0))])

    route = Route(grid(), streets=town)
    assert not route.is_known
    assert cover(ALONG, route).kind is CoverageKind.MICRO_GRIDS


def test_checkpoints_and_streets_make_a_route_known(town):
    assert Route(grid(), checkpoints=[checkpoint("one", 0, 0)]).is_known
    assert Route(grid(), streets=town).is_known


def test_a_street_that_names_a_grid_counts_for_it_alone():
    own, other = street((-200, 0), (200, 0), grid_id="G01"), street((0, 50), (0, 90), grid_id="G02")
    free = street((-200, 100), (200, 100))
    beyond = street((0, 250), (100, 250), grid_id="G01")
    found = cover(ALONG, Route(grid(), streets=Streets([own, other, free, beyond])))

    weights = {round(CITY.to_metres(*place(one.name))[1]) for one in found.targets}
    assert weights == {0, 100, 250}


def place(name: str) -> tuple[float, float]:
    lon, lat = name.split(",")
    return float(lat), float(lon)


def judged(fixes: FixColumns, *routes: Route, rules: Rules | None = None, **more: object):
    facts = day_facts(fixes, duty=[span(0, 300)])
    known = {one.grid.grid_id: one for one in routes}
    return judge_day(replace(facts, routes=known, **more), rules or Rules())


@pytest.mark.parametrize(
    ("x_m", "y_m", "verdict"),
    [(0, 0, Verdict.MET), (0, 150, Verdict.NOT_MET), (0, 26, Verdict.UNDETERMINED)],
)
def test_the_verdict_follows_the_bounds(x_m, y_m, verdict):
    result = judged(ALONG, Route(grid(), checkpoints=[checkpoint("one", x_m, y_m)]))

    assert result.compliance.coverage.verdict is verdict
    assert result.compliance.coverage.reason.code == f"coverage_{verdict}"


def test_where_nothing_is_known_to_be_reached_coverage_is_not_judged():
    result = judged(ALONG)

    assert [result.compliance.coverage, result.coverage] == [None, ()]


def test_a_requirement_asks_for_the_parts_of_a_grid():
    result = judged(ALONG, requirements=[Requirement(coverage_share=0.9)])

    assert result.compliance.coverage.verdict is Verdict.NOT_MET
    assert [one.kind for one in result.coverage] == ["micro_grids"]


def test_a_requirement_without_a_share_asks_for_none():
    route = Route(grid(), checkpoints=[checkpoint("off", 0, 150)])
    result = judged(ALONG, route, requirements=[Requirement()])

    assert result.compliance.coverage is None
    assert len(result.coverage) == 1


def test_in_excused_time_nothing_is_to_be_reached():
    excuse = Excuse(interval=span(0, 300), kind=ExcuseKind.LEAVE)
    route = Route(grid(), checkpoints=[checkpoint("off", 0, 150)])
    result = judged(ALONG, route, excuses=[excuse])

    assert result.compliance.coverage.verdict is Verdict.MET
    assert result.compliance.coverage.reason.code == "nothing_owed"


def test_in_a_part_of_the_day_a_part_is_to_be_reached():
    excuse = Excuse(interval=span(150, 300), kind=ExcuseKind.LEAVE)
    points = [checkpoint("west", -100, 0), checkpoint("east", 100, 0)]
    result = judged(ALONG, Route(grid(), checkpoints=points), excuses=[excuse])

    assert result.compliance.coverage.reason.values["required_share"] == 0.45
    assert result.compliance.coverage.verdict is Verdict.MET


def test_the_same_fixes_in_any_order_give_the_same(town):
    mixed = join(ALONG, ALONG)
    order = np.random.default_rng(1).permutation(len(mixed))
    shuffled = FixColumns(
        **{name: column[order] for name in ONLY if (column := getattr(mixed, name)) is not None}
    )

    route = Route(grid(), streets=town)
    assert cover(shuffled, route) == cover(ALONG, route)


def test_premises_that_nobody_was_near_change_nothing(town):
    facts = day_facts(ALONG, duty=[span(0, 300)])
    routes = {GRID: Route(grid(), streets=town)}
    more = day_facts(ALONG, duty=[span(0, 300)], premises=[door("P1", 150, 190)])

    one, other = (judge_day(replace(each, routes=routes), Rules()) for each in (facts, more))
    assert one.coverage == other.coverage


def test_streets_and_checkpoints_that_nobody_was_near_change_nothing(town):
    far = Streets([*town.streets, street((3000, 0), (3400, 0))])

    assert cover(ALONG, Route(grid(), streets=far)) == cover(ALONG, Route(grid(), streets=town))


@pytest.mark.parametrize("plane", [LocalPlane(0.001, 179.9999), LocalPlane(-55.0, -68.0)])
def test_elsewhere_on_earth_the_same_is_reached(plane):
    there = walk([(0, -150, 0), (300, 150, 0)], plane=plane)
    found = cover(there, Route(grid(plane=plane)), duty=[span(0, 300)])
    here = cover(ALONG, Route(grid()), duty=[span(0, 300)])

    assert [one.reach for one in found.targets] == [one.reach for one in here.targets]


ONLY = ("epoch_ms", "lat_e7", "lon_e7", "accuracy_dm", "hdop_d", "quality", "flags")
