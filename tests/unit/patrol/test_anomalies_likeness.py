"""Tracks that are too much alike, and honest ones that are nearly so."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from patrol.anomalies.findings import LikenessRules
from patrol.anomalies.paths import compare_paths, find_same_paths, make_path
from patrol.anomalies.replays import find_replay, make_steps
from patrol.geodesy import LocalPlane
from patrol.ids import WorkerId
from patrol.track import FixColumns, TrackRules, build_track
from tests.makers import DAY, NO_FIXES, at, span, walk, without
from tests.unit.patrol.traces import ROUNDS, TWO_HOURS, noisy, rounds

RULES = LikenessRules()
NEXT = DAY + timedelta(days=1)
DAY_MS = 24 * 3_600_000


def path(fixes: FixColumns, worker: str = "W01"):
    return make_path(WorkerId(worker), build_track(fixes, TrackRules()), [TWO_HOURS])


def together(*days: FixColumns):
    paths = [path(fixes, f"W{number:02d}") for number, fixes in enumerate(days, start=1)]
    return list(find_same_paths(paths, rules=RULES))


def test_two_terminals_in_one_pocket_are_found_for_both_workers():
    (one, mine), (other, theirs) = together(rounds(1), rounds(2))

    assert [one, other] == ["W01", "W02"]
    assert [mine.evidence["other_worker_id"], theirs.evidence["other_worker_id"]] == ["W02", "W01"]
    assert mine.interval == theirs.interval == span(0, 7170.001)
    assert mine.evidence["lasting_s"] == 7170
    assert mine.evidence["distance_m"] == pytest.approx(4200, rel=0.05)
    assert mine.evidence["apart_m"] < 15


def test_a_stray_fix_of_one_worker_hides_nothing_of_others():
    """A cold receiver begins at 0°, 0°; in the far north degrees of longitude are short."""
    north = LocalPlane(69.6, 19.0)
    rounds_m = [(600 * leg, 350 * (leg % 2)) for leg in range(13)]
    stray = replace(rounds(3), lat_e7=rounds(3).lat_e7 * 0, lon_e7=rounds(3).lon_e7 * 0)

    for x_m in range(0, 100, 10):
        mine, theirs = (
            walk([(at_s, x, y_m) for at_s, y_m in rounds_m], plane=north, accuracy_m=20.0)
            for x in (x_m, x_m + 55)
        )
        assert len(together(stray, noisy(mine, 1), noisy(theirs, 2))) == 2


def test_one_pocket_with_silences_is_one_finding():
    silent = without(rounds(2), 3000, 3900)

    found = together(rounds(1), silent)

    assert [worker for worker, _ in found] == ["W01", "W02"]
    assert found[0][1].evidence["lasting_s"] < 6600


def test_receivers_of_different_rates_are_compared():
    assert len(together(rounds(1), rounds(2, every_s=30.0))) == 2


def test_a_meeting_of_fifteen_minutes_at_one_place_is_no_finding():
    mine = walk([(0, -900, 0), (1200, 0, 0), (2100, 0, 0), (3300, -900, 0)])
    theirs = walk([(0, 900, 0), (1200, 0, 0), (2100, 0, 0), (3300, 900, 0)])

    assert together(noisy(mine, 1), noisy(theirs, 2)) == []


def test_the_way_from_the_station_together_is_no_finding():
    mine = walk([(0, 0, 0), (900, 900, 0), (1800, 900, 900)])
    theirs = walk([(0, 0, 0), (900, 900, 0), (1800, 900, -900)])

    assert together(noisy(mine, 1), noisy(theirs, 2)) == []


def test_hours_in_one_room_are_no_finding():
    room = walk([(0, 0, 0), (7200, 0, 0)])

    assert together(noisy(room, 1), noisy(room, 2)) == []


def test_one_way_at_different_times_is_no_finding():
    later = walk([(t + 300, x, y) for t, x, y in ROUNDS])

    assert together(rounds(1), noisy(later, 2)) == []


def test_the_other_side_of_a_wide_street_is_no_finding():
    other = walk([(t, x, 70) for t, x, _ in ROUNDS])

    assert together(rounds(1), noisy(other, 2)) == []


def test_paths_that_cross_often_are_no_finding():
    crossing = walk([(t, 350 - x, 0) for t, x, _ in ROUNDS])

    assert together(rounds(1), noisy(crossing, 2)) == []


@pytest.mark.parametrize("fixes", [NO_FIXES, walk([(0, 0, 0), (0, 0, 0)]), walk(ROUNDS[:2])])
def test_hardly_any_fix_is_compared_in_vain(fixes):
    assert together(fixes, rounds(2)) == []


def test_two_who_are_never_on_duty_at_once_are_compared_in_vain():
    early, late = (
        path(without(rounds(seed), *gap)) for seed, gap in [(1, (0, 4000)), (2, (3000, 7201))]
    )

    assert list(compare_paths(early, late, rules=RULES)) == []


def test_nobody_is_compared_with_nobody():
    assert together() == []


def test_a_path_crosses_the_date_line():
    plane = LocalPlane(0.0, 179.999)

    assert len(together(rounds(1, plane=plane), rounds(2, plane=plane))) == 2


def test_many_workers_are_compared_with_their_neighbours_alone():
    far = [noisy(walk([(t, x, 500 * n) for t, x, _ in ROUNDS]), n) for n in range(1, 12)]

    assert [worker for worker, _ in together(rounds(20), *far, rounds(21))] == ["W01", "W13"]


def steps(fixes: FixColumns, day: date = DAY):
    moved = TWO_HOURS if day == DAY else type(TWO_HOURS)(at(86_400), at(86_400 + 7200))
    return make_steps(day, build_track(fixes, TrackRules()), [moved], rules=RULES)


def later(fixes: FixColumns, shift_ms: int = DAY_MS) -> FixColumns:
    return replace(fixes, epoch_ms=fixes.epoch_ms + shift_ms)


def replays(fixes: FixColumns, *before: FixColumns):
    return list(find_replay(steps(fixes, NEXT), [steps(one) for one in before], rules=RULES))


def test_a_day_told_again_is_found_with_the_day_it_repeats():
    (one,) = replays(later(rounds(1)), rounds(2), rounds(1))

    assert one.kind == "replayed_day"
    assert one.evidence["other_day"] == DAY.isoformat()
    assert one.evidence["shift_s"] == 86_400
    assert one.evidence["lasting_s"] == pytest.approx(7200, abs=300)


@pytest.mark.parametrize("shift_ms", [DAY_MS - 600_000, DAY_MS + 1_234_500])
def test_a_replay_at_another_time_of_day_is_found(shift_ms):
    assert len(replays(later(rounds(1), shift_ms), rounds(1))) == 1


def test_a_replay_moved_to_another_place_is_found():
    moved = later(rounds(1))

    assert len(replays(replace(moved, lat_e7=moved.lat_e7 + 12_345), rounds(1))) == 1


def test_half_an_hour_told_again_is_found():
    today = later(rounds(2))
    copied = slice(200, 380)
    for name in ("lat_e7", "lon_e7"):
        getattr(today, name)[copied] = getattr(rounds(1), name)[copied]

    (one,) = replays(today, rounds(1))

    assert one.evidence["lasting_s"] == pytest.approx(1750, abs=200)


def test_the_same_round_walked_again_is_no_finding():
    assert replays(later(rounds(2)), rounds(1)) == []


def test_a_few_minutes_alike_are_no_finding():
    today = later(rounds(2))
    for name in ("lat_e7", "lon_e7"):
        getattr(today, name)[200:245] = getattr(rounds(1), name)[200:245]

    assert replays(today, rounds(1)) == []


def test_days_at_rest_on_one_coordinate_are_no_finding():
    room = walk([(0, 0, 0), (7200, 0, 0)])

    assert replays(later(room), room) == []


def test_days_of_straight_even_steps_are_no_finding():
    march = walk([(0, 0, 0), (7200, 7200, 0)])

    assert replays(later(march), march) == []


def test_positions_of_few_digits_repeat_honestly():
    def cut(fixes):
        return replace(
            fixes, lat_e7=fixes.lat_e7 // 1000 * 1000, lon_e7=fixes.lon_e7 // 1000 * 1000
        )

    assert replays(cut(later(rounds(1))), cut(rounds(1))) == []


def test_positions_of_five_digits_are_compared():
    def cut(fixes):
        return replace(fixes, lat_e7=fixes.lat_e7 // 100 * 100, lon_e7=fixes.lon_e7 // 100 * 100)

    assert len(replays(cut(later(rounds(1))), cut(rounds(1)))) == 1
    assert replays(cut(later(rounds(2))), cut(rounds(1))) == []


def test_a_day_is_no_replay_of_itself():
    assert list(find_replay(steps(rounds(1)), [steps(rounds(1))], rules=RULES)) == []


def test_sparse_days_are_compared():
    sparse = rounds(1, every_s=30.0)

    assert len(replays(later(sparse), sparse)) == 1


@pytest.mark.parametrize("fixes", [NO_FIXES, walk([(0, 0, 0), (40, 9, 0)])])
def test_hardly_any_fix_repeats_nothing(fixes):
    assert replays(later(fixes), rounds(1)) == []


def test_silences_are_no_steps():
    sparse = rounds(1, every_s=200.0)

    assert np.size(steps(sparse).mark) == 0
