"""Sampling: which fixes are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from device.sampling import Sampler
from patrol.messages import Flag
from tests.unit.device.terminal import fix_at

CENTURY_S = 50 * 365 * 86_400


def kept(seconds: list[float], *, interval_s: float = 10.0) -> list[tuple[float, bool]]:
    """Return which fixes are kept, and whether each is flagged as after a gap."""
    sampler = Sampler(interval_s)
    samples = [(second, sampler.sample(fix_at(second))) for second in seconds]
    return [(at, bool(one.flags & Flag.AFTER_GAP)) for at, one in samples if one is not None]


def test_one_fix_an_interval_is_kept() -> None:
    assert kept([float(second) for second in range(31)]) == [
        (0, True),
        (10, False),
        (20, False),
        (30, False),
    ]


def test_jitter_loses_nothing_and_does_not_add_up() -> None:
    jittery = [0.01, 9.99, 20.0, 29.98, 40.01, 49.99]

    assert [at for at, _ in kept(jittery)] == jittery


def test_an_early_fix_does_not_shift_the_next_ones() -> None:
    """A receiver with five solutions a second still gives six a minute."""
    times = [at for at, _ in kept([step / 5 for step in range(5 * 600)])]

    assert times[1:] == [pytest.approx(9.6 + 10 * index) for index in range(60)]


def test_the_same_epoch_is_kept_once() -> None:
    assert kept([0, 0, 0], interval_s=1.0) == [(0, True)]


@pytest.mark.parametrize(("silence_s", "is_gap"), [(44, False), (45, False), (46, True)])
def test_the_first_fix_after_a_gap_is_flagged(silence_s: float, is_gap: bool) -> None:  # noqa: FBT001 - from the table
    assert kept([0, silence_s]) == [(0, True), (silence_s, is_gap)]


def test_a_gap_is_longer_where_the_interval_is() -> None:
    assert kept([0, 130, 270], interval_s=30.0) == [(0, True), (130, False), (270, True)]


def test_an_epoch_in_the_far_future_costs_nothing_that_comes_after_it() -> None:
    assert kept([0, 10, CENTURY_S, 20, 30]) == [
        (0, True),
        (10, False),
        (CENTURY_S, True),
        (20, True),
        (30, False),
    ]


def test_a_small_step_back_is_waited_out() -> None:
    assert [at for at, _ in kept([0, 10, 8, 9, 10, 19, 20])] == [0, 10, 20]


@pytest.mark.parametrize("year", [1980, 1999, 2100])
def test_a_year_that_the_wire_cannot_carry_is_counted_and_left_out(year: int) -> None:
    sampler = Sampler(10.0)
    epoch = datetime(year, 1, 6, tzinfo=UTC)

    assert sampler.sample(replace(fix_at(0), epoch=epoch)) is None
    assert sampler.implausible == 1
    assert sampler.sample(fix_at(0)) is not None


@pytest.mark.parametrize(("speed_mps", "flag"), [(None, 0), (0.3, 0), (0.5, Flag.MOVING)])
def test_a_walk_is_flagged_as_moving(speed_mps: float | None, flag: int) -> None:
    position = Sampler(10.0).sample(fix_at(0, speed_mps=speed_mps))

    assert position is not None
    assert position.flags & Flag.MOVING == flag


def test_the_epoch_is_the_receivers() -> None:
    position = Sampler(10.0).sample(fix_at(7.25))

    assert position is not None
    assert timedelta(milliseconds=position.epoch_ms) == fix_at(7.25).epoch - datetime(
        1970, 1, 1, tzinfo=UTC
    )
