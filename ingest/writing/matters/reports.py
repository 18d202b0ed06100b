"""Photo reports, as their terminals tell them, into the database; the photos come by themselves."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ingest.writing.matters.lastfix import fix_values
from patrol.ids import TerminalId
from patrol.notices.reports import PhotoReport, encode_exif
from patrol.workorders.values import Place
from runtime.registers.turns import hold_registers
from runtime.workorders.opening import Opener, Reported, age_of
from runtime.workorders.reporting import STORE_PHOTO, STORE_REPORT


def store_reports(
    conn: psycopg.Connection,
    reports: Sequence[tuple[TerminalId, PhotoReport]],
    *,
    opener: Opener,
    received_at: datetime,
) -> None:
    """Store what is new, with the photos that it announces, and open its work order."""
    if not reports:
        return
    hold_registers(conn)
    values = [_values(terminal, one, received_at) for terminal, one in reports]
    with conn.cursor() as cursor:
        cursor.executemany(STORE_REPORT, values, returning=True)
        # Of one that is told twice in a batch, the first is the new one.
        new = [one for one, is_new in zip(reports, _are_new(cursor), strict=True) if is_new]
        if photos := [row for terminal, one in new for row in _photo_values(terminal, one)]:
            cursor.executemany(STORE_PHOTO, photos)
    opener.open(conn, [_reported(terminal, one) for terminal, one in new], at=received_at)


def _are_new(cursor: psycopg.Cursor) -> Iterator[bool]:
    yield cursor.rowcount > 0
    while cursor.nextset():
        yield cursor.rowcount > 0


def _values(terminal: TerminalId, one: PhotoReport, received_at: datetime) -> dict[str, Any]:
    return {
        "terminal_id": terminal,
        "report_id": one.report_id,
        "taken_at": one.taken_at,
        "category": one.category,
        "about": one.text,
        "marks": [str(mark) for mark in one.marks],
        "received_at": received_at,
        "account_id": None,
        "worker_id": None,
        "facility_id": one.facility_id,
        **fix_values(one.fix),
    }


def _photo_values(terminal: TerminalId, report: PhotoReport) -> list[dict[str, Any]]:
    return [
        {
            "terminal_id": terminal,
            "report_id": report.report_id,
            "place": place,
            "sha256": bytes.fromhex(photo.sha256),
            "bytes": photo.bytes,
            "media_type": photo.media_type,
            "width": photo.width,
            "height": photo.height,
            "exif": None if photo.exif is None else Jsonb(encode_exif(photo.exif)),
        }
        for place, photo in enumerate(report.photos)
    ]


def _reported(terminal: TerminalId, one: PhotoReport) -> Reported:
    fix = one.fix
    return Reported(
        terminal_id=terminal,
        report_id=one.report_id,
        taken_at=one.taken_at,
        category=one.category,
        text=one.text,
        photos=tuple(photo.sha256 for photo in one.photos),
        place=None
        if fix is None
        else Place(
            fix.lat_e7,
            fix.lon_e7,
            fix.accuracy_dm,
            age_of(fix.epoch_ms, at=one.taken_at),
        ),
    )
