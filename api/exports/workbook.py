"""A month as XLSX (ECMA-376): a sheet of sums, a sheet of days."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from api.exports.months import MonthDay, WorkerMonth, values_of
from api.exports.words import COLUMNS, DAYS, NOTES, TITLE
from patrol.reasons import Language

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BOLD = Font(bold=True)
_FORMULA = "="


def workbook_of(
    month: str, found: tuple[Sequence[WorkerMonth], Sequence[MonthDay]], language: Language
) -> bytes:
    """Return the bytes of the file for sums and the days behind them.

    Days have every second, as numbers; texts are only texts.
    """
    sums, days = found
    book = Workbook(write_only=True)
    sheet = book.create_sheet(TITLE[language].format(month=month))
    sheet.freeze_panes = "C2"
    sheet.append([head_of(sheet, one[language]) for one in COLUMNS])
    for one in sums:
        sheet.append([cell_of(sheet, value) for value in values_of(one)])
    for note in ("", *NOTES[language]):
        sheet.append([note])
    sheet = book.create_sheet(DAYS[language])
    sheet.freeze_panes = "D2"
    names = list(MonthDay.model_fields)
    sheet.append([head_of(sheet, name) for name in names])
    for day in days:
        sheet.append([cell_of(sheet, getattr(day, name)) for name in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def head_of(sheet: Any, text: str) -> WriteOnlyCell:  # noqa: ANN401 - openpyxl tells no types
    """Return the cell above a column."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = _BOLD
    return cell


def cell_of(sheet: Any, value: object) -> object:  # noqa: ANN401 - as above
    """Return a cell whose text is only text."""
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        cell = WriteOnlyCell(sheet, value=value)
        # Else it would be run by whoever opens the file.
        cell.data_type = "s"
        return cell
    return value
