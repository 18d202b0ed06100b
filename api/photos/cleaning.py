"""A photo without what its camera, or a program, wrote beside the picture; not a pixel changes.

JPEG (ISO/IEC 10918-1 and JFIF), PNG (ISO/IEC 15948) and WebP (RFC 9649) are sequences of parts,
each with a name and a length: those that are needed to show the picture stay, all others go. Of
EXIF the orientation alone stays, written anew. Of HEIC no such copy is made.
"""

import re
import struct
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Final

from PIL import ExifTags, Image

_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
# Application data: JFIF, Adobe's transform and colour profiles show the picture, others do not.
_APP: Final = range(0xE0, 0xF0)
_COMMENT: Final = 0xFE
_KEPT_APP: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
# In packed data 0xFF is followed by 0, by a restart marker or by itself; else it is a marker.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT: Final = frozenset(
    {
        *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"),
        *(b"sBIT", b"pHYs", b"bKGD", b"acTL", b"fcTL", b"fdAT"),
    }
)
_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_TELLS_OF_MORE: Final = 0x08 | 0x04
_UPRIGHT: Final = 1


class NotCleanError(Exception):
    """No copy without further data can be made of it."""


def clean(photo: bytes, media_type: str | None) -> bytes:
    """Return `photo` with nothing but the picture; NotCleanError where that cannot be made."""
    way = _WAYS.get(media_type or "")
    if way is None:
        raise NotCleanError(f"of {media_type or 'such a file'} no clean copy is made")
    try:
        return way(photo)
    except (struct.error, IndexError, ValueError) as error:
        raise NotCleanError("it is cut off or damaged") from error


def _clean_jpeg(photo: bytes) -> bytes:
    kept = bytearray(photo[:2])
    turned = _orientation_of(photo)
    at = 2
    while True:
        if photo[at] != 0xFF:  # noqa: PLR2004 - a marker begins with it
            raise NotCleanError("it is no sequence of markers")
        code = photo[at + 1]
        if code == _END_OF_IMAGE:
            # What follows is no part of this picture: a film, another size, anything.
            return bytes(_with_orientation(kept, turned) + b"\xff\xd9")
        if code == 0xFF or code in _ALONE:  # noqa: PLR2004 - filling
            at += 1 if code == 0xFF else 2  # noqa: PLR2004 - see above
            continue
        end = at + 2 + int(struct.unpack_from(">H", photo, at + 2)[0])
        if code == _START_OF_SCAN:
            found = _MARKER.search(photo, end)
            if found is None:
                # A picture that was cut off is shown as far as it goes.
                return bytes(_with_orientation(kept + photo[at:], turned) + b"\xff\xd9")
            end = found.start()
        if _is_of_the_picture(code, photo[at + 4 : at + 20]):
            kept += photo[at:end]
        at = end


def _is_of_the_picture(code: int, begin: bytes) -> bool:
    if code in _APP:
        return code in _KEPT_APP and begin.startswith(_KEPT_APP[code])
    return code != _COMMENT


def _orientation_of(photo: bytes) -> int:
    try:
        with Image.open(BytesIO(photo), formats=("JPEG",)) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    except Exception:  # noqa: BLE001 - whatever it is, the picture is shown as it lies
        return _UPRIGHT
    return turned if turned in range(1, 9) else _UPRIGHT


def _with_orientation(jpeg: bytearray, turned: int) -> bytes:
    """Return `jpeg` with an EXIF of this one tag behind its beginning, if it is to be turned."""
    if turned == _UPRIGHT:
        return bytes(jpeg)
    tag = struct.pack(">HHIHH", ExifTags.Base.Orientation, 3, 1, turned, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + tag + struct.pack(">I", 0)
    part = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return bytes(jpeg[:2]) + part + bytes(jpeg[2:])


def _clean_png(photo: bytes) -> bytes:
    kept, at = bytearray(photo[:8]), 8
    while True:
        length, name = struct.unpack_from(">I4s", photo, at)
        end = at + 12 + length
        if end > len(photo):
            raise NotCleanError("it is cut off")
        if name in _PNG_KEPT:
            kept += photo[at:end]
        if name == b"IEND":
            return bytes(kept)
        at = end


def _clean_webp(photo: bytes) -> bytes:
    kept, at = bytearray(), 12
    length = min(len(photo), 8 + int(struct.unpack_from("<I", photo, 4)[0]))
    while at + 8 <= length:
        name, size = struct.unpack_from("<4sI", photo, at)
        end = at + 8 + size + size % 2
        if at + 8 + size > length:
            raise NotCleanError("it is cut off")
        if name in _WEBP_KEPT:
            part = bytearray(photo[at:end])
            if name == b"VP8X":
                part[8] &= ~_WEBP_TELLS_OF_MORE & 0xFF
            kept += part
        at = end
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


_WAYS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "image/jpeg": _clean_jpeg,
    "image/png": _clean_png,
    "image/webp": _clean_webp,
}
