"""A terminal's side of JT/T 808, written by the book and byte by byte."""

from datetime import UTC, datetime

from gateway.codecs.events import Event, Reply
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.profile import Profile

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PHONE = "013912345678"
PLACE = {"lat": 31_230_001, "lon": 121_470_002}


def frame(message_id: int, body: bytes = b"", **head) -> bytes:
    """Return one frame of the standard dialect."""
    content = unsealed(message_id, body, **head)
    return b"\x7e" + escape(content + bytes([xor(content)])) + b"\x7e"


def unsealed(
    message_id: int,
    body: bytes = b"",
    *,
    phone: str = PHONE,
    serial: int = 1,
    version: int | None = None,
    part: tuple[int, int] | None = None,
    encryption: int = 0,
) -> bytes:
    attributes = len(body) | encryption << 10 | bool(part) << 13
    content = message_id.to_bytes(2, "big")
    if version is None:
        content += attributes.to_bytes(2, "big") + bytes.fromhex(phone)
    else:
        content += (attributes | 0x4000).to_bytes(2, "big")
        content += bytes([version]) + bytes.fromhex(phone.zfill(20))
    content += serial.to_bytes(2, "big")
    for number in part or ():
        content += number.to_bytes(2, "big")
    return content + body


def xor(content: bytes) -> int:
    checksum = 0
    for byte in content:
        checksum ^= byte
    return checksum


def escape(content: bytes) -> bytes:
    escapes = {0x7D: b"\x7d\x01", 0x7E: b"\x7d\x02"}
    return b"".join(escapes.get(byte, bytes([byte])) for byte in content)


def location(
    items: str = "",
    *,
    alarm: int = 0,
    status: int = 3,
    clock: str = "261122120000",
    lat: int = PLACE["lat"],
    lon: int = PLACE["lon"],
) -> bytes:
    """Return the body of 0x0200: 12 m high, 36 km/h, heading 90 degrees."""
    numbers = [(alarm, 4), (status, 4), (lat, 4), (lon, 4), (12, 2), (360, 2), (90, 2)]
    body = b"".join(value.to_bytes(size, "big") for value, size in numbers)
    return body + bytes.fromhex(clock) + bytes.fromhex(items)


def said(data: bytes, profile: Profile | None = None) -> list[Event]:
    """Return what a fresh codec makes of `data` and of the end of the stream."""
    codec = Jt808Codec(profile or Profile())
    return codec.receive(data, received_at=NOW) + codec.close()


def of_kind(kind: type, events: list[Event]) -> list:
    return [event for event in events if type(event) is kind]


def first(kind: type, data: bytes, profile: Profile | None = None):
    """Return the first event of a kind that a fresh codec makes of `data`."""
    return of_kind(kind, said(data, profile))[0]


def answers(events: list[Event]) -> list[tuple[int, bytes]]:
    """Return id and body of every reply, whose frame must be right."""
    return [unframed(event.data) for event in of_kind(Reply, events)]


def unframed(data: bytes) -> tuple[int, bytes]:
    assert data[:1] == data[-1:] == b"\x7e"
    content = data[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    assert xor(content) == 0
    attributes = int.from_bytes(content[2:4], "big")
    body = content[17 if attributes & 0x4000 else 12 : -1]
    assert len(body) == attributes & 0x3FF
    return int.from_bytes(content[:2], "big"), body
