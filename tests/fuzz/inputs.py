"""An input of the fuzzer: two bytes of settings, then what comes over the line."""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.codecs.gt06.frames import LONG, crc_x25
from gateway.codecs.jt808.checking import declared_bytes, fold
from gateway.codecs.jt808.outgoing import escape
from gateway.codecs.profile import Profile, SpeedUnit

SETTING_BYTES = 2
_LAPS = 3
_LEAST_JT808_BYTES = 13
_LEAST_GT06_BYTES = 6
_HEADS = re.compile(rb"(?=\x78\x78|\x79\x79)")
_STRICT, _OFFSET, _WRITTEN, _REPAIRED, _REPEATED, _OTHER = (1 << bit for bit in range(6))


@dataclass(frozen=True, slots=True)
class Input:
    """What one run is about.

    `is_written` is whether the stream is a capture of lines, and no line of a terminal;
    `chunk_bytes` are the sizes, by turns, of the pieces in which it comes.
    """

    profile: Profile
    stream: bytes
    chunk_bytes: tuple[int, int]
    is_written: bool
    laps: int
    is_other: bool


def parse(protocol: str, data: bytes) -> Input:
    """Return what `data` stands for; any bytes stand for something."""
    settings, sizes = (data[:SETTING_BYTES] + bytes(SETTING_BYTES))[:SETTING_BYTES]
    stream = data[SETTING_BYTES:]
    if settings & _REPAIRED:
        stream = repaired(protocol, stream)
    return Input(
        profile=Profile(
            clock_offset=timedelta(hours=-7) if settings & _OFFSET else None,
            alarm_bits={0: "", 1: "panic"} if settings & _OTHER else {},
            speed_unit=SpeedUnit.KMH if settings & _OTHER else SpeedUnit.KNOTS,
            secret_key=b"key" if settings & _OTHER else None,
            strict=bool(settings & _STRICT),
        ),
        stream=stream,
        chunk_bytes=(1 + (sizes & 0x0F), 1 + (sizes >> 4) * 5),
        is_written=bool(settings & _WRITTEN),
        laps=_LAPS if settings & _REPEATED else 1,
        is_other=bool(settings & _OTHER),
    )


def repaired(protocol: str, stream: bytes) -> bytes:
    """Return the stream with right lengths and checksums, which no fuzzer would guess."""
    if protocol == "jt808":
        return b"\x7e".join(_jt808(piece) for piece in stream.split(b"\x7e"))
    if protocol == "gt06":
        return b"".join(_gt06(piece) for piece in _HEADS.split(stream))
    return stream


def _jt808(piece: bytes) -> bytes:
    content = piece.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if len(content) < _LEAST_JT808_BYTES:
        return piece
    excess = len(content) - declared_bytes(content, delimiter=0x7E)
    word = int.from_bytes(content[2:4], "big")
    size = min(0x3FF, max(0, (word & 0x3FF) + excess))
    body = content[:2] + (word & 0xFC00 | size).to_bytes(2, "big") + content[4:-1]
    return escape(body + bytes([fold(body)]))


def _gt06(piece: bytes) -> bytes:
    if len(piece) < _LEAST_GT06_BYTES or piece[:1] not in b"xy":
        return piece
    size_bytes = 2 if piece[:2] == LONG else 1
    behind = piece[2 + size_bytes :].removesuffix(b"\r\n")[:-2]
    most = (1 << 8 * size_bytes) - 3
    covered = (len(behind[:most]) + 2).to_bytes(size_bytes, "big") + behind[:most]
    return piece[:2] + covered + crc_x25(covered).to_bytes(2, "big") + b"\r\n"
