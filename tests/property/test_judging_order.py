"""Judging a set of fixes: their order, repeats and pieces change no byte, and time adds up."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.evaluate.answers import answer
from patrol.compliance import DayResult, Rules, judge_day
from patrol.intervals import merge, total
from patrol.presence import State
from patrol.track import UNKNOWN, FixColumns
from tests.makers import join, pick
from tests.property.worlds import WINDOWS_S, WORLDS, World

RULES = Rules()
SEEDS = st.integers(0, 2**32 - 1)


def printed(world: World, fixes: FixColumns) -> bytes:
    """Return what would be printed of the day."""
    return json.dumps(answer(judge_day(replace(world.facts(), fixes=fixes), RULES))).encode()


@settings(max_examples=60, deadline=None)
@given(world=WORLDS, seed=SEEDS)
def test_order_repeats_and_pieces_change_no_byte(world, seed):
    fixes, chance = world.fixes(), np.random.default_rng(seed)
    count = len(fixes)
    repeated = np.concatenate([np.arange(count), chance.integers(0, count, count // 3)])
    mixed = pick(fixes, chance.permutation(repeated))
    cuts = np.sort(chance.integers(0, len(mixed), 5))
    pieces = [pick(mixed, part) for part in np.split(np.arange(len(mixed)), cuts)]

    assert printed(world, join(*reversed(pieces))) == printed(world, fixes)


@settings(max_examples=60, deadline=None)
@given(world=WORLDS, seed=SEEDS)
def test_two_receivers_at_one_epoch_are_told_apart_by_what_they_say_alone(world, seed):
    """Rivals differ in anything: place, accuracy, HDOP, quality, flags."""
    fixes, chance = world.fixes(), np.random.default_rng(seed)
    count = len(fixes)
    rivals = replace(
        fixes,
        lat_e7=fixes.lat_e7 + chance.choice([0, 0, 400], count),
        lon_e7=fixes.lon_e7 + chance.choice([0, 0, 400], count),
        accuracy_dm=chance.choice([UNKNOWN, 50, 51, 2000], count),
        hdop_d=chance.choice([UNKNOWN, 10, 60], count),
        quality=chance.choice([UNKNOWN, 1, 2, 6], count),
        flags=chance.choice([0, 0, 0, 1], count),
    )
    both = join(fixes, rivals)

    mixed = pick(both, chance.permutation(len(both)))

    assert printed(world, mixed) == printed(world, both)


@settings(max_examples=60, deadline=None)
@given(world=WORLDS, seed=SEEDS)
def test_whatever_lists_the_facts_changes_no_byte(world, seed):
    chance = np.random.default_rng(seed)
    facts = world.facts()

    def mixed(listed):
        return [listed[at] for at in chance.permutation(len(listed)).tolist()]

    def mapped(table):
        return {key: table[key] for key in mixed(list(table))}

    other = replace(
        facts,
        windows=mixed(facts.windows),
        grids=mapped(facts.grids),
        premises=mapped(facts.premises),
        excuses=mixed(facts.excuses),
        routes=mapped(facts.routes),
    )

    assert json.dumps(answer(judge_day(other, RULES))) == json.dumps(
        answer(judge_day(facts, RULES))
    )


@settings(max_examples=60, deadline=None)
@given(world=WORLDS)
def test_time_adds_up_and_everything_lies_within_duty(world):
    result = judge_day(world.facts(), RULES)
    duty = [world.span(*edges) for edges in WINDOWS_S]

    check_sums(result)
    tiles = [one.interval for _, one in result.presence] + [one.interval for one in result.excused]
    assert merge(tiles) == duty
    assert total(tiles) == sum((one.length for one in tiles), timedelta())
    visits = [one.interval for one in result.visits]
    assert total(visits) == sum((one.length for one in visits), timedelta())
    assert total([*visits, *duty]) == total(duty)
    assert total([*visits, *(one.interval for one in result.excused)]) == (
        total(visits) + result.compliance.excused
    )


def check_sums(result: DayResult) -> None:
    """Check what must hold for the figures of every day."""
    day = result.compliance
    assert day.inside + day.outside + day.unknown + day.excused == day.duty
    assert timedelta() <= day.plausible <= day.inside
    assert timedelta() <= day.inside_low <= day.inside <= day.inside_high <= day.duty - day.excused
    assert timedelta() <= day.visited_low <= day.visited <= day.visited_high
    assert day.visited_high <= day.duty - day.excused
    for state, spent in zip(State, (day.inside, day.outside, day.unknown), strict=True):
        assert total(one.interval for _, one in result.presence if one.state is state) == spent
    for visit in result.visits:
        assert visit.observed + visit.bridged == visit.interval.length
        assert 0 <= visit.p_premises <= visit.p_any <= 1
    for one in result.coverage:
        assert 0 <= one.share_low <= one.share <= one.share_high <= 1
