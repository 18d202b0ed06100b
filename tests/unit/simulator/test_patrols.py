"""Days as they are described: visits, talks, exits, meals; figures over many of them."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from simulator.errands import Kind, draw_errands
from simulator.patrols import Day, make_day
from simulator.scenario import Scenario, WorkerDay
from simulator.tracks import OUTDOORS, Span, Stay, StayKind, is_inside
from simulator.world import City
from tests.unit.simulator.simulated import DAY, HOUR_MS, ONE_WINDOW, grid_of, made, minutes, small

SEEDS = [1, 2, 3, 4]
NOON_MS = 1_772_424_000_000
WINDOW = Span(NOON_MS - 4 * HOUR_MS, NOON_MS)


def days() -> list[Day]:
    return [one.day for seed in SEEDS for one in made(Scenario(seed=seed, day=DAY))[2]]


def visit_minutes() -> list[float]:
    return [minutes([stay.span]) for day in days() for stay in day.stays(StayKind.VISIT)]


def errand_lengths_s(kind: Kind) -> list[float]:
    premises = small()[1].grids[0].premises
    drawn = [draw_errands(premises, [WINDOW], np.random.default_rng(seed)) for seed in range(100)]
    return [one.length_s for day in drawn for part in day for one in part if one.kind is kind]


def test_there_are_about_ten_visits_a_day():
    assert len(visit_minutes()) / len(days()) == pytest.approx(10, abs=1.5)


def test_a_visit_lasts_sixteen_minutes_as_a_rule():
    assert np.median(visit_minutes()) == pytest.approx(16, abs=2)


def test_no_visit_is_shorter_than_four_or_longer_than_fifty_minutes():
    assert min(visit_minutes()) >= 4
    # Somebody slow on the way out needs a few seconds more than was meant.
    assert max(visit_minutes()) < 51


def test_at_a_quarter_of_the_doors_nobody_opens():
    rings = len(errand_lengths_s(Kind.RING))

    assert rings / (rings + len(errand_lengths_s(Kind.VISIT))) == pytest.approx(0.25, abs=0.03)


def test_ringing_takes_less_than_a_minute():
    assert 20 <= min(errand_lengths_s(Kind.RING)) <= max(errand_lengths_s(Kind.RING)) <= 60


def test_a_talk_in_the_street_lasts_three_minutes_as_a_rule():
    assert np.median(errand_lengths_s(Kind.TALK)) == pytest.approx(180, rel=0.1)


def test_nobody_runs():
    for day in days():
        speeds_mps = np.hypot(*day.track.velocities(day.track.at_ms[:-1]))
        # Times are whole milliseconds, so a step of some centimetres rounds a little.
        assert speeds_mps[~day.track.is_ridden()].max() < 1.7


def test_most_of_a_day_is_spent_in_the_grid():
    shares = [minutes(day.inside) / minutes(day.duty) for day in days()]

    assert 0.85 < np.mean(shares) < 1
    assert min(shares) < 0.93


def test_some_exits_are_short_and_near():
    reached_m = [
        max(
            away_m(x, y, np.array(grid_of(city, one.day).outline))
            for x, y in zip(*one.day.track.places(every_second(span)), strict=True)
        )
        for city, one in city_days()
        for span in one.day.outside
        if minutes([span]) < 6 and not is_at_an_end(span, one.day)
        if not any(span.start_ms < call.span.start_ms < span.end_ms for call in calls(one.day))
    ]

    assert len(reached_m) / len(days()) == pytest.approx(2, abs=0.5)
    assert min(reached_m) > 25
    assert max(reached_m) < 85


def calls(day: Day) -> list[Stay]:
    return day.stays(StayKind.NEIGHBOUR)


def city_days() -> list[tuple[City, WorkerDay]]:
    cities = [made(Scenario(seed=seed, day=DAY)) for seed in SEEDS]
    return [(city, one) for _, city, all_days in cities for one in all_days]


def every_second(span: Span) -> np.ndarray:
    return np.arange(span.start_ms, span.end_ms, 1000)


def is_at_an_end(span: Span, day: Day) -> bool:
    """Return whether a window begins or ends outside, as on the way to a meal."""
    return any(
        span.start_ms == window.start_ms or span.end_ms == window.end_ms for window in day.duty
    )


def away_m(x: float, y: float, outline: np.ndarray) -> float:
    """Return the distance from a point to a polygon's edge."""
    starts, ways = outline, np.roll(outline, -1, axis=0) - outline
    to = np.array([x, y]) - starts
    share = np.clip((to * ways).sum(axis=1) / (ways**2).sum(axis=1), 0, 1)
    return float(np.hypot(*(to - share[:, None] * ways).T).min())


