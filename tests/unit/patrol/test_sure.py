"""What receivers say of their accuracy, and what is sure beside a border: the loops alone."""

import numpy as np
import pytest

from patrol.chains.kernels import (
    INSIDE,
    OUTSIDE,
    Limits,
    Watched,
    find_claims,
    moments,
    word_nats,
)
from patrol.intervals import merge
from tests.makers import span

NOTHING = (0.0, 0.0, 0.0)
STEP_MS = 30_000


def test_moments_weigh_each_word_and_leave_out_what_was_not_said():
    word, share = np.array([1.0, np.nan, 3.0]), np.array([1.0, 1.0, 3.0])

    assert moments(word, share, NOTHING) == pytest.approx((2.5, np.sqrt(0.75), 4.0))


def test_what_was_known_before_counts_as_so_many_words():
    assert moments(np.array([1.0]), np.array([1.0]), (3.0, 0.0, 1.0)) == pytest.approx(
        (2.0, 1.0, 2.0)
    )


def test_a_word_says_what_the_two_laws_say_and_no_word_says_nothing():
    told = np.array([3.0, np.nan, 2.0, 9.0]), np.array([1.0, 1.0, 0.5, 1.0])

    says = word_nats(told, (3.0, 1.0), (2.0, 1.0))

    assert says.tolist() == pytest.approx([0.5, 0.0, -0.25, 3.0])


def claims(out: str, *, far_m: float = 60.0, silent_after: tuple[int, ...] = ()) -> list[list[int]]:
    """Return the claims of cells: "." inside, "?" doubtful, "o" out, "O" clearly, "#" far."""
    count = len(out)
    start_ms = np.arange(count) * STEP_MS
    end_ms = start_ms + STEP_MS
    for cell in silent_after:
        end_ms[cell] -= 1000
    is_out = np.array([one in "oO#" for one in out])
    away_m = {".": -50.0, "?": 0.0, "o": 25.0, "O": 50.0, "#": 100.0}
    return find_claims(
        Watched(
            is_out,
            np.array([one != "?" for one in out]),
            start_ms,
            end_ms,
            np.array([away_m[one] for one in out]),
            np.where([one in "O#" for one in out], float(STEP_MS), 0.0),
            np.where(is_out, 999, 0),
            Limits(999, 60_000, 60_000, far_m),
        )
    ).tolist()


def test_runs_are_claimed_where_they_are_sure():
    assert claims("..?.OO") == [
        [INSIDE, 0, 0, 60_000],
        [INSIDE, 2, 90_000, 120_000],
        [OUTSIDE, 3, 120_000, 180_000],
    ]


def test_an_exit_most_fixes_of_which_are_not_clear_is_none():
    assert claims("OOoo") == []


def test_an_exit_parted_by_silence_has_only_stretches_that_lead_far():
    assert claims("OOO##", silent_after=(2,)) == [[OUTSIDE, 0, 90_000, 150_000]]


def test_of_several_stretches_one_with_a_lone_clear_fix_must_lead_twice_as_far():
    assert claims("###O", far_m=45.0, silent_after=(2,)) == [[OUTSIDE, 0, 0, 89_000]]
    assert claims("####", far_m=45.0, silent_after=(2,)) == [
        [OUTSIDE, 0, 0, 89_000],
        [OUTSIDE, 0, 90_000, 120_000],
    ]


def test_a_span_within_another_adds_nothing():
    assert merge([span(0, 100), span(20, 60), span(50, 120)]) == [span(0, 120)]
