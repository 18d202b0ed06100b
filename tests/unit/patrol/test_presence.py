"""Inside, outside, unknown: what fixes prove, and what they do not."""

from dataclasses import replace

import numpy as np
import pytest

from patrol.chains import outlines
from patrol.presence import (
    PresenceRules,
    State,
    Visited,
    assess_presence,
    find_presence,
    visited_at,
)
from patrol.track import TrackRules, build_track
from tests.makers import NO_FIXES, at, door, grid, join, span, walk, without

RULES = PresenceRules()
INSIDE, OUTSIDE, UNKNOWN = State.INSIDE, State.OUTSIDE, State.UNKNOWN
# Half a kilometre wide: its middle is 250 m from the border.
EDGE_M = 250


def seconds(interval) -> tuple[float, float]:
    """Return start and end in seconds after noon; a coordinate's last digit is a centimetre."""
    start_s, end_s = (
        (interval.start - at(0)).total_seconds(),
        (interval.end - at(0)).total_seconds(),
    )
    return round(start_s, 1), round(end_s, 1)


def assess(fixes, duty=None, rules=RULES):
    track = build_track(fixes, TrackRules())
    signed_m = outlines.signed_m(grid(2 * EDGE_M).area, track.lat_deg, track.lon_deg)
    return assess_presence(track, signed_m, duty=duty or span(0, 3600), rules=rules)


def presence(fixes, duty=None, rules=RULES) -> list[tuple[State, float, float]]:
    """Return state, start and end in seconds after noon."""
    return [(one.state, *seconds(one.interval)) for one in assess(fixes, duty, rules).states]


def states(fixes, rules=RULES) -> list[State]:
    return [state for state, _, _ in presence(fixes, rules=rules)]


def exits(fixes) -> list[tuple[float, float]]:
    return [(start, end) for state, start, end in presence(fixes) if state is OUTSIDE]


def exit_of(length_s: float, depth_m: float, *, start_s: float = 1000, every_s: float = 10):
    """Return an hour in which somebody walks out so far, stays, and walks back."""
    way_s = (depth_m + 50) / 1.25
    edge_s = 50 / 1.25
    return walk(
        [
            (0, EDGE_M - 50, 0),
            (start_s - edge_s, EDGE_M - 50, 0),
            (start_s - edge_s + way_s, EDGE_M + depth_m, 0),
            (start_s + length_s + edge_s - way_s, EDGE_M + depth_m, 0),
            (start_s + length_s + edge_s, EDGE_M - 50, 0),
            (3600, EDGE_M - 50, 0),
        ],
        every_s=every_s,
    )


def test_a_day_in_the_grid():
    assert presence(walk([(0, 0, 0), (3600, 100, 100)])) == [(INSIDE, 0, 3600)]


def test_no_fixes_are_no_absence():
    assert presence(NO_FIXES) == [(UNKNOWN, 0, 3600)]


def test_fixes_of_another_time_say_nothing():
    assert presence(walk([(7200, 0, 0), (7500, 0, 0)])) == [(UNKNOWN, 0, 3600)]


@pytest.mark.parametrize("every_s", [5, 10, 15])
@pytest.mark.parametrize(("length_s", "depth_m"), [(300, 70), (240, 60), (900, 300)])
def test_an_exit_is_dated_to_where_the_border_was_crossed(length_s, depth_m, every_s):
    found = exits(exit_of(length_s, depth_m, every_s=every_s))

    # The line of crossing lies a few metres out.
    assert found == [pytest.approx((1004, 996 + length_s), abs=2)]


def test_just_before_and_after_an_exit_there_is_a_minute_of_doubt_at_most():
    found = presence(exit_of(300, 70))

    assert [state for state, _, _ in found] == [INSIDE, UNKNOWN, OUTSIDE, UNKNOWN, INSIDE]
    assert all(end - start <= 60 for state, start, end in found if state is UNKNOWN)


def test_an_exit_shorter_than_two_minutes_is_not_claimed():
    assert OUTSIDE not in states(exit_of(115, 60))


