"""Verdicts, and why they are so: a code with its values, and the words for it by language.

Codes and values are what is stored; words are made of them when somebody reads.
"""

# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, get_args

Language: TypeAlias = Literal["en", "zh"]
Value: TypeAlias = float | str

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Verdict(StrEnum):
    """Whether a requirement was met, as far as the evidence tells."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code of the catalogue and the values that its words name.

    A value whose name ends in `_s` is a number of whole seconds, one in `_share` a part of 1.
    """

    code: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the reason for it."""

    verdict: Verdict
    reason: Reason


_PRESENCE_EN = "between {low_s} and {high_s} in the grid, required {required_s}"
_PRESENCE_ZH = "在格时长介于 {low_s}至 {high_s}之间，要求 {required_s}"
_VISITS_EN = "between {low_s} and {high_s} of home visits, required {required_s}"
_VISITS_ZH = "入户时长介于 {low_s}至 {high_s}之间，要求 {required_s}"
_COVERAGE_EN = "between {low_share} and {high_share} covered, required {required_share}"
_COVERAGE_ZH = "巡查覆盖率介于 {low_share} 至 {high_share} 之间，要求 {required_share}"
_UNDECIDED_EN = ": the evidence does not decide"
_UNDECIDED_ZH = "：现有证据不足以认定"

CATALOGUE: Mapping[str, Mapping[Language, str]] = {
    "presence_met": {"en": _PRESENCE_EN, "zh": _PRESENCE_ZH},
    "presence_not_met": {"en": _PRESENCE_EN, "zh": _PRESENCE_ZH},
    "presence_undetermined": {
        "en": _PRESENCE_EN + _UNDECIDED_EN,
        "zh": _PRESENCE_ZH + _UNDECIDED_ZH,
    },
    "visits_met": {"en": _VISITS_EN, "zh": _VISITS_ZH},
    "visits_not_met": {"en": _VISITS_EN, "zh": _VISITS_ZH},
    "visits_undetermined": {"en": _VISITS_EN + _UNDECIDED_EN, "zh": _VISITS_ZH + _UNDECIDED_ZH},
    "visits_duty_too_short": {
        "en": _VISITS_EN + ": duty of {duty_s} is too short for it",
        "zh": _VISITS_ZH + "：在岗时长仅 {duty_s}，不足以完成该项要求",
    },
    "coverage_met": {"en": _COVERAGE_EN, "zh": _COVERAGE_ZH},
    "coverage_not_met": {"en": _COVERAGE_EN, "zh": _COVERAGE_ZH},
    "coverage_undetermined": {
        "en": _COVERAGE_EN + _UNDECIDED_EN,
        "zh": _COVERAGE_ZH + _UNDECIDED_ZH,
    },
    "nothing_owed": {
        "en": "nothing was owed: all of duty is excused",
        "zh": "在岗时段均为免考核时段，当日无此项要求",
    },
    "excuse_leave": {"en": "leave", "zh": "请假"},
    "excuse_training": {"en": "training", "zh": "培训"},
    "excuse_fault": {"en": "fault of the equipment", "zh": "设备故障"},
    "excuse_weather": {"en": "weather", "zh": "恶劣天气"},
    "excuse_other": {"en": "other reasons", "zh": "其他原因"},
    "excuse_common_silence": {
        "en": "many terminals fell silent together",
        "zh": "多台终端同时失联",
    },
}

# What is said as well where a reason has this value.
NOTES: Mapping[str, Mapping[Language, str]] = {
    "of_grid_id": {
        "en": "; by the requirement of grid {of_grid_id}, where most of duty was",
        "zh": "；按在岗时间最长的网格 {of_grid_id} 的要求认定",
    },
    "excused_s": {
        "en": "; {excused_s} of duty is excused",
        "zh": "；其中免考核时长 {excused_s}",
    },
}


def judge(
    what: str, bounds: tuple[float, float], required: float, *, unit: str, **notes: Value
) -> Judgement:
    """Return the verdict on a requirement whose true value lies within `bounds`.

    `what` begins the code, `unit` ends the names of the values: `s` or `share`.
    """
    low, high = bounds
    verdict = Verdict.UNDETERMINED
    if low >= required:
        verdict = Verdict.MET
    elif high < required:
        verdict = Verdict.NOT_MET
    digits = None if unit == "s" else 4
    figures = {f"low_{unit}": low, f"high_{unit}": high, f"required_{unit}": required}
    values: dict[str, Value] = {name: round(one, digits) for name, one in figures.items()}
    return Judgement(verdict=verdict, reason=Reason(f"{what}_{verdict}", values | notes))


def text(reason: Reason, language: Language) -> str:
    """Return the reason in words."""
    words = CATALOGUE[reason.code][language]
    words += "".join(note[language] for name, note in NOTES.items() if name in reason.values)
    shown = {name: _shown(name, value, language) for name, value in reason.values.items()}
    return words.format_map(shown)


def text_or(otherwise: str, reason: Reason, language: Language) -> str:
    """Return the reason in words, or `otherwise` where the catalogue has none for it.

    Reasons are kept for years: of another version they may have a code that is not known
    here, or lack a value that the words name.
    """
    try:
        return text(reason, language)
    except (KeyError, TypeError, ValueError, OverflowError):
        return otherwise


def _shown(name: str, value: Value, language: Language) -> str:
    if isinstance(value, str):
        return value
    if name.endswith("_share"):
        return f"{value:.0%}"
    hours, minutes = divmod(round(value / 60), 60)
    if language == "en":
        return f"{hours} h {minutes:02d} min"
    parts = [f"{hours} 小时"] * bool(hours) + [f"{minutes} 分钟"] * bool(minutes or not hours)
    return " ".join(parts)
