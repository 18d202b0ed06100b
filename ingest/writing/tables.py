"""Fixes into `position`, by one COPY a batch.

A batch is hardly ever known already, so it is copied without asking. Only where the unique key
objects is it looked up first what is known, and the rest is copied.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import psycopg

from ingest.writing.fates import Fate, Fated, tell_elsewhere
from ingest.writing.fixes import Fixes, Index
from ingest.writing.following import newest
from ingest.writing.rendering import Column, Names, render, times
from patrol.fix import epoch_ms, epoch_of
from patrol.track import UNKNOWN, Integers

# Bytes of each column of `position` that is a plain number, in the order of COPY.
_WIDTHS = {
    "altitude_dm": 4,
    "speed_cmps": 2,
    "course_ddeg": 2,
    "hdop_d": 2,
    "accuracy_dm": 4,
    "satellites": 2,
    "quality": 2,
    "battery_pct": 2,
    "flags": 2,
}

_COPY = """
copy position (epoch, received_at, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg, hdop_d,
               accuracy_dm, satellites, quality, battery_pct, flags, terminal_id)
from stdin (format binary)
"""

_MAKE_ASKED = """
create temporary table if not exists asked (
    epoch timestamptz not null, number integer not null, terminal_id text not null
) on commit delete rows
"""

_COPY_ASKED = "copy asked (epoch, number, terminal_id) from stdin (format binary)"

_KNOWN = """
-- what is known already of the batch, and where; the constants tell which chunks to look into
select a.number, p.lat_e7, p.lon_e7
  from asked a
  join position p on p.terminal_id = a.terminal_id and p.epoch = a.epoch
 where p.epoch between %(first)s and %(last)s
"""


def tell_known(conn: psycopg.Connection, fated: Fated, names: Sequence[str]) -> None:
    """Change the fates of fixes whose epoch is stored: to KNOWN there, to REPEATED elsewhere."""
    stored = np.flatnonzero(fated.on_duty)
    if not len(stored):
        return
    fixes = fated.fixes.at(stored)
    conn.execute(_MAKE_ASKED)
    order = Column(np.arange(len(stored)), 4)
    asked = render([times(fixes.epoch_ms), order], [_named(fated.codes[stored], names)])
    with conn.cursor().copy(_COPY_ASKED) as copy:
        copy.write(asked)
    span = {
        "first": epoch_of(int(fixes.epoch_ms.min())),
        "last": epoch_of(int(fixes.epoch_ms.max())),
    }
    rows = conn.execute(_KNOWN, span).fetchall()
    if rows:
        known = np.array(rows, dtype=np.int64)
        at = known[:, 0]
        far = tell_elsewhere(fixes.lat_e7[at] - known[:, 1], fixes.lon_e7[at] - known[:, 2])
        fated.fates[stored[at]] = np.where(far, int(Fate.REPEATED), int(Fate.KNOWN))


def store_positions(
    conn: psycopg.Connection, fated: Fated, names: Sequence[str], *, received_at: datetime
) -> dict[str, str]:
    """Store what is to be stored, and return the newest of it as columns of what follows.

    `names` are those of the codes. Raises UniqueViolation where a fix is known.
    """
    stored = np.flatnonzero(fated.where(Fate.STORED))
    if not len(stored):
        return {}
    # One order for all, so that no two batches wait for each other; and neighbours in time lie
    # on one page.
    terminals = _named(fated.codes[stored], names)
    order: Index = np.lexsort((fated.fixes.epoch_ms[stored], terminals.codes))
    fixes = fated.fixes.at(stored[order])
    terminals = Names(terminals.names, terminals.codes[order])
    with conn.cursor().copy(_COPY) as copy:
        copy.write(_rows_of(fixes, terminals, received_at))
    last: Index = np.flatnonzero(np.append(np.diff(terminals.codes) != 0, True))
    return newest(terminals.names, fixes.at(last))


def told(column: Integers) -> list[int | None]:
    """Return a column as a statement takes it."""
    return [None if value == UNKNOWN else value for value in column.tolist()]


def _named(codes: Integers, names: Sequence[str]) -> Names:
    """Return the terminals of these codes, numbered anew in the order of their names."""
    used, index = np.unique(codes, return_inverse=True)
    own = [names[code] for code in used.tolist()]
    order = np.argsort(np.array(own))
    return Names([own[one] for one in order.tolist()], np.argsort(order)[index])


def _rows_of(fixes: Fixes, terminals: Names, received_at: datetime) -> bytes:
    received_ms = np.full(len(fixes), epoch_ms(received_at))
    return render(
        [
            times(fixes.epoch_ms),
            times(received_ms),
            Column(fixes.lat_e7, 4),
            Column(fixes.lon_e7, 4),
            *(Column(fixes.values[name], width, nullable=True) for name, width in _WIDTHS.items()),
        ],
        [terminals],
    )