def test_an_exit_that_is_not_sure_is_unknown_and_not_inside():
    found = presence(exit_of(150, 40))

    assert [state for state, _, _ in found] == [INSIDE, UNKNOWN, INSIDE]


@pytest.mark.parametrize("beyond_m", [0, 10, 19])
def test_within_the_tolerance_of_the_border_is_inside(beyond_m):
    x_m = EDGE_M + beyond_m

    assert OUTSIDE not in states(walk([(0, x_m, 0), (3600, x_m, 0)]))


def test_what_a_blurred_receiver_shows_near_the_border_proves_no_exit():
    stay = [(0, 0, 0), (1000, 0, 0), (1100, EDGE_M + 40, 0), (1340, EDGE_M + 40, 0), (3600, 0, 0)]

    assert OUTSIDE in states(walk(stay, accuracy_m=4))
    assert OUTSIDE not in states(walk(stay, accuracy_m=60))


def test_duty_that_begins_outside_is_seen_as_such():
    """From 400 m the border, 5 m out, is crossed after 145 of the 400 metres."""
    fixes = walk([(0, 400, 0), (1000, 400, 0), (1400, 0, 0), (3600, 0, 0)])

    assert exits(fixes) == [pytest.approx((0, 1145), abs=1)]


def test_with_rare_fixes_an_exit_is_dated_within_half_a_step():
    assert exits(exit_of(300, 70, every_s=30)) == [pytest.approx((1004, 1296), abs=21)]


def test_standing_just_beyond_the_border_is_no_part_of_the_exit_that_follows():
    """Within the tolerance for five minutes, which may be a reflection, and then away."""
    fixes = walk(
        [(0, 0, 0), (900, 265, 0), (1200, 265, 0), (1300, 390, 0), (2000, 390, 0), (2400, 0, 0)]
    )

    ((start, _),) = exits(fixes)

    assert 1170 < start < 1220


def test_an_exit_is_dated_back_to_the_first_fix_when_there_is_none_before_it():
    way = [(600, 257, 0), (629, 350, 0), (2000, 350, 0), (2300, 0, 0)]
    # The one fix is sharp enough to be taken for one inside.
    fixes = walk(way, every_s=29, accuracy_m=2)

    (found,) = exits(fixes)

    # The border is 7 m from the first fix, and those are 5.4 seconds to walk.
    assert found[0] == pytest.approx(600 - 5.4, abs=0.1)


def test_a_day_outside_is_one():
    assert presence(walk([(0, 600, 0), (3600, 600, 0)])) == [(OUTSIDE, 0, 3600)]


def test_fixes_around_duty_help_to_judge_its_edges():
    """The exit is 10 minutes long, and the last minute of it is in duty."""
    fixes = walk([(-600, 300, 0), (15, 300, 0), (315, 0, 0), (3900, 0, 0)])

    assert exits(fixes) == [pytest.approx((0, 60), abs=1)]


def test_a_long_silence_is_unknown_and_a_short_one_is_not():
    fixes = walk([(0, 0, 0), (3600, 0, 0)])

    assert presence(without(fixes, 1000, 1500)) == [(INSIDE, 0, 3600)]
    assert presence(without(fixes, 1000, 1700)) == [
        (INSIDE, 0, 1110),
        (UNKNOWN, 1110, 1580),
        (INSIDE, 1580, 3600),
    ]


def test_silence_at_the_edges_of_duty_is_unknown():
    assert presence(walk([(1000, 0, 0), (2000, 0, 0)])) == [
        (UNKNOWN, 0, 880),
        (INSIDE, 880, 2120),
        (UNKNOWN, 2120, 3600),
    ]


def test_silence_between_fixes_outside_is_no_absence():
    """Out before and after: only the way to the border and back is certain."""
    outside = walk([(0, 380, 0), (3600, 380, 0)])

    assert presence(without(outside, 1000, 1500)) == [
        (OUTSIDE, 0, 1090),
        (UNKNOWN, 1090, 1400),
        (OUTSIDE, 1400, 3600),
    ]


