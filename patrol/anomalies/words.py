"""Findings in words: what was seen, and not what anybody did."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Mapping
from typing import Literal, TypeAlias

from patrol.anomalies.findings import Finding, FindingKind

Language: TypeAlias = Literal["en", "zh"]

# A value whose name ends in `_s` is shown as a span. Words behind a bar begin with
# the name of a value, and are said only where it is not 0.
CATALOGUE: Mapping[FindingKind, Mapping[Language, str]] = {
    FindingKind.MOCK_LOCATION: {
        "en": "{fixes} fixes ({share_pct}% of those in this time) carry the terminal's flag "
        "of a made-up position",
        "zh": "{fixes} 个定位点（占该时段的 {share_pct}%）带有终端的模拟位置标志",
    },
    FindingKind.TELEPORT: {
        "en": "within {step_s} the position changed by {distance_m} m, faster than vehicles usually are, "
        "and did not come back within minutes",
        "zh": "位置在 {step_s}内变化 {distance_m} 米，超出一般车辆速度，且数分钟内未恢复",
    },
    FindingKind.FROZEN_RECEIVER: {
        "en": "{fixes} fixes repeat one coordinate to the last digit"
        "|jump_m; the next one is {jump_m} m away"
        "|moving_share_pct; {moving_share_pct}% of them report a speed",
        "zh": "{fixes} 个定位点的坐标完全相同"
        "|jump_m；下一个点相距 {jump_m} 米"
        "|moving_share_pct；其中 {moving_share_pct}% 报告了非零速度",
    },
    FindingKind.CLOCK_OFFSET: {
        "en": "the times of the terminal differ from those of the server by {offset_s}"
        "|hours; in whole hours: {hours}",
        "zh": "终端时间与服务器时间相差 {offset_s}|hours；按整小时计约 {hours} 小时",
    },
    FindingKind.CLOCK_ROLLOVER: {
        "en": "{fixes} fixes are dated 1,024 weeks before this duty",
        "zh": "{fixes} 个定位点的日期比本次在岗早 1024 周",
    },
    FindingKind.CLOCK_STUCK: {
        "en": "{fixes} different positions carry one and the same time",
        "zh": "{fixes} 个不同位置带有同一时间",
    },
    FindingKind.CLOCK_DRIFT: {
        "en": "against the server the terminal's clock changed by {rate_s_per_h} seconds an hour",
        "zh": "终端时钟相对服务器每小时变化 {rate_s_per_h} 秒",
    },
    FindingKind.SAME_PATH: {
        "en": "this terminal and that of worker {other_worker_id} went one way for {lasting_s}, "
        "{distance_m} m, {apart_m} m apart",
        "zh": "本终端与网格员 {other_worker_id} 的终端同行 {lasting_s}，路程 {distance_m} 米，"
        "相距 {apart_m} 米",
    },
    FindingKind.REPLAYED_DAY: {
        "en": "for {lasting_s} the track repeats that of {other_day} step by step",
        "zh": "轨迹在 {lasting_s}内逐步重复 {other_day} 的轨迹",
    },
    FindingKind.TERMINALS_APART: {
        "en": "two terminals of the worker were {distance_m} m apart at the same time",
        "zh": "该网格员的两台终端同时相距 {distance_m} 米",
    },
    FindingKind.TERMINAL_AT_REST: {
        "en": "the terminal lay still within {extent_m} m for {lasting_s}, at no authorised place",
        "zh": "终端在 {extent_m} 米范围内静止 {lasting_s}，不在任何授权地点",
    },
    FindingKind.TERMINAL_RIDDEN: {
        "en": "the terminal went {distance_m} m at the speed of vehicles in {lasting_s}",
        "zh": "终端以车辆速度在 {lasting_s}内移动 {distance_m} 米",
    },
    FindingKind.CHECKIN_ELSEWHERE: {
        "en": "checked in at premises {premises_id} while all {fixes} fixes around that time "
        "are {distance_m} m or more from there",
        "zh": "在房屋 {premises_id} 签到，而该时刻前后的 {fixes} 个定位点均距其 {distance_m} 米以上",
    },
}


# What is said where the evidence lacks what the words name: it may be of another version.
TITLES: Mapping[FindingKind, Mapping[Language, str]] = {
    FindingKind.MOCK_LOCATION: {"en": "flag of a made-up position", "zh": "模拟位置标志"},
    FindingKind.TELEPORT: {"en": "leap of the position", "zh": "位置跳变"},
    FindingKind.FROZEN_RECEIVER: {"en": "coordinate that repeats", "zh": "坐标重复不变"},
    FindingKind.CLOCK_OFFSET: {"en": "clock that is off", "zh": "终端时钟偏差"},
    FindingKind.CLOCK_ROLLOVER: {
        "en": "clock that is 1,024 weeks off",
        "zh": "终端日期偏差 1024 周",
    },
    FindingKind.CLOCK_STUCK: {"en": "clock that stands", "zh": "终端时钟停滞"},
    FindingKind.CLOCK_DRIFT: {"en": "clock that drifts", "zh": "终端时钟漂移"},
    FindingKind.SAME_PATH: {"en": "two terminals on one way", "zh": "两台终端同行"},
    FindingKind.REPLAYED_DAY: {"en": "track that repeats an earlier one", "zh": "轨迹与往日重复"},
    FindingKind.TERMINALS_APART: {"en": "two terminals far apart", "zh": "两台终端相距较远"},
    FindingKind.TERMINAL_AT_REST: {"en": "terminal that lay still", "zh": "终端长时间静止"},
    FindingKind.TERMINAL_RIDDEN: {
        "en": "terminal at the speed of vehicles",
        "zh": "终端以车速移动",
    },
    FindingKind.CHECKIN_ELSEWHERE: {
        "en": "check-in far from the fixes",
        "zh": "签到位置与定位不符",
    },
}
_UNKNOWN_KIND: Mapping[Language, str] = {
    "en": "of a kind that is not known here",
    "zh": "本版本未知的类别",
}

_HOUR_S = 3600
# Of spans below an hour and from there on.
_SPANS: Mapping[Language, tuple[tuple[str, str], tuple[str, str]]] = {
    "en": (("min", "s"), ("h", "min")),
    "zh": (("分", "秒"), ("小时", "分")),
}


def text(finding: Finding, language: Language) -> str:
    """Return what was seen in words."""
    return text_of(finding.kind, finding.evidence, language)


def text_or_title(kind: str, evidence: Mapping[str, float | str], language: Language) -> str:
    """Return the words for a stored finding, whichever version of the rules has made it.

    Where the evidence lacks what the words name, the title of the kind.
    """
    if kind not in set(FindingKind):
        return _UNKNOWN_KIND[language]
    known = FindingKind(kind)
    try:
        return text_of(known, evidence, language)
    except (KeyError, TypeError, ValueError, OverflowError):
        return TITLES[known][language]


def text_of(kind: FindingKind, evidence: Mapping[str, float | str], language: Language) -> str:
    """Return the words for a kind with its evidence; KeyError where that lacks a value."""
    always, *maybe = CATALOGUE[kind][language].split("|")
    words = always
    for part in maybe:
        name = part[: len(part) - len(part.lstrip("abcdefghijklmnopqrstuvwxyz_"))]
        if evidence.get(name):
            words += part.removeprefix(name)
    return words.format_map({name: _shown(name, evidence[name], language) for name in evidence})


def _shown(name: str, value: float | str, language: Language) -> str:
    if isinstance(value, str) or not name.endswith("_s"):
        return str(value)
    sign = "-" if value < 0 else ""
    span_s = abs(round(value))
    first, second = _SPANS[language][span_s >= _HOUR_S]
    whole, rest = divmod(span_s // (60 if span_s >= _HOUR_S else 1), 60)
    if not whole:
        return f"{sign}{rest} {second}"
    if language == "zh" and not rest:
        return f"{sign}{whole} {first}"
    return f"{sign}{whole} {first} {rest:02d} {second}"
