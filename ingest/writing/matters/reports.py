"""Photo reports, as their terminals tell them, into the database; the photos come by themselves."""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from ingest.writing.matters.lastfix import fix_values
from patrol.ids import TerminalId
from patrol.notices.reports import PhotoReport, encode_exif

_STORE = """
insert into photo_report (terminal_id, report_id, taken_at, category, about, marks, fix_epoch,
                          fix_lat_e7, fix_lon_e7, fix_accuracy_dm, received_at)
values (%(terminal_id)s, %(report_id)s, %(taken_at)s, %(category)s, %(about)s, %(marks)s,
        %(fix_epoch)s, %(fix_lat_e7)s, %(fix_lon_e7)s, %(fix_accuracy_dm)s, %(received_at)s)
    on conflict (terminal_id, report_id) do nothing
"""

_STORE_PHOTO = """
insert into report_photo (terminal_id, report_id, place, sha256, bytes, media_type, width, height,
                          exif)
values (%(terminal_id)s, %(report_id)s, %(place)s, %(sha256)s, %(bytes)s, %(media_type)s,
        %(width)s, %(height)s, %(exif)s)
"""


def store_reports(
    conn: psycopg.Connection,
    reports: Sequence[tuple[TerminalId, PhotoReport]],
    *,
    received_at: datetime,
) -> None:
    """Store what is new, each with the photos that it announces."""
    for terminal, one in reports:
        values = {
            "terminal_id": terminal,
            "report_id": one.report_id,
            "taken_at": one.taken_at,
            "category": one.category,
            "about": one.text,
            "marks": [str(mark) for mark in one.marks],
            "received_at": received_at,
            **fix_values(one.fix),
        }
        if conn.execute(_STORE, values).rowcount:
            _store_photos(conn, terminal, one)


def _store_photos(conn: psycopg.Connection, terminal: TerminalId, report: PhotoReport) -> None:
    for place, photo in enumerate(report.photos):
        conn.execute(
            _STORE_PHOTO,
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
            },
        )