def test_somebody_too_far_out_to_return_in_a_silence_was_out():
    outside = walk([(0, 600, 0), (3600, 600, 0)])

    assert presence(without(outside, 1000, 1500)) == [(OUTSIDE, 0, 3600)]


def test_an_exit_does_not_last_into_a_long_silence():
    """130 m from the border are 100 seconds to walk, and then nobody knows."""
    fixes = join(walk([(0, 380, 0), (1000, 380, 0)]), walk([(2000, 0, 0), (3600, 0, 0)]))

    assert presence(fixes) == [(OUTSIDE, 0, 1100), (UNKNOWN, 1100, 1880), (INSIDE, 1880, 3600)]


def test_when_somebody_left_in_a_silence_is_unknown_but_for_the_ways():
    fixes = join(walk([(0, 120, 0), (1000, 120, 0)]), walk([(1500, 380, 0), (3600, 380, 0)]))

    assert presence(fixes) == [(INSIDE, 0, 1100), (UNKNOWN, 1100, 1400), (OUTSIDE, 1400, 3600)]


@pytest.mark.parametrize("silence_s", [130, 300, 590])
def test_silence_around_a_stray_fix_does_not_make_it_an_absence(silence_s):
    before, after = 1200 - silence_s, 1200 + silence_s
    stray = walk([(1200, 500, 0), (1200, 500, 0)])
    fixes = join(walk([(0, 0, 0), (before, 0, 0)]), stray, walk([(after, 0, 0), (3600, 0, 0)]))

    assert OUTSIDE not in states(fixes)


def fixes_at(times: list[float], x_m: float):
    """Return fixes at a place, each alone."""
    return join(*(walk([(at_s, x_m, 0), (at_s, x_m, 0)]) for at_s in times))


HOUR_INSIDE = walk([(0, 0, 0), (1000, 0, 0)]), walk([(2600, 0, 0), (3600, 0, 0)])


def test_what_silence_parts_is_one_exit_and_begins_with_its_first_fixes():
    """Somebody walks 150 m out, goes indoors, and is heard there now and then."""
    way = walk([(1010, 262, 0), (1060, 400, 0)])
    heard = fixes_at([1400, 1410, 1900, 1910, 2400], 400)

    found = exits(join(HOUR_INSIDE[0], way, heard, HOUR_INSIDE[1]))

    assert len(found) == 4
    assert found[0] == pytest.approx((1010, 1060 + 115), abs=10)


def test_after_a_silence_two_fixes_are_no_exit_and_three_are():
    two, three = ([1400, 1700], [1400, 1700, 2000])

    assert OUTSIDE not in states(join(HOUR_INSIDE[0], fixes_at(two, 420), HOUR_INSIDE[1]))
    assert OUTSIDE in states(join(HOUR_INSIDE[0], fixes_at(three, 420), HOUR_INSIDE[1]))


def test_a_stray_before_a_silence_is_no_part_of_an_exit_after_it():
    """A fix 35 m out, and long after it somebody leaves for ten minutes."""
    stray = fixes_at([1010], 290)
    out = walk([(1400, 290, 0), (1500, 400, 0), (2000, 400, 0), (2100, 240, 0), (3600, 0, 0)])

    ((start, _),) = exits(join(HOUR_INSIDE[0], stray, out))

    assert start > 1300


@pytest.mark.parametrize(("x_m", "begins_s"), [(335, 1900), (360, 1000)])
def test_of_a_lone_fix_before_a_silence_an_exit_begins_only_when_it_is_far_out(x_m, begins_s):
    lone, heard = fixes_at([1040], x_m), fixes_at([*range(1910, 1990, 10), 2300, 2310], 420)

    found = exits(join(HOUR_INSIDE[0], lone, heard, HOUR_INSIDE[1]))

    assert begins_s - 200 < found[0][0] < begins_s + 50


