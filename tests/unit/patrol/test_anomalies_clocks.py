"""What a person is asked to look at in epochs, and each honest neighbour of it."""

from dataclasses import replace

import numpy as np
import pytest

from patrol.anomalies.clocks import ROUND_MS
from patrol.track import UNKNOWN
from tests.makers import pick, span
from tests.unit.patrol.traces import both, found, kinds, known, put, rounds

HOUR_MS = 3_600_000


def heard(fixes, *, late_s=1.0, wrong_s=0.0):
    """Return the fixes as a server got them, so late, from a clock that was ahead by so much."""
    received_ms = fixes.epoch_ms + np.rint(np.broadcast_to(late_s, len(fixes)) * 1000)
    off_ms = np.rint(np.broadcast_to(wrong_s, len(fixes)) * 1000).astype(np.int64)
    told = replace(fixes, epoch_ms=fixes.epoch_ms + off_ms)
    return known(told, received_ms=received_ms.astype(np.int64))


FIXES = rounds()
SECONDS = np.arange(len(FIXES)) * 10.0
# A line that takes 1 to 9 s.
LINE_S = 1 + np.random.default_rng(5).random(len(FIXES)) * 8


def test_a_line_of_some_seconds_is_no_finding():
    assert kinds(heard(FIXES, late_s=LINE_S)) == []


@pytest.mark.parametrize("wrong_s", [-900, -45, 45, 600])
def test_a_clock_off_by_a_constant_is_found(wrong_s):
    (one,) = found(heard(FIXES, late_s=LINE_S, wrong_s=wrong_s))

    assert (one.kind, one.evidence["hours"]) == ("clock_offset", 0)
    assert one.evidence["offset_s"] == pytest.approx(wrong_s, abs=3)


@pytest.mark.parametrize("hours", [-8, -1, 1, 8])
def test_a_clock_off_by_whole_hours_is_found_among_strays(hours):
    told = heard(FIXES, late_s=LINE_S, wrong_s=hours * 3600)
    nothing = pick(told, np.array([], dtype=np.int64))
    nothing = replace(nothing, received_ms=nothing.epoch_ms)

    (one,) = found(nothing, strays=told)

    assert one.kind == "clock_offset"
    assert one.evidence["hours"] == hours
    assert span(0, 7210).start < one.interval.start < one.interval.end < span(0, 7210).end


def test_small_offsets_are_no_finding():
    assert kinds(heard(FIXES, late_s=LINE_S, wrong_s=-15)) == []


def test_fixes_held_back_and_sent_together_are_no_finding():
    held = np.where((SECONDS > 1800) & (SECONDS < 5400), 39 * 3600 + 5400 - SECONDS, LINE_S)

    assert kinds(heard(FIXES, late_s=held)) == []


def test_a_whole_day_that_came_at_once_is_no_finding():
    assert kinds(heard(FIXES, late_s=30_000 - SECONDS)) == []


def test_a_backlog_that_is_worked_off_slowly_is_no_finding():
    assert kinds(heard(FIXES, late_s=4000 - SECONDS / 2)) == []


def test_a_terminal_that_sends_every_five_minutes_is_no_finding():
    assert kinds(heard(FIXES, late_s=300 - SECONDS % 300)) == []


@pytest.mark.parametrize("s_per_h", [-120, -30, 30, 120])
def test_a_drifting_clock_is_found(s_per_h):
    (one,) = found(heard(FIXES, late_s=LINE_S, wrong_s=s_per_h * SECONDS / 3600))

    assert one.kind == "clock_drift"
    assert one.evidence["rate_s_per_h"] == pytest.approx(s_per_h, abs=2 + abs(s_per_h) / 20)


def test_a_few_fixes_heard_before_they_happened_are_found():
    ahead = np.where((SECONDS >= 3000) & (SECONDS < 3100), 400, 0)

    (one,) = found(heard(FIXES, late_s=LINE_S, wrong_s=ahead))

    assert one.kind == "clock_offset"
    assert one.evidence["offset_s"] == pytest.approx(399, abs=1)


def test_few_fixes_tell_nothing_of_a_clock():
    assert kinds(heard(pick(FIXES, np.arange(60)), late_s=LINE_S[:60], wrong_s=-100)) == []


def test_only_the_terminal_whose_clock_is_wrong_is_found():
    good, wrong = heard(FIXES, late_s=LINE_S), heard(FIXES, late_s=LINE_S, wrong_s=-300)
    terminals = [np.full(len(FIXES), code) for code in (0, 1)]

    told = both(known(good, terminal=terminals[0]), known(wrong, terminal=terminals[1]))

    assert kinds(told) == ["clock_offset"]


def test_where_nobody_knows_when_fixes_came_nothing_is_found():
    unheard = replace(heard(FIXES, wrong_s=-300), received_ms=np.full(len(FIXES), UNKNOWN))

    assert kinds(unheard) == []


def test_strays_whose_time_of_arrival_is_known_while_others_are_not_change_nothing():
    assert kinds(FIXES, strays=heard(FIXES, wrong_s=-8 * 3600)) == []


def test_a_clock_that_has_lost_a_round_of_weeks_is_found():
    told = replace(FIXES, epoch_ms=FIXES.epoch_ms - ROUND_MS)

    (one,) = found(pick(FIXES, np.arange(100)), strays=pick(told, np.arange(100, 721)))

    assert (one.kind, one.interval) == ("clock_rollover", span(1000, 7190.001))
    assert one.evidence == {"fixes": 620}


def test_old_fixes_of_another_time_of_day_are_no_finding():
    old = replace(FIXES, epoch_ms=FIXES.epoch_ms - ROUND_MS + 5 * HOUR_MS)

    assert kinds(FIXES, strays=old) == []


@pytest.mark.parametrize(("start", "end"), [(200, 260), (600, 721)])
def test_a_clock_that_stands_is_found(start, end):
    (one,) = found(put(FIXES, start, end, epoch_ms=FIXES.epoch_ms[start]))

    assert (one.kind, one.evidence) == ("clock_stuck", {"fixes": end - start})
    assert one.interval.start == span(start * 10, start * 10 + 1).start


def test_a_second_thought_about_some_epochs_is_no_finding():
    again = pick(replace(FIXES, lat_e7=FIXES.lat_e7 + 50), np.arange(0, 721, 20))

    assert kinds(both(FIXES, again)) == []


def test_epochs_written_in_whole_minutes_are_no_finding():
    dense = rounds(every_s=2)

    assert kinds(replace(dense, epoch_ms=dense.epoch_ms // 60_000 * 60_000)) == []


def test_one_fix_sent_many_times_is_no_finding():
    assert kinds(both(FIXES, pick(FIXES, np.zeros(50, dtype=np.int64)))) == []


def test_a_clock_that_stands_is_found_where_its_other_places_were_set_aside():
    """An epoch is stored once: the same one at other places is among the strays."""
    stuck = put(FIXES, 200, 260, epoch_ms=FIXES.epoch_ms[200])
    stored = np.concatenate([np.arange(201), np.arange(260, 721)])

    (one,) = found(pick(stuck, stored), strays=pick(stuck, np.arange(201, 260)))

    assert (one.kind, one.evidence) == ("clock_stuck", {"fixes": 60})
    assert one.interval == span(2000, 2600.001)


def test_an_epoch_off_duty_at_many_places_is_no_finding():
    far = put(FIXES, 200, 260, epoch_ms=FIXES.epoch_ms[0] - 5 * HOUR_MS)

    assert kinds(pick(FIXES, np.arange(200)), strays=pick(far, np.arange(200, 260))) == []
