"""What stands in files for people, in their languages."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Mapping, Sequence
from typing import Final

from patrol.reasons import Language

COLUMNS: Final[Sequence[Mapping[Language, str]]] = (
    {"en": "worker", "zh": "网格员"},
    {"en": "name", "zh": "姓名"},
    {"en": "days of duty", "zh": "应到天数"},
    {"en": "judged", "zh": "已判定"},
    {"en": "presence met", "zh": "在岗达标"},
    {"en": "not met", "zh": "未达标"},
    {"en": "undetermined", "zh": "无法判定"},
    {"en": "in grid h", "zh": "在岗小时"},
    {"en": "at least", "zh": "至少"},
    {"en": "at most", "zh": "至多"},
    {"en": "visits met", "zh": "走访达标"},
    {"en": "not met", "zh": "未达标"},
    {"en": "undetermined", "zh": "无法判定"},
    {"en": "visits h", "zh": "走访小时"},
    {"en": "at least", "zh": "至少"},
    {"en": "at most", "zh": "至多"},
    {"en": "excused h", "zh": "免责小时"},
    {"en": "corrected days", "zh": "更正天数"},
    {"en": "frozen days", "zh": "已锁定天数"},
)
TITLE: Final[Mapping[Language, str]] = {"en": "Month {month}", "zh": "{month} 月度汇总"}
DAYS: Final[Mapping[Language, str]] = {"en": "days", "zh": "逐日"}
NOTES: Final[Mapping[Language, Sequence[str]]] = {
    "en": (
        "Verdicts are counted as decided after corrections; hours are as measured.",
        "Each count is a part of the judged days, and these are a part of the days of duty.",
        "Undetermined is no accusation: evidence is missing. The order is that of the ids.",
    ),
    "zh": (
        "判定按更正后的决定计数；小时为实测值。",
        "各项计数属于已判定天数；已判定天数属于应到天数。",
        "“无法判定”表示证据不足，不构成指责。顺序按编号排列。",
    ),
}
README: Final[Mapping[Language, str]] = {
    "en": """Worker-day {worker_id}, {day}

track.gpx, track.csv    fixes within duty windows (WGS-84, UTC)
day.json                result with bounds and reasons as measured and as decided, duty, presence,
                        visits, excused time, findings, corrections, decisions, appeals
statements.json         what was stated of the day, each with the hash of the one before; checked by
                        `patrol ingest verify`
reports.json, photos/   reports of the day; a photo that never came is named in reports.json alone
SHA256SUMS              of every file: `sha256sum -c SHA256SUMS`

A finding says what was seen and proves nothing. Undetermined means that evidence is missing.
""",
    "zh": """工作日档案 {worker_id} {day}

track.gpx, track.csv    班次内的定位（WGS-84，UTC 时间）
day.json                结果（实测与更正后的决定、上下界、理由）、班次、在岗、走访、免责时间、
                        异常提示、更正、决定、申诉
statements.json         当日陈述，每条含前一条的哈希；用 `patrol ingest verify` 核验
reports.json, photos/   当日上报；从未上传的照片只列在 reports.json 中
SHA256SUMS              各文件的哈希：`sha256sum -c SHA256SUMS`

异常提示只说明观察到的情况，不构成证明。“无法判定”表示证据不足。
""",
}
