"""A GT06 tracker: what it sends. The layout is that of the makers' papers."""

import struct
from datetime import UTC

from patrol.fix import Fix

LOGIN, LOCATION, HEARTBEAT, ALARM = 0x01, 0x12, 0x13, 0x16
UPLOADED = 0x22

_UNITS_A_DEG = 1_800_000
_NORTH, _WEST, _FIXED = 1 << 10, 1 << 11, 1 << 12
_POLYNOMIAL = 0x8408
_CELL = bytes.fromhex("01cc00287d001fb8")


def frame(kind: int, content: bytes, *, serial: int) -> bytes:
    """Return a whole frame."""
    counted = bytes([len(content) + 5, kind]) + content + struct.pack(">H", serial & 0xFFFF)
    return b"\x78\x78" + counted + struct.pack(">H", crc(counted)) + b"\x0d\x0a"


def login(imei: str) -> bytes:
    """Return the content of a login: 15 digits with a zero in front."""
    return bytes.fromhex(imei.zfill(16))


def location(fix: Fix) -> bytes:
    """Return the content of a location with its cell, in UTC."""
    flags = round(fix.course_deg or 0) % 360 | _FIXED
    flags |= _NORTH if fix.lat_deg >= 0 else 0
    flags |= _WEST if fix.lon_deg < 0 else 0
    at = fix.epoch.astimezone(UTC)
    return (
        bytes([at.year - 2000, at.month, at.day, at.hour, at.minute, at.second])
        + bytes([0xC0 | min(fix.satellites or 0, 15)])
        + struct.pack(
            ">IIBH",
            round(abs(fix.lat_deg) * _UNITS_A_DEG),
            round(abs(fix.lon_deg) * _UNITS_A_DEG),
            min(round((fix.speed_mps or 0) * 3.6), 255),
            flags,
        )
        + _CELL
    )


def uploaded(fix: Fix, *, is_late: bool) -> bytes:
    """Return the content of 0x22: a location with ignition, reason, and whether it was kept."""
    return location(fix) + bytes([1, 0, int(is_late)])


def crc(data: bytes) -> int:
    """Return the CRC-16/X-25 of `data`, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ _POLYNOMIAL if value & 1 else value >> 1
    return value ^ 0xFFFF
