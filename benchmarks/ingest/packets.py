"""The few MQTT 3.1.1 packets that a load needs, ready before anything is measured.

A client in Python would use up a good part of the machine that is to be measured.
Source of the format: MQTT 3.1.1, chapter 3.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator

PUBACK_BYTES = 4
CONNACK_BYTES = 4
SUBACK_BYTES = 5

_MOST_IDS = 65_535
_CONTINUES = 0x80
_PUBLISH = 0x30
_TYPE = 0xF0
_RANGE = re.compile(rb"\[(\d+),(\d+)\]")


def connect(client_id: str) -> bytes:
    """Return a CONNECT for a clean session without a keepalive."""
    return _packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x00" + _text(client_id))


def subscribe(topics: str) -> bytes:
    """Return a SUBSCRIBE with QoS 0, of which nothing is to be acknowledged."""
    return _packet(0x82, b"\x00\x01" + _text(topics) + b"\x00")


def publishes(messages: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """Return a PUBLISH with QoS 1 for each pair of a topic and a payload."""
    return [
        _packet(0x32, _text(topic) + struct.pack(">H", number % _MOST_IDS + 1) + payload)
        for number, (topic, payload) in enumerate(messages)
    ]


def count_stored(stream: bytes) -> int:
    """Return how many fixes the `stored` messages in what a subscriber received name."""
    total = 0
    for payload in _payloads(stream):
        plain = zlib.decompress(payload) if payload[:1] == b"\x78" else payload
        total += sum(int(last) - int(first) + 1 for first, last in _RANGE.findall(plain))
    return total


def _payloads(stream: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(stream):
        kind, length, shift = stream[position], 0, 0
        while True:
            position += 1
            length |= (stream[position] & ~_CONTINUES) << shift
            shift += 7
            if stream[position] < _CONTINUES:
                break
        body = stream[position + 1 : position + 1 + length]
        position += 1 + length
        # A message cut off at the end of the stream was not received.
        if kind & _TYPE == _PUBLISH and len(body) == length:
            yield body[2 + int.from_bytes(body[:2], "big") :]


def _packet(kind: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, low = size >> 7, size & 0x7F
        length.append(low | (_CONTINUES if size else 0))
        if not size:
            return bytes([kind, *length]) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded
