"""JT/T 808 handhelds of 2013 and 2019: what they send, by the layout of the standard's tables."""

import struct
from datetime import timedelta, timezone

from patrol.fix import Fix

REGISTER, AUTHENTICATE, HEARTBEAT, LOCATION, BATCH = 0x0100, 0x0102, 0x0002, 0x0200, 0x0704
MEDIA = 0x0801
REPLY, REGISTERED, MEDIA_REPLY = 0x8001, 0x8100, 0x8800

_BEIJING = timezone(timedelta(hours=8))
_ACC_ON, _LOCATED, _SOUTH, _WEST = 1, 2, 4, 8
_MILLIONTHS = 1_000_000
_IN_PARTS, _HAS_VERSION = 1 << 13, 1 << 14
_PART_BYTES = 700
_ESCAPES = ((b"\x7d", b"\x7d\x01"), (b"\x7e", b"\x7d\x02"))


def frame(message: int, body: bytes, *, phone: str, serial: int) -> bytes:
    """Return a whole frame of the terminal with this number of up to 12 digits."""
    head = struct.pack(">HH", message, len(body)) + bytes.fromhex(phone.zfill(12))
    return _sealed(head + struct.pack(">H", serial & 0xFFFF) + body)


def frame_2019(
    message: int, body: bytes, *, phone: str, serial: int, part: tuple[int, int] | None = None
) -> bytes:
    """Return a whole frame of 2019; `part` is how many there are and which, from 1, this is."""
    attributes = len(body) | _HAS_VERSION | (_IN_PARTS if part else 0)
    head = struct.pack(">HHB", message, attributes, 1) + bytes.fromhex(phone.zfill(20))
    head += struct.pack(">H", serial & 0xFFFF)
    return _sealed(head + (struct.pack(">HH", *part) if part else b"") + body)


def _sealed(content: bytes) -> bytes:
    check = 0
    for byte in content:
        check ^= byte
    escaped = content + bytes([check])
    for plain, pair in _ESCAPES:
        escaped = escaped.replace(plain, pair)
    return b"\x7e" + escaped + b"\x7e"


def registration(*, maker: bytes = b"SIM01", model: bytes = b"WALKER") -> bytes:
    """Return the body of a registration: no plate, for nobody drives."""
    return struct.pack(">HH5s20s7sB", 51, 100, maker, model, b"0000001", 0)


def registration_2019(*, maker: bytes = b"SIM01", model: bytes = b"WALKER") -> bytes:
    """Return the body of a registration of 2019, whose names are longer."""
    return struct.pack(">HH11s30s30sB", 51, 100, maker, model, b"0000001", 0)


def authentication_2019(code: bytes) -> bytes:
    """Return the body of a login of 2019: the code that the platform gave, and what this is."""
    return bytes([len(code)]) + code + b"0" * 15 + b"1.0".ljust(20, b"\0")


def location(fix: Fix, *, alarm: int = 0, items: bytes = b"") -> bytes:
    """Return the body of a location; `items` are appended as they are."""
    status = _ACC_ON | _LOCATED
    status |= _SOUTH if fix.lat_deg < 0 else 0
    status |= _WEST if fix.lon_deg < 0 else 0
    at = fix.epoch.astimezone(_BEIJING)
    return (
        struct.pack(
            ">IIIIHHH",
            alarm,
            status,
            round(abs(fix.lat_deg) * _MILLIONTHS),
            round(abs(fix.lon_deg) * _MILLIONTHS),
            round(fix.altitude_m or 0) & 0xFFFF,
            round((fix.speed_mps or 0) * 36),
            round(fix.course_deg or 0) % 360,
        )
        + bytes.fromhex(at.strftime("%y%m%d%H%M%S"))
        + items
    )


def satellites(count: int) -> bytes:
    """Return the item that tells how many satellites there were."""
    return bytes([0x31, 1, count])


def batch(locations: list[bytes], *, is_late: bool) -> bytes:
    """Return the body of locations that were kept, late where there was no line."""
    parts = b"".join(struct.pack(">H", len(one)) + one for one in locations)
    return struct.pack(">HB", len(locations), int(is_late)) + parts


def picture(media_id: int, fix: Fix, jpeg: bytes) -> list[bytes]:
    """Return the bodies of a picture's parts; the first begins with what and where it is."""
    whole = struct.pack(">IBBBB", media_id, 0, 0, 1, 1) + location(fix) + jpeg
    return [whole[at : at + _PART_BYTES] for at in range(0, len(whole), _PART_BYTES)]


def heard(frame: bytes) -> tuple[int, bytes]:
    """Return the message and the body of what the platform said between two flags."""
    content = frame
    for plain, pair in reversed(_ESCAPES):
        content = content.replace(pair, plain)
    message, attributes = struct.unpack_from(">HH", content)
    return message, content[17 if attributes & _HAS_VERSION else 12 : -1]
