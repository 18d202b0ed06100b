"""Bytes that a fix takes on the line, beside OwnTracks messages for the same fixes."""

import json
import struct
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from patrol.messages import Flag, Position, PositionBatch, encode_position

# What a terminal and its outbox are called in the field.
TERMINAL = "T0042"
OUTBOX = "5f0c2a9e7b3d41c6"
_TOPIC = f"gp/1/{TERMINAL}/position"
_OWNTRACKS_TOPIC = f"owntracks/gp/{TERMINAL}"


class Sizes(NamedTuple):
    """Bytes a fix: payloads alone, and whole MQTT 5 packets of QoS 1."""

    payload: float
    mqtt: float


def batches(positions: Sequence[Position], *, at_once: int) -> Sizes | None:
    """Return what full batches take as the agent encodes them, None where there is none."""
    payloads = [
        encode_position(
            PositionBatch(
                seq=10_000 + first,
                source="agent",
                outbox=OUTBOX,
                positions=tuple(positions[first : first + at_once]),
            )
        )
        for first in range(0, len(positions) - at_once + 1, at_once)
    ]
    return _sizes(payloads, _TOPIC, fixes=at_once)


def owntracks(positions: Sequence[Position]) -> Sizes | None:
    """Return what OwnTracks' location message takes, one for each fix, in its least form."""
    return _sizes([_location(one) for one in positions], _OWNTRACKS_TOPIC, fixes=1)


def _sizes(payloads: Sequence[bytes], topic: str, *, fixes: int) -> Sizes | None:
    if not payloads:
        return None
    return Sizes(
        fmean(len(one) for one in payloads) / fixes,
        fmean(len(_publish(topic, one)) for one in payloads) / fixes,
    )


def _location(position: Position) -> bytes:
    """Return a message of the type `location` with what OwnTracks has a field for.

    Source: https://owntracks.org/booklet/tech/json/, `_type=location`.
    """
    body: dict[str, object] = {
        "_type": "location",
        "tid": TERMINAL[-2:],
        "tst": position.epoch_ms // 1000,
        "lat": position.lat_e7 / 1e7,
        "lon": position.lon_e7 / 1e7,
        "t": "p",
        "m": 2 if position.flags & Flag.MOVING else 1,
    }
    scaled = {
        "acc": (position.accuracy_dm, 10),
        "alt": (position.altitude_dm, 10),
        "vel": (position.speed_cmps, 100 / 3.6),
        "cog": (position.course_ddeg, 10),
    }
    body |= {name: round(v / scale) for name, (v, scale) in scaled.items() if v is not None}
    return json.dumps(body, separators=(",", ":")).encode()


def _publish(topic: str, payload: bytes) -> bytes:
    """Return a PUBLISH of MQTT 5 with QoS 1 and no properties (MQTT 5.0, 3.3)."""
    name = topic.encode()
    rest = struct.pack(">H", len(name)) + name + struct.pack(">HB", 1, 0) + payload
    length, told = len(rest), bytearray()
    while True:
        length, low = divmod(length, 0x80)
        told.append(low | (0x80 if length else 0))
        if not length:
            return bytes((0x32, *told)) + rest
