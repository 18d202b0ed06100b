"""Reasons: codes and values, and words for them in every language."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.reasons import CATALOGUE, LANGUAGES, NOTES, Reason, Verdict, judge, text, text_or
from patrol.requirements import ExcuseKind

MESSAGES = {**CATALOGUE, **NOTES}
EXAMPLES = {"of_grid_id": "G01"}


def names_in(words: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(words) if name)


@pytest.mark.parametrize("words", MESSAGES.values(), ids=MESSAGES)
def test_every_code_has_words_in_every_language_with_the_same_values(words):
    assert set(words) == set(LANGUAGES)
    assert all(words.values())
    assert len({tuple(names_in(one)) for one in words.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CATALOGUE)
def test_every_reason_can_be_told(code, language):
    values = {
        name: 0.5 if name.endswith("_share") else 5400 for name in names_in(CATALOGUE[code]["en"])
    }

    told = text(Reason(code, values | {"excused_s": 600, **EXAMPLES}), language)
    assert "{" not in told
    assert "G01" in told


@pytest.mark.parametrize("what", ["presence", "visits", "coverage"])
@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_reason(what, verdict):
    assert f"{what}_{verdict}" in CATALOGUE


@pytest.mark.parametrize("kind", ExcuseKind)
def test_every_excuse_has_a_name(kind):
    assert f"excuse_{kind}" in CATALOGUE


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ((3600, 4000), Verdict.MET),
        ((3000, 4000), Verdict.UNDETERMINED),
        ((3599.9, 3600), Verdict.UNDETERMINED),
        ((3000, 3599), Verdict.NOT_MET),
    ],
)
def test_bounds_decide_when_both_agree(bounds, verdict):
    assert judge("visits", bounds, 3600, unit="s").verdict is verdict


def test_a_reason_names_its_figures():
    found = judge("visits", (3000.4, 4000), 3600, unit="s")

    assert found.reason == Reason(
        "visits_undetermined", {"low_s": 3000, "high_s": 4000, "required_s": 3600}
    )
    assert text(found.reason, "en") == (
        "between 0 h 50 min and 1 h 07 min of home visits, required 1 h 00 min: "
        "the evidence does not decide"
    )
    assert text(found.reason, "zh").startswith("入户时长介于 50 分钟至 1 小时 7 分钟之间")


@given(
    st.sampled_from([*CATALOGUE, "", "of_tomorrow"]),
    st.dictionaries(
        st.sampled_from(["low_s", "high_s", "required_s", "duty_s", "low_share", "of_grid_id"]),
        st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.integers())),
    ),
    st.sampled_from(LANGUAGES),
)
def test_whatever_is_stored_is_told(code, values, language):
    assert text_or("as stored", Reason(code, values), language)


def test_what_the_catalogue_has_no_words_for_stays_as_it_was():
    assert text_or("as stored", Reason("visits_met", {"low_s": 1}), "zh") == "as stored"


@pytest.mark.parametrize(
    ("required_s", "said"),
    [(0, "0 分钟"), (10_800, "3 小时"), (2_940, "49 分钟"), (5_400, "1 小时 30 分钟")],
)
def test_chinese_names_no_hours_or_minutes_that_are_0(required_s, said):
    found = judge("visits", (20_000, 20_000), required_s, unit="s")

    assert text(found.reason, "zh").endswith(f"要求 {said}")


def test_shares_are_told_in_percent():
    found = judge("coverage", (0.71239, 0.8), 0.9, unit="share")

    assert found.reason.values["low_share"] == 0.7124
    assert text(found.reason, "en") == "between 71% and 80% covered, required 90%"


def test_notes_are_told_where_there_is_something_to_note():
    found = judge("visits", (3000, 4000), 3600, unit="s", excused_s=1800, of_grid_id="G02")

    assert text(found.reason, "en").endswith(
        "; by the requirement of grid G02, where most of duty was; 0 h 30 min of duty is excused"
    )
