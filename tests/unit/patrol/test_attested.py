"""Check-ins in pairs, and joined with the visits by position."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from patrol.ids import PremisesId
from patrol.visits import HomeVisit, VisitRules
from patrol.visits.attested import attest
from patrol.visits.pairs import CheckInRules, pair_up
from tests.makers import at, checkin, span

RULES = VisitRules()
OWN = {PremisesId("A"), PremisesId("B")}


def visit(start_s: float, end_s: float, premises: str = "A") -> HomeVisit:
    """Return a visit by position, a third of it in silence."""
    length = timedelta(seconds=end_s - start_s)
    return HomeVisit(
        interval=span(start_s, end_s),
        premises_id=PremisesId(premises),
        observed=length - length / 3,
        bridged=length / 3,
        p_any=0.9,
        p_premises=0.5,
    )


def pairs(*checkins):
    paired = pair_up(checkins, shortest_s=180, rules=CheckInRules())
    return [
        [(seconds(pair.begin.at), seconds(pair.end.at)) for pair in listed]
        for listed in (paired.tagged, paired.claimed)
    ]


def seconds(moment) -> float:
    return (moment - at(0)).total_seconds()


def joined(found, *checkins) -> list[HomeVisit]:
    paired = pair_up(checkins, shortest_s=RULES.minimum_s, rules=RULES.checkin)
    return attest(found, paired, premises=OWN, rules=RULES)


def told(visits) -> list[tuple]:
    return [
        (one.grade, one.premises_id, seconds(one.interval.start), seconds(one.interval.end))
        for one in visits
    ]


# Pairs.


def test_a_begin_and_an_end_at_the_same_premises_are_a_pair():
    assert pairs(checkin(600, "begin"), checkin(1500, "end")) == [[(600, 1500)], []]


def test_a_begin_without_end_and_an_end_without_begin_are_none():
    assert pairs(checkin(600, "end"), checkin(1500, "begin")) == [[], []]


def test_an_end_at_other_premises_is_no_end():
    given = checkin(600, "begin"), checkin(900, "end", "B"), checkin(1500, "end")

    assert pairs(*given) == [[], []]


def test_of_two_begins_the_later_and_of_two_ends_the_earlier_counts():
    given = [checkin(at_s, "begin") for at_s in (300, 600)]
    given += [checkin(at_s, "end") for at_s in (1500, 1600)]

    assert pairs(*given) == [[(600, 1500)], []]


def test_a_pair_too_short_or_too_long_is_none():
    short = checkin(600, "begin"), checkin(700, "end")
    long = checkin(1000, "begin"), checkin(1000 + 14_401, "end")

    assert pairs(*short, *long) == [[], []]


def test_nobody_at_home_elsewhere_ends_a_visit_and_at_the_same_premises_does_not():
    """Premises may hold many households."""
    given = checkin(600, "begin"), checkin(1500, "end")

    assert pairs(*given, checkin(900, "nobody_home", "B")) == [[], []]
    assert pairs(*given, checkin(900, "nobody_home")) == [[(600, 1500)], []]


def test_at_one_moment_an_end_comes_before_a_begin():
    given = [checkin(600, "begin"), checkin(1500, "end")]
    given += [checkin(1500, "begin", "B"), checkin(2400, "end", "B")]

    assert pairs(*given) == [[(600, 1500), (1500, 2400)], []]


def test_statements_do_not_part_two_tags_and_make_pairs_of_their_own():
    tags = checkin(600, "begin"), checkin(1500, "end")
    said = checkin(700, "begin", "B", kind="declared"), checkin(1400, "end", "B", kind="declared")

    assert pairs(*tags, *said) == [[(600, 1500)], [(700, 1400)]]


def test_a_tag_and_a_statement_are_no_pair_of_tags():
    assert pairs(checkin(600, "begin"), checkin(1500, "end", kind="declared")) == [
        [],
        [(600, 1500)],
    ]


def test_check_ins_at_no_known_premises_are_of_no_use():
    assert pairs(checkin(600, "begin", None), checkin(1500, "end", None)) == [[], []]


def test_the_order_of_check_ins_and_repeats_change_nothing():
    given = [checkin(600, "begin"), checkin(1500, "end"), checkin(1500, "begin", "B")]
    given.append(checkin(2000, "end", "B", kind="photo"))
    found = [visit(500, 1400), visit(1700, 2100)]
    once = joined(found, *given)

    assert all(joined(found, *other, *given[:2]) == once for other in permutations(given))


# Grade A.


def test_two_tags_are_a_visit_of_grade_a_from_one_to_the_other():
    (found,) = joined([], checkin(600, "begin"), checkin(1500, "end"))

    assert told([found]) == [("A", "A", 600, 1500)]
    assert (found.p_any, found.p_premises) == (1.0, 1.0)
    assert found.checked_in == timedelta(seconds=900)


def test_what_position_shows_between_two_tags_is_not_the_check_ins():
    (found,) = joined([visit(900, 1200)], checkin(600, "begin"), checkin(1500, "end"))

    assert found.observed == timedelta(seconds=200)
    assert found.bridged == timedelta(seconds=100)
    assert found.checked_in == timedelta(seconds=600)


def test_a_visit_by_position_keeps_what_lies_clearly_outside_of_two_tags():
    found = joined([visit(300, 1600, "B")], checkin(600, "begin"), checkin(1500, "end"))

    assert told(found) == [("B", "B", 300, 600), ("A", "A", 600, 1500)]


def test_two_tags_at_premises_of_another_grid_are_no_visit():
    assert joined([], checkin(600, "begin", "Z"), checkin(1500, "end", "Z")) == []


# Grade B.


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (checkin(540, "begin", "B"), ("B", "B", 540, 1500)),
        (checkin(700, "begin", "B"), ("B", "B", 700, 1500)),
        (checkin(1600, "end", "B"), ("B", "B", 600, 1600)),
        (checkin(1000, "begin", "B"), ("B", "B", 600, 1500)),
        (checkin(200, "begin", "B"), ("B", "A", 600, 1500)),
        (checkin(1600, "begin", "B"), ("B", "A", 600, 1500)),
        (checkin(700, "begin", "B", kind="photo"), ("B", "B", 600, 1500)),
        (checkin(700, "begin", "B", kind="declared"), ("B", "A", 600, 1500)),
        (checkin(700, "nobody_home", "B"), ("B", "A", 600, 1500)),
        (checkin(700, "begin", "Z"), ("B", "A", 600, 1500)),
    ],
)
def test_one_tag_tells_an_edge_and_the_premises_of_a_visit_by_position(mark, expected):
    assert told(joined([visit(600, 1500)], mark)) == [expected]


def test_premises_that_a_tag_tells_are_as_sure_as_the_visit():
    (found,) = joined([visit(600, 1500)], checkin(540, "begin", "B"))

    assert (found.p_any, found.p_premises) == (0.9, 0.9)
    assert found.checked_in == timedelta(seconds=60)


def test_a_tag_tells_more_of_the_premises_than_a_photo():
    marks = checkin(650, "begin", "A", kind="photo"), checkin(1400, "end", "B")

    assert told(joined([visit(600, 1500)], *marks)) == [("B", "B", 600, 1400)]


def test_tags_never_make_visits_overlap():
    calls = [visit(600, 1500), visit(1560, 2400, "B")]
    marks = checkin(1590, "end"), checkin(1530, "begin", "B")

    assert told(joined(calls, *marks)) == [("B", "A", 600, 1560), ("B", "B", 1560, 2400)]


def test_of_two_visits_that_reach_for_one_break_the_earlier_has_it():
    calls = [visit(600, 1500), visit(1700, 2400, "B")]
    marks = checkin(1650, "end"), checkin(1550, "begin", "B")

    assert told(joined(calls, *marks)) == [("B", "A", 600, 1650), ("B", "B", 1650, 2400)]


def test_edges_that_would_leave_no_visit_stay():
    assert told(joined([visit(600, 900)], checkin(850, "begin"), checkin(880, "end"))) == [
        ("B", "A", 600, 900)
    ]


def test_edges_beyond_a_short_visit_stay():
    marks = checkin(880, "begin"), checkin(1090, "end", "B")

    assert told(joined([visit(600, 800)], *marks)) == [("B", "A", 600, 800)]


def test_the_nearest_of_several_tags_tells_an_edge():
    marks = checkin(400, "begin"), checkin(580, "begin")

    assert told(joined([visit(600, 1500)], *marks)) == [("B", "A", 580, 1500)]


def test_a_tag_without_a_visit_is_a_moment_and_no_time():
    assert joined([], checkin(600, "begin")) == []


# Grade C.

SAID = checkin(600, "begin", kind="declared"), checkin(1800, "end", kind="declared")


def test_what_is_declared_only_is_a_visit_of_grade_c():
    (found,) = joined([], *SAID)

    assert told([found]) == [("C", "A", 600, 1800)]
    assert (found.p_any, found.p_premises) == (None, None)
    assert found.checked_in == found.interval.length


def test_what_is_shown_is_not_declared_only():
    assert told(joined([visit(700, 1500, "B")], *SAID)) == [
        ("B", "B", 700, 1500),
        ("C", "A", 1500, 1800),
    ]


def test_what_is_declared_at_premises_of_another_grid_is_no_visit():
    assert joined([], *(replace(one, premises_id=PremisesId("Z")) for one in SAID)) == []
