"""A month as PDF, to be signed and filed: the sums, a line a worker."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from api.exports.months import WorkerMonth, values_of
from api.exports.words import COLUMNS, NOTES, TITLE
from patrol.reasons import Language

PDF = "application/pdf"
# One of the fonts that every reader of PDF has for Chinese (ISO 32000-1, 9.7.5.2), so that none
# needs to be in the file.
_FONT = "STSong-Light"
_MARGIN = 10 * mm
_SMALL = 7
_WIDTHS = [22, 22, *[13] * 17]


def paper_of(month: str, sums: Sequence[WorkerMonth], language: Language) -> bytes:
    """Return the bytes of the file."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    title = TITLE[language].format(month=month)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        author="gridpatrol",
    )
    small = ParagraphStyle("small", fontName=_FONT, fontSize=_SMALL, leading=_SMALL + 2)
    large = ParagraphStyle("large", fontName=_FONT, fontSize=2 * _SMALL, leading=3 * _SMALL)
    head = [Paragraph(escape(one[language]), small) for one in COLUMNS]
    rows = [[str(value) for value in values_of(one)] for one in sums]
    table = Table([head, *rows], colWidths=[width * mm for width in _WIDTHS], repeatRows=1)
    table.setStyle(_style())
    notes = [Paragraph(escape(note), small) for note in NOTES[language]]
    document.build(
        [Paragraph(escape(title), large), table, Spacer(1, 4 * mm), *notes],
        onFirstPage=_number,
        onLaterPages=_number,
    )
    return out.getvalue()


def _style() -> TableStyle:
    return TableStyle(
        [
            ("FONT", (0, 0), (-1, -1), _FONT, _SMALL),
            ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
            ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ("ALIGN", (2, 1), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ]
    )


def _number(canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab tells no types
    canvas.setFont(_FONT, _SMALL)
    canvas.drawRightString(landscape(A4)[0] - _MARGIN, _MARGIN / 2, str(document.page))
