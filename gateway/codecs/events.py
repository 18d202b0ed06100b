"""What a codec says: the events of every protocol, in the order in which they came.

A codec is fed bytes and returns events. It raises FrameError alone, and only when the stream as
a whole cannot go on; a single bad frame is `Refused`, or taken and marked where it can be read
nevertheless. A `Reply` acknowledges everything that stands before it in the same list: whoever
owns the line sends it when that is on disk, not earlier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar, dataclass_transform

from patrol.errors import InputError

# What a terminal may say beside its position; bytes are told in hex.
Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
Attributes: TypeAlias = Mapping[str, Value]


C = TypeVar("C")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fact(cls: type[C]) -> type[C]:
    """Make a value that types hold frozen; freezing it as it runs would cost 4 us a position.

    Where thousands a second are made it is made by position, in a third of the time.
    """
    return dataclass(slots=True)(cls)


class FrameError(InputError):
    """The stream cannot be read on: the line is to be closed and the terminal to begin anew."""


@fact
class RawFix:
    """A position as the terminal gave it, in its own datum, before any judgement of its clock.

    `epoch` is UTC by the profile's time zone; `lat_deg` and `lon_deg` are degrees. `valid` is
    whether the terminal said that it had a solution: an invalid one may repeat the last place.
    None means "not said".
    """

    epoch: datetime
    lat_deg: float
    lon_deg: float
    altitude_m: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    accuracy_m: float | None = None
    hdop: float | None = None
    satellites: int | None = None
    valid: bool = True


@fact
class Identified:
    """The terminal has said who it is: from here on it speaks as `terminal_id`."""

    terminal_id: str
    attributes: Attributes = field(default_factory=dict)


@fact
class Located:
    """A report of position; `fix` is None where it holds no place at all (cells, Wi-Fi alone).

    `late` is whether the terminal kept it for want of a line. `alarms` are names of
    docs/reference/gateway.md; a raw word of bits is among the attributes.
    """

    terminal_id: str | None
    fix: RawFix | None
    late: bool = False
    alarms: tuple[str, ...] = ()
    battery_pct: int | None = None
    attributes: Attributes = field(default_factory=dict)


@fact
class Alive:
    """A heartbeat, or anything else that says only that the terminal lives."""

    terminal_id: str | None
    alarms: tuple[str, ...] = ()
    battery_pct: int | None = None
    attributes: Attributes = field(default_factory=dict)


@fact
class Photo:
    """A whole picture, with its own position where the protocol carries one."""

    terminal_id: str | None
    media_type: str
    data: bytes
    fix: RawFix | None = None
    attributes: Attributes = field(default_factory=dict)


@fact
class Happened:
    """Anything else worth telling, e.g. `kind` "transition", "waypoint", "reply", "logout"."""

    terminal_id: str | None
    kind: str
    attributes: Attributes = field(default_factory=dict)


@fact
class Reply:
    """Bytes for the terminal, once what stands before is on disk."""

    data: bytes


@fact
class Refused:
    """Bytes that could not be taken; `code` is one of the protocol's few, for counting."""

    reason: str
    code: str
    data: bytes = b""


Event: TypeAlias = Identified | Located | Alive | Photo | Happened | Reply | Refused


class Codec(Protocol):
    """One connection's worth of a protocol."""

    @property
    def frames(self) -> int:
        """How many frames, lines or requests were taken so far, whatever stood in them."""
        ...

    def receive(self, data: bytes, *, received_at: datetime) -> list[Event]:
        """Return what `data` completes, in order; `received_at` is UTC and aware.

        Raises FrameError when the stream cannot be read on.
        """
        ...

    def close(self) -> list[Event]:
        """Return what the end of the stream completes, e.g. a last line without its end."""
        ...
