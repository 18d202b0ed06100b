"""What became of every number that a terminal gave: heard, dropped as off duty, set aside."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import psycopg

from ingest.writing.fates import Fate, Fated
from ingest.writing.following import heard
from ingest.writing.parcels import Parcel
from ingest.writing.tables import told
from patrol.fix import epoch_of
from patrol.ids import TerminalId
from patrol.track import Mask

_SET_ASIDE = """
insert into set_aside_fix (terminal_id, outbox, seq, kind, epoch, lat_e7, lon_e7, altitude_dm,
                           speed_cmps, course_ddeg, hdop_d, accuracy_dm, satellites, quality,
                           battery_pct, flags, received_at)
values (%(terminal_id)s, %(outbox)s, %(seq)s, %(kind)s, %(epoch)s, %(lat_e7)s, %(lon_e7)s,
        %(altitude_dm)s, %(speed_cmps)s, %(course_ddeg)s, %(hdop_d)s, %(accuracy_dm)s,
        %(satellites)s, %(quality)s, %(battery_pct)s, %(flags)s, %(received_at)s)
    on conflict do nothing
"""


def find_heard(parcels: Sequence[Parcel], fated: Fated) -> dict[str, str]:
    """Return the numbers of `fated`, which came with these parcels, as columns of what follows."""
    spans: dict[tuple[TerminalId, str], list[tuple[int, int]]] = defaultdict(list)
    for number in np.unique(fated.fixes.parcel).tolist():
        parcel = parcels[number]
        spans[parcel.terminal, parcel.outbox].append(parcel.seqs)
    return heard(
        spans,
        off_duty=_spans_of(fated, fated.where(Fate.OFF_DUTY), parcels),
        set_aside=_spans_of(fated, fated.set_aside, parcels),
    )


def set_aside(
    conn: psycopg.Connection, parcels: Sequence[Parcel], fated: Fated, *, received_at: datetime
) -> int:
    """Keep what is set aside, and return how many fixes that were."""
    rows = list(_rows_of(parcels, fated, received_at))
    if rows:
        with conn.cursor() as cursor:
            cursor.executemany(_SET_ASIDE, rows)
    return len(rows)


def _rows_of(
    parcels: Sequence[Parcel], fated: Fated, received_at: datetime
) -> Iterator[dict[str, object]]:
    aside = np.flatnonzero(fated.set_aside)
    fixes, fates = fated.fixes.at(aside), fated.fates[aside].tolist()
    columns = {name: told(column) for name, column in fixes.values.items()}
    columns |= {"seq": told(fixes.seq), "lat_e7": told(fixes.lat_e7), "lon_e7": told(fixes.lon_e7)}
    for number, fate in enumerate(fates):
        parcel = parcels[int(fixes.parcel[number])]
        yield {
            "terminal_id": parcel.terminal,
            "outbox": parcel.outbox,
            "kind": Fate(fate).kind,
            "epoch": epoch_of(int(fixes.epoch_ms[number])),
            "received_at": received_at,
            **{name: column[number] for name, column in columns.items()},
        }


def _spans_of(
    fated: Fated, mask: Mask, parcels: Sequence[Parcel]
) -> Mapping[tuple[TerminalId, str], list[tuple[int, int]]]:
    """Return the numbers of the fixes in `mask`, which are in the order of parcels."""
    spans: dict[tuple[TerminalId, str], list[tuple[int, int]]] = defaultdict(list)
    at = np.flatnonzero(mask)
    if not len(at):
        return spans
    owners, seqs = fated.fixes.parcel[at], fated.fixes.seq[at]
    breaks = np.flatnonzero((np.diff(owners) != 0) | (np.diff(seqs) != 1)) + 1
    firsts, lasts = [0, *breaks.tolist()], [*breaks.tolist(), len(at)]
    for first, last in zip(firsts, lasts, strict=True):
        parcel = parcels[int(owners[first])]
        spans[parcel.terminal, parcel.outbox].append((int(seqs[first]), int(seqs[last - 1])))
    return spans
