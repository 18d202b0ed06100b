"""Marking: what passes as complete and right, and what must not."""

import pytest

from simulator.marking import Mark, mark_day, summary, table

TRUTH = {
    "workers": [
        {
            "worker_id": "W01",
            "terminal_id": "T01",
            "duty": [["2026-03-02T00:30:00.000Z", "2026-03-02T08:30:00.000Z"]],
            "inside": [["2026-03-02T01:00:00.000Z", "2026-03-02T08:30:00.000Z"]],
            "authorised": [["2026-03-02T00:30:00.000Z", "2026-03-02T00:50:00.000Z"]],
            "visits": [
                {"start": "2026-03-02T02:00:00.000Z", "end": "2026-03-02T04:00:00.000Z"},
            ],
            "epochs_with_solution": 2000,
        }
    ]
}
ANSWER = {
    "worker_id": "W01",
    "duty_s": 28800,
    "inside_s": 27000,
    "outside_s": 600,
    "unknown_s": 1200,
    "visit_s": 7000,
    "visit_low_s": 4200,
    "visit_high_s": 11000,
    "presence_verdict": "met",
    "visit_verdict": "undetermined",
}


def mark(*, sent: int = 2000, stored: int = 2000, **changes: int) -> Mark:
    answers = [{**ANSWER, **changes}]
    (one,) = mark_day(TRUTH, answers, sent={"T01": sent}, stored={"T01": stored})
    return one


def test_an_answer_about_the_truth_is_complete_and_right():
    assert mark().is_complete
    assert mark().is_right


def test_time_at_an_authorised_place_is_time_in_order():
    assert mark().true_inside_s == 28200


@pytest.mark.parametrize("counts", [{"sent": 1999}, {"stored": 1999}, {"stored": 2001}])
def test_a_fix_that_is_missing_or_made_up_is_not_accounted_for(counts):
    assert not mark(**counts).is_complete


def test_a_terminal_of_which_nothing_is_stored_is_not_accounted_for():
    (one,) = mark_day(TRUTH, [ANSWER], sent={"T01": 2000}, stored={})

    assert not one.is_complete


@pytest.mark.parametrize(
    "changes",
    [
        {"inside_s": 25000, "outside_s": 2600},
        {"visit_low_s": 8401},
        {"visit_high_s": 5999},
    ],
)
def test_a_truth_beyond_the_bounds_is_not_right(changes):
    assert not mark(**changes).is_right


def test_an_answer_that_leaves_everything_open_is_not_right():
    """Nothing assessed at all would hold any truth within its bounds."""
    empty = mark(
        inside_s=0, outside_s=0, unknown_s=28800, visit_s=0, visit_low_s=0, visit_high_s=28800
    )

    assert not empty.is_right


def test_an_answer_about_another_duty_is_not_right():
    assert not mark(duty_s=25200).is_right


def test_the_table_points_at_what_is_not_right():
    good, bad = table([mark(), mark(stored=1)]).splitlines()[2:]

    assert not good.endswith("<-- !")
    assert bad.endswith("<-- !")


def test_the_summary_counts_those_that_pass():
    said = summary([mark(), mark(stored=1), mark(visit_high_s=0)])

    assert said.startswith(
        "2 of 3 terminals: every fix accounted for (4001 stored). 2 of 3 workers"
    )
