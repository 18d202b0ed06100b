"""Photo reports travel whole, and what is no report is refused with the reason."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol import wire
from patrol.errors import InputError
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
TAKEN_MS = 1_772_424_000_000
BODY = {
    "v": 1,
    "report_id": "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f",
    "taken_at": TAKEN_MS,
    "category": "lamp",
    "photos": [{"sha256": "ab" * 32, "bytes": 1, "media_type": "image/jpeg"}],
}

times = st.integers(*wire.EPOCHS_MS).map(lambda ms: datetime.fromtimestamp(ms // 1000, UTC))
names = st.none() | st.text("abcXYZ 019-_.", min_size=1, max_size=64)
exifs = st.builds(
    Exif,
    taken_at=st.none() | times,
    lat_e7=st.none() | st.integers(-900000000, 900000000),
    lon_e7=st.none() | st.integers(-1800000000, 1800000000),
    make=names,
    model=names,
)
photos = st.builds(
    Photo,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    bytes=st.integers(1, 1 << 30),
    media_type=st.sampled_from(MediaType),
    width=st.none() | st.integers(1, 1 << 20),
    height=st.none() | st.integers(1, 1 << 20),
    exif=st.none() | exifs,
)


@given(
    text=st.none()
    | st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=500),
    photos=st.lists(photos, max_size=10).map(tuple),
    marks=st.lists(st.sampled_from(Mark), unique=True).map(tuple),
    age_ms=st.none() | st.integers(0, 86_400_000),
    facility=st.none() | st.just("L1"),
)
def test_a_report_comes_out_as_it_went_in(text, photos, marks, *, age_ms, facility):
    report = PhotoReport(
        report_id=BODY["report_id"],
        taken_at=TAKEN,
        category="fire_safety.exit-2",
        text=text,
        photos=photos,
        marks=marks,
        fix=None if age_ms is None else Position(TAKEN_MS - age_ms, 1, 2, accuracy_dm=3),
        facility_id=facility,
    )

    assert decode_report(encode_report(report)) == report


def test_other_fields_are_passed_over():
    body = BODY | {"name_of_somebody": "x", "photos": [BODY["photos"][0] | {"exif": {"iso": 100}}]}

    report = decode_report(json.dumps(body).encode())

    assert report.photos[0].exif == Exif()
    assert b"somebody" not in encode_report(report)


@pytest.mark.parametrize(
    "change",
    [
        {"report_id": "019aa9f2-6c1e-4d3a-9b52-0a1b2c3d4e5f"},
        {"taken_at": 0},
        {"taken_at": None},
        {"category": "Lamp"},
        {"category": ""},
        {"category": "x" * 65},
        {"category": 7},
        {"text": "x" * 501},
        {"text": "a\0b"},
        {"text": ["x"]},
        {"photos": {}},
        {"photos": ["x"]},
        {"photos": BODY["photos"] * 11},
        {"photos": [{"sha256": "AB" * 32, "bytes": 1, "media_type": "image/jpeg"}]},
        {"photos": [{"sha256": "ab" * 32, "bytes": 0, "media_type": "image/jpeg"}]},
        {"photos": [{"sha256": "ab" * 32, "bytes": (1 << 30) + 1, "media_type": "image/jpeg"}]},
        {"photos": [{"sha256": "ab" * 32, "bytes": 1, "media_type": "image/gif"}]},
        {"photos": [BODY["photos"][0] | {"width": 0}]},
        {"photos": [BODY["photos"][0] | {"exif": []}]},
        {"photos": [BODY["photos"][0] | {"exif": {"lat_e7": 900000001}}]},
        {"photos": [BODY["photos"][0] | {"exif": {"make": "x" * 65}}]},
        {"facility_id": "L 1"},
        {"facility_id": 7},
        {"marks": ["suspicious"]},
        {"marks": "no_exif"},
        {"fix": {"age": 86_400_001, "lat": 1, "lon": 1}},
        {"fix": {"age": -1, "lat": 1, "lon": 1}},
    ],
)
def test_what_is_no_report_is_refused(change):
    with pytest.raises(InputError):
        decode_report(json.dumps(BODY | change).encode())
