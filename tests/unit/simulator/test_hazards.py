"""Wrong clocks and bad networks change what is claimed and when it comes, never the truth."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from simulator.hazards import clocks
from simulator.hazards.delivery import LONGEST_DELAY_MS, deliver_badly
from simulator.hazards.reports import Reports, joined, placed, reports_of
from simulator.hazards.sparing import moves
from simulator.scenario import Scenario
from tests.unit.simulator.simulated import DAY, HOUR_MS, made, small

MINUTE_MS = 60_000
SEEDS = range(20)
CLOCKS = [
    clocks.shift_whole_hours,
    clocks.shift_oddly,
    clocks.jitter,
    clocks.reset,
    clocks.stick,
    clocks.drift,
]


def reported() -> Reports:
    return reports_of(small()[2][0].solutions)


def nothing() -> Reports:
    return reported().at(np.zeros(len(reported()), dtype=np.bool_))


def off_ms(fault: Callable[..., Reports], seed: int) -> np.ndarray:
    """Return by how much each epoch is wrong."""
    changed = fault(reported(), np.random.default_rng(seed))
    return changed.epoch_ms - changed.sent_ms


def test_a_report_is_a_solution_told_and_heard_at_once():
    solutions = small()[2][0].solutions
    found = reported()

    assert found.epoch_ms.tolist() == solutions.epoch_ms[solutions.solved].tolist()
    assert found.sent_ms is found.received_ms is found.epoch_ms
    assert not found.is_mock.any()


def test_reports_told_later_are_later_in_every_way():
    later = reported().later(1000)

    for column in ("epoch_ms", "sent_ms", "received_ms"):
        assert set((getattr(later, column) - reported().epoch_ms).tolist()) == {1000}


@pytest.mark.parametrize("lon_deg", [104.06, 179.99999, -179.99999])
def test_positions_are_moved_by_metres_also_across_the_date_line(lon_deg):
    _, city, [one] = made(Scenario(workers=1, day=DAY, lon_deg=lon_deg))
    before = reports_of(one.solutions)
    after = placed(before, np.full(len(before), 30.0), np.full(len(before), -40.0))
    one_x, one_y = city.plane.to_metres(before.lat_e7 / 1e7, before.lon_e7 / 1e7)
    two_x, two_y = city.plane.to_metres(after.lat_e7 / 1e7, after.lon_e7 / 1e7)

    assert np.hypot(two_x - one_x, two_y - one_y) == pytest.approx(50, abs=0.5)
    assert (abs(after.lon_e7) <= 1_800_000_000).all()


@pytest.mark.parametrize("fault", CLOCKS)
def test_a_wrong_clock_changes_epochs_and_nothing_else(fault):
    before, after = reported(), fault(reported(), np.random.default_rng(1))

    assert before.epoch_ms.tolist() != after.epoch_ms.tolist()
    for column in fields(Reports):
        if column.name != "epoch_ms":
            assert getattr(before, column.name).tolist() == getattr(after, column.name).tolist()


@pytest.mark.parametrize("fault", [*CLOCKS, deliver_badly])
def test_the_same_seed_makes_the_same_fault(fault):
    one, two = (fault(reported(), np.random.default_rng(7)) for _ in range(2))

    assert one.epoch_ms.tolist() == two.epoch_ms.tolist()
    assert one.received_ms.tolist() == two.received_ms.tolist()


@pytest.mark.parametrize("fault", [*CLOCKS, deliver_badly])
def test_a_day_without_a_fix_stays_one(fault):
    assert len(fault(nothing(), np.random.default_rng(1))) == 0


def test_a_clock_in_another_zone_is_wrong_by_whole_hours():
    found = {one for seed in SEEDS for one in off_ms(clocks.shift_whole_hours, seed).tolist()}

    assert found == {hours * HOUR_MS for hours in (-8, -1, 1, 8)}


def test_an_odd_clock_is_wrong_by_one_odd_span_all_day():
    found = [set(off_ms(clocks.shift_oddly, seed).tolist()) for seed in SEEDS]
    sizes_ms = [abs(one.pop()) for one in found]

    assert found == [set()] * len(found)
    assert 20_000 <= min(sizes_ms) < 2 * MINUTE_MS < max(sizes_ms) <= 15 * MINUTE_MS


def test_a_jittering_clock_is_right_on_average_and_puts_some_fixes_out_of_order():
    found = off_ms(clocks.jitter, 1)

    assert np.std(found) == pytest.approx(2000, rel=0.1)
    assert np.mean(found) == pytest.approx(0, abs=200)


def test_a_clock_that_loses_count_is_1024_weeks_behind_from_some_moment_on():
    for seed in SEEDS:
        found = off_ms(clocks.reset, seed)
        assert set(found.tolist()) == {0, -1024 * 7 * 24 * HOUR_MS}
        assert np.count_nonzero(np.diff(found)) == 1
        assert 0.2 < np.mean(found < 0) < 0.8


def test_a_stuck_clock_repeats_one_epoch_and_then_is_right_again():
    for seed in SEEDS:
        told = clocks.stick(reported(), np.random.default_rng(seed))
        stuck = told.epoch_ms[told.epoch_ms != told.sent_ms]
        assert len(set(stuck.tolist())) == 1
        assert told.epoch_ms[-1] == told.sent_ms[-1]
        assert (np.diff(told.epoch_ms) >= 0).all()


def test_a_drifting_clock_goes_wrong_evenly():
    for seed in SEEDS:
        found = off_ms(clocks.drift, seed)
        a_h = abs(found[-1]) / (reported().sent_ms[-1] - reported().sent_ms[0]) * HOUR_MS
        assert found[0] == 0
        assert 19_000 < a_h < 121_000
        steps = np.diff(found) * np.sign(found[-1])
        assert (steps >= 0).all()


def delivered(seed: int = 1) -> Reports:
    return deliver_badly(reported(), np.random.default_rng(seed))


def test_nothing_is_lost_on_the_way():
    before = set(zip(reported().epoch_ms.tolist(), reported().lat_e7.tolist(), strict=True))

    assert before <= set(
        zip(delivered().epoch_ms.tolist(), delivered().lat_e7.tolist(), strict=True)
    )


def test_reports_arrive_in_the_order_of_their_arrival_which_is_not_that_of_their_epochs():
    for seed in SEEDS:
        found = delivered(seed)
        assert (np.diff(found.received_ms) >= 0).all()
        assert (np.diff(found.epoch_ms) < 0).mean() > 0.005
        assert (found.received_ms >= found.sent_ms).all()


def test_some_arrive_up_to_39_hours_late_and_most_at_once():
    for seed in SEEDS:
        late_ms = delivered(seed).received_ms - delivered(seed).sent_ms
        assert 38 * HOUR_MS < late_ms.max() < LONGEST_DELAY_MS + 12 * MINUTE_MS
        assert np.mean(late_ms < MINUTE_MS) > 0.5


def test_what_was_held_back_comes_in_one_burst():
    found = delivered()
    late = found.received_ms - found.sent_ms > 38 * HOUR_MS
    spread_ms = np.percentile(found.received_ms[late], [5, 90])

    assert late.sum() > 10
    assert np.diff(spread_ms)[0] < 2 * MINUTE_MS


def test_some_come_twice_and_some_with_another_position():
    found = delivered()
    _, counts = np.unique(found.epoch_ms, return_counts=True)
    rows = np.stack([found.epoch_ms, found.lat_e7, found.lon_e7], axis=1)
    exact = len(rows) - len(np.unique(rows, axis=0))

    assert exact / len(reported()) == pytest.approx(0.02, abs=0.01)
    assert (counts - 1).sum() - exact == pytest.approx(0.005 * len(reported()), abs=8)


def test_who_stands_still_is_silent_but_for_a_sign_of_life():
    at_ms = np.arange(0, HOUR_MS, 10_000)
    still = np.zeros(len(at_ms), dtype=np.int64)

    kept = moves(at_ms, still, still, heard=np.ones(len(at_ms), dtype=np.bool_))
    assert set(np.diff(at_ms[kept]).tolist()) == {5 * MINUTE_MS}
    assert kept[0]


def test_who_walks_is_heard_every_fifteen_metres():
    at_ms = np.arange(0, HOUR_MS, 5000)
    lat_e7 = np.arange(len(at_ms)) * 540  # 6 m
    still = np.zeros(len(at_ms), dtype=np.int64)

    kept = moves(at_ms, lat_e7, still, heard=np.ones(len(at_ms), dtype=np.bool_))
    assert set(np.diff(np.flatnonzero(kept)).tolist()) == {3}


def test_a_fix_that_there_was_not_is_not_sent():
    at_ms = np.arange(0, HOUR_MS, 5000)
    heard = at_ms % 20_000 == 5000

    kept = moves(at_ms, np.arange(len(at_ms)) * 2000, np.zeros(len(at_ms)), heard=heard)
    assert kept.tolist() == heard.tolist()


def test_a_sparing_terminal_tells_less_of_the_same_day():
    usual = made(Scenario(workers=1, day=DAY))[2][0]
    sparing = made(Scenario(workers=1, day=DAY, sparing=True))[2][0]

    assert usual.day.inside == sparing.day.inside
    assert sparing.solutions.solved.all()
    assert set(sparing.solutions.epoch_ms.tolist()) < set(usual.solutions.epoch_ms.tolist())
    assert 0.1 < len(sparing.solutions.epoch_ms) / len(usual.solutions.epoch_ms) < 0.8


def test_joined_reports_keep_the_order_of_their_parts():
    first, second = reported().at(np.arange(3)), reported().at(np.arange(5, 7))

    assert joined(second, first).epoch_ms.tolist() == [
        *second.epoch_ms.tolist(),
        *first.epoch_ms.tolist(),
    ]
