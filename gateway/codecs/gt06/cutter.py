"""Frames out of a stream, with garbage between them, lost ends and wrong lengths.

Where a frame ends depends on the bytes alone, never on how they were cut into datagrams.
"""

from gateway.codecs.events import FrameError, Refused
from gateway.codecs.gt06.frames import (
    END,
    LONG,
    SCANS,
    SHORT,
    Frame,
    damaged,
    holds,
    plain,
    scan,
    whole,
)

# A photo's piece of 1,024 bytes is the longest frame that terminals send.
MOST_BYTES = 2048
# After so many bytes in a row that make no frame the line is not worth reading on.
MOST_GARBAGE_BYTES = 16384
_GARBAGE_PIECE_BYTES = 1024
_HEAD_BYTES = 5
_HEADS_LOOKED_AT = 4
# Texts have some; a frame with more is looked through no further.
_MOST_LINE_ENDS = 64
# A frame that does not hold has few of them; each further one counts as so much garbage.
_FREE_LINE_ENDS = 4
_LINE_END_COSTS_BYTES = 64


class Cutter:
    """Bytes in, frames out; keeps at most MOST_BYTES, and as much of garbage."""

    def __init__(self) -> None:
        self._rest = b""
        self._looked = 0
        self._line_ends = 0
        self._garbage = b""
        self._garbage_bytes = 0

    def receive(self, data: bytes) -> list[Frame | Refused]:
        """Return what `data` completes.

        Raises FrameError after MOST_GARBAGE_BYTES without one frame that holds.
        """
        buffer = self._rest + data if self._rest else data
        found: list[Frame | Refused] = []
        at, size = 0, len(buffer)
        while at + _HEAD_BYTES <= size:
            taken = plain(buffer, at)
            if taken is not None:
                at = self._keep(taken, at + len(taken.raw), found)
                continue
            end = _declared_end(buffer, at)
            if end <= at:
                at = self._skip(buffer, at, found)
            elif end <= size and buffer.find(END, at + 3, end) == end - 2:
                at = self._keep(whole(buffer, at, end), end, found)
            else:
                after = self._settle(buffer, at, found)
                if after == at:
                    break
                at = after
        self._rest = buffer[at:]
        return found

    def close(self) -> list[Frame | Refused]:
        """Return what the end of the stream completes."""
        found: list[Frame | Refused] = []
        # What is left is shorter than the line would be closed for.
        self._garbage_bytes = 0
        while self._rest:
            rest, self._rest = self._rest, b""
            # What lies behind a frame without its end may hold whole ones.
            found += self.receive(rest[self._finish(rest, found) :])
        self._drop(found)
        return found

    def _finish(self, rest: bytes, found: list[Frame | Refused]) -> int:
        if rest[:2] not in {SHORT, LONG}:
            return self._skip(rest, 0, found) or self._throw(rest, found)
        end = _declared_end(rest, 0) if len(rest) >= _HEAD_BYTES else len(rest) + 3
        first = rest.find(END, 3)
        # The last frame of a capture often lacks its line end, or half of it.
        if first < 0 and 0 <= end - len(rest) <= len(END) and end - 2 <= len(rest):
            taken = whole(rest[: end - 2] + END, 0, end)
            return self._keep(taken._replace(faults=("length", *taken.faults)), len(rest), found)
        if first >= 0:
            return self._keep(damaged(rest[: first + 2]), first + 2, found)
        return self._throw(rest, found)

    def _settle(self, buffer: bytes, at: int, found: list[Frame | Refused]) -> int:
        """Take the frame at `at`, whose declared length leads nowhere or is not here yet."""
        horizon = at + _horizon(buffer, at)
        line_end = buffer.find(END, max(at + 3, at + self._looked), horizon)
        while line_end >= 0:
            end = line_end + 2
            if taken := _taken(buffer, at, end):
                return self._keep(taken, end, found)
            if head := _inner_head(buffer, at, end):
                return self._end_before(buffer[at:head], at, found)
            self._line_ends += 1
            if self._line_ends == _MOST_LINE_ENDS:
                return self._give_up(buffer, at, found)
            line_end = buffer.find(END, line_end + 1, horizon)
        self._looked = max(0, min(len(buffer), horizon) - at - 1)
        if len(buffer) < horizon:
            return at
        return self._give_up(buffer, at, found)

    def _end_before(self, broken: bytes, at: int, found: list[Frame | Refused]) -> int:
        """Take what lies before a frame that holds."""
        first = broken.find(END, 3)
        if first >= 0:
            return self._keep(damaged(broken[: first + 2]), at + first + 2, found)
        return at + self._throw(broken, found)

    def _give_up(self, buffer: bytes, at: int, found: list[Frame | Refused]) -> int:
        # To look at them took time; who makes that again and again is soon heard no more.
        self._count(max(0, self._line_ends - _FREE_LINE_ENDS) * _LINE_END_COSTS_BYTES)
        first = buffer.find(END, at + 3, at + MOST_BYTES)
        if first >= 0:
            return self._keep(damaged(buffer[at : first + 2]), first + 2, found)
        if len(buffer) - at >= MOST_BYTES:
            return self._throw(buffer[at : at + 2], found) + at
        return at

    def _keep(self, taken: Frame, end: int, found: list[Frame | Refused]) -> int:
        self._looked = self._line_ends = 0
        if self._garbage:
            self._drop(found)
        found.append(taken)
        if not taken.faults and taken.serial is not None:
            self._garbage_bytes = 0
        elif taken.is_long and len(taken.faults) > 1:
            self._count(len(taken.raw))
        return end

    def _skip(self, buffer: bytes, at: int, found: list[Frame | Refused]) -> int:
        """Return where the next frame may begin."""
        heads = [head for head in (buffer.find(SHORT, at), buffer.find(LONG, at)) if head >= 0]
        end = min(heads) if heads else len(buffer) - 1
        self._throw(buffer[at:end], found)
        return end

    def _throw(self, garbage: bytes, found: list[Frame | Refused]) -> int:
        self._looked = self._line_ends = 0
        self._garbage += garbage
        while len(self._garbage) >= _GARBAGE_PIECE_BYTES:
            rest = self._garbage[_GARBAGE_PIECE_BYTES:]
            self._garbage = self._garbage[:_GARBAGE_PIECE_BYTES]
            self._drop(found)
            self._garbage = rest
        self._count(len(garbage))
        return len(garbage)

    def _drop(self, found: list[Frame | Refused]) -> None:
        if self._garbage.strip(b"\r\n\0 "):
            reason = f"{len(self._garbage)} bytes belong to no frame: they are left out"
            found.append(Refused(reason=reason, code="garbage", data=self._garbage))
        self._garbage = b""

    def _count(self, garbage_bytes: int) -> None:
        self._garbage_bytes += garbage_bytes
        if self._garbage_bytes > MOST_GARBAGE_BYTES:
            raise FrameError(
                f"more than {MOST_GARBAGE_BYTES} bytes without one frame that holds: "
                "close the line, and see that the terminal speaks GT06"
            )


