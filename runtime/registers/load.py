"""A district's registers into the database: all rows or none.

What is loaded replaces what was known under the same id; a roster is the whole truth for every
worker-day that it names. Worker-days whose result may change are marked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from patrol.geofence import Area
from patrol.registers.checks import check_all_near, check_duty, check_once, check_validity
from patrol.registers.files import Problems
from patrol.registers.registers import Registers, read_registers
from patrol.registers.routes import check_routes
from patrol.registers.rows import AreaRow, DutyRow
from patrol.registers.terms import check_terms
from runtime.registers import facility_tables, tables
from runtime.registers.differences import Differences, find_differences
from runtime.registers.neighbours import grids_near, known_places
from runtime.registers.reach import EVERYTHING, Reach, check_reach
from runtime.registers.route_tables import put_routes
from runtime.registers.sources import read_source
from runtime.registers.tag_tables import check_tags, put_tags
from runtime.registers.term_tables import put_terms
from runtime.registers.turns import change_registers


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms rows are stored.

    Local days are those of `zone`. Requirements, excuses, covers, checkpoints, streets and tags
    are whole lists, so that what is left out is withdrawn; unless `adds`, where excuses, covers and
    checkpoints are put beside those known. Rows that are as they were mark their days unless
    `skips_same`.
    """

    zone: ZoneInfo
    reach: Reach = EVERYTHING
    adds: bool = False
    skips_same: bool = False


def load(
    dsn: str, paths: Mapping[str, Path], *, zone: ZoneInfo, dry_run: bool = False
) -> dict[str, int]:
    """Load the files in `paths`, keyed as in FILES, and return how many rows of each.

    Raises InputError that lists every problem by file and row; then nothing is loaded.
    """
    problems = Problems()
    sources = {kind: read_source(path) for kind, path in paths.items()}
    registers = read_registers(sources, problems)
    with psycopg.connect(dsn) as conn:
        # Two loads at once would each see a roster without the other's rows.
        change_registers(conn)
        store(conn, registers, problems, terms=Terms(zone=zone))
        problems.raise_any()
        if dry_run:
            conn.rollback()
    return {kind: len(getattr(registers, kind)) for kind in paths}


def store(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, terms: Terms
) -> Differences:
    """Check and store the registers, and mark the days they change; return what differs.

    The caller has the registers to itself (`change_registers`). Nothing is stored when there are
    problems; some are found by storing, so whoever calls looks again and takes it back.
    """
    _check(conn, registers, problems, terms=terms)
    if problems.rows:
        return Differences()
    differences = find_differences(conn, registers, zone=terms.zone)
    facility_tables.compare(conn, registers.facilities, differences)
    if terms.skips_same:
        registers = differences.only_changed(registers, terms.zone)
    else:
        differences.judge_all(registers)
    _put(conn, registers, problems, terms=terms, marking=differences)
    return differences


def _check(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, terms: Terms
) -> None:
    check_reach(conn, registers, problems, reach=terms.reach)
    grids = terms.reach.grids_of(tables.known_ids(conn, "grid"))
    grids |= {row.id for row in registers.grids}
    workers = terms.reach.workers_of(tables.known_ids(conn, "worker"))
    workers |= {row.worker_id for row in registers.workers}
    for rows in (registers.grids, registers.premises, registers.places):
        check_once(((row.id, row.where) for row in rows), problems)
    check_once(((row.worker_id, row.where) for row in registers.workers), problems)
    given = (row for row in registers.terminals if row.valid_from is not None)
    check_once(((f"{row.terminal_id} from {row.valid_from}", row.where) for row in given), problems)
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
    routed = (*(registers.checkpoints or ()), *registers.facilities)
    areas = tables.outlines(conn, {row.grid_id for row in routed})
    areas |= {row.id: row.area for row in registers.grids}
    check_routes(registers.routes, problems, grids=grids, areas=areas)
    facility_tables.check_rows(conn, registers.facilities, problems, grids=grids, areas=areas)
    premises = {row.id for row in registers.premises}
    check_tags(conn, registers.tags or (), problems, premises=premises)
    _check_roster(conn, registers, problems, zone=terms.zone)


def _check_premises(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, grids: set[str]
) -> None:
    areas = tables.outlines(conn, {row.grid_id for row in registers.premises})
    areas |= {row.id: row.area for row in registers.grids}
    for row in registers.premises:
        if row.grid_id not in grids:
            problems.add(row.where, f"grid {row.grid_id} is not known: load grids")
    known = {grid: area for grid, area in areas.items() if grid in grids}
    check_all_near(registers.premises, known, problems)


def _check_roster(
    conn: psycopg.Connection, registers: Registers, problems: Problems, *, zone: ZoneInfo
) -> None:
    roster = registers.roster
    others = tables.other_windows(
        conn, [(row.window.worker_id, row.window.day(zone)) for row in roster]
    )
    check_duty(roster, problems, others=others)
    validity = tables.validity(conn, {row.window.grid_id for row in roster})
    validity |= {row.id: (row.valid_from, row.valid_to) for row in registers.grids}
    check_validity(roster, problems, validity=validity, zone=zone)


def _put(
    conn: psycopg.Connection,
    registers: Registers,
    problems: Problems,
    *,
    terms: Terms,
    marking: Differences,
) -> None:
    # Premises that change hands change two grids' days, and terminals two workers'.
    moved = [row for row in registers.premises if row.id in marking.judged["premises"]]
    left = tables.grids_of_premises(conn, [row.id for row in moved])
    places = known_places(conn, [row.id for row in moved])
    had = tables.workers_of_terminals(conn, marking.judged["terminals"])
    tables.put_areas(
        conn, grids=registers.grids, premises=registers.premises, places=registers.places
    )
    tables.put_workers(conn, registers.workers)
    tables.put_terminals(conn, registers.terminals)
    near = _grids_near(conn, moved, places)
    where = {row.terminal_id: row.where for row in registers.terminals}
    for terminal, reason in tables.double_assignments(conn, registers.terminals):
        problems.add(where[terminal], reason)
    tables.put_roster(conn, _by_day(registers.roster, terms.zone))
    put_terms(conn, registers.terms, adds=terms.adds)
    put_routes(conn, registers.routes, adds=terms.adds)
    facility_tables.put_facilities(conn, registers.facilities)
    if registers.tags is not None:
        put_tags(conn, registers.tags)
    tables.mark_days(
        conn,
        workers=sorted({row.worker_id for row in registers.terminals if row.worker_id} | had),
        grids=sorted(marking.judged["grids"] | {row.grid_id for row in moved} | left | near),
        everything=bool(marking.judged["places"]),
    )


def _grids_near(conn: psycopg.Connection, moved: list[AreaRow], before: Iterable[Area]) -> set[str]:
    if not moved:
        return set()
    areas = tables.outlines(conn, tables.known_ids(conn, "grid"))
    return grids_near(areas, moved, before)


def _by_day(roster: Iterable[DutyRow], zone: ZoneInfo) -> list[tuple[date, DutyRow]]:
    return [(row.window.day(zone), row) for row in roster]
