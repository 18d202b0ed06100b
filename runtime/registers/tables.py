"""The registers in the database: what is known, and putting rows in."""

from collections.abc import Iterable, Sequence
from datetime import date

import psycopg
from psycopg.types.json import Jsonb

from patrol.duty import DutyWindow
from patrol.geofence import Area, read_area
from patrol.ids import GridId, WorkerId
from patrol.intervals import Interval
from patrol.registers.rows import AreaRow, DutyRow, TerminalRow, WorkerRow

_IDS = {
    "grid": "select grid_id from grid",
    "worker": "select worker_id from worker",
}

_VALIDITY = "select grid_id, valid_from, valid_to from grid where grid_id = any(%(ids)s)"

_OUTLINES = "select grid_id, outline from grid where grid_id = any(%(ids)s)"

_GRIDS_OF_PREMISES = "select grid_id from premises where premises_id = any(%(ids)s)"

_WORKERS_OF_TERMINALS = """
select distinct worker_id from assignment where terminal_id = any(%(ids)s)
"""

_OTHER_WINDOWS = """
-- windows of these workers on days that the roster file does not name
select worker_id, grid_id, start_at, end_at
  from duty_window w
 where worker_id = any(%(workers)s)
   and not exists (select 1 from unnest(%(workers)s::text[], %(days)s::date[]) as n (worker, day)
                    where n.worker = w.worker_id and n.day = w.day)
"""

_PUT_GRID = """
insert into grid as g (grid_id, name, outline, area_id, valid_from, valid_to)
values (%(id)s, %(name)s, %(geometry)s, %(area_id)s, %(valid_from)s, %(valid_to)s)
on conflict (grid_id) do update
   set name = excluded.name, outline = excluded.outline,
       area_id = coalesce(excluded.area_id, g.area_id),
       valid_from = coalesce(excluded.valid_from, g.valid_from),
       valid_to = coalesce(excluded.valid_to, g.valid_to)
"""

_PUT_PREMISES = """
insert into premises (premises_id, grid_id, name, households, geometry, radius_m)
values (%(id)s, %(grid_id)s, %(name)s, %(households)s, %(geometry)s, %(radius_m)s)
on conflict (premises_id) do update
   set grid_id = excluded.grid_id, name = excluded.name, households = excluded.households,
       geometry = excluded.geometry, radius_m = excluded.radius_m
"""

_PUT_PLACE = """
insert into authorised_place (place_id, name, kind, geometry, radius_m)
values (%(id)s, %(name)s, %(kind)s, %(geometry)s, %(radius_m)s)
on conflict (place_id) do update
   set name = excluded.name, kind = excluded.kind, geometry = excluded.geometry,
       radius_m = excluded.radius_m
"""

_PUT_WORKER = """
insert into worker (worker_id, name) values (%(worker_id)s, %(name)s)
on conflict (worker_id) do update set name = excluded.name
"""

_PUT_TERMINAL = """
insert into terminal (terminal_id, model) values (%(terminal_id)s, %(model)s)
on conflict (terminal_id) do update set model = excluded.model
"""

_END_EARLIER = """
-- a terminal handed over is no longer with whoever had it
update assignment set valid_to = %(valid_from)s
 where terminal_id = %(terminal_id)s and valid_from < %(valid_from)s and valid_to is null
"""

_PUT_ASSIGNMENT = """
insert into assignment (terminal_id, worker_id, valid_from, valid_to)
values (%(terminal_id)s, %(worker_id)s, %(valid_from)s, %(valid_to)s)
on conflict (terminal_id, valid_from) do update
   set worker_id = excluded.worker_id, valid_to = excluded.valid_to
"""

_FIND_DOUBLE = """
-- a terminal with two workers at once
select a.terminal_id, a.worker_id, a.valid_from, b.worker_id, b.valid_from
  from assignment a
  join assignment b on b.terminal_id = a.terminal_id and b.valid_from > a.valid_from
   and (a.valid_to is null or b.valid_from < a.valid_to)
 where a.terminal_id = any(%(terminals)s)
 order by a.terminal_id, a.valid_from
"""

_DROP_DAYS = """
delete from duty_window d
 using unnest(%(workers)s::text[], %(days)s::date[]) as named (worker, day)
 where d.worker_id = named.worker and d.day = named.day
"""

_PUT_WINDOW = """
insert into duty_window (worker_id, grid_id, day, start_at, end_at)
values (%(worker_id)s, %(grid_id)s, %(day)s, %(start)s, %(end)s)
"""

_MARK = """
-- every worker-day whose result may be another one now
insert into dirty_day (worker_id, day)
select distinct worker_id, day from duty_window w
 where worker_id = any(%(workers)s) or grid_id = any(%(grids)s) or %(everything)s
    or exists (select from cover c
                where c.worker_id = w.worker_id and c.grid_id = any(%(grids)s)
                  and c.start_at < w.end_at and c.end_at > w.start_at)
"""

_MARK_DAYS = """
insert into dirty_day (worker_id, day)
select * from unnest(%(workers)s::text[], %(days)s::date[])
"""


def known_ids(conn: psycopg.Connection, kind: str) -> set[str]:
    """Return the ids of all grids or all workers."""
    return {row[0] for row in conn.execute(_IDS[kind])}


