"""A picture in a message, in Base64."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import NamedTuple

from patrol.errors import InputError

_UNKNOWN = "application/octet-stream"

# What stands where in the files that phones make.
_STARTS = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftyphei", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heif"),
)


class Picture(NamedTuple):
    """The bytes of a picture and what they are."""

    media_type: str
    data: bytes


def read_picture(text: str) -> Picture:
    """Return the picture in `text`; raises InputError where it is no Base64 or empty."""
    # Some apps give a whole data URL.
    _, comma, behind = text.partition(";base64,")
    try:
        data = b64decode("".join((behind if comma else text).split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise InputError("the image is no Base64: send its bytes so") from error
    if not data:
        raise InputError("the image is empty: send its bytes in Base64")
    for start, at, media_type in _STARTS:
        if data.startswith(start, at):
            return Picture(media_type, data)
    return Picture(_UNKNOWN, data)
