"""What is given up when an outbox is full: every second fix of the oldest, and never a block.

The newest half of the room keeps every fix, the next quarter every second one, the next eighth
every fourth, and so on: each part spans the same time, and the oldest is the coarsest.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from patrol.messages import Flag

# More than the assessment of a day takes for a gap whatever the interval.
MOST_HOLE_MS = timedelta(seconds=45) // timedelta(milliseconds=1)
# Enough for a while, and little enough that a slow disk is not held up for long.
MOST_AT_ONCE = 16_384
_LEAST_AT_ONCE = 8
_PARTS = 16
_PROTECTED = Flag.SOS | Flag.AFTER_GAP
# With less than this share to be had gently, every second fix goes.
_WORTHWHILE = 8

_COLUMNS = """kept_s, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, hdop_d,
       accuracy_dm, satellites, quality, battery_pct, flags"""
_OLDEST_PLAIN = f"""
-- the oldest fixes that were never thinned
select seq, seq, {_COLUMNS}
  from position
 where generation = ? and place is null
 order by seq
 limit ?
"""  # noqa: S608 - names of columns, no values
_OLDEST_PLACED = f"""
-- the oldest fixes of one generation of thinned ones, in the order in which they were kept
select seq, place, {_COLUMNS}
  from position
 where generation = ? and place is not null
 order by place
 limit ?
"""  # noqa: S608 - names of columns, no values
_DELETE = "delete from position where seq = ?"
_INSERT = f"""
-- a fix that stays, under a new number: batches hold numbers without holes
insert into position (generation, place, {_COLUMNS})
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - names of columns, no values
HELD = """
-- so many more or fewer of a generation
insert into held values (?, ?) on conflict (generation) do update set fixes = fixes + excluded.fixes
"""
_COUNTED = "update outbox set thinned = thinned + ?, renumbered = renumbered + ?"
_EPOCH, _FLAGS = 3, 14


class GivenUp(NamedTuple):
    """A closed range of numbers under which nothing more will come; so many fixes were dropped."""

    first: int
    last: int
    thinned: int


def choose(epochs_ms: Sequence[int], flags: Sequence[int]) -> list[bool]:
    """Return which fixes stay: every second one may go.

    The first and the last stay, marked ones too, and one whose loss would leave a hole that
    counts as a gap: somebody who was there must not seem to have been away. Where hardly
    anything may go under these rules, every second one does.
    """
    stays = [True] * len(epochs_ms)
    for index in range(1, len(epochs_ms) - 1):
        hole_ms = epochs_ms[index + 1] - epochs_ms[index - 1]
        stays[index] = (
            not stays[index - 1]
            or bool(flags[index] & _PROTECTED)
            or not 0 <= hole_ms <= MOST_HOLE_MS
        )
    if stays.count(False) * _WORTHWHILE >= len(stays):
        return stays
    return [index % 2 == 0 or index == len(stays) - 1 for index in range(len(stays))]


def thin(
    connection: sqlite3.Connection, held: Mapping[int, int], *, most_fixes: int
) -> list[GivenUp]:
    """Thin the oldest fixes of the generation that has more than its share of `most_fixes`.

    Works within the transaction of whoever calls.
    """
    generation = _crowded(held, most_fixes)
    room = max(_LEAST_AT_ONCE, min(MOST_AT_ONCE, most_fixes // _PARTS))
    statement = _OLDEST_PLACED if generation else _OLDEST_PLAIN
    rows = connection.execute(statement, (generation, room)).fetchall()
    stays = choose([row[_EPOCH] for row in rows], [row[_FLAGS] for row in rows])
    kept = list(_marked(rows, stays))
    connection.executemany(_DELETE, [(row[0],) for row in rows])
    connection.executemany(_INSERT, [(generation + 1, *row[1:]) for row in kept])
    connection.executemany(HELD, [(generation, -len(rows)), (generation + 1, len(kept))])
    connection.execute(_COUNTED, (len(rows) - len(kept), len(kept)))
    return list(_ranges(connection, [row[0] for row in rows], stays))


def _crowded(held: Mapping[int, int], most_fixes: int) -> int:
    """Return the youngest generation with more fixes than its share: 1/2, 1/4, 1/8 ..."""
    share = most_fixes
    for generation in range(max(held, default=0) + 1):
        share //= 2
        if held.get(generation, 0) > max(share, _LEAST_AT_ONCE):
            return generation
    return max(held, key=lambda one: held[one], default=0)


def _marked(
    rows: Sequence[tuple[int | float | None, ...]], stays: Sequence[bool]
) -> Iterator[tuple[int | float | None, ...]]:
    """Yield the rows that stay; one behind a hole that counts as a gap says so."""
    before_ms = carried = 0
    is_behind_hole = False
    for row, is_kept in zip(rows, stays, strict=True):
        epoch_ms, flags = int(row[_EPOCH] or 0), int(row[_FLAGS] or 0)
        if not is_kept:
            carried |= flags & _PROTECTED
            is_behind_hole = True
            continue
        if is_behind_hole and not 0 <= epoch_ms - before_ms <= MOST_HOLE_MS:
            carried |= Flag.AFTER_GAP
        yield (*row[:_FLAGS], flags | carried)
        before_ms, carried, is_behind_hole = epoch_ms, 0, False


def _ranges(
    connection: sqlite3.Connection, seqs: Sequence[int], stays: Sequence[bool]
) -> Iterator[GivenUp]:
    """Yield the numbers given up as ranges between which nothing waits any more."""
    fates = sorted(zip(seqs, stays, strict=True))
    first, thinned = fates[0][0], int(not fates[0][1])
    for (seq, _), (following, is_kept) in pairwise(fates):
        if following - seq > 1 and _waits(connection, seq + 1, following - 1):
            yield GivenUp(first, seq, thinned)
            first, thinned = following, 0
        thinned += not is_kept
    yield GivenUp(first, fates[-1][0], thinned)


def _waits(connection: sqlite3.Connection, first: int, last: int) -> bool:
    statement = "select exists(select 1 from position where seq between ? and ?)"
    return bool(connection.execute(statement, (first, last)).fetchone()[0])
