"""What is imported: GeoJSON, CSV or XLSX, as rows or features, within limits."""

import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

import openpyxl

from api.problems import BODY_TOO_LARGE, ProblemError
from api.registry.problems import NOT_A_TABLE, NOT_IMPORTED
from api.registry.settings import RegistrySettings
from patrol.errors import InputError
from patrol.registers.files import Features, Source, Table, Text
from patrol.registers.walking import walk_features

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
_GEOJSON: Final = ("application/geo+json", "application/json")
_NAME: Final = "body"
# A workbook is text that shrinks well: what grows more than this is no roster.
_MOST_GROWTH: Final = 100
_MOST_UNPACKED_BYTES: Final = 256 << 20
_MOST_PARTS: Final = 1000
_MOST_COLUMNS: Final = 100
_MOST_CELL_CHARS: Final = 10_000
_CODECS: Final = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030"}


def read_body(body: bytes, content_type: str, settings: RegistrySettings) -> Source:
    """Return what is in a body; ProblemError for another form of it, or too much."""
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if media_type == XLSX:
        return _read_workbook(body, settings)
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type == CSV:
        return _read_csv(_decoded(body, charset), settings)
    if media_type in _GEOJSON:
        return _read_geojson(_decoded(body, charset), settings)
    raise ProblemError(NOT_A_TABLE, f"send {_GEOJSON[0]}, {CSV} or {XLSX}")


def _decoded(body: bytes, charset: str) -> str:
    # Spreadsheets of Chinese systems write GBK; it is hardly ever valid UTF-8.
    codecs = [_CODECS.get(charset, charset)] if charset else ["utf-8-sig", "gb18030"]
    for codec in codecs:
        try:
            return body.decode(codec)
        except (UnicodeDecodeError, LookupError):
            continue
    raise ProblemError(
        NOT_A_TABLE, f"the body is not text in {' or '.join(codecs)}: declare its charset"
    )


def _read_csv(text: str, settings: RegistrySettings) -> Source:
    if text.count("\n") > settings.import_rows:
        raise _too_many(settings)
    return Text(_NAME, text)


def _read_geojson(text: str, settings: RegistrySettings) -> Source:
    features = []
    try:
        for feature in walk_features(text):
            features.append(feature)
            if len(features) > settings.import_rows:
                raise _too_many(settings)
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            NOT_IMPORTED, f"the body is no GeoJSON FeatureCollection: {error}"
        ) from error
    return Features(_NAME, features)


def _read_workbook(body: bytes, settings: RegistrySettings) -> Source:
    try:
        _check_archive(body)
        book = openpyxl.load_workbook(BytesIO(body), read_only=True, data_only=True)
        rows = _rows(book.worksheets[0], settings)
    except ProblemError:
        raise
    # The library raises whatever the bytes lead it to.
    except Exception as error:
        raise ProblemError(
            NOT_A_TABLE, f"the body is no workbook that can be read ({type(error).__name__})"
        ) from error
    return Table(_NAME, rows)


def _check_archive(body: bytes) -> None:
    """Raise ProblemError for what would grow beyond measure when it is unpacked."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            parts = archive.infolist()
    except (BadZipFile, zipfile.LargeZipFile) as error:
        raise ProblemError(NOT_A_TABLE, "the body is no XLSX") from error
    unpacked = sum(part.file_size for part in parts)
    most = min(_MOST_UNPACKED_BYTES, len(body) * _MOST_GROWTH)
    if len(parts) > _MOST_PARTS or unpacked > most:
        raise ProblemError(
            BODY_TOO_LARGE, f"the workbook has {unpacked} bytes unpacked; {most} are taken"
        )


def _rows(sheet: Any, settings: RegistrySettings) -> list[tuple[str, ...]]:  # noqa: ANN401 - no types
    rows: list[tuple[str, ...]] = []
    for cells in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True):
        rows.append(tuple(_text(cell, settings.zone) for cell in cells))
        if len(rows) > settings.import_rows + 1:
            raise _too_many(settings)
    while rows and not any(rows[-1]):
        rows.pop()
    width = max(
        (number + 1 for row in rows[:1] for number, one in enumerate(row) if one), default=0
    )
    return [row[:width] if not any(row[width:]) else row for row in rows]


def _text(cell: object, zone: ZoneInfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        # A sheet knows no zone: what it shows are the local clocks.
        return (cell if cell.tzinfo else cell.replace(tzinfo=zone)).isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell)
    if len(text) > _MOST_CELL_CHARS:
        raise InputError(f"a cell has {len(text)} characters")
    return text


def _too_many(settings: RegistrySettings) -> ProblemError:
    return ProblemError(BODY_TOO_LARGE, f"{settings.import_rows} rows are taken at once")
