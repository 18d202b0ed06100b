"""The file of a worker-day: one ZIP with all that an appeal rests on."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from tempfile import TemporaryFile
from typing import IO, Any, Final, LiteralString
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from psycopg import sql

from api.exports.gpx import gpx_of
from api.exports.tables import csv_of
from api.exports.words import README
from api.photos.store import PhotoStore
from api.reading.rows import FixRow
from api.views import Snapshot

# What the file has of a worker-day: the view of each, and the order in which it is told.
SECTIONS: Final[Mapping[str, tuple[LiteralString, LiteralString]]] = {
    "result": ("v1_compliance", "worker_id"),
    "duty": ("v1_duty", "start_at"),
    "presence": ("v1_presence", "start_at"),
    "visits": ("v1_visit", "start_at"),
    "excused": ("v1_excused", "start_at"),
    "findings": ("v1_finding", "finding_id"),
    "corrections": ("v1_correction", "correction_id"),
    "decisions": ("v1_decision_event", "event_id"),
    "appeals": ("v1_appeal", "appeal_id"),
    "statements": ("v1_statement", "number"),
    "reports": ("v1_day_report", "sha256"),
}
_READ: Final = sql.SQL("""
select coalesce(json_agg(x order by {order}), '[]')::text as told
  from {view} x
 where worker_id = %(worker_id)s
   and day = %(day)s
   and (day, worker_id) in (select day, worker_id from v1_seen_day)
""")
_TABLES: Final = ("presence", "visits", "findings")
_SUFFIXES: Final[Mapping[str, str]] = {"image/jpeg": ".jpg", "image/png": ".png"}
_MAX_GAP = timedelta(minutes=2)
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DayFile:
    """What goes into the file."""

    worker_id: str
    day: date
    fixes: Sequence[FixRow]
    sections: Mapping[str, list[dict[str, Any]]]


async def read_day(snapshot: Snapshot, worker_id: str, day: date) -> DayFile:
    """Return all of a worker-day that whoever asks may see."""
    sections = {}
    for name, (view, order) in SECTIONS.items():
        asked = _READ.format(view=sql.Identifier(view), order=sql.Identifier("x", order))
        row = await snapshot.row(asked, worker_id=worker_id, day=day)
        sections[name] = json.loads(row["told"]) if row else []
    return DayFile(worker_id, day, await snapshot.track(worker_id, day), sections)


def write_day(found: DayFile, store: PhotoStore | None) -> IO[bytes]:
    """Return the ZIP, at its beginning; photos are those that have come."""
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    sums: list[str] = []
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, body in _texts(found):
            archive.writestr(name, body)
            sums.append(f"{hashlib.sha256(body).hexdigest()}  {name}\n")
        for name, (sha256, photo) in _photos(found, store):
            # A photo is packed as it is.
            archive.writestr(name, photo, compress_type=ZIP_STORED)
            sums.append(f"{sha256}  {name}\n")
        archive.writestr("SHA256SUMS", "".join(sums))
    file.seek(0)
    return file


def _texts(found: DayFile) -> list[tuple[str, bytes]]:
    values = {"worker_id": found.worker_id, "day": found.day}
    name = f"{found.worker_id} {found.day}"
    apart = ("statements", "reports")
    day = {key: rows for key, rows in found.sections.items() if key not in apart}
    texts = {
        "README.txt": README["en"].format(**values) + "\n" + README["zh"].format(**values),
        "track.gpx": gpx_of(name, found.fixes, max_gap=_MAX_GAP),
        "track.csv": csv_of((_said(one) for one in found.fixes), FixRow._fields),
        "day.json": _json({**values, "day": str(found.day), **day}),
        **{f"{key}.json": _json(found.sections[key]) for key in apart},
        **{f"{key}.csv": _table(found.sections[key]) for key in _TABLES},
    }
    return [(key, text.encode()) for key, text in texts.items()]


def _said(one: FixRow) -> dict[str, Any]:
    row = one._asdict()
    return row | {name: row[name].isoformat() for name in ("epoch", "received_at")}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    return csv_of(rows, list(rows[0])) if rows else ""


def _photos(found: DayFile, store: PhotoStore | None) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield the photos that have come, one after the other: name in the file, SHA-256, bytes."""
    reports = found.sections["reports"] if store is not None else []
    named = {
        one["sha256"]: f"photos/{one['sha256']}{_SUFFIXES.get(one['media_type'], '')}"
        for one in reports
        if one["sha256"]
    }
    for sha256, name in named.items():
        photo = store.objects.read(sha256) if store is not None else None
        if photo is not None:
            yield name, (sha256, photo)


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces, and close it."""
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
