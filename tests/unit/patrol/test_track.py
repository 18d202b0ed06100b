"""From fixes in any order to a clean track."""

from dataclasses import replace

import numpy as np
import pytest

from patrol.messages import Flag
from patrol.track import UNKNOWN, FixColumns, TrackRules, build_track
from tests.makers import COLUMNS, NO_FIXES, join, missing_values, pick, walk

RULES = TrackRules()
STRAIGHT = walk([(0, 0, 0), (600, 600, 0)])


def changed(fixes: FixColumns, index: int, **values: int) -> FixColumns:
    columns = {name: getattr(fixes, name).copy() for name in COLUMNS}
    for name, value in values.items():
        columns[name][index] = value
    return FixColumns(**columns)


def test_no_fixes_make_an_empty_track():
    assert len(build_track(NO_FIXES, RULES)) == 0


def test_the_order_of_arrival_does_not_matter():
    shuffled = pick(STRAIGHT, np.random.default_rng(1).permutation(len(STRAIGHT)))

    track = build_track(shuffled, RULES)

    assert np.array_equal(track.epoch_ms, STRAIGHT.epoch_ms)


def test_repeats_count_once():
    assert len(build_track(join(STRAIGHT, STRAIGHT), RULES)) == len(STRAIGHT)


def test_of_two_fixes_at_one_epoch_the_sharper_one_stays():
    blurred = changed(STRAIGHT, 5, accuracy_dm=900, lat_e7=int(STRAIGHT.lat_e7[5]) - 500)

    track = build_track(join(blurred, STRAIGHT), RULES)

    assert track.lat_deg[5] * 1e7 == pytest.approx(STRAIGHT.lat_e7[5])


def test_of_two_fixes_without_accuracy_at_one_epoch_the_one_with_the_lower_hdop_stays():
    silent = missing_values(STRAIGHT)
    sharp, blurred = changed(silent, 5, hdop_d=10), changed(silent, 5, hdop_d=60)

    tracks = [build_track(join(*both), RULES) for both in ((sharp, blurred), (blurred, sharp))]

    assert [track.sigma_m[5] for track in tracks] == [4.0, 4.0]


@pytest.mark.parametrize("quality", [0, 6, 7, 8])
def test_what_was_not_measured_is_no_evidence(quality):
    assert len(build_track(changed(STRAIGHT, 3, quality=quality), RULES)) == len(STRAIGHT) - 1


def test_a_mocked_location_is_no_evidence():
    assert len(build_track(changed(STRAIGHT, 3, flags=Flag.MOCK), RULES)) == len(STRAIGHT) - 1


def test_a_blurred_fix_is_no_evidence():
    assert len(build_track(changed(STRAIGHT, 3, accuracy_dm=1001), RULES)) == len(STRAIGHT) - 1


def test_a_receiver_that_says_nothing_of_itself_is_believed():
    assert len(build_track(missing_values(STRAIGHT), RULES)) == len(STRAIGHT)


def test_a_jump_away_and_back_is_dropped():
    away = changed(STRAIGHT, 7, lat_e7=int(STRAIGHT.lat_e7[7]) + 90_000)

    track = build_track(away, RULES)

    assert len(track) == len(STRAIGHT) - 1
    assert STRAIGHT.epoch_ms[7] not in track.epoch_ms


def test_a_journey_is_no_jump():
    """Somebody who went away fast and stayed there was there."""
    far = walk([(610, 5000, 0), (900, 5000, 0)])

    assert len(build_track(join(STRAIGHT, far), RULES)) == len(STRAIGHT) + len(far)


def test_two_fixes_are_too_few_for_a_jump():
    assert len(build_track(pick(STRAIGHT, np.array([0, 1])), RULES)) == 2


@pytest.mark.parametrize(
    ("accuracy_dm", "hdop_d", "sigma_m"),
    [(150, 10, 1.6 * 15 / 1.515), (UNKNOWN, 20, 8.0), (UNKNOWN, UNKNOWN, 12.0)],
)
def test_the_spread_that_is_believed(accuracy_dm, hdop_d, sigma_m):
    """The receiver's own word made honest, else its geometry, else a guess that is wide."""
    fixes = changed(STRAIGHT, 3, accuracy_dm=accuracy_dm, hdop_d=hdop_d)

    assert build_track(fixes, RULES).sigma_m[3] == pytest.approx(sigma_m)


def test_an_accuracy_that_was_not_said_stays_unknown():
    track = build_track(changed(STRAIGHT, 3, accuracy_dm=UNKNOWN), RULES)

    assert np.isnan(track.accuracy_m[3])
    assert track.accuracy_m[4] == 5.0


def test_a_receiver_without_accuracy_speaks_by_its_hdop():
    fixes = walk([(0, 0, 0), (30, 30, 0)])
    silent = replace(
        fixes, accuracy_dm=np.full(len(fixes), UNKNOWN), hdop_d=np.array([8, 16, 32, UNKNOWN])
    )

    track = build_track(silent, TrackRules())

    assert track.accuracy_m[1] / track.accuracy_m[0] == pytest.approx(2)
    assert track.accuracy_m[2] / track.accuracy_m[0] == pytest.approx(4)
    assert np.isnan(track.accuracy_m[3])
