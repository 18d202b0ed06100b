"""A recording, played as it was or faster."""

import re
import time
from pathlib import Path

from device.epochs import FixReader
from device.receivers.state import Condition, PortError
from device.receivers.streams import READ_BYTES, SILENCE_S

_TIME = re.compile(rb"\$..(?:RMC|GGA),([0-2][0-9])([0-5][0-9])([0-6][0-9](?:\.[0-9]*)?),")
_DAY_S = 86_400.0


class Replay:
    """The file at `path`, `speed` times as fast as it was recorded; at once where it is 0.

    Time goes by RMC and GGA. A step back in them, or one of more than half a day, takes no time.
    """

    is_live = is_trial = False
    baud = None

    def __init__(self, path: Path, *, speed: float) -> None:
        self.where = str(path)
        self.reader = FixReader()
        self._speed = speed
        self._is_over = self._is_told = False
        self._due_s = time.monotonic()
        self._told_s: float | None = None
        self._next = b""
        try:
            self._file = path.open("rb")
        except OSError as error:
            is_forbidden = isinstance(error, PermissionError)
            condition = Condition.FORBIDDEN if is_forbidden else Condition.MISSING
            raise PortError(
                condition, f"recording {path} cannot be read: {error.strerror}"
            ) from error

    @property
    def trouble(self) -> tuple[Condition, str] | None:
        """That it has come to its end."""
        if not self._is_told:
            return None
        return Condition.ENDED, f"recording {self.where} has ended"

    def read(self) -> bytes:
        """Return what is due, nothing after a silence and at the end."""
        if self._is_over:
            # The silence, after which the last epoch is given out, comes before the news.
            time.sleep(SILENCE_S if self._is_told else 0)
            self._is_told = True
            return b""
        try:
            return self._read_due() if self._speed else self._read_all()
        except OSError as error:
            raise PortError(Condition.LOST, f"{self.where} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_all(self) -> bytes:
        data = self._file.read(READ_BYTES)
        self._is_over = not data
        # The last line of a recording may lack its end.
        return data or b"\n"

    def _read_due(self) -> bytes:
        found: list[bytes] = []
        size = 0
        while not self._is_over and size < READ_BYTES and self._due_s <= time.monotonic():
            found.append(self._next)
            size += len(self._next)
            self._next = self._file.readline(READ_BYTES)
            self._is_over = not self._next
            self._due_s += self._waits_s(self._next)
        if self._is_over:
            return b"".join([*found, b"\n"])
        if not found:
            time.sleep(max(0.0, min(self._due_s - time.monotonic(), SILENCE_S)))
        return b"".join(found)

    def _waits_s(self, line: bytes) -> float:
        found = _TIME.search(line)
        if found is None:
            return 0.0
        hours, minutes, seconds = (float(part) for part in found.groups())
        told_s = hours * 3600 + minutes * 60 + seconds
        before_s, self._told_s = self._told_s, told_s
        passed_s = 0.0 if before_s is None else (told_s - before_s) % _DAY_S
        return passed_s / self._speed if passed_s < _DAY_S / 2 else 0.0
