"""The fixed list of reasons that decisions are given, in words of both languages.

A code says what a decision rests on, so that decisions can be counted by it; the words of
whoever decided stand beside it. No code says anything of who lives at premises.
"""

from collections.abc import Mapping
from typing import Final

from patrol.reasons import Language

Words = Mapping[Language, str]

_OTHER: Final[Words] = {"en": "another reason, told in the text", "zh": "其他原因，见文字说明"}  # noqa: RUF001 - Chinese punctuation

# By what is decided: `upheld` and so on are statuses of findings, corrections and appeals.
REASONS: Final[Mapping[str, Mapping[str, Words]]] = {
    "finding_upheld": {
        "evidence_stands": {"en": "the evidence stands", "zh": "证据充分"},
        "explanation_contradicted": {
            "en": "the evidence contradicts the explanation",
            "zh": "证据与说明不符",
        },
        "no_explanation": {"en": "no explanation was given in time", "zh": "期限内未作说明"},
        "other": _OTHER,
    },
    "finding_dismissed": {
        "explained": {"en": "the explanation is plausible", "zh": "说明合理"},
        "terminal_fault": {"en": "a fault of the terminal", "zh": "终端故障"},
        "wrong_assignment": {
            "en": "the terminal was assigned to somebody else",
            "zh": "终端与人员登记不符",
        },
        "authorised_work": {"en": "work that was ordered", "zh": "受派执行其他工作"},
        "data_error": {"en": "an error in the data", "zh": "数据错误"},
        "test_or_training": {"en": "a test or training", "zh": "测试或培训"},
        "appeal_granted": {"en": "an appeal was granted", "zh": "申诉成立"},
        "other": _OTHER,
    },
    "correction": {
        "paper_record": {"en": "a record on paper", "zh": "有纸质记录"},
        "witness": {"en": "somebody has attested it", "zh": "有人证明"},
        "terminal_fault": {"en": "a fault of the terminal", "zh": "终端故障"},
        "forgotten_checkin": {"en": "a check-in was forgotten", "zh": "漏打卡"},
        "wrong_premises": {"en": "the premises were confused", "zh": "房屋识别有误"},
        "wrong_assignment": {
            "en": "the terminal was assigned to somebody else",
            "zh": "终端与人员登记不符",
        },
        "authorised_work": {"en": "work that was ordered", "zh": "受派执行其他工作"},
        "appeal_granted": {"en": "an appeal was granted", "zh": "申诉成立"},
        "other": _OTHER,
    },
    "correction_decided": {
        "checked": {"en": "checked by a second person", "zh": "已由第二人核实"},
        "not_shown": {"en": "it was not shown", "zh": "依据不足"},
        "entered_wrongly": {"en": "it was entered wrongly", "zh": "录入有误"},
        "appeal_granted": {"en": "an appeal was granted", "zh": "申诉成立"},
        "other": _OTHER,
    },
    "appeal_granted": {
        "evidence_accepted": {"en": "new evidence was accepted", "zh": "采纳新证据"},
        "error_found": {"en": "an error was found", "zh": "发现错误"},
        "procedure_wrong": {"en": "the procedure was not kept", "zh": "程序不当"},
        "other": _OTHER,
    },
    "appeal_refused": {
        "facts_unchanged": {"en": "the facts are as they were", "zh": "事实未变"},
        "not_shown": {"en": "it was not shown", "zh": "依据不足"},
        "other": _OTHER,
    },
    "unlocking": {
        "appeal": {"en": "an appeal is to be decided", "zh": "处理申诉"},
        "late_evidence": {"en": "evidence came late", "zh": "证据晚到"},
        "error_found": {"en": "an error was found", "zh": "发现错误"},
        "ordered": {"en": "ordered by an authority", "zh": "上级要求"},
        "other": _OTHER,
    },
    "unlocking_decided": {
        "checked": {"en": "checked by a second person", "zh": "已由第二人核实"},
        "not_needed": {"en": "it is not needed", "zh": "无需解锁"},
        "other": _OTHER,
    },
}


def codes_of(what: str) -> list[str]:
    """Return the codes of what is decided, in the order in which they are offered."""
    return list(REASONS[what])


def words_of(what: str, code: str, language: Language) -> str:
    """Return a reason in words; of a code that is not known here, the code."""
    words = REASONS.get(what, {}).get(code)
    return code if words is None else words[language]
