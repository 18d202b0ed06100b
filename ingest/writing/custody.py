"""What became of every number that a terminal gave: heard, dropped as off duty, set aside."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import psycopg

from ingest.writing.arrays import numbers, texts
from ingest.writing.fates import Fate, Fated
from ingest.writing.parcels import Parcel
from ingest.writing.tables import told
from patrol.fix import epoch_of
from patrol.ids import TerminalId
from patrol.track import Mask

# Holes are kept one by one up to this size of a row, some thousands of them.
_MOST_BYTES = 65_536

_COUNT = """
-- numbers are kept as ranges, added up, so that what comes twice is counted once; in the order
-- of names, so that no two batches wait for each other
insert into outbox_seq as kept (terminal_id, outbox, heard, off_duty, set_aside, heard_at)
select terminal_id, outbox, range_agg(int8range(first, last + 1)),
       coalesce(range_agg(int8range(first, last + 1)) filter (where fate = 'off_duty'), '{}'),
       coalesce(range_agg(int8range(first, last + 1)) filter (where fate = 'set_aside'), '{}'),
       %(received_at)s
  from unnest(%(terminals)s::text[], %(outboxes)s::text[], %(firsts)s::bigint[],
              %(lasts)s::bigint[], %(fates)s::text[]) as run (terminal_id, outbox, first, last, fate)
 group by terminal_id, outbox
 order by terminal_id, outbox
on conflict (terminal_id, outbox) do update
   set heard = case when kept.is_coarse
                    then multirange(range_merge(kept.heard + excluded.heard))
                    else kept.heard + excluded.heard end,
       off_duty = case when kept.is_coarse then '{}' else kept.off_duty + excluded.off_duty end,
       set_aside = case when kept.is_coarse then '{}' else kept.set_aside + excluded.set_aside end,
       is_coarse = kept.is_coarse
                   or pg_column_size(kept.heard) + pg_column_size(kept.off_duty) > %(most)s,
       heard_at = greatest(kept.heard_at, excluded.heard_at)
"""

_SET_ASIDE = """
insert into set_aside_fix (terminal_id, outbox, seq, kind, epoch, lat_e7, lon_e7, altitude_dm,
                           speed_cmps, course_ddeg, hdop_d, accuracy_dm, satellites, quality,
                           battery_pct, flags, received_at)
values (%(terminal_id)s, %(outbox)s, %(seq)s, %(kind)s, %(epoch)s, %(lat_e7)s, %(lon_e7)s,
        %(altitude_dm)s, %(speed_cmps)s, %(course_ddeg)s, %(hdop_d)s, %(accuracy_dm)s,
        %(satellites)s, %(quality)s, %(battery_pct)s, %(flags)s, %(received_at)s)
    on conflict do nothing
"""


class _Run(NamedTuple):
    """Numbers that follow one another in an outbox, and their common fate."""

    terminal: TerminalId
    outbox: str
    seqs: tuple[int, int]
    fate: str


def count_numbers(
    conn: psycopg.Connection, parcels: Sequence[Parcel], fated: Fated, *, received_at: datetime
) -> None:
    """Count the numbers of `fated`, which came with these parcels."""
    if not len(fated.fixes):
        return
    came = [parcels[number] for number in np.unique(fated.fixes.parcel).tolist()]
    runs = [_Run(one.terminal, one.outbox, one.seqs, "heard") for one in came]
    runs += _runs_of(fated, fated.where(Fate.OFF_DUTY), parcels, fate="off_duty")
    runs += _runs_of(fated, fated.set_aside, parcels, fate="set_aside")
    conn.execute(
        _COUNT,
        {
            "terminals": texts([one.terminal for one in runs]),
            "outboxes": texts([one.outbox for one in runs]),
            "firsts": numbers(np.array([one.seqs[0] for one in runs])),
            "lasts": numbers(np.array([one.seqs[1] for one in runs])),
            "fates": texts([one.fate for one in runs]),
            "received_at": received_at,
            "most": _MOST_BYTES,
        },
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


def _runs_of(fated: Fated, mask: Mask, parcels: Sequence[Parcel], *, fate: str) -> Iterable[_Run]:
    """Yield the runs of numbers of the fixes in `mask`, which are in the order of parcels."""
    at = np.flatnonzero(mask)
    if not len(at):
        return
    owners, seqs = fated.fixes.parcel[at], fated.fixes.seq[at]
    breaks = np.flatnonzero((np.diff(owners) != 0) | (np.diff(seqs) != 1)) + 1
    firsts, lasts = [0, *breaks.tolist()], [*breaks.tolist(), len(at)]
    for first, last in zip(firsts, lasts, strict=True):
        parcel = parcels[int(owners[first])]
        span = int(seqs[first]), int(seqs[last - 1])
        yield _Run(parcel.terminal, parcel.outbox, span, fate)
