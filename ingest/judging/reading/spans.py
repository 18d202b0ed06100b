"""Which spans of time are asked for, of which workers, and which terminals they had then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from patrol.ids import TerminalId, WorkerId
from patrol.intervals import Interval

_STINTS = """
-- the terminals that workers had within spans of time, with the numbers that fixes name them by
select s.number, a.terminal_id, hashtext(a.terminal_id),
       greatest(a.valid_from, s.start_at), least(a.valid_to, s.end_at)
  from unnest(%(numbers)s::integer[], %(workers)s::text[], %(starts)s::timestamptz[],
              %(ends)s::timestamptz[]) as s (number, worker_id, start_at, end_at)
  join assignment a on a.worker_id = s.worker_id
   and a.valid_from < s.end_at and (a.valid_to is null or a.valid_to > s.start_at)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of a worker, what is known within `spans`; `number` tells whose the answers are."""

    number: int
    worker_id: WorkerId
    spans: Sequence[Interval]


class Stint(NamedTuple):
    """A terminal while a worker had it; `number` is that of what was asked."""

    number: int
    terminal_id: TerminalId
    code: int
    start: datetime
    end: datetime


def span_values(asked: Sequence[Asked]) -> Mapping[str, object]:
    """Return the spans as columns for a statement, one row a span."""
    rows = [(one, span) for one in asked for span in one.spans]
    return {
        "numbers": [one.number for one, _ in rows],
        "workers": [one.worker_id for one, _ in rows],
        "starts": [span.start for _, span in rows],
        "ends": [span.end for _, span in rows],
    }


def read_stints(conn: psycopg.Connection, asked: Sequence[Asked]) -> Iterator[Stint]:
    """Yield the terminals that the workers had within what is asked for."""
    yield from map(Stint._make, conn.execute(_STINTS, span_values(asked)).fetchall())
