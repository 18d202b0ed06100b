"""Steps, when two must decide, and the chain of statements."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.decisions.chain import START, canonical, link, sha256_of
from patrol.decisions.reasons import REASONS, codes_of, words_of
from patrol.decisions.steps import (
    STEPS,
    Change,
    Subject,
    deadline_of,
    may_step,
    needs_second,
    next_of,
)
from patrol.reasons import LANGUAGES

VERDICTS = st.sampled_from(["met", "not_met", "undetermined"])
CHANGES = st.builds(
    Change,
    visit_s=st.integers(0, 90_000),
    inside_s=st.integers(0, 90_000),
    visit_verdict=VERDICTS,
    presence_verdict=VERDICTS,
)
ENDS = {"finding": {"dismissed"}, "correction": {"refused", "withdrawn"},
        "appeal": {"granted", "refused"}, "unlocking": {"confirmed", "refused"}}  # fmt: skip


@pytest.mark.parametrize("subject", list(Subject))
def test_every_subject_ends_somewhere(subject: Subject) -> None:
    states = {state for step in STEPS[subject] for state in step}

    assert {one for one in states if not next_of(subject, one)} == ENDS[subject]


@pytest.mark.parametrize(
    ("subject", "status", "to"),
    [
        (Subject.FINDING, "dismissed", "upheld"),
        (Subject.FINDING, "upheld", "new"),
        (Subject.APPEAL, "new", "granted"),
        (Subject.CORRECTION, "refused", "in_force"),
    ],
)
def test_there_is_no_way_back_and_none_around(subject: Subject, status: str, to: str) -> None:
    assert not may_step(subject, status, to)


@given(measured=CHANGES, threshold_s=st.integers(0, 90_000))
def test_nothing_changed_needs_nobody_else(measured: Change, threshold_s: int) -> None:
    assert not needs_second(
        measured=measured, before=measured, after=measured, threshold_s=threshold_s
    )


@given(measured=CHANGES, before=CHANGES, after=CHANGES, threshold_s=st.integers(0, 90_000))
def test_one_person_alone_turns_no_verdict_and_moves_no_more_than_the_threshold(
    measured: Change, before: Change, after: Change, threshold_s: int
) -> None:
    if needs_second(measured=measured, before=before, after=after, threshold_s=threshold_s):
        return

    for one in (measured, before):
        assert (one.visit_verdict, one.presence_verdict) == (
            after.visit_verdict, after.presence_verdict,
        )  # fmt: skip
        assert max(abs(one.visit_s - after.visit_s), abs(one.inside_s - after.inside_s)) <= (
            threshold_s
        )


def test_a_deadline_is_counted_from_when_it_was_told() -> None:
    told = datetime(2026, 11, 20, 8, 40, tzinfo=UTC)

    assert deadline_of(told, days=95) == datetime(2027, 2, 23, 8, 40, tzinfo=UTC)


def test_every_reason_has_words_in_every_language() -> None:
    for what in REASONS:
        for code in codes_of(what):
            words = [words_of(what, code, language) for language in LANGUAGES]
            assert all(words)
            assert len(set(words)) == len(LANGUAGES)
    assert words_of("finding_upheld", "of_tomorrow", "en") == "of_tomorrow"


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_same_content_is_the_same_text(content: dict) -> None:
    again = dict(reversed(content.items()))

    assert canonical(again) == canonical(content)


def test_a_digest_is_of_the_one_before_the_number_and_the_content() -> None:
    first = link(START, 1, sha256_of("{}"))
    others = {
        link(first, 1, sha256_of("{}")),
        link(START, 2, sha256_of("{}")),
        link(START, 1, sha256_of("{ }")),
    }

    # As anybody can compute it with another program.
    assert first.hex() == ("11877e2e7b75bc88d35d117371131d661b930d8bc576d3a189fa753f95e10266")
    assert first not in others
    assert len(others) == 3


DECIDED = Change(visit_s=3600, inside_s=7200, visit_verdict="met", presence_verdict="met")


@pytest.mark.parametrize(
    ("changed", "needed"),
    [
        ({}, False),
        ({"visit_s": 3600 + 900}, False),
        ({"visit_s": 3600 + 901}, True),
        ({"inside_s": 7200 - 901}, True),
        ({"visit_verdict": "not_met"}, True),
        ({"presence_verdict": "undetermined"}, True),
    ],
)
def test_a_second_person_is_needed_for_what_turns_a_verdict_or_is_much(changed, needed) -> None:
    after = replace(DECIDED, **changed)

    assert needs_second(measured=DECIDED, before=DECIDED, after=after, threshold_s=900) is needed


def test_content_is_written_with_its_names_in_order_and_without_blanks() -> None:
    assert canonical({"b": [1, None], "a": "门"}) == '{"a":"门","b":[1,null]}'
