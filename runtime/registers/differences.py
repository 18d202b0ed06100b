"""What of given registers differs from those in the database, and what of it can change results.

Names, models and the like are told and never judged by.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import psycopg

from patrol.registers.registers import Registers
from patrol.registers.rows import AreaRow, TerminalRow

Content: TypeAlias = tuple[object, ...]

_AREAS: Final[Mapping[str, str]] = {
    "grids": """
select grid_id, '', outline, null, name, area_id, valid_from, valid_to
  from grid where grid_id = any(%(ids)s)
""",
    "premises": """
select premises_id, grid_id, geometry, radius_m, name, households
  from premises where premises_id = any(%(ids)s)
""",
    "places": """
select place_id, '', geometry, radius_m, name, kind
  from authorised_place where place_id = any(%(ids)s)
""",
}

_WORKERS: Final = "select worker_id, name from worker where worker_id = any(%(ids)s)"

_TERMINALS: Final = """
select t.terminal_id, t.model, a.worker_id, a.valid_from, a.valid_to
  from terminal t
  left join assignment a using (terminal_id)
 where t.terminal_id = any(%(ids)s)
"""

_WINDOWS: Final = """
select d.worker_id, d.day, d.grid_id, d.start_at, d.end_at
  from (select distinct worker, day
          from unnest(%(workers)s::text[], %(days)s::date[]) as u (worker, day)) u
  join duty_window d on d.worker_id = u.worker and d.day = u.day
"""


@dataclass(slots=True)
class Difference:
    """Keys of rows of one kind; those in `judged` are added or changed so that results may be."""

    added: set[object] = field(default_factory=set)
    changed: set[object] = field(default_factory=set)
    unchanged: set[object] = field(default_factory=set)


class Day(NamedTuple):
    """A worker's day."""

    worker_id: str
    day: date


class Differences:
    """Of each kind that is given by rows, not as a whole list, what differs."""

    def __init__(self) -> None:
        self.of: dict[str, Difference] = defaultdict(Difference)
        self.judged: dict[str, set[str]] = defaultdict(set)

    def note(self, kind: str, key: object, *, given: Content, known: Content | None) -> None:
        """Sort a row in by its content: first what results depend on, then all else."""
        found = self.of[kind]
        if known is None:
            found.added.add(key)
        elif known != given:
            found.changed.add(key)
        else:
            found.unchanged.add(key)
        if isinstance(key, str) and (known is None or known[0] != given[0]):
            self.judged[kind].add(key)

    def judge_all(self, registers: Registers) -> None:
        """Take all that is given for changed."""
        for kind in _AREAS:
            self.judged[kind] = {row.id for row in getattr(registers, kind)}
        self.judged["terminals"] = {row.terminal_id for row in registers.terminals}

    def only_changed(self, registers: Registers, zone: ZoneInfo) -> Registers:
        """Return the registers without what is in the database as it is in them."""
        same = {kind: one.unchanged for kind, one in self.of.items()}
        return replace(
            registers,
            grids=[one for one in registers.grids if one.id not in same.get("grids", ())],
            premises=[one for one in registers.premises if one.id not in same.get("premises", ())],
            places=[one for one in registers.places if one.id not in same.get("places", ())],
            workers=[
                one for one in registers.workers if one.worker_id not in same.get("workers", ())
            ],
            terminals=[
                one
                for one in registers.terminals
                if one.terminal_id not in same.get("terminals", ())
            ],
            facilities=[
                one for one in registers.facilities if one.id not in same.get("facilities", ())
            ],
            roster=[
                one
                for one in registers.roster
                if Day(one.window.worker_id, one.window.day(zone)) not in same.get("roster", ())
            ],
        )


def find_differences(
    conn: psycopg.Connection, registers: Registers, *, zone: ZoneInfo
) -> Differences:
    """Return what of the registers is new, other than known, or the same."""
    found = Differences()
    for kind in _AREAS:
        _compare_areas(conn, getattr(registers, kind), found, kind=kind)
    _compare_workers(conn, registers, found)
    _compare_terminals(conn, registers.terminals, found)
    _compare_roster(conn, registers, found, zone=zone)
    return found


def _compare_areas(
    conn: psycopg.Connection, rows: Iterable[AreaRow], found: Differences, *, kind: str
) -> None:
    given = {row.id: row for row in rows}
    known = {
        one: ((grid, _text(geometry), radius_m), *rest)
        for one, grid, geometry, radius_m, *rest in conn.execute(
            _AREAS[kind].encode(), {"ids": list(given)}
        )
    }
    for key, row in given.items():
        judged = (row.grid_id, _text(row.geometry), _stored_m(row.radius_m))
        before = known.get(key)
        found.note(kind, key, given=(judged, *_rest(kind, row, before)), known=before)


def _rest(kind: str, row: AreaRow, known: Content | None) -> Content:
    if kind == "premises":
        return row.name, row.households
    if kind == "places":
        return row.name, row.kind
    # What a file does not say of a grid stays as it is.
    was = (None, None, None) if known is None else known[2:]
    told = (row.area_id, row.valid_from, row.valid_to)
    return row.name, *(new if new is not None else old for new, old in zip(told, was, strict=True))


def _compare_workers(conn: psycopg.Connection, registers: Registers, found: Differences) -> None:
    given = {row.worker_id: row.name for row in registers.workers}
    known: dict[str, str] = dict(conn.execute(_WORKERS, {"ids": list(given)}).fetchall())
    for worker, name in given.items():
        before = (None, known[worker]) if worker in known else None
        found.note("workers", worker, given=(None, name), known=before)


def _compare_terminals(
    conn: psycopg.Connection, rows: Iterable[TerminalRow], found: Differences
) -> None:
    given: dict[str, list[TerminalRow]] = defaultdict(list)
    for row in rows:
        given[row.terminal_id].append(row)
    models: dict[str, str] = {}
    terms: dict[str, set[Content]] = defaultdict(set)
    for terminal, model, *term in conn.execute(_TERMINALS, {"ids": list(given)}):
        models[terminal] = model
        terms[terminal].add(tuple(term))
    for terminal, own in given.items():
        wanted = {
            (row.worker_id, row.valid_from, row.valid_to)
            for row in own
            if row.worker_id is not None
        }
        # Terms that the file does not name stay; what is known and named is no change.
        after = frozenset(terms[terminal] | wanted) if wanted else frozenset(terms[terminal])
        known = (frozenset(terms[terminal]), models[terminal]) if terminal in models else None
        found.note("terminals", terminal, given=(after, own[-1].model), known=known)


def _compare_roster(
    conn: psycopg.Connection, registers: Registers, found: Differences, *, zone: ZoneInfo
) -> None:
    given: dict[Day, set[Content]] = defaultdict(set)
    for row in registers.roster:
        span = row.window.interval
        given[Day(row.window.worker_id, row.window.day(zone))].add(
            (row.window.grid_id, span.start, span.end)
        )
    known: dict[Day, set[Content]] = defaultdict(set)
    values = {"workers": [one.worker_id for one in given], "days": [one.day for one in given]}
    for worker, day, *window in conn.execute(_WINDOWS, values):
        known[Day(worker, day)].add(tuple(window))
    for day, windows in given.items():
        before = (frozenset(known[day]),) if day in known else None
        found.note("roster", day, given=(frozenset(windows),), known=before)


def _stored_m(radius_m: float | None) -> float | None:
    # The column has fewer digits than a file may.
    return None if radius_m is None else float(np.float32(radius_m))


def _text(geometry: Mapping[str, Any]) -> str:
    return json.dumps(geometry, sort_keys=True)