def test_now_and_then_somebody_is_away_for_long():
    longest = [max((minutes([span]) for span in day.outside), default=0) for day in days()]

    assert 0.1 < np.mean([one > 20 for one in longest]) < 0.5


def test_some_days_begin_at_the_station():
    starts = [day.outside[0].start_ms == day.duty[0].start_ms for day in days() if day.outside]
    roll_calls = [bool(day.stays(StayKind.STATION)) for day in days()]

    assert 0.1 < np.mean(roll_calls) < 0.45
    assert sum(starts) >= sum(roll_calls)


def test_between_two_windows_the_meal_is_outside():
    for city, one in city_days():
        middle_ms = (one.day.duty[0].end_ms + one.day.duty[1].start_ms) // 2
        x_m, y_m = one.day.track.places(np.array([middle_ms]))
        assert not is_inside(x_m, y_m, grid_of(city, one.day).outline)[0]


def test_one_long_window_has_a_meal_in_it():
    _, _, all_days = made(Scenario(seed=3, day=DAY, duty=ONE_WINDOW))

    for one in all_days:
        assert max(minutes([span]) for span in one.day.outside) > 25


def test_the_way_covers_the_duty_from_its_first_to_its_last_moment():
    for day in days():
        assert day.track.at_ms[0] <= day.duty[0].start_ms
        assert day.track.at_ms[-1] >= day.duty[-1].end_ms


def test_windows_that_follow_at_once_leave_no_time_for_a_meal():
    _, city, _ = small()
    later = Span(NOON_MS + HOUR_MS // 4, NOON_MS + 3 * HOUR_MS)

    day = make_day(city, city.grids[0], duty=[WINDOW, later], rng=np.random.default_rng(2))
    breaks = [stay.span for stay in day.stays(StayKind.MEAL) if stay.span.end_ms < later.end_ms]
    assert all(span.end_ms < WINDOW.end_ms or span.start_ms > later.start_ms for span in breaks)
    assert minutes([*day.inside, *day.outside]) == minutes([WINDOW, later])


def test_a_short_duty_has_only_visits_that_fit_in():
    _, city, _ = small()
    duty = Span(NOON_MS, NOON_MS + HOUR_MS // 3)

    for seed in range(100):
        day = make_day(city, city.grids[0], duty=[duty], rng=np.random.default_rng(seed))
        for stay in day.stays(StayKind.VISIT):
            assert duty.start_ms <= stay.span.start_ms
            assert stay.span.end_ms <= duty.end_ms
            assert minutes([stay.span]) >= 4


def test_most_streets_of_the_grid_are_walked():
    for city, one in city_days():
        own = set(grid_of(city, one.day).pavement)
        streets = {edge for edge in city.net.street_of if own.issuperset(edge)}
        assert len(streets.intersection(one.day.track.edges)) > 0.8 * len(streets)


def test_stays_indoors_do_not_overlap():
    for day in days():
        spans = [stay.span for stay in day.track.stays]
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(spans))
        assert (day.track.stay_of != OUTDOORS).any()


def test_another_day_is_another_day_in_the_same_city():
    scenario, city, all_days = small()
    _, same_city, other_days = made(Scenario(seed=1, workers=3, day=date(2026, 3, 3)))

    assert scenario.day != date(2026, 3, 3)
    assert city == same_city
    visits = [[stay.premises_id for stay in one.day.track.stays] for one in all_days]
    assert visits != [[stay.premises_id for stay in one.day.track.stays] for one in other_days]
