"""Home visits by the chain of walking, standing and being inside."""

from dataclasses import replace

import numpy as np
import pytest

from patrol.chains.evidence import EvidenceRules
from patrol.chains.star import StarRules
from patrol.geofence import Premises, PremisesIndex, read_area
from patrol.ids import PremisesId
from patrol.track import UNKNOWN, TrackRules, build_track
from patrol.visits import VisitRules, VisitTime, find_visits
from tests.makers import (
    NO_FIXES,
    at,
    door,
    join,
    missing_values,
    pick,
    span,
    square,
    walk,
    without,
)

RULES = VisitRules()
DUTY = span(0, 7200)
DOORS = [door("A", 100, 0), door("B", 100, 80), door("C", -300, 0)]
# Past the door C, a quarter of an hour at A, back and forth in the street, and away.
STREET = [(0, -400, -40), (430, 100, -40)]
CALL = join(
    walk([*STREET, (460, 100, 0)]),
    walk([(470, 100, 0), (1360, 100, 0)], accuracy_m=18.0),
    walk([(1370, 100, 0), (1400, 100, -40), (1900, 700, -40), (2400, 100, -40), (2900, -400, -40)]),
)


def noisy(fixes, seed: int = 1, metres: float = 6.0):
    """Return the fixes with errors that last for a minute, as a receiver's do."""
    rng = np.random.default_rng(seed)
    drift = np.zeros((2, len(fixes)))
    for n in range(1, len(fixes)):
        drift[:, n] = 0.85 * drift[:, n - 1] + rng.normal(0, metres * 0.53, 2)
    columns = {name: getattr(fixes, name) for name in fixes.__slots__}
    columns["lat_e7"] = fixes.lat_e7 + np.round(drift[0] * 90).astype(np.int64)
    columns["lon_e7"] = fixes.lon_e7 + np.round(drift[1] * 104).astype(np.int64)
    return type(fixes)(**columns)


def find(fixes, *, duty=DUTY, doors=DOORS, rules=RULES) -> VisitTime:
    (found,) = find_visits(
        build_track(fixes, TrackRules()), PremisesIndex(doors), windows=[duty], rules=rules
    )
    return found


def seen(found: VisitTime) -> list[tuple[str, float, float]]:
    return [
        (
            one.premises_id,
            (one.interval.start - at(0)).total_seconds(),
            (one.interval.end - at(0)).total_seconds(),
        )
        for one in found.visits
    ]


def test_without_fixes_all_of_duty_is_unseen():
    found = find(NO_FIXES)

    assert (found.visits, found.unseen) == ((), DUTY.length)


def test_a_single_fix_is_no_walk():
    assert find(pick(CALL, np.array([5]))).unseen == DUTY.length


def test_a_quarter_of_an_hour_at_a_door_is_a_visit_there():
    ((premises, start_s, end_s),) = seen(find(noisy(CALL)))

    assert premises == "A"
    assert (start_s, end_s) == (pytest.approx(460, abs=60), pytest.approx(1370, abs=60))


def test_walking_past_doors_is_no_visit():
    passing = noisy(walk([(0, -400, -5), (600, 300, -5), (1200, -400, -5)]))

    assert find(passing).visits == ()


def test_a_short_talk_in_the_street_is_no_visit():
    talk = noisy(walk([(0, -300, -20), (350, 100, -20), (470, 100, -20), (820, 500, -20)]))

    assert find(talk).visits == ()


def test_a_silence_that_begins_and_ends_at_a_door_is_a_visit():
    """Indoors the signal goes: the gap itself is the evidence."""
    silent = find(without(noisy(CALL), 480, 1350))

    ((premises, start_s, end_s),) = seen(silent)
    (visit,) = silent.visits

    assert premises == "A"
    assert end_s - start_s == pytest.approx(900, abs=120)
    assert visit.bridged > visit.observed
    assert visit.observed + visit.bridged == visit.interval.length


# Nothing but the door itself speaks for being inside.
NEAR = replace(
    RULES,
    star=replace(RULES.star, evidence=replace(RULES.star.evidence, alone=0.0, plain_indoor_m=16.0)),
)
SILENT = without(
    noisy(walk([(0, -400, -40), (430, 100, -40), (1400, 100, -40), (1900, 700, -40)])), 420, 1420
)


def test_a_silence_in_front_of_a_door_is_a_visit_less_the_way_to_it_and_back():
    ((premises, start_s, end_s),) = seen(find(SILENT, doors=[door("A", 100, 0)], rules=NEAR))

    assert premises == "A"
    assert 410 + 20 < start_s < 500
    assert 1340 < end_s < 1420 - 20


