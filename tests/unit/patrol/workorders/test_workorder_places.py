"""Where a report belongs, what may be the same matter, and who was at the place."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from patrol.geofence import Grid, read_area
from patrol.ids import GridId
from patrol.workorders.duplicates import box_around, find_duplicates
from patrol.workorders.placing import GridIndex, PlacedBy, place_report
from patrol.workorders.terms import DuplicateRule, PlacingRule, VerificationRule
from patrol.workorders.values import Nearness, OrderState, Place, StepKind
from patrol.workorders.verification import distance_m, nearness_of
from tests.workorders import Played

RULE = PlacingRule(least_share=0.8, walking_mps=1.2)
LIKE = DuplicateRule(radius_m=50.0, within=timedelta(days=7))
NEAR = VerificationRule(within_m=50.0, oldest_fix=timedelta(minutes=10), own_settled=True)
# One thousandth of a degree of latitude is 111 m.
SOUTH, WEST = 31.0, 121.0
METRE_E7 = 90


def square(name: str, west: float, east: float) -> Grid:
    """Return a grid of some 111 m from south to north."""
    ring = [[west, SOUTH], [east, SOUTH], [east, SOUTH + 0.001], [west, SOUTH + 0.001]]
    area = read_area({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    return Grid(GridId(name), area)


INDEX = GridIndex([square("G02", WEST + 0.001, WEST + 0.002), square("G01", WEST, WEST + 0.001)])
G1, G2 = GridId("G01"), GridId("G02")


def place(lon_deg: float, *, accuracy_dm: int | None = 30, age_s: int | None = 0) -> Place:
    """Return a place halfway from south to north."""
    return Place(310_005_000, round(lon_deg * 10_000_000), accuracy_dm, age_s)


MIDDLE = WEST + 0.0005
BORDER = WEST + 0.001


def test_a_sharp_position_tells_the_grid() -> None:
    found = place_report(INDEX, place(MIDDLE), RULE, on_duty=[G2])

    assert (found.grid_id, found.by, found.share) == (G1, PlacedBy.POSITION, 1.0)


def test_at_a_border_duty_tells_it() -> None:
    found = place_report(INDEX, place(BORDER), RULE, on_duty=[G2])

    assert (found.grid_id, found.by) == (G2, PlacedBy.DUTY)
    assert found.share == pytest.approx(0.5, abs=0.05)


def test_of_two_grids_on_duty_the_likelier_one_is_taken() -> None:
    found = place_report(INDEX, place(BORDER + 0.00001), RULE, on_duty=[G1, G2])

    assert (found.grid_id, found.by) == (G2, PlacedBy.DUTY)


def test_a_blurred_position_tells_nothing() -> None:
    found = place_report(INDEX, place(MIDDLE, accuracy_dm=2_000), RULE, assigned=[G2])

    assert (found.grid_id, found.by) == (G2, PlacedBy.ASSIGNMENT)


def test_an_old_position_tells_nothing() -> None:
    found = place_report(INDEX, place(MIDDLE, age_s=300), RULE, assigned=[G2])

    assert (found.grid_id, found.by) == (G2, PlacedBy.ASSIGNMENT)


def test_a_position_of_no_known_age_is_taken_as_it_is() -> None:
    found = place_report(INDEX, place(MIDDLE, age_s=None), RULE)

    assert found.by is PlacedBy.POSITION


def test_without_a_position_duty_comes_before_assignment() -> None:
    found = place_report(INDEX, None, RULE, on_duty=[G2], assigned=[G1])

    assert (found.grid_id, found.by, found.share) == (G2, PlacedBy.DUTY, None)


def test_nothing_may_tell_it() -> None:
    found = place_report(INDEX, place(WEST + 1), RULE)

    assert (found.grid_id, found.by) == (None, PlacedBy.NOTHING)


def test_without_grids_there_is_none() -> None:
    assert place_report(GridIndex([]), place(MIDDLE), RULE).by is PlacedBy.NOTHING
    assert [len(INDEX), len(GridIndex([]))] == [2, 0]


def test_an_unusual_accuracy_is_the_usual_one() -> None:
    told = INDEX.shares(place(MIDDLE, accuracy_dm=150), RULE)

    assert INDEX.shares(place(MIDDLE, accuracy_dm=None), RULE) == told


@pytest.mark.parametrize("lon_deg", [179.9999, -179.9999])
def test_a_grid_may_lie_across_the_antimeridian(lon_deg: float) -> None:
    ring = [[179.998, 31.0], [-179.998, 31.0], [-179.998, 31.001], [179.998, 31.001]]
    area = read_area({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    index = GridIndex([Grid(G1, area), square("G02", WEST, WEST + 0.001)])

    assert {*index.shares(place(lon_deg), RULE)} == {G1}


def order(number: int, metres: float = 0.0, **others: object) -> OrderState:
    """Return an order so far north of others."""
    spot = Place(310_000_000 + round(metres * METRE_E7), 1_210_000_000, accuracy_dm=10)
    values: dict[str, object] = {"order_id": f"{number}", "place": spot, **others}
    return replace(Played().order, **values)  # type: ignore[arg-type] # named as they are


def like(*others: OrderState) -> Sequence[str]:
    return [one.order_id for one in find_duplicates(LIKE, order(0), others)]


def test_the_nearest_comes_first() -> None:
    assert like(order(1, 30), order(2, 10), order(3, -20)) == ["2", "3", "1"]


def test_what_is_farther_is_another_matter() -> None:
    assert like(order(1, 60)) == []


def test_a_blurred_position_may_be_nearer_than_it_says() -> None:
    blurred = order(1, 60)
    spot = blurred.place
    assert spot is not None

    assert like(replace(blurred, place=replace(spot, accuracy_dm=300))) == ["1"]


def test_a_position_that_says_nothing_is_not_near_everything() -> None:
    blurred = order(1, 200)
    spot = blurred.place
    assert spot is not None

    assert like(replace(blurred, place=replace(spot, accuracy_dm=9_000))) == []


def test_nothing_is_its_own_duplicate() -> None:
    assert like(order(0)) == []


def test_another_category_is_another_matter() -> None:
    assert like(order(1, category="road")) == []


@pytest.mark.parametrize("kind", [StepKind.CANCELLED, StepKind.MERGED])
def test_what_is_no_matter_any_more_is_no_duplicate(kind: StepKind) -> None:
    assert like(order(1, step_kind=kind)) == []


def test_what_was_long_ago_is_another_matter() -> None:
    opened_at = Played().order.opened_at

    assert like(order(1, opened_at=opened_at - timedelta(days=8))) == []


def test_without_a_place_nothing_is_told() -> None:
    assert like(order(1, place=None)) == []
    assert find_duplicates(LIKE, order(0, place=None), [order(1)]) == []


def test_the_distance_and_the_time_between_are_told() -> None:
    later = order(1, 30, opened_at=Played().order.opened_at + timedelta(hours=1))
    (found,) = find_duplicates(LIKE, order(0), [later])

    assert (found.distance_m, found.apart) == (30, timedelta(hours=1))


def test_a_box_holds_all_that_is_near_enough() -> None:
    spot = Place(310_000_000, 1_210_000_000)
    box = box_around(LIKE, spot)
    corner = Place(box.north_e7, box.east_e7)

    assert distance_m(spot, Place(box.north_e7, spot.lon_e7)) == pytest.approx(100, abs=0.1)
    assert distance_m(spot, corner) == pytest.approx(141.4, abs=0.2)
    assert (box.south_e7 < spot.lat_e7, box.west_e7 < spot.lon_e7) == (True, True)


MATTER = Place(310_000_000, 1_210_000_000, accuracy_dm=50)


def away(metres: float, *, accuracy_dm: int | None = 50, age_s: int | None = 5) -> Place:
    return Place(310_000_000 + round(metres * METRE_E7), 1_210_000_000, accuracy_dm, age_s)


@pytest.mark.parametrize(
    ("at", "nearness"),
    [
        (away(10), Nearness.NEAR),
        (away(60), Nearness.UNKNOWN),
        (away(80), Nearness.FAR),
        (away(80, accuracy_dm=200), Nearness.UNKNOWN),
        (away(10, accuracy_dm=600), Nearness.UNKNOWN),
        (away(10, accuracy_dm=None), Nearness.NEAR),
        (away(10, age_s=601), Nearness.UNKNOWN),
        (away(300, age_s=601), Nearness.UNKNOWN),
        (away(10, age_s=None), Nearness.UNKNOWN),
    ],
)
def test_being_there_is_near_far_or_unknown(at: Place, nearness: Nearness) -> None:
    assert nearness_of(NEAR, MATTER, at).nearness is nearness


def test_the_distance_is_told_even_where_nothing_follows() -> None:
    assert nearness_of(NEAR, MATTER, away(300, age_s=None)).distance_m == 299


@pytest.mark.parametrize("known", [(MATTER, None), (None, MATTER), (None, None)])
def test_without_both_places_nobody_knows(known: tuple[Place | None, Place | None]) -> None:
    assert nearness_of(NEAR, *known) == (None, Nearness.UNKNOWN)
