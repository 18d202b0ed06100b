"""What a source reads from: bytes, and the reader that understands them."""

from typing import Protocol

from device.epochs import Receipt
from device.receivers.state import Condition
from device.sky import Sky
from patrol.fix import Fix

# A receiver sends an epoch in one go; when the line is silent for so long, it is complete.
SILENCE_S = 0.3
READ_BYTES = 65_536


class Reader(Protocol):
    """Bytes in, fixes out; `heard` counts everything that was understood."""

    sentences: int
    heard: int
    sky: Sky

    @property
    def satellites(self) -> int | None:
        """Satellites used, fix or none."""

    @property
    def refusals(self) -> dict[str, int]:
        """Lines that were refused, by reason."""

    def receive(self, data: bytes, receipt: Receipt | None) -> list[Fix]:
        """Return the fixes whose epochs `data` has ended."""

    def flush(self) -> list[Fix]:
        """Return the fix of the epoch that is still open, if it makes one."""


class Stream(Protocol):
    """An open way to a receiver; reading raises PortError when it ends."""

    @property
    def reader(self) -> Reader:
        """What understands its bytes; another one when somebody else begins to speak."""

    @property
    def where(self) -> str:
        """What is open, for people."""

    @property
    def baud(self) -> int | None:
        """The speed of a serial port."""

    @property
    def is_live(self) -> bool:
        """Whether what comes is of now."""

    @property
    def is_trial(self) -> bool:
        """Whether nobody knows yet that a receiver is there."""

    @property
    def trouble(self) -> tuple[Condition, str] | None:
        """A condition and its reason that the stream knows itself, though it is open."""

    def read(self) -> bytes:
        """Return what has come, nothing after a silence."""

    def close(self) -> None:
        """Let go of it."""


class Opener(Protocol):
    """Knows where a receiver may be."""

    def open(self) -> Stream:
        """Return an open stream, or raise PortError."""
