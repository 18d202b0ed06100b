"""Days that a person has to look at: each has its anomaly, and is honest but for it."""

from collections.abc import Callable

import numpy as np
import pytest

from simulator.hazards import suspects
from simulator.hazards.reports import Reports, reports_of
from tests.unit.simulator.simulated import HOUR_MS, small

SEEDS = range(20)


def reported() -> Reports:
    return reports_of(small()[2][0].solutions)


def places(reports: Reports) -> tuple[np.ndarray, np.ndarray]:
    return small()[1].plane.to_metres(reports.lat_e7 / 1e7, reports.lon_e7 / 1e7)


def moved_m(after: Reports) -> np.ndarray:
    """Return how far each position lies from what the receiver saw."""
    (x_m, y_m), (new_x_m, new_y_m) = places(reported()), places(after)
    return np.hypot(new_x_m - x_m, new_y_m - y_m)


@pytest.mark.parametrize("how", [suspects.freeze, suspects.mock, suspects.teleport])
def test_times_are_honest(how: Callable[..., Reports]):
    after = how(reported(), np.random.default_rng(1))

    assert after.epoch_ms.tolist() == reported().epoch_ms.tolist()
    assert after.received_ms.tolist() == reported().received_ms.tolist()


@pytest.mark.parametrize("how", [suspects.freeze, suspects.mock, suspects.teleport])
def test_the_same_seed_makes_the_same_anomaly_and_another_one_another(how):
    one, two, three = (how(reported(), np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert one.lat_e7.tolist() == two.lat_e7.tolist()
    assert one.lat_e7.tolist() != three.lat_e7.tolist()


@pytest.mark.parametrize("how", [suspects.freeze, suspects.mock, suspects.teleport])
def test_a_day_without_a_fix_stays_one(how):
    empty = reported().at(np.zeros(len(reported()), dtype=np.bool_))

    assert len(how(empty, np.random.default_rng(1))) == 0


def test_a_frozen_receiver_repeats_one_coordinate_while_time_goes_on():
    for seed in SEEDS:
        after = suspects.freeze(reported(), np.random.default_rng(seed))
        frozen = (moved_m(after) > 0.05) & (after.speed_cmps == 0)
        assert len({*zip(after.lat_e7[frozen], after.lon_e7[frozen], strict=True)}) == 1
        assert 350 < np.count_nonzero(frozen) <= 900
        assert (np.diff(after.epoch_ms[frozen]) > 0).all()


def test_a_mocked_walk_is_flagged_and_begins_where_the_worker_was():
    for seed in SEEDS:
        after = suspects.mock(reported(), np.random.default_rng(seed))
        first = int(np.argmax(after.is_mock))
        assert after.is_mock.any()
        assert (moved_m(after)[~after.is_mock] < 0.05).all()
        assert moved_m(after)[first] < 30
        assert set(after.accuracy_dm[after.is_mock].tolist()) == {30}


def test_a_mocked_walk_is_as_fast_as_a_walk():
    after = suspects.mock(reported(), np.random.default_rng(1))
    both = after.is_mock[1:] & after.is_mock[:-1]
    x_m, y_m = places(after)
    speeds_mps = np.hypot(np.diff(x_m), np.diff(y_m)) / (np.diff(after.sent_ms) / 1000)

    assert speeds_mps[both] == pytest.approx(1.3, abs=0.05)


def test_a_teleport_is_kilometres_within_one_step_and_lasts():
    for seed in SEEDS:
        after = suspects.teleport(reported(), np.random.default_rng(seed))
        away = moved_m(after) > 1000
        assert np.count_nonzero(np.diff(away)) <= 2
        assert 4900 < np.median(moved_m(after)[away]) < 50_500
        assert (moved_m(after)[~away] < 0.05).all()


def test_a_replayed_day_has_the_positions_of_the_day_before():
    after = suspects.replay(reported())

    assert after.lat_e7.tolist() == reported().lat_e7.tolist()
    assert set((after.epoch_ms - reported().epoch_ms).tolist()) == {24 * HOUR_MS}
