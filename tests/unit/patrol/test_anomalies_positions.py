"""What a person is asked to look at in positions, and each honest neighbour of it."""

from dataclasses import replace

import numpy as np
import pytest

from patrol.messages import Flag
from tests.makers import NO_FIXES, missing_values, pick, span, station, walk, without
from tests.unit.patrol.traces import both, found, kinds, known, noisy, put, rounds

KM_E7 = 90_000


def test_an_honest_walk_has_no_findings():
    assert kinds(rounds()) == []


@pytest.mark.parametrize("fixes", [NO_FIXES, pick(rounds(), np.array([7]))])
def test_hardly_any_fix_has_no_findings(fixes):
    assert kinds(fixes) == []


def test_fixes_flagged_as_made_up_are_found_with_their_share():
    (one,) = found(put(rounds(), 60, 121, flags=Flag.MOCK | Flag.MOVING))

    assert (one.kind, one.interval.start) == ("mock_location", span(600, 601).start)
    assert one.evidence == {"fixes": 61, "share_pct": 100}


def test_flags_far_from_one_another_are_two_findings():
    twice = put(put(rounds(), 10, 20, flags=Flag.MOCK), 400, 401, flags=Flag.MOCK)

    assert kinds(twice) == ["mock_location", "mock_location"]


def test_what_is_off_duty_is_nobodys_business():
    mocked = put(rounds(), 0, 300, flags=Flag.MOCK)

    assert kinds(mocked, duty=(span(3000, 7200),)) == []


@pytest.mark.parametrize("flag", [0, Flag.MOVING, Flag.LATE, Flag.SOS, Flag.AFTER_GAP])
def test_other_flags_are_no_finding(flag):
    assert kinds(put(rounds(), 0, 300, flags=flag)) == []


def test_a_stay_elsewhere_within_one_step_is_found():
    fixes = rounds()
    away = replace(fixes, lat_e7=fixes.lat_e7 + 9 * KM_E7 * in_between(len(fixes), 200, 400))

    (one,) = found(away)

    assert (one.kind, one.interval) == ("teleport", span(2000, 3990.001))
    assert one.evidence["distance_m"] == pytest.approx(9000, rel=0.01)
    assert one.evidence["fixes"] == 200


def test_a_leap_without_return_is_found():
    fixes = rounds()

    away = replace(fixes, lon_e7=fixes.lon_e7 + 9 * KM_E7 * in_between(len(fixes), 300, 900))
    assert kinds(away) == ["teleport"]


@pytest.mark.parametrize("length", [1, 2, 10, 80])
def test_a_spike_away_and_back_within_minutes_is_no_finding(length):
    fixes = rounds()
    spike = in_between(len(fixes), 300, 300 + length)

    assert kinds(replace(fixes, lat_e7=fixes.lat_e7 + 9 * KM_E7 * spike)) == []


def test_several_spikes_are_no_finding():
    fixes = rounds()
    spikes = (np.arange(len(fixes)) % 100 > 94).astype(np.int64)

    assert kinds(replace(fixes, lat_e7=fixes.lat_e7 + 9 * KM_E7 * spikes)) == []


def test_a_cold_receiver_that_repeats_an_old_place_is_no_finding():
    fixes = rounds()

    assert kinds(put(fixes, 0, 60, lat_e7=fixes.lat_e7[0] + 9 * KM_E7, lon_e7=0)) == []


def test_a_ride_in_a_silence_is_no_teleport():
    fixes = rounds()
    there = replace(fixes, lat_e7=fixes.lat_e7 + 9 * KM_E7 * in_between(len(fixes), 400, 900))

    assert kinds(without(there, 3000, 4000)) == []


def test_one_coordinate_and_then_a_jump_is_a_frozen_receiver():
    fixes = walk([(0, 0, 0), (7200, 6000, 0)])
    frozen = put(noisy(fixes), 100, 420, lat_e7=fixes.lat_e7[100], lon_e7=fixes.lon_e7[100])

    (one,) = found(frozen)

    assert (one.kind, one.interval) == ("frozen_receiver", span(1000, 4190.001))
    assert one.evidence["jump_m"] == pytest.approx(2667, abs=20)


def test_one_coordinate_with_a_speed_is_a_frozen_receiver():
    speeds = np.full(721, 120)

    (one,) = found(known(still(100, 500), speed_cmps=speeds))
    assert (one.kind, one.evidence["moving_share_pct"]) == ("frozen_receiver", 100)


@pytest.mark.parametrize("speed_cmps", [0, 30, np.iinfo(np.int32).min])
def test_a_receiver_that_stands_on_its_place_while_still_is_no_finding(speed_cmps):
    assert kinds(known(still(100, 500), speed_cmps=np.full(721, speed_cmps))) == []


@pytest.mark.parametrize("minutes", [5, 20, 40])
def test_short_repetitions_are_no_finding_even_with_a_jump(minutes):
    fixes = walk([(0, 0, 0), (7200, 6000, 0)])
    index = slice(100, 100 + 6 * minutes)
    short = put(
        noisy(fixes), index.start, index.stop, lat_e7=fixes.lat_e7[100], lon_e7=fixes.lon_e7[100]
    )

    assert kinds(short) == []


