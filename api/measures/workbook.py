"""Measures as XLSX (ECMA-376): a line a key."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from openpyxl import Workbook

from api.exports.workbook import cell_of, head_of
from api.measures.shapes import Measured
from patrol.reasons import Language

# ruff: noqa: RUF001 - Chinese has punctuation of its own

_COLUMNS: Final[Mapping[str, Mapping[Language, str]]] = {
    "key": {"en": "by", "zh": "统计对象"},
    "reports": {"en": "reports", "zh": "上报数"},
    "valid_reports": {"en": "of these valid", "zh": "其中有效"},
    "handled": {"en": "handled", "zh": "处置数"},
    "self_resolved": {"en": "of these settled here", "zh": "其中自行处置"},
    "reworked": {"en": "of these reworked", "zh": "其中返工"},
    "due_handled": {"en": "due to be handled", "zh": "应处置数"},
    "handled_in_time": {"en": "of these in time", "zh": "其中按期处置"},
    "due_closed": {"en": "due to be closed", "zh": "应结案数"},
    "closed": {"en": "of these closed", "zh": "其中已结案"},
    "duplicates": {"en": "duplicates among the reports", "zh": "上报中重复"},
    "self_closed": {"en": "reports nobody else touched", "zh": "上报中自报自结"},
}
_NOTES: Final[Mapping[Language, Sequence[str]]] = {
    "en": (
        "Every count is a part of the one before it that it names; orders are counted once.",
        "The order is that of the keys, and never of a result.",
    ),
    "zh": (
        "各项“其中”属于其前一项；每张工单只计一次。",
        "顺序按编号排列，不按结果排列。",
    ),
}


def workbook_of(span: tuple[date, date], rows: Sequence[Measured], language: Language) -> bytes:
    """Return the bytes of the file; without a quota what is told beside one is left out."""
    has_quota = any(one.duplicates is not None for one in rows)
    names = [one for one in _COLUMNS if has_quota or one not in ("duplicates", "self_closed")]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(f"{span[0]} {span[1]}")
    sheet.freeze_panes = "B2"
    sheet.append([head_of(sheet, _COLUMNS[name][language]) for name in names])
    for row in rows:
        sheet.append([cell_of(sheet, getattr(row, name)) for name in names])
    for note in ("", *_NOTES[language]):
        sheet.append([note])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
