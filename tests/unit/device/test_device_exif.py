"""What is read of photos: kind, size, and a few values of their EXIF, whoever made them."""

import random
import struct
import time
from datetime import UTC, datetime, timedelta

import pytest

from device.reports.exif import read_exif
from device.reports.images import read_image
from device.reports.marks import marks_of
from patrol.errors import InputError
from patrol.fix import Fix
from patrol.messages import position_of
from patrol.notices.reports import Exif, Mark, MediaType, Photo
from tests.unit.device.pictures import AT_FIX, CAMERA, HERE, IN_TIME, jpeg, tiff

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 800, 600) + bytes(9)
TAKEN = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + bytes(4) + body + bytes(9)


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (jpeg(size=(4000, 3000)), MediaType.JPEG, (4000, 3000)),
        (jpeg(exif=CAMERA, size=(10, 20)), MediaType.JPEG, (10, 20)),
        (b"\xff\xd8\xff\xff\xff\x01\xff\xc2\0\x0b\x08\0\x14\0\x0a\1", MediaType.JPEG, (10, 20)),
        (PNG, MediaType.PNG, (800, 600)),
        (webp(b"VP8X", bytes(4) + b"\x1f\3\0\x57\2\0"), MediaType.WEBP, (800, 600)),
        (
            webp(b"VP8L", b"\x2f" + (799 | 599 << 14).to_bytes(4, "little")),
            MediaType.WEBP,
            (800, 600),
        ),
        (webp(b"VP8 ", b"\0\0\0\x9d\1\x2a\x20\3\x58\2"), MediaType.WEBP, (800, 600)),
        (b"\0\0\0\x18ftypheic\0\0\0\0", MediaType.HEIC, (None, None)),
    ],
)
def test_an_image_tells_its_kind_and_size(data, kind, size):
    assert read_image(data) == (kind, *size)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff\xff" + bytes(40),
        PNG[:17],
        webp(b"VP8X", bytes(10))[:29],
    ],
)
def test_an_image_cut_short_has_no_size(data):
    image = read_image(data)

    assert (image.width, image.height) == (None, None)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7", b"<svg/>", b"MM\0*", b"\0" * 64])
def test_what_is_no_image_is_refused(data):
    with pytest.raises(InputError, match="no JPEG, PNG, WebP or HEIC"):
        read_image(data)


def test_a_camera_s_time_place_and_name_are_read():
    assert read_exif(jpeg(exif=AT_FIX | IN_TIME | CAMERA)) == Exif(
        taken_at=TAKEN, lat_e7=305000000, lon_e7=1042000000, make="Acme", model="One 5"
    )


def test_a_place_in_the_south_and_west_is_negative():
    place = {"gps": {**AT_FIX["gps"], 1: "S", 3: "W"}}

    exif = read_exif(jpeg(exif=place))
    assert exif is not None
    assert (exif.lat_e7, exif.lon_e7) == (-305000000, -1042000000)


def test_a_time_without_a_zone_is_the_terminal_s(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        exif = read_exif(jpeg(exif={"exif": {0x9003: "2026:03:02 12:00:05"}}))
    finally:
        monkeypatch.undo()
        time.tzset()

    assert exif == Exif(taken_at=TAKEN)


@pytest.mark.parametrize(
    "exif",
    [
        None,
        {"exif": {0x9003: "    :  :     :  :  "}},
        {"exif": {0x9003: "2026:13:45 99:00:00", 0x9011: "+99:99"}},
        {"exif": {0x9003: "1970:01:01 00:00:00", 0x9011: "+00:00"}},
        {"gps": {1: "N", 2: [(30, 0), (30, 0), (0, 0)], 3: "E", 4: [(104, 1), (12, 1), (0, 1)]}},
        {"gps": {1: "N", 2: [(91, 1), (0, 1), (0, 1)], 3: "E", 4: [(104, 1), (12, 1), (0, 1)]}},
        {"gps": {1: "N", 2: [(30, 1)]}},
        {"main": {0x010F: "\x07\x1b[31m"}},
        b"MM\0*",
        b"XX" + bytes(100),
    ],
)
def test_what_cannot_be_meant_is_not_known(exif):
    assert read_exif(jpeg(exif=exif)) is None


def bombs() -> dict[str, bytes]:
    entries = b"".join(
        struct.pack(">HHII", tag, 5, 999, 8) for tag in (0x8769, 0x8825, 0x0100, 0xA005)
    )
    itself = struct.pack(">HHII", 0x8769, 4, 1, 8)
    far = struct.pack(">HHII", 0x010F, 2, 0xFFFFFFFF, 8)
    return {
        "entries": b"MM\0*" + struct.pack(">IH", 8, 0xFFFF) + entries * 1300,
        "itself": b"MM\0*" + struct.pack(">IH", 8, 3) + itself * 3 + struct.pack(">I", 8),
        "texts": b"MM\0*" + struct.pack(">IH", 8, 5000) + far * 5000,
        "directories": b"MM\0*" + b"".join(struct.pack(">IH", 8 + 6 * n, 0) for n in range(10_000)),
    }


@pytest.mark.parametrize("name", list(bombs()))
def test_a_bomb_ends_soon_and_is_a_photo_without_exif(name):
    bomb = jpeg(exif=bombs()[name][:65_000])
    began_s = time.process_time()

    read_exif(bomb)

    assert time.process_time() - began_s < 1.0


def test_whatever_is_in_it_nothing_is_raised():
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    whole = jpeg(exif=AT_FIX | IN_TIME | CAMERA)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.randrange(len(data))])
        exif = read_exif(cut)
        assert exif is None or exif.make is None or len(exif.make) <= 64


def test_exif_without_a_jpeg_around_it_is_read_too():
    assert read_exif(tiff(CAMERA)) == Exif(make="Acme", model="One 5")


def photo(exif: Exif | None) -> Photo:
    return Photo(sha256="0" * 64, bytes=1, media_type=MediaType.JPEG, exif=exif)


def exif_of(*, north_m: float = 0.0, late: timedelta = timedelta()) -> Exif:
    return Exif(taken_at=HERE.at + late, lat_e7=305000000 + round(north_m * 90), lon_e7=1042000000)


@pytest.mark.parametrize(
    ("exif", "marks"),
    [
        (exif_of(), ()),
        (exif_of(north_m=190, late=timedelta(minutes=10)), ()),
        (exif_of(north_m=210), (Mark.EXIF_PLACE_DIFFERS,)),
        (exif_of(late=timedelta(minutes=-10, seconds=-1)), (Mark.EXIF_TIME_DIFFERS,)),
        (
            exif_of(north_m=9e5, late=timedelta(days=400)),
            (Mark.EXIF_PLACE_DIFFERS, Mark.EXIF_TIME_DIFFERS),
        ),
        (Exif(make="Acme"), ()),
        (None, (Mark.NO_EXIF,)),
    ],
)
def test_a_camera_that_disagrees_is_marked(exif, marks):
    assert marks_of([photo(exif)], HERE.fix, HERE.at) == marks


def test_across_the_date_line_it_is_not_far():
    fix = position_of(Fix(epoch=HERE.at, lat_deg=0.0, lon_deg=179.9999))
    near = Exif(taken_at=HERE.at, lat_e7=0, lon_e7=-1799999000)

    assert marks_of([photo(near)], fix, HERE.at) == ()


def test_without_a_fix_the_place_is_not_compared():
    assert marks_of([photo(exif_of(north_m=9e5))], None, HERE.at) == (Mark.NO_FIX,)
