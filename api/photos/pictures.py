"""What a photo is, what its camera wrote into it, and a small picture of it.

Nobody in it is looked for: no faces, no plates. A photo comes from outside and may be made to do
harm, so no more of it is unpacked than fits, and what cannot be read is no error of ours.
"""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO, FileIO
from typing import Any, Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

# As JSON holds it: taken_at by the camera's clock, utc_offset, lat_e7, lon_e7, make, model.
Camera = Mapping[str, Any]

_HEAD_BYTES: Final = 16
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
    (b"ftyphei", 4, "image/heic"),
    (b"ftyphev", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heic"),
    (b"ftypmsf1", 4, "image/heic"),
)
# What is decoded here; nothing else is tried.
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
# Some 160 MB unpacked. A photo of 40 megapixels is larger than handheld terminals take.
MOST_PIXELS: Final = 40_000_000
_THUMBNAIL_PX: Final = 320
_QUALITY: Final = 80
_MOST_NAME_CHARS: Final = 64
_MINUTES: Final = 60
_DEGREE_E7: Final = 10_000_000

# Pillow itself refuses twice as much, and says so of more than this.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS

# What reading a file of anybody's may raise; Pillow's readers have no list of their own.
_UNREADABLE: Final = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    # Of what Pillow takes for damaged, where warnings are errors.
    Warning,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
)


class NoPictureError(Exception):
    """It is none that can be made small."""


def look_at(photo: bytes | FileIO) -> tuple[str | None, Camera | None]:
    """Return the media type by the first bytes, None where it is not known, and the EXIF."""
    file = BytesIO(photo) if isinstance(photo, bytes) else photo
    file.seek(0)
    media_type = media_type_of(file.read(_HEAD_BYTES) or b"")
    if media_type is None:
        return None, None
    file.seek(0)
    return media_type, _read_camera(file)


def media_type_of(head: bytes) -> str | None:
    """Return what a file is by its first bytes, None for what is no picture that is taken."""
    for begin, at, media_type in _BEGINNINGS:
        if head[at : at + len(begin)] == begin:
            return media_type
    return None


def make_thumbnail(photo: bytes) -> bytes:
    """Return a small JPEG of `photo`, the right way up, without anything but the picture.

    Raises NoPictureError for what is none, is damaged, or has too many pixels.
    """
    try:
        with Image.open(BytesIO(photo), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NoPictureError(f"{image.width} x {image.height} pixels are too many")
            # A JPEG is unpacked at an eighth of its size, if that is enough.
            image.draft("RGB", (2 * _THUMBNAIL_PX, 2 * _THUMBNAIL_PX))
            image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        small = BytesIO()
        Image.frombytes("RGB", upright.size, upright.tobytes()).save(
            small, "JPEG", quality=_QUALITY
        )
    except _UNREADABLE as error:
        raise NoPictureError(f"{type(error).__name__} while it was read") from error
    return small.getvalue()


def _read_camera(file: BytesIO | FileIO) -> Camera | None:
    try:
        exif = Image.open(file, formats=_FORMATS).getexif()
        found = {
            "taken_at": _moment(exif.get_ifd(ExifTags.IFD.Exif)),
            "utc_offset": _word(exif.get_ifd(ExifTags.IFD.Exif), ExifTags.Base.OffsetTimeOriginal),
            **_place(exif.get_ifd(ExifTags.IFD.GPSInfo)),
            "make": _word(exif, ExifTags.Base.Make),
            "model": _word(exif, ExifTags.Base.Model),
        }
    except _UNREADABLE:
        return None
    return {name: value for name, value in found.items() if value is not None} or None


def _moment(tags: Mapping[int, Any]) -> str | None:
    text = _word(tags, ExifTags.Base.DateTimeOriginal)
    try:
        return None if text is None else datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007 - the camera's own clock, of which no zone is told
    except ValueError:
        return None


def _word(tags: Mapping[int, Any], tag: int) -> str | None:
    value = tags.get(tag)
    if not isinstance(value, str):
        return None
    return "".join(one for one in value if one.isprintable()).strip()[:_MOST_NAME_CHARS] or None


def _place(tags: Mapping[int, Any]) -> dict[str, int | None]:
    lat = _angle(tags.get(ExifTags.GPS.GPSLatitude), tags.get(ExifTags.GPS.GPSLatitudeRef), most=90)
    lon = _angle(
        tags.get(ExifTags.GPS.GPSLongitude), tags.get(ExifTags.GPS.GPSLongitudeRef), most=180
    )
    return {} if lat is None or lon is None else {"lat_e7": lat, "lon_e7": lon}


def _angle(parts: object, side: object, *, most: int) -> int | None:
    if not isinstance(parts, tuple) or len(parts) != 3:  # noqa: PLR2004 - degrees, minutes, seconds
        return None
    degrees, minutes, seconds = (float(one) for one in parts)
    angle = degrees + minutes / _MINUTES + seconds / _MINUTES / _MINUTES
    if not 0 <= angle <= most:
        return None
    return round(angle * _DEGREE_E7) * (-1 if str(side).upper() in {"S", "W"} else 1)
