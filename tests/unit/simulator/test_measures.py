"""The measures, on truth and answers made by hand."""

import json
from dataclasses import replace
from datetime import timedelta
from math import isnan

import pytest

from patrol.anomalies.findings import FindingKind
from patrol.compliance import Verdict
from patrol.intervals import Interval
from simulator.scoring.findings import Told
from simulator.scoring.measures import Answer, Truth, mark, measure
from simulator.scoring.run import Run
from simulator.scoring.table import Goal, figures, table
from tests.makers import at

HOURS_3 = timedelta(hours=3)


def minutes(start: float, end: float) -> Interval:
    return Interval(at(start * 60), at(end * 60))


DUTY = minutes(0, 480)
TRUTH = Truth(
    duty=[DUTY],
    present=[minutes(0, 100), minutes(130, 480)],
    visits=[minutes(10, 70), minutes(200, 340)],
    far_exits=[minutes(102, 128)],
)
RIGHT = Answer(
    inside=TRUTH.present,
    outside=[minutes(100, 130)],
    unknown=[],
    visits=TRUTH.visits,
    visited_low=timedelta(minutes=190),
    visited_high=timedelta(minutes=210),
    visit_verdict=Verdict.MET,
    epochs=[at(seconds) for seconds in range(0, 480 * 60, 10)],
)


def marked(truth: Truth = TRUTH, **changed: object):
    return mark(truth, replace(RIGHT, **changed), required=HOURS_3)


def test_a_right_answer_has_no_fault():
    found = marked()

    assert (found.visit_error_min, found.presence_error_min, found.unknown_min) == (0, 0, 0)
    assert (found.true_visits, found.found_visits, found.matched_visits) == (2, 2, 2)
    assert (found.false_exits, found.far_exits, found.far_exits_in_time) == (0, 1, 1)
    assert (found.is_covered, found.is_decided, found.is_wrong) == (True, True, False)


def test_the_error_of_visit_time_has_a_sign():
    assert marked(visits=[minutes(200, 340)]).visit_error_min == -60
    assert marked(visits=[*TRUTH.visits, minutes(400, 405)]).visit_error_min == 5


@pytest.mark.parametrize(
    ("found", "matches"),
    [
        (minutes(10, 40), 1),  # half of both together
        (minutes(10, 39), 0),
        (minutes(40, 101), 0),  # 30 of 91
        (minutes(0, 120), 1),
        (minutes(0, 131), 0),
    ],
)
def test_a_visit_is_found_at_half_of_both_together(found, matches):
    assert marked(visits=[found]).matched_visits == matches


def test_two_found_visits_cannot_both_be_the_same_true_one():
    assert marked(visits=[minutes(10, 40), minutes(40, 70)]).matched_visits == 1


def test_presence_claimed_wrongly_counts_both_ways():
    found = marked(inside=[minutes(0, 110), minutes(130, 460)], outside=[minutes(110, 135)])

    assert found.presence_error_min == 10 + 5


def test_what_is_unknown_is_not_claimed():
    found = marked(inside=[minutes(0, 100)], unknown=[minutes(130, 480)])

    assert (found.presence_error_min, found.unknown_min) == (0, 350)


def test_an_exit_is_false_when_nobody_was_out_during_it():
    found = marked(outside=[minutes(100, 130), minutes(300, 310), minutes(130, 131)])

    assert found.false_exits == 2


@pytest.mark.parametrize(
    ("outside", "in_time"),
    [
        (minutes(103, 120), 1),
        (minutes(103.1, 120), 0),
        (minutes(90, 120), 1),
        (minutes(100, 102), 0),
    ],
)
def test_a_far_exit_is_found_within_a_minute_or_too_late(outside, in_time):
    assert marked(outside=[outside]).far_exits_in_time == in_time


def test_the_minute_begins_with_the_first_fix_out_there():
    epochs = [at(110 * 60), at(112 * 60)]

    assert marked(outside=[minutes(111, 130)], epochs=epochs).far_exits_in_time == 1
    assert marked(outside=[minutes(111.1, 130)], epochs=epochs).far_exits_in_time == 0


@pytest.mark.parametrize(
    ("seen_min", "counted"), [((), 0), ((0, 129), 0), ((110, 111.9), 0), ((110, 112), 1)]
)
def test_a_far_exit_counts_when_fixes_show_two_minutes_of_it(seen_min, counted):
    assert marked(epochs=[at(minute * 60) for minute in seen_min]).far_exits == counted


@pytest.mark.parametrize(
    ("verdict", "visits", "is_wrong"),
    [
        (Verdict.MET, [minutes(0, 180)], False),
        (Verdict.MET, [minutes(0, 179)], True),
        (Verdict.NOT_MET, [minutes(0, 179)], False),
        (Verdict.NOT_MET, [minutes(0, 180)], True),
        (Verdict.UNDETERMINED, [minutes(0, 180)], False),
    ],
)
def test_a_verdict_is_held_against_the_true_time(verdict, visits, is_wrong):
    assert marked(replace(TRUTH, visits=visits), visit_verdict=verdict).is_wrong is is_wrong


