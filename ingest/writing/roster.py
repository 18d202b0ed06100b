"""Who was on duty when: the part of the roster that a stream of fixes asks for, kept in memory.

What is kept holds until the registers change. Who reads it holds the registers (see
`runtime.registers.turns`), so that no load comes between what is looked up and what is stored.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg

from ingest.judging.worklist import WorkerDay
from patrol.fix import epoch_ms
from patrol.ids import TerminalId, WorkerId
from patrol.track import Integers

_KNOWN = "select terminal_id from terminal where terminal_id = any(%(terminals)s)"

_DUTY = """
-- duty of whoever had these terminals, on these days of UTC
select q.terminal_id, w.worker_id, w.day, greatest(w.start_at, a.valid_from) as start_at,
       least(w.end_at, a.valid_to) as end_at
  from unnest(%(terminals)s::text[], %(days)s::timestamptz[]) as q (terminal_id, day)
  join assignment a on a.terminal_id = q.terminal_id
   and a.valid_from < q.day + interval '24 hours'
   and (a.valid_to is null or a.valid_to > q.day)
  join duty_window w on w.worker_id = a.worker_id
   and w.start_at < q.day + interval '24 hours' and w.end_at > q.day
   and w.start_at < coalesce(a.valid_to, 'infinity') and w.end_at > a.valid_from
"""

_DAY_MS = 86_400_000
# A code and a time in one number, which sorts by the code first: 2,097,152 terminals, until 2109.
_TIME_BITS = 42
_DAY_BITS = 20
# Days of terminals; some hundred bytes each.
_MOST_DAYS = 200_000
# Registers that somebody changes past `patrol ingest load` are noticed after this long.
_OLDEST_S = 60.0


@dataclass(slots=True)
class Roster:
    """The roster as one connection sees it."""

    conn: psycopg.Connection
    _read_at: int = -1
    _began_s: float = 0.0
    _codes: dict[TerminalId, int] = field(default_factory=dict)
    # Codes with days, of which all duty is known.
    _days: set[int] = field(default_factory=set)
    _spans: dict[int, tuple[int, WorkerDay]] = field(default_factory=dict)
    _starts: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _ends: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _units: list[WorkerDay] = field(default_factory=list)

    def refresh(self, changes: int) -> None:
        """Forget what is kept if `changes` of the registers are others; they must be held."""
        is_old = time.monotonic() - self._began_s > _OLDEST_S
        if changes != self._read_at or is_old or len(self._days) > _MOST_DAYS:
            self._codes.clear()
            self._days.clear()
            self._spans.clear()
            self._arrange()
            self._read_at, self._began_s = changes, time.monotonic()

    def codes_of(self, terminals: Iterable[TerminalId]) -> dict[TerminalId, int]:
        """Return a number for each of `terminals` that is registered."""
        asked = set(terminals)
        new = [one for one in asked if one not in self._codes]
        if new:
            for (name,) in self.conn.execute(_KNOWN, {"terminals": sorted(new)}):
                self._codes[name] = len(self._codes)
        return {one: self._codes[one] for one in asked if one in self._codes}

    def names(self) -> list[TerminalId]:
        """Return the terminals by their numbers."""
        return list(self._codes)

    def duty_at(self, codes: Integers, at_ms: Integers) -> Integers:
        """Return the index of the duty at each time, -1 where there is none."""
        self._look_up(codes, at_ms)
        if not self._units:
            return np.full(len(codes), -1, dtype=np.int64)
        keys = (codes << _TIME_BITS) + at_ms
        index = np.searchsorted(self._starts, keys, side="right") - 1
        return np.where((index >= 0) & (keys < self._ends[index]), index, -1)

    def units(self, index: Integers) -> list[WorkerDay]:
        """Return the worker-days of these duties, each once."""
        return list({self._units[one]: None for one in np.unique(index).tolist()})

    def _look_up(self, codes: Integers, at_ms: Integers) -> None:
        asked = np.unique((codes << _DAY_BITS) + at_ms // _DAY_MS).tolist()
        new = [one for one in asked if one not in self._days]
        if not new:
            return
        names = self.names()
        values = {
            "terminals": [names[one >> _DAY_BITS] for one in new],
            "days": [_midnight(one & ((1 << _DAY_BITS) - 1)) for one in new],
        }
        for name, *span in self.conn.execute(_DUTY, values):
            self._keep(name, *span)
        self._days.update(new)
        self._arrange()

    def _keep(self, terminal: TerminalId, worker: WorkerId, day: date, *span: datetime) -> None:
        key = self._codes[terminal] << _TIME_BITS
        start, end = (key + epoch_ms(one) for one in span)
        self._spans[start] = end, WorkerDay(worker, day)

    def _arrange(self) -> None:
        ordered: Sequence[tuple[int, tuple[int, WorkerDay]]] = sorted(self._spans.items())
        self._starts = np.array([start for start, _ in ordered], dtype=np.int64)
        self._ends = np.array([end for _, (end, _) in ordered], dtype=np.int64)
        self._units = [unit for _, (_, unit) in ordered]


def _midnight(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
