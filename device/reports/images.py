"""What kind of image a file is and how large, by its first bytes.

Sources: ITU-T T.81 annex B (JPEG), ISO/IEC 15948 11.2.2 (PNG), RFC 9649 (WebP), ISO/IEC 23008-12
(HEIC, known by its brand; its size stands too deep for a look).
"""

import struct
from typing import NamedTuple

from patrol.errors import InputError
from patrol.notices.reports import MOST_SIDE_PX, MediaType

_PNG = b"\x89PNG\r\n\x1a\n"
_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1"}
# Start of frame of every coding but those numbers that mean something else.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
_SCAN = 0xDA
_MARK = 0xFF
_FRAME_BYTES = 9
_WEBP_BYTES = 30
_BITS_14 = 0x3FFF


class Image(NamedTuple):
    """The kind of an image and its sides in pixels, None where they are not to be seen."""

    media_type: MediaType
    width: int | None = None
    height: int | None = None


def read_image(head: bytes) -> Image:
    """Return what the file that begins with `head` is; InputError when it is no image we take."""
    if head[:3] == b"\xff\xd8\xff":
        image = Image(MediaType.JPEG, *_jpeg_size(head))
    elif head[:8] == _PNG and head[12:16] == b"IHDR":
        image = Image(MediaType.PNG, *struct.unpack(">II", head[16:24].ljust(8, b"\0")))
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        image = Image(MediaType.WEBP, *_webp_size(head))
    elif head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        image = Image(MediaType.HEIC)
    else:
        raise InputError("it is no JPEG, PNG, WebP or HEIC image")
    sides = (image.width, image.height)
    if all(side is not None and 0 < side <= MOST_SIDE_PX for side in sides):
        return image
    return Image(image.media_type)


def _jpeg_size(head: bytes) -> tuple[int | None, int | None]:
    at = 2
    while at + _FRAME_BYTES <= len(head) and head[at] == _MARK:
        code = head[at + 1]
        if code in _FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        if code == _SCAN:
            break
        if code == _MARK:
            at += 1
        elif code in _ALONE:
            at += 2
        else:
            at += 2 + max(2, struct.unpack_from(">H", head, at + 2)[0])
    return None, None


def _webp_size(head: bytes) -> tuple[int | None, int | None]:
    kind, body = head[12:16], head[20:_WEBP_BYTES]
    if len(head) < _WEBP_BYTES:
        return None, None
    if kind == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        return width, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & _BITS_14) + 1, (bits >> 14 & _BITS_14) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & _BITS_14, height & _BITS_14
    return None, None
