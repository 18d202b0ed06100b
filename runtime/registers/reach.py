"""How far whoever changes the registers may reach: what lies beyond is as if it were not there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, LiteralString

import psycopg

from patrol.registers.files import Problems
from patrol.registers.registers import Registers

_TAKEN: Final = {
    "grids": "select grid_id, grid_id from grid where grid_id = any(%(ids)s)",
    "premises": "select premises_id, grid_id from premises where premises_id = any(%(ids)s)",
    "checkpoints": "select checkpoint_id, grid_id from checkpoint where checkpoint_id = any(%(ids)s)",
    "facilities": "select facility_id, grid_id from facility where facility_id = any(%(ids)s)",
}

_WINDOWS_BEYOND: Final = """
-- worker-days of those named that have duty in grids beyond
select distinct d.worker_id, d.day
  from duty_window d
 where d.worker_id = any(%(workers)s)
   and d.grid_id <> all(%(grids)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Areas, grids, workers and terminals that may be changed, unless it is `everywhere`."""

    everywhere: bool = False
    areas: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()
    terminals: frozenset[str] = frozenset()

    def grids_of(self, known: set[str]) -> set[str]:
        """Return those of the grids that may be changed."""
        return known if self.everywhere else known & self.grids

    def workers_of(self, known: set[str]) -> set[str]:
        """Return those of the workers that may be changed."""
        return known if self.everywhere else known & self.workers


EVERYTHING: Final = Reach(everywhere=True)


def check_reach(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, reach: Reach
) -> None:
    """Note rows about areas that are not known, and about what lies beyond `reach`."""
    _check_grids(conn, registers, problems, reach=reach)
    if reach.everywhere:
        return
    for kind, statement in _TAKEN.items():
        rows = getattr(registers, kind) or ()
        values = {"ids": [one.id for one in rows]}
        taken: dict[str, str] = dict(conn.execute(statement.encode(), values).fetchall())
        for row in rows:
            if row.id in taken and taken[row.id] not in reach.grids:
                problems.add(row.where, f"{row.id} is taken: choose another id")
    _check_people(conn, registers, problems, reach=reach)
    _check_for_all(registers, problems)


def _check_people(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, reach: Reach
) -> None:
    known = _names(conn, "select worker_id from worker") - reach.workers
    for worker in registers.workers:
        if worker.worker_id in known:
            problems.add(worker.where, f"{worker.worker_id} is taken: choose another worker_id")
    known = _names(conn, "select terminal_id from terminal") - reach.terminals
    for terminal in registers.terminals:
        if terminal.terminal_id in known:
            problems.add(terminal.where, f"{terminal.terminal_id} is taken: choose another id")
    workers = [one.window.worker_id for one in registers.roster]
    beyond = {worker for worker, _ in days_beyond(conn, workers, reach)}
    for duty in registers.roster:
        if duty.window.worker_id in beyond:
            problems.add(
                duty.where,
                f"worker_id {duty.window.worker_id} has duty elsewhere, too: it is for those who "
                "manage all of it",
            )


def days_beyond(
    conn: psycopg.Connection, workers: Iterable[str], reach: Reach
) -> set[tuple[str, object]]:
    """Return the days on which these workers have duty beyond `reach`, as worker and day."""
    if reach.everywhere:
        return set()
    values = {"workers": sorted(set(workers)), "grids": sorted(reach.grids)}
    return set(conn.execute(_WINDOWS_BEYOND, values).fetchall())


def _check_grids(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, reach: Reach
) -> None:
    areas = _names(conn, "select area_id from area") if registers.grids else set()
    if not reach.everywhere:
        areas &= reach.areas
    for row in registers.grids:
        if row.area_id is not None and row.area_id not in areas:
            problems.add(row.where, f"area_id {row.area_id} is not known: make the area first")
        if row.area_id is None and not reach.everywhere and row.id not in reach.grids:
            problems.add(row.where, "area_id is missing: name an area of yours")


def _check_for_all(registers: Registers, problems: Problems) -> None:
    wide = [row.where for row in registers.places]
    wide += [row.where for row in registers.requirements or () if row.requirement.grid_id is None]
    wide += [row.where for row in registers.streets or ()]
    wide += [row.where for row in registers.tags or ()]
    wide += [
        row.where
        for row in registers.excuses or ()
        if row.excuse.grid_id is None and row.excuse.worker_id is None
    ]
    for where in wide:
        problems.add(where, "concerns everybody: it is for administrators of everywhere")


def _names(conn: psycopg.Connection, statement: LiteralString) -> set[str]:
    return {row[0] for row in conn.execute(statement)}
