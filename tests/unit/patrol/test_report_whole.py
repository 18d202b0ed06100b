"""A photo report with everything that it may have, and one with nothing beside its words."""

from datetime import UTC, datetime

from patrol.messages import Position
from patrol.notices.reports import (
    Exif,
    Mark,
    MediaType,
    Photo,
    PhotoReport,
    decode_report,
    encode_report,
)

TAKEN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
REPORT_ID = "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f"
FULL = Photo(
    sha256="ab" * 32,
    bytes=2_000,
    media_type=MediaType.WEBP,
    width=4000,
    height=3000,
    exif=Exif(taken_at=TAKEN, lat_e7=306_600_000, lon_e7=1_040_600_000, make="a", model="b"),
)


def test_a_report_with_everything_comes_out_as_it_went_in():
    report = PhotoReport(
        report_id=REPORT_ID,
        taken_at=TAKEN,
        category="lamp",
        text="the third from the gate",
        photos=(FULL, Photo(sha256="cd" * 32, bytes=1, media_type=MediaType.PNG, exif=Exif())),
        marks=(Mark.NO_EXIF, Mark.EXIF_TIME_DIFFERS),
        fix=Position(1_772_424_000_000, 306_600_000, 1_040_600_000),
        facility_id="L1",
    )

    assert decode_report(encode_report(report)) == report


def test_a_report_without_anything_beside_its_category_comes_out_as_it_went_in():
    report = PhotoReport(report_id=REPORT_ID, taken_at=TAKEN, category="lamp")

    assert decode_report(encode_report(report)) == report
