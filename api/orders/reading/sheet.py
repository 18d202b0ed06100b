"""Orders as XLSX (ECMA-376): one sheet, a row an order; texts are only texts."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from openpyxl import Workbook

from api.orders.shapes import Order


def sheet_of(orders: Sequence[Order]) -> bytes:
    """Return the bytes of a workbook; its columns are the names of the JSON, its times UTC."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("orders")
    sheet.freeze_panes = "B2"
    names = list(Order.model_fields)
    sheet.append(names)
    for one in orders:
        sheet.append([_cell(getattr(one, name)) for name in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: object) -> object:
    # Programs for tables know times without a zone alone.
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
