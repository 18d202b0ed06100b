"""Fields out of a frame's content, one after the other, and what has been read so far."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from struct import Struct
from typing import Any, TypeAlias

from gateway.codecs.events import RawFix, Value

NO_OFFSET = timedelta(0)


class ShortError(Exception):
    """The content ends before the field does."""


class Fields:
    """A place in a frame's content that moves on with every field; numbers are big-endian."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self.data) - self.at

    def number(self, size: int) -> int:
        """Return an unsigned number of `size` bytes; raises ShortError."""
        if size == 1 and self.at < len(self.data):
            self.at += 1
            return self.data[self.at - 1]
        return int.from_bytes(self.take(size), "big")

    def signed(self, size: int) -> int:
        """Return a signed number of `size` bytes; raises ShortError."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; raises ShortError."""
        begin = self.at
        if begin + size > len(self.data):
            raise ShortError
        self.at = begin + size
        return self.data[begin : self.at]

    def unpack(self, form: Struct) -> tuple[Any, ...]:
        """Return the fields of `form`; raises ShortError."""
        begin = self.at
        if begin + form.size > len(self.data):
            raise ShortError
        self.at = begin + form.size
        return form.unpack_from(self.data, begin)

    def text(self, size: int) -> str:
        """Return `size` bytes as text without the blanks around it; raises ShortError."""
        return self.take(size).decode("ascii", "backslashreplace").strip("\0 \r\n")

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(self.left)


class Report:
    """A frame's facts; `clock_offset` is how far the terminal's clock is ahead of UTC.

    `names` is the profile's own meaning of alarm codes.
    """

    fix: RawFix | None = None
    late = False
    alarms: tuple[str, ...] = ()
    battery_pct: int | None = None

    def __init__(
        self, attributes: dict[str, Value], clock_offset: timedelta, names: Mapping[int, str]
    ) -> None:
        self.attributes = attributes
        self.clock_offset = clock_offset
        self.names = names

    def alarm(self, name: str) -> None:
        """Take in an alarm, once."""
        if name not in self.alarms:
            self.alarms += (name,)


# One stretch of a frame: it takes its fields and puts what they say into the report.
Part: TypeAlias = Callable[[Fields, Report], None]