def test_a_silence_no_longer_than_the_way_to_the_door_is_none():
    crawling = replace(NEAR, walking_mps=0.01)

    assert find(SILENT, doors=[door("A", 100, 0)], rules=crawling).visits == ()


def test_within_an_outline_is_at_the_door():
    """A wide building counts by its walls, and everywhere within them is no distance."""
    building = Premises(PremisesId("W"), read_area(square(120, middle_m=(0, 100, 0))))

    ((premises, _, _),) = seen(find(noisy(CALL), doors=[building]))

    assert premises == "W"


def test_a_silence_spent_on_the_way_is_none():
    """What a walker needs for the way between its two ends is no time for a visit."""
    way = without(noisy(walk([(0, -400, 0), (800, 500, 0), (1600, -400, 0)])), 200, 700)

    assert find(way).visits == ()


def test_a_silence_longer_than_the_rule_says_nothing():
    long = walk([(0, 100, -90), (600, 100, -90), (5400, 100, -90), (6000, 100, -90)])

    found = find(without(noisy(long), 600, 5400))

    assert found.visits == ()
    assert found.unseen.total_seconds() >= 4800


def test_an_unseen_silence_is_doubted_once():
    """It stands whole in the unseen time; its doubt adds nothing to the margin."""
    past_a_door = walk([(0, -400, -25), (200, -300, -25), (640, 0, -25), (1600, 600, -25)])
    silent = without(noisy(past_a_door), 205, 635)

    once, twice = find(silent), find(silent, rules=replace(RULES, unseen_gap_s=900.0))

    assert once.visits == twice.visits == ()
    assert once.margin < twice.margin
    assert once.unseen > twice.unseen


def test_no_premises_no_visit():
    assert find(noisy(CALL), doors=[]).visits == ()


def test_premises_that_nobody_came_near_are_none():
    assert find(noisy(CALL), doors=[door("Z", 3000, 3000)]).visits == ()


def test_a_visit_is_clipped_to_duty_however_little_of_it_lies_there():
    """What makes a visit too short is its own length, not where duty cuts it."""
    assert seen(find(noisy(CALL), duty=span(900, 7200)))[0][1] == 900
    assert 0 < find(noisy(CALL), duty=span(1300, 7200)).visited.total_seconds() < 150


@pytest.mark.parametrize("every_s", [10, 60, 300, 420, 600])
def test_seldom_fixes_never_prove_that_nothing_was_visited(every_s):
    """A terminal that is heard every few minutes shows little, and what it shows is no proof."""
    calls = [(0, 100, 0), (3000, 100, 0), (3600, -300, 0), (7200, -300, 0)]

    found = find(walk(calls, every_s=every_s))

    assert (found.visited + found.margin + found.unseen).total_seconds() > 6000


def test_a_silence_is_as_long_as_it_is_wherever_windows_cut_it():
    silent = without(walk([(0, -600, 0), (7200, -600, 0)]), 1000, 3000)
    cuts = [span(start, start + 300) for start in range(0, 7200, 300)]

    (whole,) = past(silent, own=DOORS)
    parts = past(silent, own=DOORS, windows=cuts)

    unseen_s = sum(one.unseen.total_seconds() for one in parts)
    assert unseen_s == pytest.approx(whole.unseen.total_seconds(), abs=30)


def test_a_visit_says_how_sure_it_is():
    (visit,) = find(noisy(CALL)).visits

    assert 0.8 < visit.p_any <= 1.0
    assert visit.p_premises <= visit.p_any
    assert visit.grade == "B"


def test_two_calls_shortly_after_one_another_are_one_at_the_longer_ones_door():
    both = noisy(
        join(
            walk([*STREET, (460, 100, 0)]),
            walk([(470, 100, 0), (1300, 100, 0)], accuracy_m=18.0),
            walk([(1310, 100, 20), (1370, 100, 80)]),
            walk([(1380, 100, 80), (1800, 100, 80)], accuracy_m=18.0),
            walk([(1810, 100, 80), (1840, 100, 120), (2400, 600, 120), (2900, -400, 120)]),
        )
    )
    merging = replace(RULES, merge_s=600.0)

    assert [name for name, _, _ in seen(find(both, rules=merging))] == ["A"]
    assert len(find(both, rules=replace(RULES, merge_s=0.0)).visits) == 2


def test_a_receiver_that_says_nothing_of_its_accuracy_is_judged_with_wider_bounds():
    known, unknown = find(noisy(CALL)), find(missing_values(noisy(CALL)))

    assert unknown.margin > known.margin


def test_an_accuracy_that_is_the_same_everywhere_tells_nothing():
    same = {name: getattr(noisy(CALL), name) for name in CALL.__slots__}
    same["accuracy_dm"] = np.full(len(CALL), 60)
    silent = {**same, "accuracy_dm": np.full(len(CALL), UNKNOWN)}

    with_word = find(type(CALL)(**same))
    without_word = find(type(CALL)(**silent))

    assert seen(with_word) == seen(without_word)