def attended(fixes, *visits: Visited):
    """Return state, start and end in seconds after noon, with visits known."""
    track = build_track(fixes, TrackRules())
    signed_m = outlines.signed_m(grid(2 * EDGE_M).area, track.lat_deg, track.lon_deg)
    found = assess_presence(track, signed_m, duty=span(0, 3600), rules=RULES, visits=visits)
    return [(one.state, *seconds(one.interval)) for one in found.states], found.plausible


def stay_of(depth_m: float):
    """Return an hour of which somebody spends the middle third so far beyond the border."""
    x_m = EDGE_M + depth_m
    return walk(
        [(0, 0, 0), (1150, 0, 0), (1200, x_m, 0), (2400, x_m, 0), (2450, 0, 0), (3600, 0, 0)]
    )


VISIT = span(1200, 2400)


def test_a_visit_in_silence_is_presence():
    silent = without(walk([(0, 0, 0), (3600, 0, 0)]), 1200, 2400)

    assert UNKNOWN in [state for state, _, _ in attended(silent)[0]]
    assert attended(silent, Visited(VISIT)) == ([(INSIDE, 0, 3600)], [])


def test_a_visit_without_any_fixes_is_presence():
    found, _ = attended(NO_FIXES, Visited(VISIT))

    assert found == [(UNKNOWN, 0, 1200), (INSIDE, 1200, 2400), (UNKNOWN, 2400, 3600)]


def test_no_visit_is_presence_where_its_fixes_are_far_out():
    far = stay_of(100)

    assert attended(far, Visited(VISIT)) == attended(far)
    assert (OUTSIDE, 1200, 2400) not in attended(far, Visited(VISIT, beyond_m=90))[0]


def test_of_a_visit_a_little_beyond_the_border_nobody_can_say():
    states_near = [state for state, start, end in attended(stay_of(35))[0] if start < 1800 < end]
    found, _ = attended(stay_of(35), Visited(VISIT))

    assert states_near == [OUTSIDE]
    assert OUTSIDE not in [state for state, _, _ in found]
    assert any(state is UNKNOWN and start <= 1200 and end >= 2400 for state, start, end in found)


def test_premises_beyond_the_edge_are_where_a_visit_is_presence():
    found, _ = attended(stay_of(100), Visited(VISIT, beyond_m=90))

    assert any(state is INSIDE and start <= 1200 and end >= 2400 for state, start, end in found)


def test_what_a_visit_leaves_of_an_exit_must_be_one_itself():
    """Half a minute before and after a visit somebody seems to be outside."""
    found, _ = attended(stay_of(35), Visited(span(1230, 2370), beyond_m=30))

    assert OUTSIDE not in [state for state, _, _ in found]


def test_how_far_premises_lie_beyond_the_border():
    area = grid(2 * EDGE_M).area
    inner, outer = door("A", 0, 0).area, door("B", EDGE_M + 60, 0).area

    found = visited_at([(VISIT, inner), (VISIT, outer)], area)

    assert [one.beyond_m for one in found] == [0, pytest.approx(60, abs=0.1)]
    assert visited_at([], area) == []


def test_the_last_seconds_of_an_exit_are_no_absence_from_duty():
    """Outside until 20 s and until 60 s after duty began."""
    for end_s, expected in ((20, []), (60, [pytest.approx((0, 60), abs=1)])):
        way = [(-600, 300, 0), (end_s - 45, 300, 0), (end_s + 255, 0, 0), (3900, 0, 0)]

        assert exits(walk(way)) == expected


def test_a_lone_fix_inside_is_a_little_presence():
    assert presence(walk([(1000, 0, 0), (1000, 0, 0)])) == [
        (UNKNOWN, 0, 880),
        (INSIDE, 880, 1120),
        (UNKNOWN, 1120, 3600),
    ]


def test_a_lone_fix_outside_is_no_absence():
    """One stray fix in silence shows nothing that lasts."""
    assert presence(walk([(1000, 500, 0), (1000, 500, 0)])) == [(UNKNOWN, 0, 3600)]


