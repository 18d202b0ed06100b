"""Worker-days with check-ins: what is shown, what is declared only, what fixes contradict."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.anomalies.findings import FindingKind
from patrol.compliance import Rules, judge_day
from patrol.days import DayResult
from patrol.requirements import Excuse, ExcuseKind
from tests.makers import NO_FIXES, checkin, day_facts, door, join, missing_values, span, walk

DOORS = [door("A", 100, 0), door("B", 100, 80)]
# Up and down the street all the time, never far from the door A.
STREET = walk([(180.0 * n, 200.0 * (n % 2), -60) for n in range(21)])
TAGS = checkin(600, "begin"), checkin(1500, "end")
SAID = checkin(600, "begin", kind="declared"), checkin(1500, "end", kind="declared")
QUARTER = timedelta(seconds=900)


def judge(fixes, *checkins, **changed) -> DayResult:
    facts = day_facts(fixes, premises=DOORS)
    return judge_day(replace(facts, checkins=checkins, **changed), Rules())


def test_tags_are_a_visit_that_nobody_doubts():
    day = judge(NO_FIXES, *TAGS).compliance

    assert day.visited_by_grade == {"A": QUARTER, "B": timedelta(), "C": timedelta()}
    assert (day.visited, day.visited_low) == (QUARTER, QUARTER)


def test_time_between_tags_is_not_unseen_as_well():
    """Without a fix any of the other three quarters of an hour may have been a visit."""
    day = judge(NO_FIXES, *TAGS).compliance

    assert day.visited_high == timedelta(hours=1)


def test_tags_beside_fixes_widen_nothing():
    plain, tagged = judge(STREET).compliance, judge(STREET, *TAGS).compliance

    assert tagged.visited == QUARTER
    assert tagged.visited_low >= plain.visited_low
    assert tagged.visited_high <= plain.visited_high + QUARTER


def test_a_visit_by_tags_is_presence():
    beyond = [door("A", 260, 0)]
    way = walk([(0, 150, 0), (100, 260, 0), (3500, 260, 0), (3600, 150, 0)])
    facts = replace(
        day_facts(way, premises=beyond), checkins=[checkin(100, "begin"), checkin(3500, "end")]
    )

    assert judge_day(facts, Rules()).compliance.outside < timedelta(minutes=5)


def test_tags_count_where_they_are_owed():
    leave = Excuse(interval=span(0, 900), kind=ExcuseKind.LEAVE)

    assert judge(NO_FIXES, *TAGS, excuses=[leave]).compliance.visited == timedelta(seconds=600)


def test_what_is_declared_only_raises_the_upper_bound_alone():
    plain, said = judge(STREET), judge(STREET, *SAID)

    assert said.compliance.visited_by_grade["C"] == QUARTER
    assert said.compliance.visited == plain.compliance.visited
    assert said.compliance.visited_low == plain.compliance.visited_low
    assert said.compliance.visited_high == plain.compliance.visited_high + QUARTER
    assert said.presence == plain.presence


def test_of_unseen_time_nothing_more_is_possible_by_declaring_it():
    plain, said = judge(NO_FIXES), judge(NO_FIXES, *SAID)

    assert [one.grade for one in said.visits] == ["C"]
    assert said.compliance.visited_high == plain.compliance.visited_high


def test_what_fixes_contradict_is_not_possible_by_declaring_it():
    far = walk([(0, -190, 0), (3600, -190, 150)])

    plain, said = judge(far), judge(far, *SAID)

    assert said.compliance.visited_by_grade["C"] == QUARTER
    assert said.compliance.visited_high == plain.compliance.visited_high
    assert said.findings == ()


def test_tags_that_fixes_contradict_are_not_used_and_are_found():
    far = walk([(0, -190, 0), (3600, -190, 150)])

    result = judge(far, *TAGS)

    assert result.visits == ()
    assert [(one.kind, one.evidence["premises_id"]) for one in result.findings] == [
        (FindingKind.CHECKIN_ELSEWHERE, "A")
    ] * 2
    assert 280 <= result.findings[0].evidence["distance_m"] <= 300
    assert result.findings[0].evidence["fixes"] == 25


def test_two_tags_between_which_the_worker_was_elsewhere_are_no_pair():
    """The end may have been forgotten, and be that of a later call."""
    there = walk([(0, 100, -30), (700, 100, -30), (1000, -190, -30), (2600, -190, -30)])
    back = walk([(2900, 100, -30), (3600, 100, -30)])
    tags = checkin(600, "begin"), checkin(3000, "end")

    result = judge(join(there, back), *tags)

    assert result.compliance.visited_by_grade["A"] == timedelta()
    assert result.findings == ()


def test_two_tags_with_a_way_between_them_are_a_pair():
    way = walk([(0, 100, -30), (700, 100, -30), (1000, -190, -30), (1300, 100, -30)])
    tags = checkin(600, "begin"), checkin(3000, "end")

    assert [one.grade for one in judge(way, *tags).visits if one.grade == "A"] == ["A"]


def test_a_photo_that_fixes_contradict_is_found_too():
    far = walk([(0, -190, 0), (3600, -190, 150)])

    (found,) = judge(far, checkin(600, "begin", kind="photo")).findings

    assert found.kind is FindingKind.CHECKIN_ELSEWHERE


def test_a_check_in_off_duty_is_not_looked_at():
    far = walk([(0, -190, 0), (5000, -190, 150)])

    assert judge(far, checkin(3600, "begin")).findings == ()


def test_one_fix_contradicts_nobody():
    far = walk([(0, -190, 0), (3600, -190, 150)], every_s=600.0)

    assert judge(far, TAGS[0]).findings == ()


def test_a_receiver_that_says_it_is_blurred_contradicts_nobody():
    """The door is 150 m and the error away."""
    away = walk([(0, -55, 0), (3600, -55, 1)])
    blurred = walk([(0, -55, 0), (3600, -55, 1)], accuracy_m=20.0)

    assert len(judge(missing_values(away), *TAGS).visits) == 1
    assert len(judge(blurred, *TAGS).visits) == 1


def test_a_fix_at_the_door_among_others_contradicts_nobody():
    there = walk([(600, 100, 0), (601, 100, 0)], every_s=1.0)
    far = walk([(0, -190, 0), (590, -190, 0), (611, -190, 0), (3600, -190, 150)])

    assert not [
        one for one in judge(join(far, there), TAGS[0]).findings if one.interval.start == TAGS[0].at
    ]


def test_a_check_in_at_premises_that_nobody_knows_changes_nothing():
    strange = [checkin(600, "begin", "Z"), checkin(700, "end", None)]

    assert judge(STREET, *strange) == judge(STREET)


def test_silence_that_is_nothing_known_and_fixes_together():
    """The tags span a long silence in the street: it is shown, and no more unseen."""
    early = walk([(0, -150, -80), (700, -150, -80)])
    late = walk([(2900, -150, -80), (3600, -150, -80)])
    tags = checkin(1200, "begin"), checkin(2400, "end")

    plain = judge(join(early, late)).compliance
    tagged = judge(join(early, late), *tags).compliance

    assert tagged.visited == timedelta(seconds=1200)
    assert tagged.visited_high == plain.visited_high


MOMENTS = st.integers(-600, 4200)
CHECKINS = st.lists(
    st.builds(
        checkin,
        MOMENTS,
        st.sampled_from(["begin", "end", "nobody_home"]),
        st.sampled_from(["A", "B", "Z", None]),
        kind=st.sampled_from(["tag", "photo", "declared"]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(checkins=CHECKINS, seed=st.integers(0, 1000))
def test_the_order_of_check_ins_changes_nothing_and_visits_never_overlap(checkins, seed):
    shuffled = [checkins[at] for at in np.random.default_rng(seed).permutation(len(checkins))]
    result = judge(STREET, *checkins)
    day = result.compliance

    assert judge(STREET, *shuffled, *shuffled[:2]) == result
    assert timedelta() <= day.visited_low <= day.visited <= day.visited_high <= day.duty
    assert day.visited == day.visited_by_grade["A"] + day.visited_by_grade["B"]
    ends = [one.interval for one in result.visits]
    assert all(one.end <= other.start for one, other in pairwise(ends))
    assert all(span(0, 3600).start <= one.start and one.end <= span(0, 3600).end for one in ends)


@settings(max_examples=25, deadline=None)
@given(checkins=CHECKINS)
def test_statements_change_neither_what_is_shown_nor_the_lower_bound(checkins):
    said = [one for one in checkins if one.kind == "declared"]

    plain, declared = judge(STREET), judge(STREET, *said)

    assert declared.compliance.visited == plain.compliance.visited
    assert declared.compliance.visited_low == plain.compliance.visited_low
    assert declared.compliance.visited_high >= plain.compliance.visited_high
    assert [one for one in declared.visits if one.grade != "C"] == list(plain.visits)
