"""Payloads of positions, decoded straight into columns.

What is decoded here is what `patrol.messages.decode_position` decodes, and nothing else: what
does not pass at once is given to it, so that the reason of a refusal is said in one place.
"""

from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from ingest.letters import Letter
from ingest.writing.fixes import UNKNOWN, Fixes, Integers, Mask
from patrol import wire
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import COLUMNS, DELTAS, MAX_FIXES, Position, PositionBatch, decode_position

# The wire's columns by the names that storage has for them.
STORED_AS = dict(zip(COLUMNS, Position._fields, strict=True))
_VALUES = [name for name in COLUMNS if name not in DELTAS]
# Beyond what any column holds, and far from where sums overflow.
_BEYOND = 1 << 52


class Body(msgspec.Struct, gc=False):
    """A `PositionBatch` as it is on the wire; None is a column that is not there."""

    v: int
    seq: int
    source: str
    t: list[int]
    lat: list[int]
    lon: list[int]
    alt: list[int | None] | None = None
    spd: list[int | None] | None = None
    crs: list[int | None] | None = None
    hdop: list[int | None] | None = None
    acc: list[int | None] | None = None
    sat: list[int | None] | None = None
    q: list[int | None] | None = None
    bat: list[int | None] | None = None
    flg: list[int] | None = None
    outbox: str | None = None


class Parcel(NamedTuple):
    """A message of positions: who sent it, what it says, and how it came."""

    terminal: TerminalId
    body: Body
    letter: Letter

    @property
    def outbox(self) -> str:
        """The outbox that the numbers are of, '' where the terminal names none."""
        return self.body.outbox or ""

    @property
    def seqs(self) -> tuple[int, int]:
        """The numbers of the first and of the last fix."""
        return self.body.seq, self.body.seq + len(self.body.t) - 1


_read: Callable[[bytes], Body] = msgspec.json.Decoder(Body).decode


def read_body(payload: bytes) -> Body:
    """Return what `payload` says, or raise InputError; values are not held to their ranges yet."""
    plain = wire.plain_of(payload)
    # The decoder does not look into strings that nobody reads.
    if plain.isascii():
        try:
            body = _read(plain)
        except (msgspec.MsgspecError, RecursionError):
            body = None
        if body is not None and _is_sound(body):
            return body
    return _body_of(decode_position(payload))


def why_refused(payload: bytes) -> str:
    """Return why the values of `payload` are refused."""
    try:
        decode_position(payload)
    except InputError as error:
        return str(error)
    return "a value is out of range"


def join(parcels: Sequence[Parcel]) -> tuple[Fixes, set[int]]:
    """Return the fixes of all parcels, and the numbers of those with a value out of range."""
    bodies = [one.body for one in parcels]
    counts = np.array([len(body.t) for body in bodies], dtype=np.int64)
    firsts = np.cumsum(counts) - counts
    parcel = np.repeat(np.arange(len(bodies), dtype=np.int64), counts)
    bad = np.zeros(len(parcel), dtype=bool)
    columns: dict[str, Integers] = {}
    for name in COLUMNS:
        column, unknown = _flatten(bodies, name)
        if name in DELTAS:
            column = _add_up(column, firsts, counts)
        bad |= _outside(column, name) & ~unknown
        columns[STORED_AS[name]] = np.where(unknown, UNKNOWN, column)
    seq = np.array([body.seq for body in bodies], dtype=np.int64)
    steps = np.arange(len(parcel), dtype=np.int64) - np.repeat(firsts, counts)
    fixes = Fixes(
        parcel=parcel,
        seq=np.repeat(seq, counts) + steps,
        epoch_ms=columns.pop("epoch_ms"),
        lat_e7=columns.pop("lat_e7"),
        lon_e7=columns.pop("lon_e7"),
        values=columns,
    )
    return fixes, set(np.unique(parcel[bad]).tolist())


def _is_sound(body: Body) -> bool:
    count = len(body.t)
    if body.v != wire.VERSION or not 1 <= count <= MAX_FIXES:
        return False
    # The number of the last fix must be one that a database holds, too.
    if not 0 <= body.seq <= wire.MAX_NUMBER - count:
        return False
    if not wire.is_name(body.source) or not (body.outbox is None or wire.is_name(body.outbox)):
        return False
    columns = (
        *(body.lat, body.lon, body.alt, body.spd, body.crs, body.hdop),
        *(body.acc, body.sat, body.q, body.bat, body.flg),
    )
    return all(column is None or len(column) == count for column in columns)


def _body_of(batch: PositionBatch) -> Body:
    if batch.seq > wire.MAX_NUMBER - len(batch.positions):
        raise InputError(f"seq is {batch.seq}: the number of the last fix is too large")
    columns = zip(*batch.positions, strict=True)
    lists = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
    for name in DELTAS:
        one = lists[name]
        lists[name] = [one[0], *(b - a for a, b in pairwise(one))]
    return Body(v=wire.VERSION, seq=batch.seq, source=batch.source, outbox=batch.outbox, **lists)


def _flatten(bodies: Sequence[Body], name: str) -> tuple[Integers, Mask]:
    """Return a column of all bodies, and where it is not known."""
    absent = COLUMNS[name].absent
    lists = [getattr(body, name) or [absent] * len(body.t) for body in bodies]
    values = list(chain.from_iterable(lists))
    try:
        return np.array(values, dtype=np.int64), np.zeros(len(values), dtype=bool)
    except (OverflowError, TypeError):
        unknown = np.array([value is None for value in values], dtype=bool)
        held = [max(-_BEYOND, min(value or 0, _BEYOND)) for value in values]
        return np.array(held, dtype=np.int64), unknown


def _add_up(steps: Integers, firsts: Integers, counts: Integers) -> Integers:
    """Return the values of which each parcel tells the first and then the differences.

    Sums may wrap around; each single step is looked at, so that nothing comes back into range.
    """
    sums = np.cumsum(steps)
    return sums - np.repeat(sums[firsts] - steps[firsts], counts)


def _outside(column: Integers, name: str) -> Mask:
    allowed = COLUMNS[name]
    outside: Mask = (column < allowed.low) | (column > allowed.high)
    return outside
