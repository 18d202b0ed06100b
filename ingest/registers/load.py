"""A district's registers from files into the database: all rows or none.

What is loaded replaces what was known under the same id; a roster file is the whole truth
for every worker-day that it names. Worker-days whose result may change are marked.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import psycopg

from ingest.judging.worklist import change_registers
from ingest.registers import tables
from ingest.registers.checks import check_duty, check_near, check_once
from ingest.registers.files import Problems
from ingest.registers.neighbours import grids_near, known_places
from ingest.registers.route_tables import put_routes
from ingest.registers.routes import (
    RouteRows,
    StreetRow,
    check_routes,
    read_checkpoints,
    read_streets,
)
from ingest.registers.rows import (
    AreaRow,
    DutyRow,
    TerminalRow,
    WorkerRow,
    read_grids,
    read_places,
    read_premises,
    read_roster,
    read_terminals,
    read_workers,
)
from ingest.registers.tags import TagRow, check_tags, put_tags, read_tags
from ingest.registers.term_tables import put_terms
from ingest.registers.terms import (
    CoverRow,
    ExcuseRow,
    RequirementRow,
    Terms,
    check_terms,
    read_covers,
    read_excuses,
    read_requirements,
)
from patrol.geofence import Area

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Registers:
    """The rows of the files that were given."""

    grids: list[AreaRow] = field(default_factory=list)
    premises: list[AreaRow] = field(default_factory=list)
    places: list[AreaRow] = field(default_factory=list)
    workers: list[WorkerRow] = field(default_factory=list)
    terminals: list[TerminalRow] = field(default_factory=list)
    roster: list[DutyRow] = field(default_factory=list)
    # None where no file was given: an empty one withdraws what is known.
    requirements: list[RequirementRow] | None = None
    excuses: list[ExcuseRow] | None = None
    covers: list[CoverRow] | None = None
    checkpoints: list[AreaRow] | None = None
    streets: list[StreetRow] | None = None
    tags: list[TagRow] | None = None

    @property
    def terms(self) -> Terms:
        """What the files ask of duty."""
        return Terms(requirements=self.requirements, excuses=self.excuses, covers=self.covers)

    @property
    def routes(self) -> RouteRows:
        """What is to be reached."""
        return RouteRows(checkpoints=self.checkpoints, streets=self.streets)


def load(
    dsn: str, paths: Mapping[str, Path], *, zone: ZoneInfo, dry_run: bool = False
) -> dict[str, int]:
    """Load the files in `paths`, keyed as in FILES, and return how many rows of each.

    Raises InputError that lists every problem by file and row; then nothing is loaded.
    """
    problems = Problems()
    registers = read_registers(paths, problems)
    with psycopg.connect(dsn) as conn:
        # Two loads at once would each see a roster without the other's rows.
        change_registers(conn)
        _check(conn, registers, problems, zone=zone)
        problems.raise_any()
        _put(conn, registers, problems, zone=zone)
        problems.raise_any()
        if dry_run:
            conn.rollback()
    return {kind: len(getattr(registers, kind)) for kind in paths}


def read_registers(paths: Mapping[str, Path], problems: Problems) -> Registers:
    """Return the rows of the files in `paths` that can be read; note those that cannot."""

    def given(kind: str, read: Callable[[Path, Problems], list[T]]) -> list[T] | None:
        return read(paths[kind], problems) if kind in paths else None

    def rows(kind: str, read: Callable[[Path, Problems], list[T]]) -> list[T]:
        return given(kind, read) or []

    return Registers(
        grids=rows("grids", read_grids),
        premises=rows("premises", read_premises),
        places=rows("places", read_places),
        workers=rows("workers", read_workers),
        terminals=rows("terminals", read_terminals),
        roster=rows("roster", read_roster),
        requirements=given("requirements", read_requirements),
        excuses=given("excuses", read_excuses),
        covers=given("covers", read_covers),
        checkpoints=given("checkpoints", read_checkpoints),
        streets=given("streets", read_streets),
        tags=given("tags", read_tags),
    )


def _check(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, zone: ZoneInfo
) -> None:
    grids = tables.known_ids(conn, "grid") | {row.id for row in registers.grids}
    workers = tables.known_ids(conn, "worker") | {row.worker_id for row in registers.workers}
    for rows in (registers.grids, registers.premises, registers.places):
        check_once(((row.id, row.where) for row in rows), problems)
    check_once(((row.worker_id, row.where) for row in registers.workers), problems)
    terms = (row for row in registers.terminals if row.valid_from is not None)
    check_once(((f"{row.terminal_id} from {row.valid_from}", row.where) for row in terms), problems)
    _check_premises(conn, registers, problems, grids=grids)
    for terminal in registers.terminals:
        if terminal.worker_id is not None and terminal.worker_id not in workers:
            problems.add(terminal.where, f"worker {terminal.worker_id} is not known: load workers")
    for duty in registers.roster:
        if duty.window.worker_id not in workers:
            problems.add(duty.where, f"worker {duty.window.worker_id} is not known: load workers")
        if duty.window.grid_id not in grids:
            problems.add(duty.where, f"grid {duty.window.grid_id} is not known: load grids")
    check_terms(registers.terms, problems, grids=grids, workers=workers)
    areas = tables.outlines(conn, {row.grid_id for row in registers.checkpoints or ()})
    areas |= {row.id: row.area for row in registers.grids}
    check_routes(registers.routes, problems, grids=grids, areas=areas)
    premises = {row.id for row in registers.premises}
    check_tags(conn, registers.tags or (), problems, premises=premises)
    _check_roster(conn, registers.roster, problems, zone=zone)


def _check_premises(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, grids: set[str]
) -> None:
    areas = tables.outlines(conn, {row.grid_id for row in registers.premises})
    areas |= {row.id: row.area for row in registers.grids}
    for row in registers.premises:
        if row.grid_id not in grids:
            problems.add(row.where, f"grid {row.grid_id} is not known: load grids")
        elif row.grid_id in areas:
            check_near(row, areas[row.grid_id], problems)


def _check_roster(
    conn: psycopg.Connection, roster: list[DutyRow], problems: Problems, *, zone: ZoneInfo
) -> None:
    others = tables.other_windows(
        conn, [(row.window.worker_id, row.window.day(zone)) for row in roster]
    )
    check_duty(roster, problems, others=others)


def _put(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, zone: ZoneInfo
) -> None:
    # Premises that change hands change two grids' days, and terminals two workers'.
    left = tables.grids_of_premises(conn, [row.id for row in registers.premises])
    places = known_places(conn, [row.id for row in registers.premises])
    had = tables.workers_of_terminals(conn, [row.terminal_id for row in registers.terminals])
    tables.put_areas(
        conn, grids=registers.grids, premises=registers.premises, places=registers.places
    )
    tables.put_workers(conn, registers.workers)
    tables.put_terminals(conn, registers.terminals)
    near = _grids_near(conn, registers, places)
    where = {row.terminal_id: row.where for row in registers.terminals}
    for terminal, reason in tables.double_assignments(conn, registers.terminals):
        problems.add(where[terminal], reason)
    tables.put_roster(conn, _by_day(registers.roster, zone))
    put_terms(conn, registers.terms)
    put_routes(conn, registers.routes)
    if registers.tags is not None:
        put_tags(conn, registers.tags)
    tables.mark_days(
        conn,
        workers=sorted({row.worker_id for row in registers.terminals if row.worker_id} | had),
        grids=sorted(
            {row.id for row in registers.grids}
            | {row.grid_id for row in registers.premises}
            | left
            | near
        ),
        everything=bool(registers.places),
    )


def _grids_near(conn: psycopg.Connection, registers: Registers, before: Iterable[Area]) -> set[str]:
    if not registers.premises:
        return set()
    areas = tables.outlines(conn, tables.known_ids(conn, "grid"))
    return grids_near(areas, registers.premises, before)


def _by_day(roster: Iterable[DutyRow], zone: ZoneInfo) -> list[tuple[date, DutyRow]]:
    return [(row.window.day(zone), row) for row in roster]
