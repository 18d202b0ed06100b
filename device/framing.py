"""From a receiver's bytes to sentences, whatever stands between them."""

from enum import StrEnum
from functools import reduce
from operator import xor

from patrol.errors import InputError

# What follows the fields: * and two digits.
_TAIL_BYTES = 3


class Refusal(StrEnum):
    """Why a line gave nothing."""

    NO_SENTENCE = "no_sentence"
    CHECKSUM = "checksum"
    MALFORMED = "malformed"


class SentenceError(InputError):
    """A sentence that cannot be used; `reason` says which way."""

    def __init__(self, reason: Refusal, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class LineFramer:
    """Cut a byte stream into sentences, however the bytes arrive.

    A sentence begins at the last `$` of a line, so that binary messages or a sentence cut
    short may stand in front of it. `strays` counts lines without one, or with one longer
    than `limit` bytes; of a line without end no more than that is kept.
    """

    def __init__(self, limit: int = 1024) -> None:
        self.strays = 0
        self._limit = limit
        self._rest = b""

    def receive(self, data: bytes) -> None:
        """Take in what has been read."""
        self._rest += data.replace(b"\r", b"\n")

    def frames(self) -> list[bytes]:
        """Return the sentences that are complete, without their line ends."""
        *lines, rest = self._rest.split(b"\n")
        if len(rest) > self._limit:
            # One stray byte stands for all that was dropped, so that the line counts once.
            rest = self._sentence(rest) or b"?"
        self._rest = rest
        frames = [self._sentence(line) for line in lines if line]
        self.strays += frames.count(None)
        return [frame for frame in frames if frame is not None]

    def _sentence(self, line: bytes) -> bytes | None:
        start = line.rfind(b"$")
        return line[start:] if start >= 0 and len(line) - start <= self._limit else None


def is_sound(line: bytes) -> bool:
    """Return whether `line` is a sentence of whatever type with a checksum that holds."""
    body, tail = line[1:-_TAIL_BYTES], line[-_TAIL_BYTES:]
    if not line.startswith(b"$") or not body or tail[:1] != b"*":
        return False
    return tail[1:].upper() == b"%02X" % reduce(xor, body)
