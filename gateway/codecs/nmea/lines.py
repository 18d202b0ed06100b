"""Lines out of a stream, and the checksums of sentences."""

from functools import reduce
from operator import xor

from gateway.codecs.events import Refused

MOST_LINE_BYTES = 1024
_SHOWN_BYTES = 80


class Lines:
    """Bytes in, lines out; keeps at most MOST_LINE_BYTES of a line without end."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_lost = False

    def receive(self, data: bytes) -> list[bytes | Refused]:
        """Return the lines that `data` completes, without their ends."""
        *whole, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        found: list[bytes | Refused] = []
        for line in whole:
            if self._is_lost:
                self._is_lost = False
            elif len(line) > MOST_LINE_BYTES:
                found.append(_too_long(line))
            elif line:
                found.append(line)
        if self._is_lost:
            rest = b""
        elif len(rest) > MOST_LINE_BYTES:
            found.append(_too_long(rest))
            self._is_lost, rest = True, b""
        self._rest = rest
        return found

    def close(self) -> list[bytes]:
        """Return the last line, if it lacks its end."""
        rest, self._rest, self._is_lost = self._rest, b"", False
        return [rest] if rest else []


def checksum(body: bytes) -> int:
    """Return the exclusive or of the bytes between `$` and `*`."""
    return reduce(xor, body, 0)


def sentence(body: str) -> bytes:
    """Return a whole line for the terminal: `$`, body, checksum and line end."""
    raw = body.encode("ascii", "replace")
    return b"$%s*%02X\r\n" % (raw, checksum(raw))


def holds(body: str, behind: str) -> bool:
    """Return whether what stands behind `*` begins with the checksum of `body`."""
    digits = behind[:2]
    try:
        return int(digits, 16) == checksum(body.encode("latin-1")) and len(digits) == len("HH")
    except ValueError:
        return False


def _too_long(line: bytes) -> Refused:
    reason = f"a line longer than {MOST_LINE_BYTES} bytes is no sentence: it is left out"
    return Refused(reason=reason, code="too_long", data=line[:_SHOWN_BYTES])
