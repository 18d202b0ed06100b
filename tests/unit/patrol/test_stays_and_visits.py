"""Not moving, and where: the plain rule for home visits."""

import pytest

from patrol.geofence import PremisesIndex
from patrol.stays import StayRules, find_stays
from patrol.track import TrackRules, build_track
from patrol.visits import VisitRules, find_visits
from tests.makers import NO_FIXES, at, door, join, span, walk, without

STAY = StayRules()
# Ten minutes at the door A at (100, 0), between two walks.
CALL = walk([(0, -200, 0), (300, 100, 0), (900, 100, 0), (1200, 400, 0)])
DOORS = [door("A", 100, 0), door("B", 100, 60)]


def stays(fixes, rules: StayRules = STAY):
    return find_stays(build_track(fixes, TrackRules()), rules)


def visits(fixes, *, duty=None, premises=DOORS, rules=None) -> list[tuple[str, float, float]]:
    found = find_visits(
        stays(fixes),
        PremisesIndex(premises),
        duty=duty or span(0, 7200),
        rules=rules or VisitRules(),
    )
    return [
        (
            one.premises_id,
            (one.interval.start - at(0)).total_seconds(),
            (one.interval.end - at(0)).total_seconds(),
        )
        for one in found
    ]


def test_nobody_stays_without_fixes():
    assert stays(NO_FIXES) == []


def test_a_walk_has_no_stay():
    assert stays(walk([(0, -500, 0), (1000, 600, 0)])) == []


def test_standing_still_is_a_stay_with_its_place_and_time():
    (stay,) = stays(CALL)

    assert stay.start_ms / 1000 - at(0).timestamp() == pytest.approx(300, abs=30)
    assert stay.end_ms / 1000 - at(0).timestamp() == pytest.approx(900, abs=30)
    assert stay.observed_ms == stay.end_ms - stay.start_ms


def test_a_stay_goes_on_across_a_gap_and_says_how_much_was_bridged():
    """Indoors the signal goes; breaking there loses nearly all dwell of real days."""
    (stay,) = stays(without(CALL, 400, 800))

    assert stay.end_ms - stay.start_ms > 550_000
    assert stay.bridged_ms == pytest.approx(410_000, abs=10_000)
    assert stay.observed_ms + stay.bridged_ms == stay.end_ms - stay.start_ms


def test_a_gap_longer_than_the_rule_ends_the_stay():
    long = walk([(0, 100, 0), (9000, 100, 0)])

    found = stays(without(long, 1000, 5000))

    assert len(found) == 2


def test_a_jump_does_not_end_a_stay():
    jump = walk([(600, 190, 0), (620, 190, 0)])

    assert len(stays(join(without(CALL, 600, 630), jump))) == 1


def test_going_away_ends_a_stay():
    there_and_back = walk(
        [(0, 0, 0), (600, 0, 0), (700, 150, 0), (800, 150, 0), (900, 0, 0), (1500, 0, 0)]
    )

    assert len(stays(there_and_back)) == 2


def test_the_way_to_and_from_is_cut_off_and_what_is_left_may_be_too_short():
    """Slow drifting past a place stays near its mean for long, but near its middle for short."""
    drift = walk([(0, -200, 0), (100, -35, 0), (290, 35, 0), (400, 200, 0)])

    assert stays(drift) == []


def test_a_stay_at_a_door_is_a_visit():
    ((premises, start_s, end_s),) = visits(CALL)

    assert premises == "A"
    assert (start_s, end_s) == (pytest.approx(300, abs=30), pytest.approx(900, abs=30))


def test_a_stay_where_no_door_is_is_none():
    assert visits(CALL, premises=[door("C", 100, 200)]) == []


def test_a_visit_is_clipped_to_duty():
    ((_, start_s, end_s),) = visits(CALL, duty=span(500, 7200))

    assert start_s == 500
    assert end_s > 850


def test_a_visit_before_duty_is_none_of_its_business():
    assert visits(CALL, duty=span(2000, 7200)) == []


def test_what_duty_leaves_of_a_visit_may_be_too_short():
    assert visits(CALL, duty=span(800, 7200)) == []


def test_two_stays_at_one_door_shortly_after_one_another_are_one_visit():
    step_out = walk(
        [(0, 100, 0), (600, 100, 0), (640, 190, 0), (770, 190, 0), (810, 100, 0), (1400, 100, 0)],
        every_s=5,
    )
    rules = VisitRules(merge_s=240)

    found = visits(step_out, rules=rules)

    assert len(found) == 1
    assert found[0][2] - found[0][1] > 1200


def test_joined_visits_count_the_time_between_as_bridged():
    step_out = walk(
        [(0, 100, 0), (600, 100, 0), (640, 190, 0), (770, 190, 0), (810, 100, 0), (1400, 100, 0)],
        every_s=5,
    )
    (visit,) = find_visits(
        stays(step_out), PremisesIndex(DOORS), duty=span(0, 7200), rules=VisitRules(merge_s=240)
    )

    assert visit.observed + visit.bridged == visit.interval.length
    assert visit.bridged.total_seconds() > 100


def test_two_doors_one_after_the_other_are_two_visits():
    round_trip = walk([(0, 100, 0), (600, 100, 0), (700, 100, 60), (1300, 100, 60)])

    assert [premises for premises, _, _ in visits(round_trip)] == ["A", "B"]
