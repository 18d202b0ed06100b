"""Findings in words: what was seen, in both languages, and no accusation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.anomalies.findings import Finding, FindingKind
from patrol.anomalies.words import CATALOGUE, TITLES, text, text_of, text_or_title
from tests.makers import span

# Every name of evidence that any finding has.
EVIDENCE = {
    "apart_m": 9,
    "distance_m": 900,
    "extent_m": 2,
    "fixes": 61,
    "hours": -8,
    "jump_m": 210,
    "lasting_s": 5990,
    "moving_share_pct": 97,
    "offset_s": -28_800,
    "other_day": "2026-03-01",
    "other_worker_id": "W02",
    "premises_id": "P07",
    "rate_s_per_h": -40,
    "share_pct": 88,
    "step_s": 10,
}
ACCUSING = re.compile(
    r"fake|fraud|cheat|suspicio|forg|lie[sd]?\b|spoof|造假|作弊|欺|伪造|可疑|违规"
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_has_words_that_accuse_nobody(kind, language):
    words = text_of(kind, EVIDENCE, language)

    assert not ACCUSING.search(words)
    assert not re.search(r"[{}|]", words)


def test_every_kind_is_in_the_catalogue_in_every_language():
    assert set(CATALOGUE) == set(FindingKind)
    assert {frozenset(words) for words in CATALOGUE.values()} == {frozenset({"en", "zh"})}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_has_a_title_where_evidence_lacks(kind, language):
    words = text_or_title(kind, {}, language)

    assert words == TITLES[kind][language]
    assert not ACCUSING.search(words)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_kind_that_is_not_known_is_said(language):
    assert text_or_title("of_tomorrow", EVIDENCE, language)


@pytest.mark.parametrize("kind", list(FindingKind))
def test_whole_evidence_is_told_in_words(kind):
    assert text_or_title(kind, EVIDENCE, "en") == text_of(kind, EVIDENCE, "en")


@given(
    st.sampled_from([*FindingKind, "of_tomorrow"]),
    st.dictionaries(
        st.sampled_from([*EVIDENCE, "x"]),
        st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.lists(st.integers())),
    ),
    st.sampled_from(["en", "zh"]),
)
def test_whatever_is_stored_is_told(kind, evidence, language):
    assert text_or_title(kind, evidence, language)


def test_both_languages_name_the_same_values():
    for words in CATALOGUE.values():
        en, zh = (sorted(re.findall(r"\{(\w+)\}", words[language])) for language in ("en", "zh"))
        assert en == zh


def test_what_was_not_seen_is_not_said():
    evidence = {"fixes": 300, "jump_m": 210, "moving_share_pct": 0}

    assert text_of(FindingKind.FROZEN_RECEIVER, evidence, "en") == (
        "300 fixes repeat one coordinate to the last digit; the next one is 210 m away"
    )
    assert text_of(FindingKind.FROZEN_RECEIVER, evidence, "zh") == (
        "300 个定位点的坐标完全相同；下一个点相距 210 米"  # noqa: RUF001 - Chinese punctuation
    )


def test_a_span_in_chinese_stands_without_blanks_behind_its_unit():
    evidence = {"step_s": 2940, "distance_m": 90_000}

    assert text_of(FindingKind.TELEPORT, evidence, "zh").startswith("位置在 49 分内变化 90000 米")


def test_a_share_has_no_blank_before_its_sign():
    assert "88%" in text_of(FindingKind.MOCK_LOCATION, EVIDENCE, "zh")
    assert "88%" in text_of(FindingKind.MOCK_LOCATION, EVIDENCE, "en")


@pytest.mark.parametrize(
    ("offset_s", "hours", "language", "said"),
    [
        (-45, 0, "en", "differ from those of the server by -45 s"),
        (3600, 1, "en", "by 1 h 00 min; in whole hours: 1"),
        (-45, 0, "zh", "终端时间与服务器时间相差 -45 秒"),
        (-28_800, -8, "zh", "相差 -8 小时；按整小时计约 -8 小时"),  # noqa: RUF001 - Chinese punctuation
        (2940, 0, "zh", "终端时间与服务器时间相差 49 分"),
        (605, 0, "zh", "终端时间与服务器时间相差 10 分 05 秒"),
    ],
)
def test_spans_are_told_in_hours_and_minutes_or_minutes_and_seconds(
    offset_s, hours, language, said
):
    finding = Finding(
        kind=FindingKind.CLOCK_OFFSET,
        interval=span(0, 60),
        evidence={"offset_s": offset_s, "hours": hours},
    )

    assert text(finding, language).endswith(said)
