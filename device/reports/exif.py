"""What a camera wrote into a photo: a few values of its EXIF, and nothing else.

A file can be made so that reading its EXIF never ends: counts of 65,535 entries, each pointing
at the same thousand values, in directories without end. So the reader gets the first bytes alone,
and a number of reads; what is beyond that is a photo without EXIF.

Source: CIPA DC-008 (Exif 3.0), 4.6.5 and 4.6.6.
"""

import io
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from patrol import wire
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, epoch_ms
from patrol.messages import SCALE_E7
from patrol.notices.reports import Exif

log = structlog.get_logger()

# A photo of a telephone needs some 2,000, without the notes of its maker.
_MOST_READS = 20_000
_MOST_READ_BYTES = 1 << 20
_MOST_NAME_CHARS = 64
_STAMP = "%Y:%m:%d %H:%M:%S"
# Its warnings are about files of others, and we say what matters.
logging.getLogger("exifread").setLevel(logging.CRITICAL)


def read_exif(head: bytes) -> Exif | None:
    """Return what is known of the photo that begins with `head`, None where it is nothing.

    A time without a zone is one of the terminal's own zone.
    """
    tags = _read_tags(head)
    lat_e7 = _angle(tags, "Latitude", POLE_DEG, negative="S")
    lon_e7 = _angle(tags, "Longitude", ANTIMERIDIAN_DEG, negative="W")
    is_placed = lat_e7 is not None and lon_e7 is not None
    exif = Exif(
        taken_at=_taken_at(tags),
        lat_e7=lat_e7 if is_placed else None,
        lon_e7=lon_e7 if is_placed else None,
        make=_name(tags, "Image Make"),
        model=_name(tags, "Image Model"),
    )
    return None if exif == Exif() else exif


class _TooMuchError(Exception):
    """The file makes its reader go round without end."""


class _Counted(io.BytesIO):
    """Bytes that can be read so many times, and no more."""

    def __init__(self, head: bytes) -> None:
        super().__init__(head)
        self._reads = _MOST_READS
        self._bytes = _MOST_READ_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """Return as BytesIO does, or raise _TooMuchError."""
        data = super().read(size)
        self._reads -= 1
        self._bytes -= len(data)
        if self._reads < 0 or self._bytes < 0:
            raise _TooMuchError
        return data


def _read_tags(head: bytes) -> Mapping[str, Any]:
    import exifread  # noqa: PLC0415 - a megabyte of memory that is needed for photos alone

    try:
        return exifread.process_file(_Counted(head), details=False, extract_thumbnail=False)
    except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever a hostile file provokes
        log.info("reports.exif_refused", reason=type(error).__name__)
        return {}


def _taken_at(tags: Mapping[str, Any]) -> datetime | None:
    text, offset = _text(tags, "EXIF DateTimeOriginal"), _text(tags, "EXIF OffsetTimeOriginal")
    try:
        local = datetime.strptime(text[:19], _STAMP)  # noqa: DTZ007 - the zone comes next
        at = local.replace(tzinfo=UTC) - _offset(offset) if offset else local.astimezone(UTC)
        is_told = wire.EPOCHS_MS[0] <= epoch_ms(at) <= wire.EPOCHS_MS[1]
    except (ValueError, OverflowError, OSError):
        return None
    return at if is_told else None


def _offset(text: str) -> timedelta:
    hours, minutes = int(text[1:3]), int(text[4:6])
    ahead = timedelta(hours=hours, minutes=minutes)
    return -ahead if text[0] == "-" else ahead


def _angle(tags: Mapping[str, Any], what: str, most_deg: int, *, negative: str) -> int | None:
    values = getattr(tags.get(f"GPS GPS{what}"), "values", None)
    try:
        degrees, minutes, seconds = (float(one) for one in values or ())
        angle_e7 = round((degrees + minutes / 60 + seconds / 3600) * SCALE_E7)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        return None
    if not 0 <= angle_e7 <= most_deg * SCALE_E7:
        return None
    is_negative = _text(tags, f"GPS GPS{what}Ref").upper().startswith(negative)
    return -angle_e7 if is_negative else angle_e7


def _name(tags: Mapping[str, Any], tag: str) -> str | None:
    text = _text(tags, tag)[:_MOST_NAME_CHARS].strip()
    return text if wire.is_name(text) else None


def _text(tags: Mapping[str, Any], tag: str) -> str:
    values = getattr(tags.get(tag), "values", "")
    return values.strip() if isinstance(values, str) else ""
