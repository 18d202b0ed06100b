"""Photos as cameras write them, and as nobody should."""

import struct
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from device.acts.here import Here
from device.duty import DutyState, Reason
from patrol.messages import position_of
from tests.unit.device.terminal import START, fix_at

_SIZES = {2: 1, 3: 2, 4: 4, 5: 8}
_POINTERS = {"exif": 0x8769, "gps": 0x8825}

Value = str | int | Sequence[tuple[int, int]]

ON_DUTY = DutyState(
    is_on_duty=True, until=None, next_start=None, is_paused=False, reason=Reason.ON_DUTY
)
# Where `fix_at` is, ten seconds later.
HERE = Here(START + timedelta(seconds=10), position_of(fix_at(0)), ON_DUTY)

AT_FIX = {
    "gps": {
        1: "N",
        2: [(30, 1), (30, 1), (0, 1)],
        3: "E",
        4: [(104, 1), (12, 1), (0, 1)],
    }
}
IN_TIME = {"exif": {0x9003: "2026:03:02 12:00:05", 0x9011: "+08:00"}}
CAMERA = {"main": {0x010F: "Acme", 0x0110: "One 5"}}


def jpeg(
    *,
    exif: Mapping[str, Mapping[int, Value]] | bytes | None = None,
    size: tuple[int, int] = (640, 480),
    filler: int = 0,
) -> bytes:
    """Return a JPEG with so many bytes of image behind its headers."""
    parts = [b"\xff\xd8"]
    if exif is not None:
        body = b"Exif\0\0" + (exif if isinstance(exif, bytes) else tiff(exif))
        parts.append(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body)
    width, height = size
    parts.append(b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0")
    parts.append(b"\xff\xda\0\x08\1\1\0\0\x3f\0")
    parts.append(bytes(at % 251 for at in range(min(filler, 251))) * (filler // 251 + 1))
    return b"".join(parts)[: len(b"".join(parts[:-1])) + filler] + b"\xff\xd9"


def tiff(directories: Mapping[str, Mapping[int, Value]]) -> bytes:
    """Return EXIF with the directories `main`, `exif` and `gps`, big-endian."""
    main: dict[int, Value] = dict(directories.get("main", {}))
    inner = [name for name in _POINTERS if name in directories]
    main |= dict.fromkeys([_POINTERS[name] for name in inner], 0)
    offset = 8 + len(_directory(main, 8))
    for name in inner:
        main[_POINTERS[name]] = offset
        offset += len(_directory(directories[name], offset))
    data = b"MM\0*" + struct.pack(">I", 8) + _directory(main, 8)
    for name in inner:
        data += _directory(directories[name], len(data))
    return data


def _directory(entries: Mapping[int, Value], start: int) -> bytes:
    heads, bodies = [], b""
    behind = start + 2 + 12 * len(entries) + 4
    for tag, value in sorted(entries.items()):
        kind, count, data = _encoded(value)
        if len(data) <= 4:
            heads.append(struct.pack(">HHI", tag, kind, count) + data.ljust(4, b"\0"))
        else:
            heads.append(struct.pack(">HHII", tag, kind, count, behind + len(bodies)))
            bodies += data
    return struct.pack(">H", len(entries)) + b"".join(heads) + bytes(4) + bodies


def _encoded(value: Value) -> tuple[int, int, bytes]:
    if isinstance(value, str):
        data = value.encode() + b"\0"
        return 2, len(data), data
    if isinstance(value, int):
        return 4, 1, struct.pack(">I", value)
    return 5, len(value), b"".join(struct.pack(">II", *one) for one in value)


def write(folder: Path, name: str = "a.jpg", data: bytes | None = None) -> Path:
    """Write a photo and return where it is."""
    path = folder / name
    path.write_bytes(jpeg(exif=AT_FIX | IN_TIME) if data is None else data)
    return path
