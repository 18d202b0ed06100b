"""From facts to verdicts: three values, and never an accusation on missing evidence."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from patrol.compliance import Rules, Verdict, judge_day
from patrol.intervals import Interval
from tests.makers import NO_FIXES, NOON, day_facts, door, join, span, station, walk, without

HOUR = timedelta(hours=1)
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
    assert "the evidence does not decide" in day.presence.reason


def test_a_day_in_the_grid_meets_presence_and_names_the_figures():
    day = judge_day(day_facts(WALK), RULES).compliance

    assert day.presence.verdict is Verdict.MET
    assert day.presence.reason == (
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


def test_a_result_names_its_rules():
    assert judge_day(day_facts(WALK), RULES).compliance.rules_version == "chain-1"


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

    assert (day.inside, day.outside) == (HOUR, timedelta())
    assert day.presence.verdict is Verdict.MET


@pytest.mark.parametrize("fixes", [NO_FIXES, WALK])
def test_a_duty_shorter_than_the_visits_required_is_not_held_against_anybody(fixes):
    facts = day_facts(fixes, premises=[door("A", 0, 190)])

    judgement = judge_day(facts, Rules(required_visit=timedelta(hours=3))).compliance.visit_hours

    assert judgement.verdict is Verdict.UNDETERMINED
    assert judgement.reason.endswith("required 3 h 00 min: duty of 1 h 00 min is too short for it")


def test_a_grid_without_known_premises_says_nothing_about_visits():
    """A register that was never loaded is no proof that nobody was visited."""
    day = judge_day(day_facts(WALK, premises=[]), RULES).compliance

    assert (day.visited, day.visited_high) == (timedelta(), HOUR)
    assert day.visit_hours.verdict is Verdict.UNDETERMINED


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
