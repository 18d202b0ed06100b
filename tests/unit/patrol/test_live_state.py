"""Where somebody is by the fixes so far: provisional, and never outside on a whim."""

from datetime import timedelta

import pytest

from patrol.compliance import Rules
from patrol.presence import State
from patrol.whereabouts import LiveState, find_live_state
from tests.makers import GRID, NO_FIXES, at, day_facts, join, pick, span, walk, without

RULES = Rules()
# Inside for half an hour, then half an hour outside.
OUT = join(walk([(0, 0, 0), (1800, 0, 0)]), walk([(1810, 400, 0), (3600, 400, 0)]))


def live(fixes, now_s: float) -> LiveState:
    found = find_live_state(day_facts(fixes), RULES, now=at(now_s))
    assert found is not None
    return found


def test_who_is_in_the_grid_is_inside_since_duty_began():
    found = live(walk([(-1200, 0, 0), (3600, 0, 0)]), 1200)

    assert (found.state, found.since, found.epoch) == (State.INSIDE, at(0), at(1200))
    assert found.inside_p == pytest.approx(1, abs=0.01)
    assert found.grid_id == GRID


def test_who_left_is_outside_since_the_fixes_say_so():
    found = live(OUT, 2700)

    assert found.state is State.OUTSIDE
    assert abs(found.since - at(1800)) < timedelta(seconds=90)
    assert found.inside_p == pytest.approx(0, abs=0.01)


def test_a_minute_outside_is_not_called_outside():
    assert live(OUT, 1890).state is State.UNKNOWN


def test_fixes_to_come_are_not_used():
    until_now = pick(OUT, (OUT.epoch_ms <= OUT.epoch_ms[0] + 1_000_000).nonzero()[0])

    assert live(OUT, 1000) == live(until_now, 1000)


def test_after_ten_silent_minutes_nobody_knows():
    silent = without(walk([(0, 0, 0), (3600, 0, 0)]), 1000, 3600)

    assert live(silent, 1590).state is State.INSIDE
    found = live(silent, 1600)
    assert (found.state, found.since, found.epoch) == (State.UNKNOWN, at(990), at(990))


def test_a_state_does_not_reach_back_over_a_long_silence():
    silent = without(walk([(0, 0, 0), (3600, 0, 0)]), 600, 2400)

    assert live(silent, 3000).since == at(2400)


def test_without_fixes_nobody_knows():
    found = live(NO_FIXES, 1200)

    assert (found.state, found.since) == (State.UNKNOWN, at(0))
    assert (found.epoch, found.inside_p) == (None, None)


@pytest.mark.parametrize("now_s", [-1, 3600])
def test_off_duty_there_is_no_state(now_s):
    assert find_live_state(day_facts(OUT), RULES, now=at(now_s)) is None


def test_between_two_windows_there_is_no_state():
    facts = day_facts(OUT, duty=[span(0, 600), span(1200, 3600)])

    assert find_live_state(facts, RULES, now=at(900)) is None
    assert find_live_state(facts, RULES, now=at(1500)) is not None


@pytest.mark.parametrize("beyond_m", [0, 222])
def test_from_where_the_filter_has_passed_the_same_is_found(beyond_m):
    """Sure of one side, and at the border, where it never is."""
    fixes = walk([(0, beyond_m, 0), (3600, beyond_m, 0)])
    passed = live(pick(fixes, (fixes.epoch_ms <= fixes.epoch_ms[0] + 1_500_000).nonzero()[0]), 1500)
    assert passed.passed is not None
    rest = pick(fixes, (fixes.epoch_ms >= passed.passed.at_ms).nonzero()[0])

    found = find_live_state(day_facts(rest), RULES, now=at(3000), passed=passed.passed)

    assert (passed.passed.unsure_ms is None) == (beyond_m == 0)
    assert found is not None
    assert (found.state, found.since) == (live(fixes, 3000).state, live(fixes, 3000).since)
