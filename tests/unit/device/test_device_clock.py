"""The terminal's clock: the receiver's word, carried on, goes before the system's."""

from datetime import datetime, timedelta

import pytest

from device.clock import Clock
from tests.unit.device.terminal import START

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Times:
    """A machine whose system clock can be set, and whose uptime cannot."""

    def __init__(self) -> None:
        self.passed_s = 1000.0
        self.ahead = timedelta()

    def system(self) -> datetime:
        return self.true() + self.ahead

    def true(self) -> datetime:
        return START + timedelta(seconds=self.passed_s - 1000)

    def clock(self, *, is_played: bool = False) -> Clock:
        return Clock(self.system, lambda: self.passed_s, is_played=is_played)

    def hear(self, clock: Clock, *, seconds: int, off: timedelta = timedelta()) -> None:
        """Let a receiver tell an epoch a second."""
        for _ in range(seconds):
            self.passed_s += 1
            clock.hear(self.true() + off, not_before=START - DAY)


@pytest.fixture
def times() -> Times:
    return Times()


def test_before_the_receiver_has_told_it_is_the_systems(times: Times) -> None:
    clock = times.clock()
    times.ahead = HOUR

    assert clock.now() == START + HOUR


@pytest.mark.parametrize("ahead", [-DAY, -HOUR, HOUR])
def test_the_receiver_corrects_the_systems_clock(times: Times, ahead: timedelta) -> None:
    times.ahead = ahead
    clock = times.clock()
    times.hear(clock, seconds=10)

    assert clock.now() == times.true()


def test_a_step_of_the_systems_clock_changes_nothing_once_the_receiver_has_told(
    times: Times,
) -> None:
    clock = times.clock()
    times.hear(clock, seconds=10)
    times.ahead = -DAY
    times.passed_s += 3600

    assert clock.now() == times.true()


def test_a_single_epoch_is_not_believed(times: Times) -> None:
    clock = times.clock()
    for off in (DAY, HOUR, -HOUR, timedelta()):
        times.hear(clock, seconds=3, off=off)

    assert clock.now() == times.system()


def test_an_epoch_before_the_plan_was_made_is_not_believed(times: Times) -> None:
    """A receiver that has forgotten the week: 1,024 of them earlier."""
    clock = times.clock()
    times.hear(clock, seconds=10, off=-timedelta(weeks=1024))

    assert clock.now() == times.system()


def test_a_recording_that_is_played_faster_is_not_believed(times: Times) -> None:
    clock = times.clock()
    for second in range(100):
        times.passed_s += 0.1
        clock.hear(START + timedelta(seconds=60 * second), not_before=START - DAY)

    assert clock.now() == times.system()


def test_what_the_receiver_told_holds_for_a_day(times: Times) -> None:
    clock = times.clock()
    times.hear(clock, seconds=10)
    times.ahead = HOUR
    times.passed_s += DAY.total_seconds() + 1

    assert clock.now() == times.system()


def test_a_step_is_told_once(times: Times) -> None:
    clock = times.clock()
    times.passed_s += 100
    before = clock.read_step()
    times.ahead = -DAY
    steps = [clock.read_step(), clock.read_step()]

    assert (before, steps) == (None, [-DAY, None])


def test_the_clock_of_a_played_day_is_left_alone(times: Times) -> None:
    clock = times.clock(is_played=True)
    times.hear(clock, seconds=10, off=HOUR)
    times.ahead = DAY

    assert clock.now() == times.system()
    assert clock.read_step() is None
