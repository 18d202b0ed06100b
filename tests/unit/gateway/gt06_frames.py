"""Frames of GT06 as a terminal of one's own would send them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gateway.codecs.events import Event, Located, RawFix, Reply
from gateway.codecs.gt06 import Gt06Codec
from gateway.codecs.gt06.frames import frame
from gateway.codecs.profile import Profile

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EPOCH = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
IMEI = "359339075016807"
LAT_DEG, LON_DEG = 30.5, 104.2

# Course and status: north, fixed, 90 degrees.
NORTH_EAST = 0x0400 | 0x1000 | 90
UNIT_PER_DEG = 1_800_000

DATE = bytes((26, 3, 2, 4, 5, 6))
CELL = bytes.fromhex("01CC 00 287D 001F71")
WIDE_CELL = bytes.fromhex("01CC 01 0000254E 000000000615F804")
STATUS = bytes.fromhex("46 04 03 01 02")
CELLS = [{"mcc": 460, "mnc": 0, "lac": 0x287D, "cell": 0x1F71}]


def place(
    *, date: bytes = DATE, flags: int = NORTH_EAST, lat: float = LAT_DEG, kmh: int = 36
) -> bytes:
    angles = b"".join(round(deg * UNIT_PER_DEG).to_bytes(4, "big") for deg in (lat, LON_DEG))
    return date + b"\xc9" + angles + bytes((kmh,)) + flags.to_bytes(2, "big")


FIX = RawFix(
    epoch=EPOCH,
    lat_deg=LAT_DEG,
    lon_deg=LON_DEG,
    speed_mps=10.0,
    course_deg=90.0,
    satellites=9,
    valid=True,
)


def login(imei: str = IMEI, *, behind: bytes = b"", serial: int = 1) -> bytes:
    return frame(0x01, bytes.fromhex(imei.zfill(16)) + behind, serial=serial)


def answered(kind: int, serial: int) -> Reply:
    return Reply(data=frame(kind, b"", serial=serial))


def codec(
    *, strict: bool = False, names: dict[int, str] | None = None, offset: timedelta | None = None
) -> Gt06Codec:
    profile = Profile(strict=strict, alarm_bits=names or {}, clock_offset=offset)
    return Gt06Codec(profile, independent=True)


def said(data: bytes, by: Gt06Codec | None = None) -> list[Event]:
    """Return what one capture says, replies left out."""
    reader = by or codec()
    events = [*reader.receive(data, received_at=NOW), *reader.close()]
    return [event for event in events if not isinstance(event, Reply)]


def only(data: bytes, by: Gt06Codec | None = None) -> Event:
    """Return the one event that a capture says."""
    (event,) = said(data, by)
    return event


def located(kind: int, content: bytes, *, is_long: bool = False) -> Located:
    event = only(frame(kind, content, serial=7, is_long=is_long))
    assert isinstance(event, Located)
    return event


def joined(*parts: bytes | str | Sequence[int]) -> bytes:
    """Return parts as bytes; text is hex."""
    return b"".join(bytes.fromhex(part) if isinstance(part, str) else bytes(part) for part in parts)
