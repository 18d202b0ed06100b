"""Cut a byte stream into frames, however the bytes arrive, and undo the escapes.

Every delimiter both ends and begins. What stands between two is a frame if checksum and declared
length agree; anything less is taken, held for its continuation or refused as `Cutter` says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.codecs.events import FrameError, Refused
from gateway.codecs.jt808.checking import (
    ALTERNATIVE,
    LEAST_BYTES,
    STANDARD,
    declared_bytes,
    fold,
    is_frame,
)

# A body has at most 1,023 bytes; every byte of it may be escaped, or the length may be wrong.
FRAME_BYTES = 4096
# Whoever says this much without one frame speaks something else.
NOISE_BYTES = 65_536

_SENTENCE = re.compile(rb"\([ -'*-~]{1,250}\)")
_SENTENCE_END = 0x29
_AFTER_DELIMITER = re.compile(rb"(?<=[\x7e\xe7])")
# By escape byte; 01 comes last, since what it leaves must not be read again.
_ESCAPES = {
    STANDARD: ((0x7D, ((b"\x7d\x02", b"\x7e"), (b"\x7d\x01", b"\x7d"))),),
    ALTERNATIVE: (
        (0x3E, ((b"\x3e\x02", b"\x3d"), (b"\x3e\x01", b"\x3e"))),
        (0xE6, ((b"\xe6\x02", b"\xe7"), (b"\xe6\x01", b"\xe6"))),
    ),
}
# What a frame with neither a right checksum nor a right length must at least begin with.
_WELL_KNOWN = frozenset({b"\x01\x00", b"\x01\x02", b"\x02\x00", b"\x07\x04", b"\x09\x00"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame, checksum included, that could be read only with indulgence."""

    content: bytes
    checksum: bool
    length: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """An ASCII line in round brackets, as locks speak between their frames."""

    text: str


# Whole frames, header to checksum, are plain bytes: they are nearly all there is.
Found: TypeAlias = bytes | Taken | Sentence | Refused


class Listener:
    """The frames of one connection, in whichever of the two dialects it turns out to speak.

    `delimiter` is the one to answer with.
    """

    def __init__(self, *, strict: bool) -> None:
        self.delimiter = STANDARD
        self._standard = Cutter(STANDARD, strict=strict)
        self._alternative: Cutter | None = Cutter(ALTERNATIVE, strict=True)
        self._noise_bytes = 0
        self._strict = strict

    def feed(self, data: bytes) -> Sequence[Found]:
        """Return what `data` completes.

        Raises FrameError when the bytes before it were too many without one frame.
        """
        if self._noise_bytes > NOISE_BYTES:
            raise FrameError(f"no frame in {self._noise_bytes} bytes: close the line")
        found = self._cut(data) if self._alternative else self._standard.feed(data)
        if found and type(found[0]) is bytes:
            self._noise_bytes = 0
        elif all(type(one) is Refused for one in found):
            self._noise_bytes += len(data)
        else:
            self._noise_bytes = 0
        return found

    def close(self) -> Sequence[Found]:
        """Return what the end of the stream leaves."""
        return self._standard.close()

    def _cut(self, data: bytes) -> Sequence[Found]:
        found: list[Found] = []
        pieces = _AFTER_DELIMITER.split(data)
        for index, piece in enumerate(pieces):
            found += self._standard.feed(piece)
            other = self._alternative
            if other is None:
                continue
            if any(type(one) is bytes for one in found):
                self._alternative = None
                continue
            frames = [one for one in other.feed(piece) if type(one) is bytes]
            if frames:
                self._standard = Cutter(ALTERNATIVE, strict=self._strict)
                self.delimiter = ALTERNATIVE
                self._alternative = None
                return [*found, *frames, *self._standard.feed(b"".join(pieces[index + 1 :]))]
        return found


