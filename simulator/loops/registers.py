"""The registers of the simulated district: areas, grids, workers, terminals, departments, accounts."""

import json
from typing import Final

import psycopg

from runtime.registers.turns import change_registers
from simulator.loops.truth.district import (
    DEPARTMENTS,
    GRIDS_OF_COMMUNITY,
    District,
    area_of,
    grid_id,
    street_of,
    terminal_id,
)
from simulator.loops.truth.sums import DISTRICT

_AREA: Final = "insert into area (area_id, name, kind, parent_id) values (%s, %s, %s, %s)"
_GRID: Final = "insert into grid (grid_id, name, outline, area_id) values (%s, %s, %s, %s)"
_WORKER: Final = "insert into worker (worker_id, name) values (%s, %s)"
_TERMINAL: Final = "insert into terminal (terminal_id, model) values (%s, 'agent')"
_ASSIGNMENT: Final = (
    "insert into assignment (terminal_id, worker_id, valid_from) values (%s, %s, %s)"
)
_POSTING: Final = (
    "insert into posting (worker_id, grid_id, post, valid_from) values (%s, %s, 'A', %s)"
)
_DEPARTMENT: Final = "insert into department (department_id, name) values (%s, %s)"
_ACCOUNT: Final = "insert into account (account_id, name, worker_id) values (%s, '', %s)"
_ROLE: Final = (
    "insert into account_role (account_id, role, area_id, department_id) values (%s, %s, %s, %s)"
)
_LONG_AGO: Final = "2020-01-01"


def fill(conn: psycopg.Connection, district: District) -> None:
    """Put the district into an empty database, in one transaction."""
    with conn.transaction(), conn.cursor() as cursor:
        change_registers(conn)
        cursor.executemany(_AREA, _areas(district))
        grids = range(district.grids)
        workers = [district.worker(grid) for grid in grids]
        cursor.executemany(
            _GRID, [(grid_id(n), "", _outline(district, n), area_of(n)) for n in grids]
        )
        cursor.executemany(_WORKER, [(one.worker_id, "") for one in workers])
        cursor.executemany(_TERMINAL, [(terminal_id(n),) for n in grids])
        cursor.executemany(
            _ASSIGNMENT, [(terminal_id(n), workers[n].worker_id, _LONG_AGO) for n in grids]
        )
        cursor.executemany(_POSTING, [(workers[n].worker_id, grid_id(n), _LONG_AGO) for n in grids])
        cursor.executemany(_DEPARTMENT, [(one, one) for one in DEPARTMENTS])
        accounts = _accounts(district)
        cursor.executemany(_ACCOUNT, [(name, worker) for name, worker, *_ in accounts])
        cursor.executemany(_ROLE, [(name, *held) for name, _, *held in accounts])


def _areas(district: District) -> list[tuple[str, str, str, str | None]]:
    found: list[tuple[str, str, str, str | None]] = [(DISTRICT, "", "district", None)]
    streets = dict.fromkeys(street_of(n) for n in range(district.communities))
    found += [(one, "", "street", DISTRICT) for one in streets]
    found += [
        (area_of(n * GRIDS_OF_COMMUNITY), "", "community", street_of(n))
        for n in range(district.communities)
    ]
    return found


def _accounts(district: District) -> list[tuple[str, str | None, str, str | None, str | None]]:
    """Return name, worker, role, area and department of everybody who does something."""
    found: dict[str, tuple[str | None, str, str | None, str | None]] = {}
    for grid in range(district.grids):
        worker = district.worker(grid)
        found[worker.account_id] = (worker.worker_id, "worker", None, None)
        community, street = area_of(grid), street_of(grid // GRIDS_OF_COMMUNITY)
        found[district.community(grid).account_id] = (None, "area_supervisor", community, None)
        found[district.street(grid).account_id] = (None, "area_supervisor", street, None)
    found[district.district().account_id] = (None, "area_supervisor", DISTRICT, None)
    for one in DEPARTMENTS:
        found[district.department(one).account_id] = (None, "department", None, one)
    return [(name, *held) for name, held in found.items()]


def _outline(district: District, grid: int) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [district.outline(grid)]})
