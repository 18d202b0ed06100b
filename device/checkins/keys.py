"""What a reader types: key events of the kernel, made into lines.

Source: linux/input.h and linux/input-event-codes.h; `struct input_event` has the machine's own
sizes. A reader types as a keyboard of the United States does.
"""

import struct

# Seconds, microseconds, type, code, value.
_EVENT = struct.Struct("@llHHi")
_KEY = 1
_UP, _DOWN = 0, 1
_ENTERS = {28, 96}
_SHIFTS = {42, 54}
_MOST_CHARS = 512

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
)
_PLAIN = {first + at: key for first, keys, _ in _ROWS for at, key in enumerate(keys)}
_SHIFTED = {first + at: key for first, _, keys in _ROWS for at, key in enumerate(keys)}


class KeyLines:
    """Holds at most 512 characters of a line that has not ended; a longer one is dropped."""

    def __init__(self) -> None:
        self._rest = b""
        self._line = ""
        self._shifts: set[int] = set()

    def receive(self, data: bytes) -> list[str]:
        """Return the lines that end within `data`, whichever way it is cut."""
        data = self._rest + data
        whole = len(data) - len(data) % _EVENT.size
        self._rest = data[whole:]
        lines = []
        for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            if kind == _KEY:
                lines += self._press(code, value)
        return lines

    def _press(self, code: int, value: int) -> list[str]:
        if code in _SHIFTS:
            (self._shifts.discard if value == _UP else self._shifts.add)(code)
        elif value == _DOWN and code in _ENTERS:
            line, self._line = self._line, ""
            return [line] if 0 < len(line) <= _MOST_CHARS else []
        elif value == _DOWN and len(self._line) <= _MOST_CHARS:
            self._line += (_SHIFTED if self._shifts else _PLAIN).get(code, "")
        return []