class Cutter:
    """The frames between delimiters of one kind; holds at most twice FRAME_BYTES.

    A piece whose checksum and length agree is a frame. A shorter one than its header says waits
    for what follows, since captures are found whose delimiters inside are not escaped. Unless
    `strict`, a piece that followed an opening delimiter is taken when one of the two agrees, or
    none but its message is well known. The rest is refused.
    """

    def __init__(self, delimiter: int, *, strict: bool) -> None:
        self.delimiter = delimiter
        self._mark = bytes([delimiter])
        self._strict = strict
        self._escapes = _ESCAPES[delimiter]
        self._rest = b""
        self._held = b""
        self._opened = False

    def feed(self, data: bytes) -> Sequence[Found]:
        """Return what `data` completes."""
        parts = (self._rest + data if self._rest else data).split(self._mark)
        self._rest = parts.pop()
        found: list[Found] = []
        for part in parts:
            if self._held or (part and not self._opened):
                self._go_on(part, found)
            elif not part:
                self._opened = True
            elif is_frame(content := self._plain(part), delimiter=self.delimiter):
                self._opened = False
                found.append(content)
            else:
                self._look_at(self._strip(part, found), found)
        if self._rest:
            self._rest = self._strip(self._rest, found)
        return found

    def close(self) -> Sequence[Found]:
        """Return what the end of the stream leaves: a piece that was held, is whole, or cut off."""
        found: list[Found] = []
        if self._held:
            self._release(found)
        rest, self._rest = self._rest, b""
        if self._is_whole(self._plain(rest)):
            found.append(self._plain(rest))
        elif rest:
            found.append(_refused(rest, "cut", "the stream ends inside a frame"))
        return found

    def _plain(self, part: bytes) -> bytes:
        for escape, pairs in self._escapes:
            if escape in part:
                for pair, meant in pairs:
                    part = part.replace(pair, meant)
        return part

    def _is_whole(self, content: bytes) -> bool:
        return is_frame(content, delimiter=self.delimiter)

    def _missing_bytes(self, content: bytes) -> int:
        if len(content) < 4:  # noqa: PLR2004 - the length stands in the first four bytes
            return LEAST_BYTES
        return declared_bytes(content, delimiter=self.delimiter) - len(content)

    def _strip(self, part: bytes, found: list[Found]) -> bytes:
        """Take sentences and overflow off the front, as if the bytes had come one by one."""
        while True:
            sentence = None
            if not self._opened and _SENTENCE_END in part:
                sentence = _SENTENCE.search(part, 0, FRAME_BYTES + 1)
            if sentence:
                if sentence.start():
                    found.append(_garbage(part[: sentence.start()]))
                found.append(Sentence(sentence[0].decode("ascii")))
                part = part[sentence.end() :]
            elif len(part) > FRAME_BYTES:
                if self._held:
                    self._release(found)
                self._opened = False
                found.append(_garbage(part[:FRAME_BYTES]))
                part = part[FRAME_BYTES:]
            else:
                return part

    def _look_at(self, part: bytes, found: list[Found]) -> None:
        """Judge a piece that is no frame as it stands."""
        if not part:
            self._opened = True
            return
        content = self._plain(part)
        if not self._is_whole(content) and self._is_whole(part):
            content = part
        if self._is_whole(content):
            self._opened = False
            found.append(content)
        elif not self._opened:
            self._opened = True
            found.append(_garbage(part))
        elif self._missing_bytes(content) > 0 and (len(content) < LEAST_BYTES or fold(content)):
            self._held = part
        else:
            self._take(content, found)

    def _go_on(self, part: bytes, found: list[Found]) -> None:
        """Join a piece to the one that was held, or give that up."""
        part = self._strip(part, found)
        if not self._held:
            self._look_at(part, found)
            return
        joined = self._held + self._mark + part
        content = self._plain(joined)
        for candidate in (content, joined):
            if self._is_whole(candidate):
                self._held = b""
                self._opened = False
                found.append(candidate)
                return
        alone = self._is_whole(self._plain(part)) or self._is_whole(part)
        missing = self._missing_bytes(content)
        if missing > 0 and not alone and len(joined) <= FRAME_BYTES:
            self._held = joined
        elif missing == 0 and not alone and len(part) > 0:
            self._held = b""
            self._take(content, found)
        else:
            self._release(found)
            self._opened = True
            self._look_at(part, found)

    def _release(self, found: list[Found]) -> None:
        """Take or refuse what was held, as short as it is."""
        content = self._plain(self._held.rstrip(self._mark))
        self._held = b""
        self._take(content, found)

    def _take(self, content: bytes, found: list[Found]) -> None:
        """Take a fenced piece with a wrong checksum or length, or refuse it."""
        checksum = len(content) >= LEAST_BYTES and not fold(content)
        length = not self._missing_bytes(content)
        known = content[:2] in _WELL_KNOWN and len(content) > LEAST_BYTES
        if not self._strict and (checksum or length or known):
            self._opened = False
            found.append(Taken(content, checksum=checksum, length=length))
            return
        self._opened = True
        if len(content) < LEAST_BYTES:
            found.append(_refused(content, "short", "shorter than a header"))
        elif not checksum:
            found.append(_refused(content, "checksum", f"the checksum is off by {fold(content)}"))
        else:
            declared = declared_bytes(content, delimiter=self.delimiter)
            text = f"{declared} bytes declared, {len(content)} came"
            found.append(_refused(content, "length", text))


def _refused(data: bytes, code: str, reason: str) -> Refused:
    return Refused(reason=reason, code=code, data=data)


def _garbage(data: bytes) -> Refused:
    return _refused(data, "garbage", f"{len(data)} bytes outside of any frame")
