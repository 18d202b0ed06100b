"""Inside, outside, unknown: the plain rule."""

import numpy as np
import pytest

from patrol.presence import PresenceRules, State, find_presence
from patrol.track import TrackRules, build_track
from tests.makers import NO_FIXES, at, grid, join, span, walk, without

RULES = PresenceRules()


def presence(fixes, duty=None, rules=RULES) -> list[tuple[State, float, float]]:
    """Return state, start and end in seconds after noon."""
    track = build_track(fixes, TrackRules())
    outside_m = grid(400).area.outside_m(track.lat_deg, track.lon_deg)
    found = find_presence(track, outside_m, duty=duty or span(0, 3600), rules=rules)
    return [
        (
            one.state,
            (one.interval.start - at(0)).total_seconds(),
            (one.interval.end - at(0)).total_seconds(),
        )
        for one in found
    ]


INSIDE, OUTSIDE, UNKNOWN = State.INSIDE, State.OUTSIDE, State.UNKNOWN


def test_a_day_in_the_grid():
    assert presence(walk([(0, 0, 0), (3600, 100, 100)])) == [(INSIDE, 0, 3600)]


def test_no_fixes_are_no_absence():
    assert presence(NO_FIXES) == [(UNKNOWN, 0, 3600)]


def test_a_long_exit_is_dated_back_to_where_it_began():
    fixes = walk(
        [(0, 0, 0), (1000, 0, 0), (1001, 500, 0), (2000, 500, 0), (2001, 0, 0), (3600, 0, 0)]
    )

    assert presence(fixes) == [(INSIDE, 0, 1005), (OUTSIDE, 1005, 2005), (INSIDE, 2005, 3600)]


def test_an_exit_shorter_than_the_debounce_is_none():
    fixes = walk(
        [(0, 0, 0), (1000, 0, 0), (1001, 500, 0), (1090, 500, 0), (1091, 0, 0), (3600, 0, 0)]
    )

    assert presence(fixes) == [(INSIDE, 0, 3600)]


def test_within_the_tolerance_of_the_edge_is_inside():
    assert presence(walk([(0, 229, 0), (3600, 229, 0)])) == [(INSIDE, 0, 3600)]


def test_duty_that_begins_outside_is_seen_as_such():
    fixes = walk([(0, 400, 0), (1000, 400, 0), (1001, 0, 0), (3600, 0, 0)])

    assert presence(fixes) == [(OUTSIDE, 0, 1005), (INSIDE, 1005, 3600)]


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


def test_fixes_around_duty_help_to_judge_its_edges():
    assert presence(walk([(-300, 0, 0), (3900, 0, 0)])) == [(INSIDE, 0, 3600)]


def test_fixes_of_another_time_say_nothing():
    assert presence(walk([(7200, 0, 0), (7500, 0, 0)])) == [(UNKNOWN, 0, 3600)]


def test_restless_fixes_on_both_sides_prove_nothing():
    """A stretch too short for the debounce that was partly outside is unknown, not outside."""
    rules = PresenceRules(edge_s=0)
    fixes = walk([(1000, 0, 0), (1040, 0, 0), (1050, 500, 0), (1100, 500, 0)])

    assert presence(fixes, rules=rules) == [(UNKNOWN, 0, 3600)]


def test_a_lone_fix_inside_is_a_little_presence():
    assert presence(walk([(1000, 0, 0), (1000, 0, 0)])) == [
        (UNKNOWN, 0, 880),
        (INSIDE, 880, 1120),
        (UNKNOWN, 1120, 3600),
    ]


def test_a_lone_fix_outside_is_no_absence():
    """One stray fix in silence shows nothing that lasts."""
    assert presence(walk([(1000, 500, 0), (1000, 500, 0)])) == [(UNKNOWN, 0, 3600)]


@pytest.mark.parametrize("silence_s", [130, 300, 590])
def test_silence_around_a_stray_fix_does_not_make_it_last(silence_s):
    before, after = 1200 - silence_s, 1200 + silence_s
    stray = walk([(1200, 500, 0), (1200, 500, 0)])
    fixes = join(walk([(0, 0, 0), (before, 0, 0)]), stray, walk([(after, 0, 0), (3600, 0, 0)]))

    assert presence(fixes) == [(INSIDE, 0, 3600)]


def test_a_stray_last_fix_before_silence_is_no_absence():
    fixes = join(walk([(0, 0, 0), (1200, 0, 0)]), walk([(1210, 500, 0), (1210, 500, 0)]))

    assert presence(fixes) == [(INSIDE, 0, 1330), (UNKNOWN, 1330, 3600)]


def test_fixes_that_show_an_exit_for_the_debounce_are_one():
    out = walk([(1000, 500, 0), (1120, 500, 0)])
    fixes = join(walk([(0, 0, 0), (990, 0, 0)]), out, walk([(1130, 0, 0), (3600, 0, 0)]))

    assert presence(fixes) == [(INSIDE, 0, 995), (OUTSIDE, 995, 1125), (INSIDE, 1125, 3600)]


def test_a_short_start_outside_takes_the_state_that_lasts():
    fixes = walk([(0, 500, 0), (50, 500, 0), (51, 0, 0), (3600, 0, 0)])
    rules = PresenceRules(edge_s=0)

    assert presence(fixes, rules=rules) == [(INSIDE, 0, 3600)]


@pytest.mark.parametrize("seed", range(5))
def test_every_second_of_duty_has_one_state(seed):
    rng = np.random.default_rng(seed)
    parts = [
        walk([(start, x, 0), (start + 200, x, 0)])
        for start, x in zip(rng.integers(-500, 4000, 12), rng.integers(-400, 400, 12), strict=True)
    ]

    found = presence(join(*parts))

    assert [found[0][1], *(end for _, _, end in found)] == [
        *(start for _, start, _ in found),
        3600,
    ]