def test_a_word_that_turns_out_to_tell_nothing_is_not_believed():
    """At first enough fixes seem to be indoors to learn from, and by what they tell too few."""
    call = join(
        walk([*STREET, (460, 100, 0)]),
        walk([(470, 100, 0), (640, 100, 0)], accuracy_m=9.0),
        walk([(650, 100, 0), (670, 100, -40), (1170, 700, -40), (1670, 100, -40)]),
    )
    deaf = replace(RULES, star=StarRules(evidence=EvidenceRules(informed_from=1000.0)))

    assert find(call) == find(call, rules=deaf)


def test_a_frozen_receiver_stands_still():
    """Many receivers repeat a coordinate exactly; closer than chance is not moving, too."""
    frozen = join(
        noisy(walk([*STREET, (460, 100, 0)])),
        walk([(470, 100, 0), (1360, 100, 0)], accuracy_m=18.0),
        noisy(walk([(1370, 100, 0), (1400, 100, -40), (2400, 900, -40), (3400, -400, -40)])),
    )

    assert [name for name, _, _ in seen(find(frozen))] == ["A"]


def test_the_parameters_are_data():
    """Rules that never believe in being inside find nothing."""
    unbelieving = replace(
        RULES, star=StarRules(evidence=EvidenceRules(at_door=-9.0, signal_loss=-9.0))
    )

    assert find(noisy(CALL), rules=unbelieving).visits == ()


def past(fixes, *, own, others=(), windows=(DUTY,), rules=RULES) -> list[VisitTime]:
    return find_visits(
        build_track(fixes, TrackRules()), PremisesIndex(own, others), windows=windows, rules=rules
    )


def test_a_visit_at_premises_of_another_grid_is_none_of_this_one():
    (found,) = past(noisy(CALL), own=[door("B", 100, 80)], others=[door("A", 100, 0)])

    assert found.visits == ()


@pytest.mark.parametrize("apart_m", [12, 15])
def test_in_doubt_a_visit_was_at_premises_of_the_own_grid(apart_m):
    """Two doors so near one another are one place for a receiver, even where one is likelier."""
    (found,) = past(noisy(CALL), own=[door("B", 100, apart_m)], others=[door("A", 100, 0)])

    ((premises, _, _),) = seen(found)
    assert premises == "B"


def test_own_visits_and_others_shortly_after_one_another_stay_apart():
    rules = replace(RULES, merge_s=1e6)
    again = walk([(1910, 100, -40), (2400, -300, -40), (2430, -300, 0)])
    there = walk([(2440, -300, 0), (3640, -300, 0)], accuracy_m=18.0)
    back = walk([(3650, -300, -40), (4200, 100, -40)])
    fixes = noisy(join(without(CALL, 1900, 1e6), again, there, back))

    (found,) = past(fixes, own=[door("A", 100, 0)], others=[door("C", -300, 0)], rules=rules)

    assert [one[0] for one in seen(found)] == ["A"]
    assert found.visited.total_seconds() < 1500


def test_windows_of_a_day_are_judged_together_and_clipped_each():
    halves = [span(0, 900), span(900, 7200)]

    before, after = past(noisy(CALL), own=DOORS, windows=halves)
    (whole,) = past(noisy(CALL), own=DOORS)

    assert [len(one.visits) for one in (before, after)] == [1, 1]
    assert before.visited + after.visited == whole.visited


def test_a_window_without_fixes_is_unseen_beside_one_with_them():
    called, silent = past(noisy(CALL), own=DOORS, windows=[DUTY, span(20_000, 23_600)])

    assert len(called.visits) == 1
    assert silent.unseen == span(20_000, 23_600).length


def test_a_door_that_stands_alone_says_more():
    """Ten minutes before the only house around are a call; before one of many they are not."""
    waiting = noisy(walk([(0, -400, -22), (430, 100, -22), (900, 100, -22), (1500, 700, -22)]))
    row = [door(f"R{n:02d}", 100 + 4 * n, 0) for n in range(-7, 8)]

    (alone,) = past(missing_values(waiting), own=[door("A", 100, 0)])
    (many,) = past(missing_values(waiting), own=row)

    assert len(alone.visits) > len(many.visits)


def test_in_doubt_it_was_in_the_own_grid_even_where_others_are_entered_as_often():
    rules = replace(RULES, star=replace(RULES.star, others_share=1.0))

    (found,) = past(noisy(CALL), own=[door("B", 100, 12)], others=[door("A", 100, 0)], rules=rules)

    assert [premises for premises, _, _ in seen(found)] == ["B"]
