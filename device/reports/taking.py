"""A photo report is taken: its photos kept, its metadata put into the outbox, to be sent at once."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from device.acts.here import Here, check_on_duty
from device.acts.refusals import UnacceptableError
from device.outbox import LetterKind, Outbox
from device.reports.exif import read_exif
from device.reports.images import read_image
from device.reports.marks import marks_of
from device.reports.settings import ReportSettings
from device.reports.waiting import Taken, WaitingPhotos
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.ids import check_id
from patrol.notices.reports import (
    MOST_PHOTOS,
    Photo,
    PhotoReport,
    check_category,
    check_text,
    encode_report,
)
from runtime.uuids import uuid7

log = structlog.get_logger()

_RANDOM_B = (1 << 62) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a worker tells of a place.

    The same `seed` at the same time makes the same report. One that shows a check-in is of no
    category of the list.
    """

    category: str
    text: str | None = None
    facility_id: str | None = None
    photos: Sequence[Path] = ()
    seed: bytes | None = None
    is_checkin: bool = False


class Reporter:
    """Takes reports of one terminal, whoever hands them over."""

    def __init__(self, settings: ReportSettings, outbox: Path) -> None:
        self._settings = settings
        self._outbox = outbox
        self.waiting = WaitingPhotos(outbox, most_bytes=settings.waiting_bytes)

    def take(self, here: Here, told: Told) -> PhotoReport:
        """Keep a report until it is stored, and its photos until the server has them.

        Raises InputError off duty and for what cannot be a report, StateError when the disk takes
        no more or too many photos wait; then nothing of it is kept.
        """
        check_on_duty(here, "a report")
        category, text = self._category_of(told), check_text(told.text)
        facility = None if not told.facility_id else check_id(told.facility_id, what="facility_id")
        if not 1 <= len(told.photos) <= MOST_PHOTOS:
            raise InputError(f"{len(told.photos)} photos: a report has 1 to {MOST_PHOTOS}")
        kept: list[Taken] = []
        try:
            photos = tuple(self._take_photo(path, kept) for path in told.photos)
            report = PhotoReport(
                report_id=_id_of(here, told),
                taken_at=here.at,
                category=category,
                text=text,
                photos=photos,
                marks=marks_of(photos, here.fix, here.at),
                fix=here.fix,
                facility_id=facility,
            )
            with Outbox(self._outbox) as outbox:
                outbox.put_letter(LetterKind.REPORT, report.report_id, encode_report(report))
        except BaseException:
            for one in kept:
                if one.is_new:
                    with suppress(OSError):
                        self.waiting.forget(one.sha256)
            raise
        log.info(
            "reports.taken",
            report_id=report.report_id,
            photos=len(photos),
            marks=[*map(str, report.marks)],
        )
        return report

    def _category_of(self, told: Told) -> str:
        category, known = check_category(told.category), self._settings.category_codes
        if category not in known and not told.is_checkin:
            raise InputError(
                f"category is {category}, not one of {', '.join(known)} ([reports] categories)"
            )
        return category

    def _take_photo(self, path: Path, kept: list[Taken]) -> Photo:
        taken = self.waiting.take(path, most_bytes=self._settings.photo_bytes)
        kept.append(taken)
        try:
            image = read_image(taken.head)
        except InputError as error:
            raise UnacceptableError(
                f"photo {path} cannot be reported: {error}", code="photo_kind"
            ) from error
        return Photo(
            sha256=taken.sha256,
            bytes=taken.size_bytes,
            media_type=image.media_type,
            width=image.width,
            height=image.height,
            exif=read_exif(taken.head),
        )


def _id_of(here: Here, told: Told) -> str:
    at_ms = epoch_ms(here.at)
    if told.seed is None:
        return uuid7(now_ms=at_ms)
    # What is handed over again after a power cut is the same report.
    bits = int.from_bytes(hashlib.sha256(told.seed).digest()[:10], "big")
    number = at_ms << 80 | 0x7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0b10 << 62 | bits & _RANDOM_B
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
