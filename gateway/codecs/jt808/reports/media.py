"""Pictures and recordings: 0x0800 tells of one, 0x0801 holds it."""

from struct import Struct
from typing import NamedTuple

from gateway.codecs.events import Event, Happened, Photo, Value
from gateway.codecs.jt808.reports.clock import CLOCK_BYTES
from gateway.codecs.jt808.reports.location import LOCATION_BYTES, LocationReader

HEAD_BYTES = 8

_HEAD = Struct(">IBBBB")
_KINDS = {0: "image", 1: "audio", 2: "video"}
_FORMATS = {
    0: "image/jpeg",
    1: "image/tiff",
    2: "audio/mpeg",
    3: "audio/wav",
    4: "video/x-ms-wmv",
}
_REASONS = {0: "platform", 1: "timed", 2: "robbery", 3: "collision", 4: "door", 5: "door"}
_STARTS = {0: b"\xff\xd8", 1: b"II"}
_UNKNOWN = "application/octet-stream"


class MediaHead(NamedTuple):
    """The eight bytes by which a picture is known."""

    media_id: int
    kind: int
    form: int
    reason: int
    channel: int

    def attributes(self) -> dict[str, Value]:
        """Return what is told of it beside its bytes."""
        return {
            "media_id": self.media_id,
            "kind": _KINDS.get(self.kind, str(self.kind)),
            "media_type": _FORMATS.get(self.form, _UNKNOWN),
            "reason": _REASONS.get(self.reason, str(self.reason)),
            "channel": self.channel,
        }


def read_head(body: bytes) -> MediaHead | None:
    """Return the head, or None where `body` is too short for one."""
    return MediaHead(*_HEAD.unpack_from(body)) if len(body) >= HEAD_BYTES else None


def read_media(body: bytes, locations: LocationReader, *, terminal_id: str) -> Event | None:
    """Return a picture with its own fix, or what else it is; None where `body` has no head.

    From 2013 on a position of 28 bytes stands before the data, in 2011 none does.
    """
    head = read_head(body)
    if head is None:
        return None
    attributes = head.attributes()
    data, fix = body[HEAD_BYTES:], None
    if _has_position(data, head.form, locations):
        located = locations.read(
            data[:LOCATION_BYTES], terminal_id=terminal_id, late=False, marks={}
        )
        fix, data = located.fix, data[LOCATION_BYTES:]
        attributes["alarm_bits"] = located.attributes["alarm_bits"]
        attributes["status_bits"] = located.attributes["status_bits"]
    if head.kind == 0:
        media_type = _FORMATS.get(head.form, _UNKNOWN)
        return Photo(
            terminal_id=terminal_id,
            media_type=media_type,
            data=data,
            fix=fix,
            attributes=attributes,
        )
    attributes["data"] = data.hex()
    return Happened(terminal_id=terminal_id, kind="media", attributes=attributes)


def _has_position(data: bytes, form: int, locations: LocationReader) -> bool:
    start = _STARTS.get(form, b"")
    if start and data.startswith(start):
        return False
    if start and data[LOCATION_BYTES:].startswith(start):
        return True
    clock = data[LOCATION_BYTES - CLOCK_BYTES : LOCATION_BYTES]
    return locations.clock.read(clock) is not None