def test_the_bounds_belong_to_the_interval():
    assert marked(visited_low=timedelta(minutes=200)).is_covered
    assert not marked(visited_low=timedelta(minutes=201)).is_covered


def test_measures_are_over_all_days():
    late = replace(RIGHT, outside=[minutes(115, 130), minutes(300, 310)])
    marks = [
        marked(),
        marked(visits=[minutes(200, 340)], visit_verdict=Verdict.UNDETERMINED),
        mark(TRUTH, late, required=HOURS_3),
        marked(visits=[*TRUTH.visits, minutes(400, 420)], visited_high=timedelta(minutes=195)),
    ]

    found = measure(marks)

    assert found.visit_error_min == (60 + 20) / 4
    assert found.visit_bias_min == (-60 + 20) / 4
    assert found.visit_error_decided_min == pytest.approx(20 / 3)
    assert (found.visit_precision, found.visit_recall) == (7 / 8, 7 / 8)
    assert found.false_exits_a_week == 5 / 4
    assert found.far_exits_in_time == 3 / 4
    assert (found.verdicts_undetermined, found.verdicts_wrong) == (1 / 4, 0)
    assert found.interval_coverage == 3 / 4


def test_what_was_not_there_cannot_be_measured():
    nothing = replace(TRUTH, visits=[], far_exits=[])
    found = measure([marked(nothing, visits=[], visit_verdict=Verdict.UNDETERMINED)])

    assert isnan(found.visit_precision)
    assert isnan(found.visit_recall)
    assert isnan(found.far_exits_in_time)
    assert isnan(found.visit_error_decided_min)


@pytest.mark.parametrize(
    ("answer", "points", "is_covered"),
    [((0.6, 0.55, 0.7), 0, True), ((0.5, 0.45, 0.6), 10, True), ((0.62, 0.61, 0.7), 2, False)],
)
def test_the_share_of_streets_is_held_against_the_true_one(answer, points, is_covered):
    found = marked(replace(TRUTH, walked_share=0.6), walked_share=answer)

    assert found.street_error_points == pytest.approx(points)
    assert found.is_street_share_covered is is_covered


def test_streets_count_on_the_days_on_which_they_were_asked_for():
    asked = marked(replace(TRUTH, walked_share=0.6), walked_share=(0.5, 0.4, 0.55))

    found = measure([marked(), asked])
    assert found.street_error_points == pytest.approx(10)
    assert found.street_interval_coverage == 0
    assert isnan(measure([marked()]).street_error_points)


@pytest.mark.parametrize(
    ("goal", "text", "reached", "missed"),
    [
        (Goal(high=5), "<= 5", 5.0, 5.1),
        (Goal(low=1_000_000), ">= 1000000", 1e6, 9e5),
        (Goal(-1, 1), "-1..1", -1.0, -1.1),
    ],
)
def test_the_bounds_belong_to_a_goal(goal, text, reached, missed):
    assert str(goal) == text
    assert goal.holds(reached)
    assert not goal.holds(missed)


def test_figures_name_hazard_interval_and_measure():
    run = Run("usual", 10, marks=[marked(unknown=[minutes(0, 1)])], fixes=1000, judging_s=0.5)

    found = {one["name"]: one for one in figures([run])}

    assert found["usual.10s.visit_error_min"] == {
        "name": "usual.10s.visit_error_min",
        "value": 0.0,
        "goal": "<= 5",
        "reached": True,
    }
    assert found["usual.10s.fixes_a_second"]["value"] == 2000
    assert found["usual.10s.ms_a_day"]["reached"] is False
    assert "NaN" not in json.dumps(list(found.values()))


def test_the_table_has_a_column_for_each_interval_and_marks_what_is_not_reached():
    runs = [
        Run("usual", interval_s, marks=[one], fixes=10, judging_s=1.0)
        for interval_s, one in [(10, marked()), (30, marked(visits=[]))]
    ]

    lines = table(runs).splitlines()

    assert lines[0].split() == ["usual,", "1", "worker-days", "goal", "10", "s", "30", "s"]
    assert lines[1].split()[-4:] == ["<=", "5", "0.000", "200.000!"]
    assert lines[5].split()[-2:] == ["1.000", "-"]


def test_what_no_interval_has_is_left_out():
    run = Run("usual", 10, marks=[marked()], fixes=10, judging_s=1.0)

    assert "share of streets" not in table([run])
    assert "share of streets" in table(
        [replace(run, marks=[marked(replace(TRUTH, walked_share=0.6), walked_share=(0.6, 0, 1))])]
    )


def test_findings_are_what_is_wrong_or_others():
    wrong, right = FindingKind.TELEPORT, FindingKind.MOCK_LOCATION
    told = [
        Told(wrong, frozenset({wrong})),
        Told(wrong, frozenset({right})),
        Told(None, frozenset({right, wrong})),
        Told(None, frozenset()),
    ]
    run = Run("teleport", 10, marks=[marked()], told=told, fixes=10, judging_s=1.0)

    assert [one.is_found for one in told] == [True, False, None, None]
    assert run.found_share() == 1 / 2
    assert run.others_a_week() == 3 / 4 * 5
    last = table([run]).splitlines()[-1]
    assert last.split() == ["teleport", "teleport", "0.500", "3.750"]