def outlines(conn: psycopg.Connection, grids: Iterable[str]) -> dict[str, Area]:
    """Return the areas of the grids that the database has."""
    rows = conn.execute(_OUTLINES, {"ids": sorted(grids)})
    return {grid: read_area(outline) for grid, outline in rows}


def validity(
    conn: psycopg.Connection, grids: Iterable[str]
) -> dict[str, tuple[date | None, date | None]]:
    """Return from which day on and until before which grids are grids; None is open."""
    rows = conn.execute(_VALIDITY, {"ids": sorted(grids)})
    return {grid: (valid_from, valid_to) for grid, valid_from, valid_to in rows}


def grids_of_premises(conn: psycopg.Connection, premises: Iterable[str]) -> set[str]:
    """Return the grids to which the database counts these premises."""
    rows = conn.execute(_GRIDS_OF_PREMISES, {"ids": list(premises)})
    return {row[0] for row in rows}


def workers_of_terminals(conn: psycopg.Connection, terminals: Iterable[str]) -> set[str]:
    """Return the workers who have or had any of these terminals."""
    rows = conn.execute(_WORKERS_OF_TERMINALS, {"ids": list(terminals)})
    return {row[0] for row in rows}


def other_windows(
    conn: psycopg.Connection, named: Iterable[tuple[WorkerId, date]]
) -> list[DutyWindow]:
    """Return what stays of the named workers' duty when the named days are replaced."""
    pairs = sorted(set(named))
    parameters = {"workers": [worker for worker, _ in pairs], "days": [day for _, day in pairs]}
    return [
        DutyWindow(WorkerId(worker), Interval(start, end), GridId(grid))
        for worker, grid, start, end in conn.execute(_OTHER_WINDOWS, parameters)
    ]


def put_areas(
    conn: psycopg.Connection,
    *,
    grids: Iterable[AreaRow],
    premises: Iterable[AreaRow],
    places: Iterable[AreaRow],
) -> None:
    """Store areas, in place of those with the same id."""
    for statement, rows in ((_PUT_GRID, grids), (_PUT_PREMISES, premises), (_PUT_PLACE, places)):
        with conn.cursor() as cursor:
            cursor.executemany(statement, [_area_values(row) for row in rows])


def put_workers(conn: psycopg.Connection, workers: Iterable[WorkerRow]) -> None:
    """Store workers, in place of those with the same id."""
    with conn.cursor() as cursor:
        values = [{"worker_id": row.worker_id, "name": row.name} for row in workers]
        cursor.executemany(_PUT_WORKER, values)


def put_terminals(conn: psycopg.Connection, terminals: Sequence[TerminalRow]) -> None:
    """Store terminals and who has them; a new worker ends the term of the one before."""
    # One after another, but without waiting for each answer.
    with conn.pipeline():
        for row in terminals:
            conn.execute(_PUT_TERMINAL, {"terminal_id": row.terminal_id, "model": row.model})
            if row.worker_id is None:
                continue
            values = {
                "terminal_id": row.terminal_id,
                "worker_id": row.worker_id,
                "valid_from": row.valid_from,
                "valid_to": row.valid_to,
            }
            conn.execute(_END_EARLIER, values)
            conn.execute(_PUT_ASSIGNMENT, values)


def double_assignments(
    conn: psycopg.Connection, terminals: Iterable[TerminalRow]
) -> list[tuple[str, str]]:
    """Return terminal and reason for each of `terminals` that two workers have at once."""
    names = sorted({row.terminal_id for row in terminals})
    return [
        (
            terminal,
            (
                f"terminal {terminal} is with {first} from {first_from.isoformat()} and at the "
                f"same time with {second} from {second_from.isoformat()}: "
                "set valid_to of the first"
            ),
        )
        for terminal, first, first_from, second, second_from in conn.execute(
            _FIND_DOUBLE, {"terminals": names}
        )
    ]


def put_roster(conn: psycopg.Connection, days: Iterable[tuple[date, DutyRow]]) -> None:
    """Store duty windows in place of all others of the same worker-days; mark those days."""
    listed = list(days)
    named = sorted({(row.window.worker_id, day) for day, row in listed})
    values = {"workers": [worker for worker, _ in named], "days": [day for _, day in named]}
    conn.execute(_DROP_DAYS, values)
    conn.execute(_MARK_DAYS, values)
    with conn.cursor() as cursor:
        cursor.executemany(_PUT_WINDOW, [_window_values(day, row) for day, row in listed])


def mark_days(
    conn: psycopg.Connection, *, workers: Iterable[str], grids: Iterable[str], everything: bool
) -> None:
    """Mark the worker-days of these workers or grids, or all of them, for recomputation."""
    values = {"workers": list(workers), "grids": list(grids), "everything": everything}
    conn.execute(_MARK, values)


def _window_values(day: date, row: DutyRow) -> dict[str, object]:
    window = row.window
    return {
        "worker_id": window.worker_id,
        "grid_id": window.grid_id,
        "day": day,
        "start": window.interval.start,
        "end": window.interval.end,
    }


def _area_values(row: AreaRow) -> dict[str, object]:
    return {
        "id": row.id,
        "grid_id": row.grid_id,
        "name": row.name,
        "kind": row.kind,
        "households": row.households,
        "geometry": Jsonb(row.geometry),
        "radius_m": row.radius_m,
        "area_id": row.area_id,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }
