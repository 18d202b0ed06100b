"""A scenario: what it refuses, when its receivers speak, what they tell."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from patrol.errors import InputError
from patrol.fix import epoch_of
from simulator.nmea import MODELS
from simulator.scenario import Scenario, build_city, build_day
from simulator.tracks import OUTDOORS
from tests.unit.simulator.simulated import DAY, ONE_WINDOW, made, small


def test_duty_is_in_the_clock_of_the_city():
    [span] = Scenario(day=DAY, duty=ONE_WINDOW, timezone="Asia/Shanghai").duty_spans()

    assert epoch_of(span.start_ms) == datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_duty_keeps_the_clock_when_the_clocks_change():
    [span] = Scenario(day=date(2026, 3, 29), duty=ONE_WINDOW, timezone="Europe/Berlin").duty_spans()

    assert epoch_of(span.start_ms) == datetime(2026, 3, 29, 7, tzinfo=UTC)


def test_receivers_speak_during_duty_alone_and_in_whole_steps():
    _, _, all_days = small()
    for one in all_days:
        epochs = one.solutions.epoch_ms
        parts = [
            epochs[(epochs >= window.start_ms) & (epochs < window.end_ms)]
            for window in one.day.duty
        ]
        assert sum(map(len, parts)) == len(epochs) == 7.5 * 360
        assert all(set(np.diff(part).tolist()) == {10_000} for part in parts)


@pytest.mark.parametrize("interval_s", [1, 30])
def test_receivers_speak_as_often_as_was_asked_for(interval_s):
    scenario = Scenario(workers=1, day=DAY, interval_s=interval_s)
    day = build_day(scenario, build_city(scenario), "T01")

    assert len(day.solutions.epoch_ms) == 7.5 * 3600 / interval_s


def test_the_truth_does_not_depend_on_how_often_receivers_speak():
    coarse, fine = (made(Scenario(workers=3, day=DAY, interval_s=every))[2] for every in (10, 30))

    assert [one.day.inside for one in coarse] == [one.day.inside for one in fine]


def test_a_day_does_not_depend_on_the_days_made_before_it():
    scenario, city, all_days = small()
    alone = build_day(scenario, city, "T02")

    assert alone.solutions.lat_e7.tolist() == all_days[1].solutions.lat_e7.tolist()


def test_fixes_lie_around_the_truth():
    scenario, city, all_days = made(Scenario(seed=5, workers=3, day=DAY))
    for one in all_days:
        what = one.solutions
        x_m, y_m = city.plane.to_metres(what.lat_e7 / 1e7, what.lon_e7 / 1e7)
        true_x_m, true_y_m = one.day.track.places(what.epoch_ms)
        error_m = np.hypot(x_m - true_x_m, y_m - true_y_m)[what.solved]
        assert 4 < np.median(error_m) < 15
        assert np.percentile(error_m, 99) < 120
    assert scenario.seed == 5


def test_fixes_are_lost_indoors_above_all():
    for one in made(Scenario(day=DAY))[2]:
        pieces = one.day.track.pieces(one.solutions.epoch_ms)
        is_indoors = one.day.track.stay_of[pieces] != OUTDOORS
        assert one.solutions.solved[~is_indoors].mean() > 0.85
        assert one.solutions.solved[is_indoors].mean() < 0.85


def test_the_numbers_fit_into_what_the_wire_carries():
    for one in made(Scenario(day=DAY))[2]:
        what = one.solutions
        assert (what.accuracy_dm > 0).all()
        assert (what.accuracy_dm < 10_000).all()
        assert ((what.course_ddeg >= 0) & (what.course_ddeg < 3600)).all()
        assert ((what.speed_cmps >= 0) & (what.speed_cmps < 1000)).all()


def test_every_manner_of_receiver_is_in_use():
    assert {one.model for one in made(Scenario(day=DAY))[2]} == set(MODELS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "workers"),
        ({"workers": 1000}, "workers"),
        ({"interval_s": 0}, "interval"),
        ({"interval_s": 301}, "interval"),
        ({"day": date(1999, 12, 31)}, "1999"),
        ({"day": date(2100, 1, 1)}, "2100"),
        ({"timezone": "Asia/Atlantis"}, "Asia/Atlantis"),
    ],
)
def test_an_impossible_scenario_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        replace(Scenario(day=DAY), **changes)


def test_an_unknown_terminal_is_refused_with_those_that_are_known():
    scenario, city, _ = small()

    with pytest.raises(InputError, match="T01 to T03"):
        build_day(scenario, city, "T04")
