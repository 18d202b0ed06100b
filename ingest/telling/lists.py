"""Lists of the day for terminals: some at each look, so that all are told anew in their time."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from patrol.ids import TerminalId
from patrol.notices.daylist import DayList
from patrol.workorders.terms import Workflow
from patrol.workorders.workflow import default, read_workflow
from runtime.daylists.facts import list_of
from runtime.daylists.settings import ListSettings
from runtime.daylists.statements import LISTS, NEWEST_WORKFLOW

_CARRIERS = """
-- of whoever has a terminal now: the duty that goes on or comes next, else today's that is over
select distinct on (a.terminal_id) a.terminal_id, w.worker_id, w.day
  from assignment a
  join duty_window w using (worker_id)
 where a.valid_from <= %(now)s and (a.valid_to is null or a.valid_to > %(now)s)
   and w.day between %(yesterday)s and %(today)s
   and (w.day = %(today)s or w.end_at > %(now)s)
 order by a.terminal_id, w.end_at > %(now)s desc,
          case when w.end_at > %(now)s then w.start_at end, w.start_at desc
"""


class Carrier(NamedTuple):
    """Who has a terminal, and on which worker-day."""

    terminal_id: TerminalId
    worker_id: str
    day: date


class Lists(NamedTuple):
    """What is told at one look; all other terminals than `carriers` have no list."""

    carriers: frozenset[TerminalId]
    found: Mapping[TerminalId, DayList]


class _Made(NamedTuple):
    """A list, and the row and the version of the workflow of which it was made."""

    of: tuple[Mapping[str, Any], int]
    found: DayList


@dataclass(slots=True)
class Lister:
    """Makes all lists within `every_s` of the settings, a few at each look, `look_s` apart."""

    settings: ListSettings
    look_s: float
    _waiting: deque[Carrier] = field(default_factory=deque)
    _a_look: int = 1
    _next_at: datetime | None = None
    _workflow: tuple[int, Workflow] | None = None
    _made: dict[tuple[str, date], _Made] = field(default_factory=dict)

    def begin(self) -> None:
        """Make all lists anew, from now on."""
        self._waiting.clear()
        self._next_at = None

    def look(
        self, conn: psycopg.Connection, *, now: datetime, today: date, is_whole: bool = False
    ) -> Lists:
        """Return the lists whose turn it is; all of them where it `is_whole`."""
        carriers = _read_carriers(conn, now=now, today=today)
        if not self._waiting and (self._next_at is None or now >= self._next_at):
            self._next_at = now + timedelta(seconds=self.settings.every_s)
            self._waiting.extend(carriers)
            share = min(1.0, self.look_s / self.settings.every_s)
            self._a_look = max(1, ceil(len(carriers) * share))
            days = {(one.worker_id, one.day) for one in carriers}
            self._made = {day: one for day, one in self._made.items() if day in days}
        count = len(self._waiting) if is_whole else min(self._a_look, len(self._waiting))
        known = set(carriers)
        # Who has handed the terminal over in the meantime has no list any more.
        turn = [one for one in (self._waiting.popleft() for _ in range(count)) if one in known]
        lists = self._read(conn, turn, now) if turn else {}
        return Lists(frozenset(one.terminal_id for one in carriers), lists)

    def _read(
        self, conn: psycopg.Connection, carriers: Iterable[Carrier], now: datetime
    ) -> dict[TerminalId, DayList]:
        rules = self.settings.rules
        by_day = {(one.worker_id, one.day): one.terminal_id for one in carriers}
        values = {
            "workers": [worker for worker, _ in by_day],
            "days": [day for _, day in by_day],
            "premises": rules.premises,
        }
        workflow = self._read_workflow(conn)
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(LISTS, values).fetchall()
        for row in rows:
            day, of = (row["worker_id"], row["day"]), (row, workflow.version)
            # Ordering takes a while, and most lists are as they were five minutes ago.
            if day not in self._made or self._made[day].of != of:
                found = list_of(row, now=now, rules=rules, workflow=workflow)
                self._made[day] = _Made(of, found)
        return {one.terminal_id: self._made[one.worker_id, one.day].found for one in carriers}

    def _read_workflow(self, conn: psycopg.Connection) -> Workflow:
        row = conn.execute(NEWEST_WORKFLOW).fetchone()
        if row is None:
            return default()
        version, text = row
        if self._workflow is None or self._workflow[0] != version:
            self._workflow = (version, read_workflow(text))
        return self._workflow[1]


def _read_carriers(conn: psycopg.Connection, *, now: datetime, today: date) -> list[Carrier]:
    values = {"now": now, "today": today, "yesterday": today - timedelta(days=1)}
    return [
        Carrier(TerminalId(terminal), worker, day)
        for terminal, worker, day in conn.execute(_CARRIERS, values)
    ]
