"""Payloads of positions, decoded straight into columns.

What is decoded here is what `patrol.messages.decode_position` decodes, and nothing else: what
does not pass at once is given to it, so that the reason of a refusal is said in one place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
import numpy as np

from ingest.writing.fixes import Fixes
from ingest.writing.letters import Letter
from patrol import wire
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import COLUMNS, DELTAS, MAX_FIXES, Position, PositionBatch, decode_position
from patrol.track import UNKNOWN, Integers, Mask

# The wire's columns by the names that storage has for them.
STORED_AS = dict(zip(COLUMNS, Position._fields, strict=True))
_VALUES = [name for name in COLUMNS if name not in DELTAS]
# Beyond what any column holds, and far from where sums overflow.
_BEYOND = 1 << 52


_Seq = Annotated[int, msgspec.Meta(ge=0, le=wire.MAX_NUMBER - MAX_FIXES)]
_Values = list[int | None]


class Body(msgspec.Struct, gc=False):
    """A `PositionBatch` as it is on the wire; None is a column that is not there."""

    v: Literal[1]
    seq: _Seq
    source: str
    t: list[int]
    lat: list[int]
    lon: list[int]
    alt: _Values | None = None
    spd: _Values | None = None
    crs: _Values | None = None
    hdop: _Values | None = None
    acc: _Values | None = None
    sat: _Values | None = None
    q: _Values | None = None
    bat: _Values | None = None
    flg: list[int] | None = None
    outbox: str | None = None


class Parcel(NamedTuple):
    """A message of positions: who sent it, what it says, and how it came.

    `seqs` are the numbers of its first and of its last fix.
    """

    terminal: TerminalId
    body: Body
    letter: Letter
    seqs: tuple[int, int]

    @property
    def outbox(self) -> str:
        """The outbox that the numbers are of, '' where the terminal names none."""
        return self.body.outbox or ""


# The same few names come with every message.
_is_name = lru_cache(maxsize=16_384)(wire.is_name)
_read: Callable[[bytes], Body] = msgspec.json.Decoder(Body).decode
_columns_of: Callable[[Body], tuple[_Values | None, ...]] = attrgetter(*COLUMNS)


def read_body(payload: bytes) -> Body:
    """Return what `payload` says, or raise InputError.

    Lengths and values of its columns are looked at in `join`.
    """
    plain = wire.plain_of(payload)
    # The decoder does not look into strings that nobody reads.
    if plain.isascii():
        try:
            body = _read(plain)
        except (msgspec.MsgspecError, RecursionError):
            return _body_of(decode_position(payload))
        outbox = body.outbox
        if _is_name(body.source) and (outbox is None or _is_name(outbox)):
            return body
    return _body_of(decode_position(payload))


def open_parcel(terminal: TerminalId, letter: Letter) -> Parcel:
    """Return a letter of positions opened, or raise InputError."""
    body = read_body(letter.payload)
    return Parcel(terminal, body, letter, (body.seq, body.seq + len(body.t) - 1))


def why_refused(payload: bytes) -> str:
    """Return why the values of `payload` are refused."""
    try:
        decode_position(payload)
    except InputError as error:
        return str(error)
    return "a value is out of range"


def join(parcels: Sequence[Parcel]) -> tuple[Fixes, set[int]]:
    """Return the fixes of all parcels, and the numbers of those whose columns are refused.

    Where their lengths differ, there are no fixes yet: join the others.
    """
    bodies = [one.body for one in parcels]
    lists = dict(zip(COLUMNS, zip(*map(_columns_of, bodies), strict=True), strict=True))
    counts = list(map(len, lists["t"]))
    if min(counts) < 1 or max(counts) > MAX_FIXES:
        return Fixes.none(), {at for at, one in enumerate(counts) if not 1 <= one <= MAX_FIXES}
    given = {name: _fill_absent(name, own, counts) for name, own in lists.items()}
    uneven = _find_uneven(given.values(), counts)
    if uneven:
        return Fixes.none(), uneven
    return _fill_in(bodies, given, counts)


def _fill_absent(
    name: str, own: Sequence[_Values | None], counts: Sequence[int]
) -> Sequence[_Values] | None:
    """Return the column of each body, None where none of them has it."""
    absent = own.count(None)
    if absent == len(own):
        return None
    if not absent:
        return cast("Sequence[_Values]", own)
    filler = [COLUMNS[name].absent]
    return [filler * n if one is None else one for one, n in zip(own, counts, strict=True)]


def _find_uneven(given: Iterable[Sequence[_Values] | None], counts: list[int]) -> set[int]:
    """Return the numbers of parcels whose columns differ in length."""
    uneven: set[int] = set()
    for columns in given:
        if columns is not None and (lengths := list(map(len, columns))) != counts:
            uneven |= {at for at, count in enumerate(counts) if lengths[at] != count}
    return uneven


def _fill_in(
    bodies: Sequence[Body], given: Mapping[str, Sequence[_Values] | None], counts: list[int]
) -> tuple[Fixes, set[int]]:
    lengths = np.array(counts, dtype=np.int64)
    firsts = np.cumsum(lengths) - lengths
    parcel = np.repeat(np.arange(len(bodies), dtype=np.int64), lengths)
    bad = np.zeros(len(parcel), dtype=bool)
    columns: dict[str, Integers] = {}
    for name, own in given.items():
        if own is None:
            columns[STORED_AS[name]] = _absent(name, len(parcel))
            continue
        column, unknown = _flatten(own, len(parcel))
        if name in DELTAS:
            column = _add_up(column, firsts, lengths)
        outside = (column < COLUMNS[name].low) | (column > COLUMNS[name].high)
        if unknown is not None:
            outside &= ~unknown
            column[unknown] = UNKNOWN
        bad |= outside
        columns[STORED_AS[name]] = column
    seq = np.array([body.seq for body in bodies], dtype=np.int64)
    fixes = Fixes(
        parcel=parcel,
        seq=np.repeat(seq - firsts, lengths) + np.arange(len(parcel), dtype=np.int64),
        epoch_ms=columns.pop("epoch_ms"),
        lat_e7=columns.pop("lat_e7"),
        lon_e7=columns.pop("lon_e7"),
        values=columns,
    )
    return fixes, set(parcel[bad].tolist())


def _body_of(batch: PositionBatch) -> Body:
    """Return a batch that was decoded one by one as it would be on the wire."""
    if batch.seq > wire.MAX_NUMBER - MAX_FIXES:
        raise InputError(f"seq is {batch.seq}: the number of the last fix is too large")
    columns = zip(*batch.positions, strict=True)
    lists = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
    for name in DELTAS:
        one = lists[name]
        lists[name] = [one[0], *(b - a for a, b in pairwise(one))]
    return Body(v=1, seq=batch.seq, source=batch.source, outbox=batch.outbox, **lists)


def _absent(name: str, count: int) -> Integers:
    """Return a column of `count` fixes that nobody has told."""
    absent = COLUMNS[name].absent
    return np.full(count, UNKNOWN if absent is None else absent, dtype=np.int64)


def _flatten(lists: Sequence[_Values], count: int) -> tuple[Integers, Mask | None]:
    """Return a column of all bodies, and where it is not known, None for nowhere."""
    try:
        whole: Iterable[Any] = chain.from_iterable(lists)
        return np.fromiter(whole, dtype=np.int64, count=count), None
    except (OverflowError, TypeError):
        values = list(chain.from_iterable(lists))
        unknown = np.array([value is None for value in values], dtype=bool)
        held = [max(-_BEYOND, min(value or 0, _BEYOND)) for value in values]
        return np.array(held, dtype=np.int64), unknown


def _add_up(steps: Integers, firsts: Integers, counts: Integers) -> Integers:
    """Return the values of which each parcel tells the first and then the differences.

    Sums may wrap around; each single step is looked at, so that nothing comes back into range.
    """
    sums = np.cumsum(steps)
    return sums - np.repeat(sums[firsts] - steps[firsts], counts)
