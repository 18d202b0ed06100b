"""What must hold for every day: order, repeats, and the place on the globe change nothing."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.compliance import Rules, judge_day
from patrol.geodesy import LocalPlane
from patrol.intervals import merge, total
from patrol.requirements import Excuse, ExcuseKind
from tests.makers import CITY, day_facts, door, join, pick, span, walk

PLACES = st.floats(-350, 350)
STOPS = st.lists(st.tuples(st.integers(30, 900), PLACES, PLACES), min_size=2, max_size=8)


def legs_of(stops) -> list[tuple[float, float, float]]:
    clock, legs = 0, []
    for seconds, x_m, y_m in stops:
        legs.append((float(clock), x_m, y_m))
        clock += seconds
    return legs


def facts_of(stops, plane: LocalPlane = CITY, shift: timedelta = timedelta()):
    doors = [door("A", 100, 0, plane=plane), door("B", -100, 50, plane=plane)]
    fixes = walk(legs_of(stops), plane=plane, shift=shift)
    return day_facts(fixes, premises=doors, plane=plane)


@settings(max_examples=40, deadline=None)
@given(stops=STOPS, seed=st.integers(0, 2**32 - 1))
def test_order_and_repeats_of_the_fixes_change_nothing(stops, seed):
    facts = facts_of(stops)
    rng = np.random.default_rng(seed)
    count = len(facts.fixes)
    index = rng.permutation(np.concatenate([np.arange(count), rng.integers(0, count, count // 2)]))

    assert judge_day(replace(facts, fixes=pick(facts.fixes, index)), Rules()) == judge_day(
        facts, Rules()
    )


@settings(max_examples=40, deadline=None)
@given(stops=STOPS)
def test_time_adds_up_to_duty_and_evidence_lies_within_it(stops):
    result = judge_day(facts_of(stops), Rules())
    day = result.compliance

    assert day.inside + day.outside + day.unknown == day.duty
    assert timedelta() <= day.inside_low <= day.inside <= day.inside_high <= day.duty
    assert timedelta() <= day.visited_low <= day.visited <= day.visited_high <= day.duty
    assert all(
        span(0, 3600).start <= one.interval.start and one.interval.end <= span(0, 3600).end
        for one in result.visits
    )


@settings(max_examples=25, deadline=None)
@given(
    stops=STOPS,
    spans=st.lists(st.tuples(st.integers(-600, 4000), st.integers(1, 3000)), max_size=3),
)
def test_excused_time_is_cut_out_of_duty_and_the_rest_adds_up(stops, spans):
    excuses = [
        Excuse(interval=span(start, start + length), kind=ExcuseKind.OTHER)
        for start, length in spans
    ]
    result = judge_day(replace(facts_of(stops), excuses=excuses), Rules())
    day = result.compliance

    assert day.inside + day.outside + day.unknown + day.excused == day.duty
    assert timedelta() <= day.plausible <= day.inside
    assert day.visited_high <= day.duty - day.excused
    tiles = [one.interval for _, one in result.presence] + [one.interval for one in result.excused]
    assert merge(tiles) == [span(0, 3600)]
    assert total(tiles) == sum((one.length for one in tiles), timedelta())


@settings(max_examples=25, deadline=None)
@given(
    stops=STOPS,
    lat_deg=st.sampled_from([0.0, -33.9, 30.66, 60.2]),
    lon_deg=st.sampled_from([0.0, 180.0, -179.999, 104.06]),
)
def test_the_place_on_the_globe_changes_nothing(stops, lat_deg, lon_deg):
    """A centimetre moves a border by one fix, ten seconds, at the most, and an exit has two."""
    here = judge_day(facts_of(stops), Rules()).compliance
    there = judge_day(facts_of(stops, plane=LocalPlane(lat_deg, lon_deg)), Rules()).compliance

    for name in ("inside", "outside", "unknown", "visited"):
        assert abs(getattr(here, name) - getattr(there, name)) <= timedelta(seconds=21), name


@settings(max_examples=25, deadline=None)
@given(stops=STOPS)
def test_fixes_of_another_day_change_nothing(stops):
    facts = facts_of(stops)
    other = walk([(0, 0, 0), (600, 200, 0)], shift=timedelta(days=1))

    assert judge_day(replace(facts, fixes=join(facts.fixes, other)), Rules()).presence == (
        judge_day(facts, Rules()).presence
    )
