"""Messages that nobody can use, each made of its number alone."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from patrol.messages import MAX_FIXES
from patrol.topics import Kind, Topics
from patrol.wire import MAX_PLAIN_BYTES
from simulator.chaos.terminals.walks import terminal_name

_OUTBOX = "poison"
_DEEP = 2_000


def poison(number: int, topics: Topics, *, terminals: int) -> tuple[str, bytes]:
    """Return topic and payload of the poison with this number; no two are alike."""
    make = _KINDS[number % len(_KINDS)]
    sender = terminal_name(number * 7 % terminals)
    if make is _stranger:
        sender = terminal_name(terminals + number % terminals)
    kind = Kind.POSITION
    if make is _junk:
        kind = (Kind.POSITION, Kind.STATUS, Kind.CHECKIN)[number // len(_KINDS) % 3]
    return topics.of(sender, kind), make(number)


def _junk(number: int) -> bytes:
    rng = np.random.default_rng(number)
    return b"!" + rng.bytes(int(rng.integers(0, 200))) + str(number).encode()


def _no_stream(number: int) -> bytes:
    """Return what begins as a zlib stream and is none."""
    return b"\x78\x9c" + np.random.default_rng(number).bytes(40) + str(number).encode()


def _bomb(number: int) -> bytes:
    """Return a small stream of more than a message may hold."""
    return zlib.compress(_json(number, pad="0" * (MAX_PLAIN_BYTES + 1)))


def _uneven(number: int) -> bytes:
    return _json(number, lat=[1, 2, 3])


def _out_of_range(number: int) -> bytes:
    return _json(number, lat=[910_000_000, 1])


def _of_no_year(number: int) -> bytes:
    return _json(number, t=[4_200_000_000_000, 1])


def _of_another_version(number: int) -> bytes:
    return _json(number, v=2)


def _crowd(number: int) -> bytes:
    many = [1] * (MAX_FIXES + 1)
    return _json(number, t=[1_760_000_000_000, *many[1:]], lat=many, lon=many)


def _deep(number: int) -> bytes:
    return b'{"v":1,"n":%d,"t":' % number + b"[" * _DEEP


def _beyond_numbers(number: int) -> bytes:
    """Return a batch whose last fix has a number that no database holds."""
    return _json(number, seq=(1 << 63) - 1)


def _with_texts(number: int) -> bytes:
    return _json(number, lon=["1", None])


def _stranger(number: int) -> bytes:
    """Return a sound batch; its sender is in no register."""
    return _json(number)


def _json(number: int, **changed: object) -> bytes:
    body: dict[str, Any] = {"v": 1, "n": number, "seq": 1, "source": "chaos", "outbox": _OUTBOX}
    body |= {"t": [1_760_000_000_000, 1000], "lat": [306_600_000, 5], "lon": [1_040_600_000, 5]}
    return json.dumps({**body, **changed}, separators=(",", ":")).encode()


_KINDS: tuple[Callable[[int], bytes], ...] = (
    _junk,
    _no_stream,
    _bomb,
    _uneven,
    _out_of_range,
    _of_no_year,
    _of_another_version,
    _crowd,
    _deep,
    _beyond_numbers,
    _with_texts,
    _stranger,
)