def reflected(*, leap_m: float, length_s: float = 240):
    """Return an hour in which all fixes of a while are off by one leap."""
    off = walk([(1010, 240 + leap_m, 0), (1000 + length_s, 240 + leap_m, 0)])
    after = walk([(1010 + length_s, 240, 0), (3600, 240, 0)])
    return join(walk([(0, 240, 0), (1000, 240, 0)]), off, after)


def test_a_leap_that_is_undone_by_its_opposite_is_a_reflection():
    assert presence(reflected(leap_m=80)) == [(INSIDE, 0, 3600)]


def test_a_leap_farther_than_reflections_go_is_an_exit():
    assert OUTSIDE in states(reflected(leap_m=200))


def test_reflections_do_not_last():
    assert OUTSIDE in states(reflected(leap_m=80, length_s=600))


def test_a_leap_that_is_not_undone_is_none():
    off = walk([(1010, 320, 0), (1240, 320, 0), (1340, 200, 0), (3600, 200, 0)])

    assert OUTSIDE in states(join(walk([(0, 240, 0), (1000, 240, 0)]), off))


def test_leaps_that_follow_one_another_are_undone_each_by_its_own():
    parts = [
        walk([(start, 240 + leap, 0), (start + 90, 240 + leap, 0)])
        for start, leap in zip(range(0, 3500, 100), [0, 90] * 17 + [0], strict=True)
    ]

    assert OUTSIDE not in states(join(*parts))


def test_a_silence_in_which_nobody_could_leave_leaves_nothing_to_doubt():
    """From the middle it takes 192 seconds to the border, and as much back."""
    fixes = walk([(0, 0, 0), (3600, 0, 0)])

    assert assess(without(fixes, 1000, 1300)).plausible == []


def test_a_silence_in_which_somebody_could_leave_and_return_is_plausible():
    """The border is 50 m off: 39 seconds to walk, as from 38.5 seconds after the last fix."""
    fixes = walk([(0, 200, 0), (3600, 200, 0)])

    found = assess(without(fixes, 1000, 1300))

    assert [one.state for one in found.states] == [INSIDE]
    (doubt,) = found.plausible
    assert seconds(doubt) == pytest.approx((990 + 38.5, 1300 - 38.5), abs=0.2)


def test_a_silence_beyond_duty_is_nothing_to_doubt_in_it():
    fixes = without(walk([(-900, 200, 0), (3600, 200, 0)]), -600, -300)

    assert assess(fixes).plausible == []


def test_the_far_past_changes_nothing():
    fixes = exit_of(300, 70)
    past = walk([(-7000, 500, 0), (-3000, 500, 0)])

    assert presence(join(past, fixes)) == presence(fixes)


def test_what_is_sure_enough_is_a_rule():
    fixes = exit_of(170, 50)

    # Each of the three demands alone keeps it from being an exit.
    lenient = replace(RULES, seen_s=0, outside_p=0.5, far_m=20, memory_s=30)
    assert OUTSIDE in states(fixes, lenient)
    assert OUTSIDE not in states(fixes, replace(lenient, seen_s=1000))
    assert OUTSIDE not in states(fixes, replace(lenient, outside_p=1.01))
    assert OUTSIDE not in states(fixes, replace(lenient, shortest_exit_s=1000))


@pytest.mark.parametrize("seed", range(5))
def test_every_second_of_duty_has_one_state(seed):
    rng = np.random.default_rng(seed)
    parts = [
        walk([(start, x, 0), (start + 200, x, 0)])
        for start, x in zip(rng.integers(-500, 4000, 12), rng.integers(-500, 500, 12), strict=True)
    ]

    found = presence(join(*parts))

    assert [found[0][1], *(end for _, _, end in found)] == [
        *(start for _, start, _ in found),
        3600,
    ]


def test_find_presence_gives_the_states_alone():
    track = build_track(walk([(0, 0, 0), (3600, 0, 0)]), TrackRules())
    signed_m = np.full(len(track), -100.0)

    found = find_presence(track, signed_m, duty=span(0, 3600), rules=RULES)

    assert found == assess_presence(track, signed_m, duty=span(0, 3600), rules=RULES).states
