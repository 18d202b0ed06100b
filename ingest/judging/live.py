"""What is known of workers on duty now: provisional, and kept for whoever asks who is where.

One copy at a time finds the states of all workers with new fixes, by these alone: from where
the filter has passed it is run on. Late facts before that are noticed when the day is judged
as a whole (`ingest.judging.late`), and the filter is run anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import psycopg

from ingest.judging.facts import Areas, KeptAreas
from ingest.judging.reading.fixes import read_newest_of
from ingest.judging.reading.spans import Asked
from ingest.judging.reading.terms import read_covers_of
from ingest.judging.worklist import Turn, take_turn
from ingest.parameters.sets import ParameterSet
from patrol.compliance import DayFacts, Rules
from patrol.duty import DutyWindow
from patrol.fix import epoch_ms, epoch_of
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.presence import State
from patrol.requirements import Cover
from patrol.track import FixColumns
from patrol.whereabouts import LiveState, Passed, find_live_state
from runtime.registers.turns import register_changes, try_to_hold_registers

# So many at once: a duty that begins for all, or new registers, do not hold up whoever is due.
_SLICE = 200

_FIND = """
-- workers on duty of whose terminals there are newer fixes than their states know; who waits
-- longest first. No duty lasts longer than a day, so the index tells
select w.worker_id, w.day, w.grid_id, w.start_at, w.end_at, n.epoch, l.worker_id is not null
  from duty_window w
 cross join lateral (
       select max(p.epoch) as epoch
         from assignment a
         join latest_position p on p.terminal_id = a.terminal_id
        where a.worker_id = w.worker_id
          and a.valid_from <= now() and (a.valid_to is null or a.valid_to > now())
       ) as n
  left join live_state l on l.worker_id = w.worker_id
 where w.end_at > now() and w.end_at <= now() + interval '24 hours' and w.start_at <= now()
   and n.epoch >= w.start_at
   and (l.worker_id is null or l.day <> w.day or l.grid_id <> w.grid_id
        or l.newest_epoch is distinct from n.epoch or l.basis is distinct from %(basis)s)
 order by l.computed_at nulls first, w.worker_id
 limit %(limit)s
"""

_KNOWN = """
-- whoever has judged a day and found late facts may have a row: then it is that one's turn
select worker_id, day, grid_id, basis, passed_at, passed_odds, leaning_at, unsure_at, passed_fixes
  from live_state
 where worker_id = any(%(workers)s)
   for update skip locked
"""

_COLUMNS = {
    "worker_id": "text",
    "day": "date",
    "grid_id": "text",
    "state": "text",
    "inside_p": "float8",
    "since_at": "timestamptz",
    "epoch": "timestamptz",
    "known_until": "timestamptz",
    "computed_at": "timestamptz",
    "newest_epoch": "timestamptz",
    "basis": "text",
    "passed_at": "timestamptz",
    "passed_odds": "float8",
    "leaning_at": "timestamptz",
    "unsure_at": "timestamptz",
    "passed_fixes": "integer",
}

_PUT = f"""
insert into live_state ({", ".join(_COLUMNS)})
select * from unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())})
on conflict (worker_id) do update
   set {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "worker_id")}
