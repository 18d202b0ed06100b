"""Many MQTT packets at once: PUBLISHes out of a stream of bytes, PUBACKs into one.

Source of the formats: MQTT 3.1.1 and MQTT 5.0, chapters 2.1, 3.3 and 3.4.
"""

from collections.abc import Iterable
from typing import NamedTuple

# The type of a packet and the upper bit of its QoS: QoS 0 and 1 pass, 2 has more to it.
_KIND_AND_QOS = 0xF4
_PUBLISH = 0x30
_QOS_1 = 0x02
_CONTINUES = 0x80
_MOST_LENGTH_BYTES = 4
_PUBACK = b"\x40\x02"


class Publish(NamedTuple):
    """A received message; `mid` is 0 for QoS 0."""

    topic: bytes
    payload: bytes
    mid: int


def cut_publishes(data: bytes, *, has_properties: bool) -> tuple[list[Publish], int]:
    """Return the whole PUBLISHes that `data` begins with, and how many bytes they are.

    It stops at the first packet that is of another kind, of QoS 2, cut off or malformed.
    MQTT 5 has properties; what they say is skipped.
    """
    found: list[Publish] = []
    used = 0
    while used + 1 < len(data) and data[used] & _KIND_AND_QOS == _PUBLISH:
        length, start = _read_length(data, used + 1)
        end = start + length
        if length < 0 or end > len(data):
            break
        has_mid = bool(data[used] & _QOS_1)
        one = _read_publish(data, span=(start, end), has_mid=has_mid, has_properties=has_properties)
        if one is None:
            break
        found.append(one)
        used = end
    return found, used


def pubacks(mids: Iterable[int]) -> bytes:
    """Return the PUBACKs of QoS 1 messages, one after the other."""
    return b"".join([_PUBACK + mid.to_bytes(2, "big") for mid in mids])


def _read_publish(
    data: bytes, *, span: tuple[int, int], has_mid: bool, has_properties: bool
) -> Publish | None:
    start, end = span
    mid = 0
    topic_end = position = start + 2 + int.from_bytes(data[start : start + 2], "big")
    if has_mid:
        position += 2
        mid = int.from_bytes(data[topic_end:position], "big")
    if has_properties:
        length, position = _read_length(data, position)
        position += length
        if length < 0:
            return None
    if position > end:
        return None
    return Publish(data[start + 2 : topic_end], data[position:end], mid)


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    """Return a variable byte integer and the place behind it; -1 where there is none."""
    length = shift = 0
    for byte in data[position : position + _MOST_LENGTH_BYTES]:
        position += 1
        length |= (byte & ~_CONTINUES) << shift
        if byte < _CONTINUES:
            return length, position
        shift += 7
    return -1, position
