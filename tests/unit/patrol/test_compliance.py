"""From facts to verdicts: three values, and never an accusation on missing evidence."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from patrol.compliance import Rules, Verdict, judge_day
from patrol.coverage import Checkpoint, Route
from patrol.geofence import Grid, PremisesIndex, read_area
from patrol.ids import CheckpointId, GridId
from patrol.intervals import Interval
from patrol.presence import State
from patrol.reasons import text
from patrol.requirements import Cover, Excuse, ExcuseKind, Requirement
from tests.makers import (
    GRID,
    NO_FIXES,
    NOON,
    WORKER,
    day_facts,
    door,
    join,
    span,
    square,
    station,
    walk,
    without,
)

HOUR = timedelta(hours=1)
EAST = GridId("G02")
RULES = Rules(required_visit=timedelta(minutes=8), presence_error=timedelta(minutes=2))
WALK = walk([(0, -100, -100), (1200, 150, 100), (2400, -150, 150), (3600, 100, -100)])
CALL = walk([(0, -150, 0), (300, 100, 0), (1500, 100, 0), (3600, -150, 100)])


def test_inside_outside_and_unknown_add_up_to_duty():
    day = judge_day(day_facts(without(CALL, 2000, 3000)), RULES).compliance

    assert day.inside + day.outside + day.unknown == day.duty == HOUR


def test_a_day_without_fixes_is_undetermined_in_everything():
    day = judge_day(day_facts(NO_FIXES), RULES).compliance

    assert day.unknown == HOUR
    assert day.presence.verdict is Verdict.UNDETERMINED
    assert day.visit_hours.verdict is Verdict.UNDETERMINED
    assert "the evidence does not decide" in text(day.presence.reason, "en")


def test_a_day_in_the_grid_meets_presence_and_names_the_figures():
    day = judge_day(day_facts(WALK), RULES).compliance

    assert day.presence.verdict is Verdict.MET
    assert text(day.presence.reason, "en") == (
        "between 0 h 58 min and 1 h 00 min in the grid, required 0 h 54 min"
    )


def test_a_day_outside_does_not_meet_presence():
    day = judge_day(day_facts(walk([(0, 500, 0), (3600, 500, 0)])), RULES).compliance

    assert day.outside == HOUR
    assert day.presence.verdict is Verdict.NOT_MET


def test_silence_never_makes_a_verdict_not_met():
    """Half an hour outside for sure is too much; ten minutes and a long silence decide nothing."""
    short = walk([(0, 0, 0), (600, 0, 0), (601, 500, 0), (900, 500, 0), (901, 0, 0), (1000, 0, 0)])

    day = judge_day(day_facts(short), RULES).compliance

    assert day.presence.verdict is Verdict.UNDETERMINED


def test_visits_are_met_when_even_the_lower_bound_reaches():
    rules = replace(RULES, required_visit=timedelta(minutes=5))
    day = judge_day(day_facts(CALL, premises=[door("A", 100, 0)]), rules).compliance

    assert day.visited_low < day.visited < day.visited_high
    assert day.visit_hours.verdict is Verdict.MET


def test_no_visits_on_a_fully_observed_day_are_not_met():
    day = judge_day(day_facts(WALK, premises=[door("A", 0, 190)]), RULES).compliance

    assert (day.visited, day.unknown) == (timedelta(), timedelta())
    assert day.visit_hours.verdict is Verdict.NOT_MET


def test_unknown_time_could_have_been_visits():
    silent = without(WALK, 1000, 2800)

    day = judge_day(day_facts(silent, premises=[door("A", 0, 190)]), RULES).compliance

    assert day.visit_hours.verdict is Verdict.UNDETERMINED
    assert day.visited_high >= timedelta(minutes=20)


def test_silence_within_a_visit_is_presence():
    """A gap between two fixes at one door is being indoors, in the grid."""
    indoors = without(CALL, 400, 1400)

    day = judge_day(day_facts(indoors, premises=[door("A", 100, 0)]), RULES).compliance

    assert day.unknown == timedelta()
    assert day.inside == HOUR


def test_an_authorised_place_is_in_order():
    fixes = join(walk([(0, 0, 0), (1000, 0, 0)]), walk([(1010, 900, 0), (3600, 900, 0)]))

    outside = judge_day(day_facts(fixes), RULES).compliance.outside
    at_station = judge_day(day_facts(fixes, places=[station(900, 0)]), RULES).compliance.outside

    assert outside.total_seconds() == pytest.approx(2600, abs=10)
    assert at_station == timedelta()


def test_two_windows_make_one_day():
    fixes = walk([(0, 0, 0), (7200, 0, 0)])
    result = judge_day(day_facts(fixes, duty=[span(3600, 7200), span(0, 1800)]), RULES)

    assert result.compliance.duty == timedelta(minutes=90)
    assert [one.interval for _, one in result.presence] == [span(0, 1800), span(3600, 7200)]
    assert result.compliance.grid_ids == ("G01",)


def test_a_result_names_its_rules_and_parameters():
    day = judge_day(day_facts(WALK), replace(RULES, parameters_version="district-7")).compliance

    assert (day.rules_version, day.parameters_version) == ("chain-3", "district-7")


def test_no_more_visit_time_than_duty():
    day = judge_day(day_facts(NO_FIXES), RULES).compliance

    assert day.visited_high == HOUR


def test_a_day_at_the_very_edge_of_a_requirement_is_not_decided():
    """What the rules are known to miss must not turn the scale against anybody."""
    out = walk([(0, 0, 0), (3200, 0, 0), (3201, 500, 0), (3600, 500, 0)])

    day = judge_day(day_facts(out), RULES).compliance

    assert day.inside < day.duty * RULES.required_presence_share < day.inside_high
    assert day.presence.verdict is Verdict.UNDETERMINED


def test_a_visit_at_premises_beyond_the_edge_of_the_grid_is_in_order():
    """Who calls where the register sends her must not be said to have left."""
    fixes = walk([(0, 260, 0), (3600, 260, 0)])

    day = judge_day(day_facts(fixes, premises=[door("A", 260, 0)]), RULES).compliance

    # The visit ends with its last fix, ten seconds before duty does; of these nothing is known.
    moments = timedelta(seconds=10)
    assert (day.inside, day.outside, day.unknown) == (HOUR - moments, timedelta(), moments)
    assert day.presence.verdict is Verdict.MET


@pytest.mark.parametrize("fixes", [NO_FIXES, WALK])
def test_a_duty_shorter_than_the_visits_required_is_not_held_against_anybody(fixes):
    facts = day_facts(fixes, premises=[door("A", 0, 190)])

    judgement = judge_day(facts, Rules(required_visit=timedelta(hours=3))).compliance.visit_hours

    assert judgement.verdict is Verdict.UNDETERMINED
    assert text(judgement.reason, "en").endswith(
        "required 3 h 00 min: duty of 1 h 00 min is too short for it"
    )


def test_a_grid_without_known_premises_says_nothing_about_visits():
    """A register that was never loaded is no proof that nobody was visited."""
    day = judge_day(day_facts(WALK, premises=[]), RULES).compliance

    assert (day.visited, day.visited_high) == (timedelta(), HOUR)
    assert day.visit_hours.verdict is Verdict.UNDETERMINED


def test_a_result_says_which_time_inside_is_plausible_and_not_proven():
    """In eight minutes of silence near the border she could have left and come back."""
    silent = without(walk([(0, 190, 0), (3600, 190, 0)]), 1000, 1480)

    day = judge_day(day_facts(silent), RULES).compliance

    assert day.inside == HOUR
    assert day.plausible.total_seconds() == pytest.approx(480, abs=60)
    assert judge_day(day_facts(WALK), RULES).compliance.plausible == timedelta()


def test_duty_that_begins_outside_is_outside_from_the_first_moment():
    late = walk([(-600, 500, 0), (900, 500, 0), (1000, 0, 0), (3600, 0, 0)])

    result = judge_day(day_facts(late), RULES)

    (_, first), *_ = result.presence
    assert (first.state, first.interval.start) == (State.OUTSIDE, span(0, 1).start)
    assert result.compliance.outside.total_seconds() == pytest.approx(960, abs=60)


def test_excused_time_is_neither_outside_nor_unknown_nor_owed():
    """Half an hour elsewhere and ten silent minutes, all of them excused."""
    fixes = walk([(0, 500, 0), (1800, 500, 0), (1801, 0, 0), (3600, 0, 0)])
    excuses = [Excuse(interval=span(-60, 2400), kind=ExcuseKind.TRAINING)]
    facts = replace(day_facts(without(fixes, 1800, 2400)), excuses=excuses)

    result = judge_day(facts, RULES)
    day = result.compliance

    assert (day.outside, day.unknown) == (timedelta(), timedelta())
    assert (day.excused, day.inside) == (timedelta(minutes=40), timedelta(minutes=20))
    assert day.inside_high == timedelta(minutes=20)
    assert day.presence.verdict is Verdict.MET
    assert [(one.kind, one.interval) for one in result.excused] == [
        (ExcuseKind.TRAINING, span(0, 2400))
    ]
    assert [one.interval for _, one in result.presence] == [span(2400, 3600)]


def test_the_visits_required_shrink_with_excused_duty():
    facts = day_facts(CALL, premises=[door("A", 100, 0)])
    rules = replace(RULES, required_visit=timedelta(minutes=30))
    half = [Excuse(interval=span(1800, 3600), kind=ExcuseKind.WEATHER)]

    whole = judge_day(facts, rules).compliance.visit_hours
    excused = judge_day(replace(facts, excuses=half), rules).compliance.visit_hours

    assert (whole.verdict, whole.reason.values["required_s"]) == (Verdict.UNDETERMINED, 1800)
    assert (excused.verdict, excused.reason.values["required_s"]) == (Verdict.MET, 900)


def test_a_requirement_in_force_decides_and_not_the_rules():
    facts = day_facts(walk([(0, 0, 0), (2400, 0, 0), (2401, 500, 0), (3600, 500, 0)]))
    asked = [Requirement(grid_id=GRID, presence_share=0.5)]

    assert judge_day(facts, RULES).compliance.presence.verdict is Verdict.NOT_MET
    assert (
        judge_day(replace(facts, requirements=asked), RULES).compliance.presence.verdict
        is Verdict.MET
    )


def covering(fixes, *covers: Cover):
    """Return a day in the square grid with cover for the one 600 m east of it."""
    facts = day_facts(fixes)
    east = Grid(EAST, read_area(square(middle_m=(0, 600, 0))))
    return replace(
        facts,
        grids={**facts.grids, EAST: east},
        premises={**facts.premises, EAST: PremisesIndex([door("E", 600, 0)])},
        covers=covers,
    )


def test_cover_makes_another_grid_and_its_premises_count_while_it_lasts():
    fixes = walk([(0, 600, 150), (600, 600, 150), (660, 600, 0), (1860, 600, 0), (3600, 600, 150)])

    without_cover = judge_day(covering(fixes), RULES)
    with_cover = judge_day(covering(fixes, Cover(WORKER, span(0, 2400), EAST)), RULES)

    assert (without_cover.compliance.outside, without_cover.visits) == (HOUR, ())
    assert with_cover.compliance.outside.total_seconds() == pytest.approx(1200, abs=90)
    assert [one.premises_id for one in with_cover.visits] == ["E"]


def test_cover_for_a_grid_with_checkpoints_owes_none_of_them():
    """Who helps out elsewhere is not asked for what is to be reached there."""
    facts = covering(walk([(0, 0, 0), (3600, 50, 0)]), Cover(WORKER, span(0, 600), EAST))
    there = Checkpoint(CheckpointId("E1"), door("E1", 600, 0).area)
    asked = replace(facts, routes={EAST: Route(facts.grids[EAST], checkpoints=[there])})

    assert judge_day(asked, RULES) == judge_day(facts, RULES)


def test_cover_leaves_the_own_grid_in_order():
    day = judge_day(covering(WALK, Cover(WORKER, span(0, 3600), EAST)), RULES).compliance

    assert day.inside == HOUR


def test_a_night_in_which_the_clocks_change_adds_up():
    """Duty told in local time lasts as long as it lasts, not as long as clocks show."""
    zone = ZoneInfo("Europe/Berlin")
    night = Interval(
        datetime(2026, 10, 24, 22, tzinfo=zone), datetime(2026, 10, 25, 6, tzinfo=zone)
    )
    start_s = (night.start - NOON).total_seconds()
    fixes = walk([(start_s, 0, 0), (start_s + 9 * 3600, 0, 0)])

    day = judge_day(day_facts(fixes, duty=[night]), RULES).compliance

    assert day.duty == day.inside == 9 * HOUR


SILENCE = Excuse(interval=span(600, 2400), kind=ExcuseKind.COMMON_SILENCE)


def test_who_was_heard_through_a_common_silence_keeps_what_was_done():
    fixes = walk([(0, 0, 0), (3600, 100, 0)])

    found = judge_day(replace(day_facts(fixes), excuses=[SILENCE]), RULES)

    assert found.compliance.excused == timedelta()


def test_who_fell_silent_with_the_others_is_excused():
    fixes = without(walk([(0, 0, 0), (3600, 100, 0)]), 600, 2400)

    found = judge_day(replace(day_facts(fixes), excuses=[SILENCE]), RULES)

    assert found.compliance.excused.total_seconds() == pytest.approx(1800, abs=30)


def test_coverage_shrinks_with_the_time_of_cover_elsewhere():
    facts = covering(walk([(0, 0, 0), (3600, 0, 100)]), Cover(WORKER, span(0, 3600), EAST))
    own = Checkpoint(CheckpointId("C1"), door("C1", -150, -150).area)
    asked = replace(facts, routes={GRID: Route(facts.grids[GRID], checkpoints=[own])})

    assert judge_day(asked, RULES).compliance.coverage is None


def test_leave_is_not_watched():
    """A terminal at rest at home through a day of leave is nobody's business."""
    still = walk([(0, 0, 0), (14_400, 0, 0)], every_s=30)
    facts = day_facts(still, duty=[span(0, 14_400)])
    leave = Excuse(interval=span(0, 14_400), kind=ExcuseKind.LEAVE)

    assert judge_day(replace(facts, excuses=[leave]), RULES).findings == ()


def test_a_short_duty_wholly_in_the_grid_meets_presence():
    facts = day_facts(walk([(0, 0, 0), (2700, 50, 0)]), duty=[span(0, 2700)])

    assert judge_day(facts, RULES).compliance.presence.verdict is Verdict.MET