"""  # noqa: S608 - the columns above


class _Due(NamedTuple):
    """A worker on duty with new fixes, and whether there is a state already."""

    worker_id: WorkerId
    day: date
    grid_id: GridId
    start: datetime
    end: datetime
    newest: datetime
    is_known: bool


class _Known(NamedTuple):
    """How far the filter has come, and how many fixes of the duty there were until then."""

    passed: Passed
    fixes: int


@dataclass(slots=True, kw_only=True)
class LiveStates:
    """Keeps the live states up to the newest fixes."""

    conn: psycopg.Connection
    rules: Rules
    areas: KeptAreas

    def keep_up(self) -> None:
        """Renew the states of all workers with new fixes, unless another copy does so."""
        while self._renew_some() == _SLICE:
            pass

    def _renew_some(self) -> int:
        with self.conn.transaction():
            is_ours = take_turn(self.conn, Turn.LIVE, "")
            if not (is_ours and try_to_hold_registers(self.conn)):
                return 0
            areas = self.areas.now()
            parameters = areas.learned.parameters()
            ground = _Ground(areas, parameters, register_changes(self.conn))
            values = {"basis": ground.basis, "limit": _SLICE}
            due = [_Due(*row) for row in self.conn.execute(_FIND, values)]
            if due:
                self._renew(due, ground)
            return len(due)

    def _renew(self, due: Sequence[_Due], ground: "_Ground") -> None:
        known, ours = _read_known(self.conn, due, basis=ground.basis)
        due = [one for one in due if one.worker_id in ours]
        ((now,),) = self.conn.execute("select clock_timestamp()").fetchall()
        asked = [_asked(number, one, known.get(one.worker_id)) for number, one in enumerate(due)]
        fixes = read_newest_of(self.conn, asked)
        covers = read_covers_of(self.conn, asked)
        rows = []
        for number, one in enumerate(due):
            facts = _Facts(one, fixes[number], covers[number])
            rows.append(
                {
                    **self._find(facts, ground, known.get(one.worker_id), now=now),
                    "newest_epoch": one.newest,
                    "basis": ground.basis,
                }
            )
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        self.conn.execute(_PUT, columns)

    def _find(
        self, facts: "_Facts", ground: "_Ground", known: _Known | None, *, now: datetime
    ) -> dict[str, object]:
        one = facts.due
        silence = timedelta(seconds=self.rules.presence.longest_gap_s)
        found = self._state(facts, ground, known, now=now)
        return {
            "worker_id": one.worker_id,
            "day": one.day,
            "grid_id": one.grid_id,
            "state": str(found.state),
            "inside_p": found.inside_p,
            "since_at": found.since,
            "epoch": found.epoch,
            "known_until": (found.epoch or now) + silence,
            "computed_at": now,
            **_passed_values(facts.fixes, found.passed, known),
        }

    def _state(
        self, facts: "_Facts", ground: "_Ground", known: _Known | None, *, now: datetime
    ) -> LiveState:
        one = facts.due
        nobody_knows = LiveState(grid_id=one.grid_id, state=State.UNKNOWN, since=one.start)
        try:
            day = facts.of_day(ground.areas)
            model = ground.areas.learned.model_of(facts.fixes)
            rules = ground.parameters.rules_for(self.rules, model)
            passed = known.passed if known else None
            return find_live_state(day, rules, now=now, passed=passed) or nobody_knows
        except psycopg.Error:
            raise
        except Exception:  # noqa: BLE001 - judging the day fails as well, and tells why
            return nobody_knows


class _Ground(NamedTuple):
    """What states are found on: areas and parameters, and how often the registers have changed."""

    areas: Areas
    parameters: ParameterSet
    changes: int

    @property
    def basis(self) -> str:
        """A name for it."""
        return f"{self.changes} {self.parameters.version}"


class _Facts(NamedTuple):
    """What the state of one worker is found by."""

    due: _Due
    fixes: FixColumns
    covers: Sequence[Cover]

    def of_day(self, areas: Areas) -> DayFacts:
        """Return the facts as those of a day whose premises do not matter."""
        one = self.due
        grids = {one.grid_id} | {cover.grid_id for cover in self.covers}
        window = DutyWindow(one.worker_id, Interval(one.start, one.end), one.grid_id)
        return DayFacts(
            worker_id=one.worker_id,
            day=one.day,
            windows=[window],
            grids={grid: areas.grid(grid) for grid in grids},
            premises={},
            places=areas.places(),
            fixes=self.fixes,
            covers=self.covers,
        )


def _read_known(
    conn: psycopg.Connection, due: Sequence[_Due], *, basis: str
) -> tuple[Mapping[WorkerId, _Known], set[WorkerId]]:
    """Return how far the filter has come, and which of the workers are ours to write."""
    duty = {one.worker_id: one for one in due}
    ours = {one.worker_id for one in due if not one.is_known}
    known: dict[WorkerId, _Known] = {}
    for worker, day, grid, by, at, odds, leaning, unsure, fixes in conn.execute(
        _KNOWN, {"workers": sorted(duty)}
    ):
        ours.add(worker)
        own = duty[worker]
        is_same = at is not None and (day, grid, by) == (own.day, own.grid_id, basis)
        if is_same and own.start <= at < own.end:
            passed = Passed(
                at_ms=epoch_ms(at),
                odds=odds,
                leaning_ms=epoch_ms(leaning),
                unsure_ms=None if unsure is None else epoch_ms(unsure),
            )
            known[worker] = _Known(passed, fixes)
    return known, ours


def _asked(number: int, one: _Due, known: _Known | None) -> Asked:
    # Fixes are told in milliseconds, and so is from when on they count.
    start = epoch_of(known.passed.at_ms if known else epoch_ms(one.start))
    return Asked(number, one.worker_id, [Interval(start, one.end)])


def _passed_values(
    fixes: FixColumns, passed: Passed | None, known: _Known | None
) -> dict[str, object]:
    if passed is None:
        names = ("passed_at", "passed_odds", "leaning_at", "unsure_at", "passed_fixes")
        return dict.fromkeys(names)
    before_ms, counted = (known.passed.at_ms, known.fixes) if known else (-1, 0)
    is_new = (fixes.epoch_ms > before_ms) & (fixes.epoch_ms <= passed.at_ms)
    return {
        "passed_at": epoch_of(passed.at_ms),
        "passed_odds": passed.odds,
        "leaning_at": epoch_of(passed.leaning_ms),
        "unsure_at": None if passed.unsure_ms is None else epoch_of(passed.unsure_ms),
        "passed_fixes": counted + int(np.count_nonzero(is_new)),
    }
