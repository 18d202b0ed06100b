"""What is cut out of photos, and that nothing of the picture is."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops

from api.photos.cleaning import NotCleanError, clean
from api.photos.pictures import MOST_PIXELS, NoPictureError, look_at, make_thumbnail, media_type_of
from tests.photos import SECRET, TURNED, picture

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PICTURES = {kind: picture(kind, size=(96, 64)) for kind in KINDS}


def opened(photo: bytes) -> Image.Image:
    return Image.open(BytesIO(photo))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_of_what_the_camera_wrote(kind: str) -> None:
    cleaned = clean(PICTURES[kind], KINDS[kind])

    assert SECRET.encode() in PICTURES[kind]
    assert SECRET.encode() not in cleaned
    exif = opened(cleaned).getexif()
    assert set(exif) <= {ExifTags.Base.Orientation}
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)


@pytest.mark.parametrize("kind", KINDS)
def test_no_pixel_changes(kind: str) -> None:
    before, after = opened(PICTURES[kind]), opened(clean(PICTURES[kind], KINDS[kind]))

    assert before.size == after.size
    assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None


def test_a_picture_that_lies_on_its_side_is_still_turned() -> None:
    cleaned = clean(PICTURES["JPEG"], "image/jpeg")

    assert opened(cleaned).getexif()[ExifTags.Base.Orientation] == TURNED


def test_what_follows_a_picture_goes() -> None:
    cleaned = clean(PICTURES["JPEG"] + b"a film behind it", "image/jpeg")

    assert b"a film" not in cleaned
    assert cleaned == clean(PICTURES["JPEG"], "image/jpeg")


def test_a_progressive_picture_keeps_all_of_its_scans() -> None:
    file = BytesIO()
    opened(PICTURES["JPEG"]).save(file, "JPEG", progressive=True, comment=SECRET)
    cleaned = clean(file.getvalue(), "image/jpeg")

    before = opened(file.getvalue())
    assert ImageChops.difference(before, opened(cleaned)).getbbox() is None
    assert SECRET.encode() not in cleaned


@pytest.mark.parametrize("media_type", ["image/heic", "text/html", None])
def test_of_other_kinds_no_copy_is_made(media_type: str | None) -> None:
    with pytest.raises(NotCleanError):
        clean(b"anything", media_type)


@given(kind=st.sampled_from(sorted(KINDS)), cut=st.integers(0, 400), junk=st.binary(max_size=40))
def test_damaged_photos_are_refused_or_cleaned_and_never_more(
    kind: str, cut: int, junk: bytes
) -> None:
    """Whatever is cut off or put in between, no part that is not of the picture comes out."""
    photo = PICTURES[kind]
    damaged = photo[:cut] + junk + photo[cut + len(junk) :]
    try:
        cleaned = clean(damaged, KINDS[kind])
    except NotCleanError:
        return

    assert len(cleaned) <= len(damaged) + 40


def test_what_a_camera_wrote_is_read_apart() -> None:
    media_type, camera = look_at(PICTURES["JPEG"])

    assert media_type == "image/jpeg"
    assert camera == {
        "taken_at": "2026-03-02T12:00:05",
        "utc_offset": "+08:00",
        "lat_e7": 305_000_000,
        "lon_e7": -42_000_000,
        "make": SECRET,
        "model": "One 5",
    }


@given(photo=st.binary(max_size=200))
def test_no_file_of_anybodys_is_an_error_of_ours(photo: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"):
        look_at(head + photo)
        with pytest.raises(NoPictureError):
            make_thumbnail(head + photo)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"<svg onload=", None),
        (b"GIF89a", None),
    ],
)
def test_the_first_bytes_say_what_it_is(head: bytes, media_type: str | None) -> None:
    assert media_type_of(head) == media_type


@pytest.mark.parametrize("kind", KINDS)
def test_a_thumbnail_is_small_upright_and_nothing_else(kind: str) -> None:
    small = make_thumbnail(picture(kind))

    assert opened(small).format == "JPEG"
    # All lie on their side.
    assert opened(small).size == (240, 320)
    assert not opened(small).getexif()
    assert SECRET.encode() not in small


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    side = int(MOST_PIXELS**0.5) + 10
    file = BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")

    assert len(file.getvalue()) < 10_000
    with pytest.raises(NoPictureError):
        make_thumbnail(file.getvalue())
