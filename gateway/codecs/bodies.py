"""Bodies of HTTP messages (RFC 9112, 6 and 7): of a length that is told, or in chunks."""

import re

# What stands around a body: a chunk's size with its extensions, or a trailer.
_LINE_LIMIT_BYTES = 1024

LINE_END = re.compile(rb"\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(;.*)?", re.DOTALL)


class UnreadableError(Exception):
    """The stream cannot be read on; `status` is the answer to it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Sized:
    """A body whose length is known."""

    def __init__(self, length: int) -> None:
        self._length = length

    def take(self, buffer: bytearray) -> bytes | None:
        """Return the body, taken off the front of `buffer`, or None while it is not whole."""
        if len(buffer) < self._length:
            return None
        body = bytes(buffer[: self._length])
        del buffer[: self._length]
        return body


class Chunked:
    """A body in chunks, each behind its size in hex."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._body = bytearray()
        self._left: int | None = None
        self._is_ending = False

    def take(self, buffer: bytearray) -> bytes | None:
        """Return the body, or None while it is not whole; takes what it can off `buffer`.

        Raises UnreadableError where sizes and data do not fit, or the body is too long.
        """
        while not self._is_ending:
            if not (self._take_size(buffer) if self._left is None else self._take_chunk(buffer)):
                return None
        return self._take_trailers(buffer)

    def _take_size(self, buffer: bytearray) -> bool:
        line = _take_line(buffer, _LINE_LIMIT_BYTES)
        if line is None:
            return False
        size = _CHUNK_SIZE.fullmatch(line)
        if size is None:
            raise UnreadableError(400, "the size of a chunk is not hex")
        self._left = int(size[1], 16)
        if len(self._body) + self._left > self._limit_bytes:
            raise too_long(self._limit_bytes)
        self._is_ending = self._left == 0
        return True

    def _take_chunk(self, buffer: bytearray) -> bool:
        left = self._left or 0
        self._body += buffer[:left]
        self._left = left - min(left, len(buffer))
        del buffer[:left]
        if self._left:
            return False
        line = _take_line(buffer, 0)
        if line is None:
            return False
        self._left = None
        return True

    def _take_trailers(self, buffer: bytearray) -> bytes | None:
        while (line := _take_line(buffer, _LINE_LIMIT_BYTES)) is not None:
            if not line:
                return bytes(self._body)
        return None


def _take_line(buffer: bytearray, limit_bytes: int) -> bytes | None:
    """Return the next line without its end, or None while it is not whole."""
    end = LINE_END.search(buffer, 0, limit_bytes + 2)
    if end is None:
        # The byte behind the limit may be the first half of the line's end.
        if len(buffer.removesuffix(b"\r")) > limit_bytes:
            raise UnreadableError(400, "a chunk does not end where its size says")
        return None
    line = bytes(buffer[: end.start()])
    del buffer[: end.end()]
    return line


def too_long(limit_bytes: int) -> UnreadableError:
    """Return what is raised for a body over the limit."""
    return UnreadableError(413, f"the body is longer than {limit_bytes} bytes")
