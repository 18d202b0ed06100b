"""What some days have: rides, calls at a neighbour's, a terminal left behind, few streets."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from simulator.patrols import Day, Habits
from simulator.patrols.day import neighbours
from simulator.scenario import Scenario, WorkerDay, build_city, build_days
from simulator.scoring.walked import streets_walked
from simulator.tracks import OUTDOORS, StayKind, is_inside
from simulator.world import City
from tests.unit.simulator.simulated import DAY, grid_of, made, minutes

NEVER = Habits(riding=0, neighbours=0)
SEEDS = range(1, 5)


@cache
def with_habits(habits: Habits, seeds: Sequence[int] = SEEDS) -> list[tuple[City, WorkerDay]]:
    scenarios = [Scenario(seed=seed, workers=6, day=DAY) for seed in seeds]
    cities = [(one, build_city(one)) for one in scenarios]
    return [(city, day) for one, city in cities for day in build_days(one, city, habits=habits)]


def days_of(habits: Habits) -> list[Day]:
    return [one.day for _, one in with_habits(habits)]


def usual_days() -> list[Day]:
    return [one.day for seed in SEEDS for one in made(Scenario(seed=seed, day=DAY))[2]]


def test_on_one_day_in_three_somebody_rides():
    assert np.mean([bool(day.track.rides()) for day in usual_days()]) == pytest.approx(
        1 / 3, abs=0.15
    )


def test_on_one_day_in_four_somebody_calls_at_a_neighbour_s():
    calls = [bool(day.stays(StayKind.NEIGHBOUR)) for day in usual_days()]

    assert np.mean(calls) == pytest.approx(1 / 4, abs=0.12)


def test_nobody_rides_slower_than_three_or_faster_than_eight_metres_a_second():
    for day in days_of(Habits(riding=1)):
        speeds_mps = np.hypot(*day.track.velocities(day.track.at_ms[:-1]))[day.track.is_ridden()]
        assert 2.9 < speeds_mps.min() <= speeds_mps.max() < 8.1


def test_rides_are_long_ways_outdoors():
    for day in days_of(Habits(riding=1)):
        track = day.track
        assert (track.stay_of[track.is_ridden()] == OUTDOORS).all()
        for ride in track.rides():
            x_m, y_m = track.places(np.arange(ride.start_ms, ride.end_ms + 1, 100))
            assert np.hypot(np.diff(x_m), np.diff(y_m)).sum() > 195


def test_who_has_no_bicycle_walks():
    assert not any(day.track.rides() for day in days_of(NEVER))


def test_a_day_without_a_habit_is_what_it_is_without_the_chance_of_it():
    """Days stay comparable: a chance that does not come true changes nothing."""
    plain = days_of(NEVER)
    same = [
        one.track.at_ms.tolist() == other.track.at_ms.tolist()
        for one, other in zip(plain, days_of(Habits()), strict=True)
        if not other.track.rides() and not other.stays(StayKind.NEIGHBOUR)
    ]

    assert len(same) > len(plain) / 4
    assert all(same)


def test_a_call_at_a_neighbour_s_is_outside_and_no_visit():
    found = 0
    for city, one in with_habits(Habits(neighbours=1)):
        grid = grid_of(city, one.day)
        names = {premises.premises_id for premises in neighbours(city, grid)}
        for call in one.day.stays(StayKind.NEIGHBOUR):
            found += 1
            at_ms = np.arange(call.span.start_ms, call.span.end_ms, 1000)
            assert not is_inside(*one.day.track.places(at_ms), grid.outline).any()
            assert call.premises_id in names
            assert not call.premises_id.startswith(grid.grid_id)
            assert 4 <= minutes([call.span]) < 26
        visits = one.day.stays(StayKind.VISIT)
        assert all(visit.premises_id.startswith(grid.grid_id) for visit in visits)
    assert found > 12


def test_a_city_of_one_grid_has_no_neighbours():
    _, city, [one] = made(Scenario(workers=1, day=DAY))

    assert neighbours(city, city.grids[0]) == []
    assert one.day.stays(StayKind.NEIGHBOUR) == []


def test_neighbours_share_a_street():
    city = build_city(Scenario(workers=12, day=DAY))
    first, *others = city.grids
    found = {premises.premises_id.split("-")[0] for premises in neighbours(city, first)}

    assert 1 <= len(found) < len(others)
    assert "G02" in found


def test_usually_the_terminal_is_where_the_worker_is():
    for day in usual_days():
        assert day.terminal is day.track
        assert day.left == ()


def test_a_terminal_left_behind_lies_still_while_the_worker_goes_on():
    for day in days_of(Habits(forgetting=1)):
        [left] = day.left
        at_ms = np.arange(left.start_ms, left.end_ms, 1000)
        x_m, y_m = day.terminal.places(at_ms)
        worker_x_m, worker_y_m = day.track.places(at_ms)
        assert np.ptp(x_m) == np.ptp(y_m) == 0
        assert np.hypot(worker_x_m - x_m, worker_y_m - y_m).max() > 50
        assert minutes([left]) > 5


def test_before_and_after_both_are_together():
    for day in days_of(Habits(forgetting=1)):
        [left] = day.left
        at_ms = np.arange(day.track.at_ms[0], day.track.at_ms[-1], 7000)
        at_ms = at_ms[(at_ms < left.start_ms) | (at_ms > left.end_ms)]
        assert np.array_equal(day.terminal.places(at_ms), day.track.places(at_ms))


def test_for_the_terminal_it_is_one_stay_from_the_first_door_to_the_last():
    for day in days_of(Habits(forgetting=1)):
        [left] = day.left
        [stay] = [
            one
            for one in day.terminal.stays
            if one.span.start_ms <= left.start_ms and left.end_ms <= one.span.end_ms
        ]
        piece = day.terminal.pieces(np.array([left.start_ms + 1]))[0]
        assert day.terminal.stays[day.terminal.stay_of[piece]] == stay
        assert stay.kind in {StayKind.VISIT, StayKind.STATION}
        spans = [one.span for one in day.terminal.stays]
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(spans))


def test_every_piece_of_the_terminal_s_way_knows_its_stay():
    for day in days_of(Habits(forgetting=1)):
        track = day.terminal
        middles_ms = (track.at_ms[1:] + track.at_ms[:-1]) // 2
        for index, at_ms in zip(track.stay_of.tolist(), middles_ms.tolist(), strict=True):
            within = [one for one in track.stays if one.span.start_ms <= at_ms < one.span.end_ms]
            assert within == ([] if index == OUTDOORS else [track.stays[index]])


def test_coming_back_for_a_terminal_is_no_visit():
    kinds = [stay.kind for day in days_of(Habits(forgetting=1)) for stay in day.track.stays]

    assert kinds.count(StayKind.FETCH) > 12
    fetched = [day.stays(StayKind.FETCH) for day in days_of(Habits(forgetting=1))]
    assert max(minutes([one.span]) for stays in fetched for one in stays) < 2


def test_now_and_then_it_is_left_at_the_station():
    kinds = [
        next(
            s.kind
            for s in day.track.stays
            if s.span.start_ms <= day.left[0].start_ms < s.span.end_ms
        )
        for day in days_of(Habits(forgetting=1))
    ]

    assert {StayKind.VISIT, StayKind.STATION} == set(kinds)


def test_on_a_day_of_few_streets_half_of_them_are_not_walked():
    shares = [
        streets_walked(one, city).covered_share for city, one in with_habits(Habits(few_streets=1))
    ]

    assert 0.3 < np.mean(shares) < 0.75
    assert max(shares) < 0.95