def test_a_jump_after_a_silence_contradicts_nothing():
    fixes = walk([(0, 0, 0), (7200, 6000, 0)])
    fixes = put(noisy(fixes), 100, 420, lat_e7=fixes.lat_e7[100], lon_e7=fixes.lon_e7[100])

    assert kinds(without(fixes, 4200, 4800)) == []


def test_a_jump_that_comes_back_contradicts_nothing():
    fixes = still(100, 500)

    assert kinds(put(fixes, 501, 502, lat_e7=fixes.lat_e7[100] + KM_E7 // 2)) == []


def test_a_repetition_to_the_end_of_the_day_is_not_contradicted():
    assert kinds(still(300, 721)) == []


def test_a_terminal_that_lies_still_for_long_is_found():
    (one,) = found(still(100, 700))

    assert (one.kind, one.interval) == ("terminal_at_rest", span(1000, 6990.001))
    assert one.evidence == {"extent_m": 0, "lasting_s": 5990, "fixes": 600}


def test_a_receiver_that_is_frozen_does_not_lie_still():
    speeds = np.full(721, 120)

    assert kinds(known(still(100, 700), speed_cmps=speeds)) == ["frozen_receiver"]


def test_lying_still_at_an_authorised_place_is_in_order():
    assert kinds(still(100, 700), places=(station(100, 0),)) == []


def test_lying_still_elsewhere_than_an_authorised_place_is_found():
    assert kinds(still(100, 700), places=(station(-900, 0),)) == ["terminal_at_rest"]


def test_a_pocket_that_sits_for_two_hours_is_no_finding():
    assert kinds(noisy(walk([(0, 0, 0), (7200, 0, 0)]))) == []


def test_a_slow_creep_is_no_rest():
    assert kinds(walk([(0, 0, 0), (7200, 200, 0)])) == []


def test_a_silence_is_no_rest():
    assert kinds(without(still(100, 700), 2000, 4000)) == []


def test_a_long_ride_is_found():
    ride = walk([(0, 0, 0), (3600, 0, 0), (4800, 14_400, 0), (7200, 14_400, 0)])

    (one,) = found(noisy(ride))

    assert one.kind == "terminal_ridden"
    assert one.evidence["distance_m"] == pytest.approx(14_400, rel=0.05)


@pytest.mark.parametrize("mps", [5.0, 12.0])
def test_a_vehicle_leg_is_no_finding(mps):
    seconds = 600 if mps > 8 else 2400
    ride = walk([(0, 0, 0), (3600, 0, 0), (3600 + seconds, mps * seconds, 0), (7200, 1e4, 0)])

    assert "terminal_ridden" not in kinds(noisy(ride))


def test_a_receiver_that_says_nothing_of_itself_has_no_findings():
    assert kinds(missing_values(rounds())) == []


def test_two_terminals_of_one_worker_far_apart_are_found():
    (one,) = found(pair(y_m=900))

    assert one.kind == "terminals_apart"
    assert one.evidence["distance_m"] == pytest.approx(900, abs=30)


def test_two_terminals_in_one_pocket_are_in_order():
    assert kinds(pair(y_m=5)) == []


def test_two_terminals_one_after_the_other_are_in_order():
    assert kinds(pair(y_m=900, since_s=9000), duty=(span(0, 7200),)) == []
    assert kinds(pair(y_m=900, since_s=9000), duty=(span(0, 20_000),)) == []


def test_one_terminal_is_not_compared_with_itself():
    fixes = rounds()

    assert kinds(known(fixes, terminal=np.zeros(len(fixes), dtype=np.int64))) == []


def test_one_of_two_terminals_far_away_for_minutes_is_in_order():
    far = pair(y_m=900)

    assert kinds(far, duty=(span(0, 300),)) == []


def pair(*, y_m: float, since_s: float = 0):
    """Return the fixes of two terminals on duty, so far apart."""
    one = rounds()
    other = noisy(walk([(since_s + t, x, y_m) for t, x, _ in [(0, 0, 0), (7200, 350, 0)]]), 2)
    # At odd seconds, so that neither hides the other.
    other = replace(other, epoch_ms=other.epoch_ms + 3000)
    return both(
        known(one, terminal=np.zeros(len(one), dtype=np.int64)),
        known(other, terminal=np.ones(len(other), dtype=np.int64)),
    )


def still(start: int, end: int):
    """Return a walk of 1 m/s at most that stands on one coordinate for a while."""
    fixes = noisy(walk([(0, 0, 0), (start * 10, 100, 0), (end * 10, 100, 0), (7200, 0, 0)]))
    return put(fixes, start, end, lat_e7=fixes.lat_e7[start], lon_e7=fixes.lon_e7[start])


def in_between(count: int, start: int, end: int) -> np.ndarray:
    index = np.arange(count)
    return ((index >= start) & (index < end)).astype(np.int64)
