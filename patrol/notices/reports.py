"""Photo reports: what is wrong at a place, as its worker tells it, and the message that carries one.

Metadata alone: a photo goes to the server by another way and is known by its SHA-256. There is
no field for who lives at a place, and none may get one. The standard library alone, because
handheld terminals are small. docs/reference/wire.md is the contract.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from patrol import wire
from patrol.errors import InputError
from patrol.fix import ANTIMERIDIAN_DEG, POLE_DEG, epoch_ms, epoch_of
from patrol.ids import check_id
from patrol.messages import SCALE_E7, Position
from patrol.notices.lastfix import decode_last_fix, encode_last_fix

MOST_TEXT_CHARS = 500
MOST_PHOTOS = 10
MOST_PHOTO_BYTES = 1 << 30
MOST_SIDE_PX = 1 << 20

_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIDES_PX = (1, MOST_SIDE_PX)


class MediaType(StrEnum):
    """What a photo can be."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"


class Mark(StrEnum):
    """What somebody who looks at a report should know of its photos; nothing follows by itself."""

    NO_EXIF = "no_exif"
    EXIF_PLACE_DIFFERS = "exif_place_differs"
    EXIF_TIME_DIFFERS = "exif_time_differs"
    NO_FIX = "no_fix"


class Exif(NamedTuple):
    """What a camera wrote into a photo: when by its own clock, where, and which camera it was."""

    taken_at: datetime | None = None
    lat_e7: int | None = None
    lon_e7: int | None = None
    make: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo that is to come: `bytes` long, with this SHA-256 in lower-case hexadecimal."""

    sha256: str
    bytes: int
    media_type: MediaType
    width: int | None = None
    height: int | None = None
    exif: Exif | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReport:
    """A report; `category` is a code of the deployment's list, `fix` the last one at capture.

    `facility_id` names the thing that it is about, where the worker knows it.
    """

    report_id: str
    taken_at: datetime
    category: str
    text: str | None = None
    photos: tuple[Photo, ...] = ()
    marks: tuple[Mark, ...] = ()
    fix: Position | None = None
    facility_id: str | None = None


def encode_report(report: PhotoReport) -> bytes:
    """Return the payload of `report`."""
    at_ms = epoch_ms(report.taken_at)
    body: dict[str, Any] = {
        "report_id": report.report_id,
        "taken_at": at_ms,
        "category": report.category,
    }
    if report.text:
        body["text"] = report.text
    if report.fix is not None:
        body["fix"] = encode_last_fix(report.fix, at_ms=at_ms)
    if report.photos:
        body["photos"] = [_encode_photo(one) for one in report.photos]
    if report.marks:
        body["marks"] = [str(mark) for mark in report.marks]
    if report.facility_id is not None:
        body["facility_id"] = report.facility_id
    return wire.encode(body)


def decode_report(payload: bytes) -> PhotoReport:
    """Return the report in `payload`, or raise InputError with the reason."""
    body = wire.decode(payload)
    at_ms = wire.number_within(body, "taken_at", wire.EPOCHS_MS)
    photos, marks = wire.items(body, "photos"), wire.items(body, "marks")
    facility = wire.optional_name(body, "facility_id")
    if len(photos) > MOST_PHOTOS:
        raise InputError(f"{len(photos)} photos are announced: at most {MOST_PHOTOS}")
    return PhotoReport(
        report_id=wire.uuid7(body, "report_id"),
        taken_at=epoch_of(at_ms),
        category=check_category(body.get("category")),
        text=check_text(body.get("text")),
        photos=tuple(_decode_photo(one) for one in photos),
        marks=tuple(dict.fromkeys(wire.choice({"marks": one}, "marks", Mark) for one in marks)),
        fix=decode_last_fix(body, at_ms=at_ms),
        facility_id=None if facility is None else check_id(facility, what="facility_id"),
    )


def check_category(value: object) -> str:
    """Return a category's code, or raise InputError."""
    if not isinstance(value, str) or not _CATEGORY.fullmatch(value):
        raise InputError(
            f"category is {wire.shown(value)}: give a code of 1 to 64 of a-z 0-9 _ . -"
        )
    return value


def check_text(value: object) -> str | None:
    """Return what is said of the place, None where nothing is, or raise InputError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MOST_TEXT_CHARS or "\0" in value:
        raise InputError(
            f"text is {wire.shown(value)}: give at most {MOST_TEXT_CHARS} characters about the place"
        )
    return value


def _encode_photo(photo: Photo) -> dict[str, Any]:
    body: dict[str, Any] = {
        "sha256": photo.sha256,
        "bytes": photo.bytes,
        "media_type": str(photo.media_type),
    }
    for name in ("width", "height"):
        if (pixels := getattr(photo, name)) is not None:
            body[name] = pixels
    if photo.exif is not None:
        body["exif"] = encode_exif(photo.exif)
    return body


def encode_exif(exif: Exif) -> dict[str, Any]:
    """Return what is known of `exif` as JSON holds it: `taken_at` in ms, the place in 1e-7 degree."""
    body = {name: value for name, value in exif._asdict().items() if value is not None}
    if exif.taken_at is not None:
        body["taken_at"] = epoch_ms(exif.taken_at)
    return body


def _decode_photo(body: object) -> Photo:
    if not isinstance(body, Mapping):
        raise InputError(f"photos holds {wire.shown(body)}, not an object")
    digest = body.get("sha256")
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise InputError(f"sha256 is {wire.shown(digest)}, not 64 of 0-9 a-f")
    return Photo(
        sha256=digest,
        bytes=wire.number_within(body, "bytes", (1, MOST_PHOTO_BYTES)),
        media_type=wire.choice(body, "media_type", MediaType),
        width=_optional_within(body, "width", _SIDES_PX),
        height=_optional_within(body, "height", _SIDES_PX),
        exif=_decode_exif(body.get("exif")),
    )


def _decode_exif(body: object) -> Exif | None:
    if body is None:
        return None
    if not isinstance(body, Mapping):
        raise InputError(f"exif is {wire.shown(body)}, not an object")
    taken_ms = _optional_within(body, "taken_at", wire.EPOCHS_MS)
    return Exif(
        taken_at=None if taken_ms is None else epoch_of(taken_ms),
        lat_e7=_optional_within(body, "lat_e7", (-POLE_DEG * SCALE_E7, POLE_DEG * SCALE_E7)),
        lon_e7=_optional_within(
            body, "lon_e7", (-ANTIMERIDIAN_DEG * SCALE_E7, ANTIMERIDIAN_DEG * SCALE_E7)
        ),
        make=wire.optional_name(body, "make"),
        model=wire.optional_name(body, "model"),
    )


def _optional_within(body: Mapping[str, Any], key: str, bounds: tuple[int, int]) -> int | None:
    return None if body.get(key) is None else wire.number_within(body, key, bounds)
