"""A recorded connection in a file or a pipe: frames in hex, lines of text or bare bytes."""

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LINE_LIMIT_BYTES = 16_777_216

_READ_BYTES = 65_536
_COMMENT = b"#"


class Piece(NamedTuple):
    """One line of a capture, or what was there to read; `fault` says why it is unreadable.

    `number` counts lines from 1, and 0 stands where there are none.
    """

    number: int
    data: bytes
    fault: str = ""


def read_bytes(source: BinaryIO) -> Iterator[Piece]:
    """Yield the bytes of `source` as they come."""
    while data := os.read(source.fileno(), _READ_BYTES):
        yield Piece(0, data)


def read_lines(source: BinaryIO, *, of_hex: bool) -> Iterator[Piece]:
    """Yield the lines of `source` as they come, each with its end where it is text.

    Blanks within hex are nothing; empty lines and those that begin with # are left out of hex,
    and comments out of text.
    """
    for number, line in enumerate(_lines(source), 1):
        if len(line) > LINE_LIMIT_BYTES:
            yield Piece(number, b"", f"longer than {LINE_LIMIT_BYTES} bytes: cut the capture")
        elif not line.startswith(_COMMENT):
            if not of_hex:
                yield Piece(number, line)
            elif line.strip():
                yield _from_hex(number, line)


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Yield lines, of which an over-long one is cut to one byte more than the limit."""
    while line := source.readline(LINE_LIMIT_BYTES + 1):
        rest = line
        while len(rest) > LINE_LIMIT_BYTES and not rest.endswith(b"\n"):
            rest = source.readline(LINE_LIMIT_BYTES + 1)
        yield line


def _from_hex(number: int, line: bytes) -> Piece:
    try:
        return Piece(number, bytes.fromhex(line.decode("ascii")))
    except ValueError as error:
        return Piece(number, b"", f"not hex ({error}): give two digits a byte, or leave out --hex")