def _taken(buffer: bytes, at: int, end: int) -> Frame | None:
    """Return the frame from `at` to `end` if anything speaks for its ending there."""
    if end == _declared_end(buffer, at):
        return whole(buffer, at, end)
    if end == _counted_end(buffer, at):
        return scan(buffer[at:end])
    return damaged(buffer[at:end]) if holds(buffer, at, end) else None


def _declared_end(buffer: bytes, at: int) -> int:
    """Return where the frame at `at` ends by its length; `at` if none begins there."""
    head = buffer[at : at + 2]
    if head == SHORT:
        return at + 5 + buffer[at + 2]
    if head == LONG:
        return at + 6 + (buffer[at + 2] << 8 | buffer[at + 3])
    return at


def _counted_end(buffer: bytes, at: int) -> int:
    """Return where a frame ends whose length counts access points; 0 if it is none of those."""
    if buffer[at] != SHORT[0] or buffer[at + 3] not in SCANS:
        return 0
    cells_at = at + 10 + 7 * buffer[at + 2]
    return cells_at + 4 + 5 * buffer[cells_at] + 2 if cells_at < len(buffer) else 0


def _horizon(buffer: bytes, at: int) -> int:
    """Return how many bytes must be here before a frame's length is called wrong."""
    if buffer[at] == SHORT[0] and buffer[at + 3] in SCANS:
        cells_at = 10 + 7 * buffer[at + 2]
        if at + cells_at >= len(buffer):
            return cells_at + 1
        return min(MOST_BYTES, _counted_end(buffer, at) - at)
    return min(MOST_BYTES, _declared_end(buffer, at) - at)


def _inner_head(buffer: bytes, at: int, end: int) -> int:
    """Return where a frame that holds begins behind `at` and ends at `end`; 0 if none does."""
    head = end
    for _ in range(_HEADS_LOOKED_AT):
        head = max(buffer.rfind(SHORT, at + 1, head), buffer.rfind(LONG, at + 1, head))
        if head < 0:
            return 0
        is_whole = head + _HEAD_BYTES <= end and _declared_end(buffer, head) == end
        if is_whole and holds(buffer, head, end):
            return head
        head += 1
    return 0
