"""Facilities in the database: what they may name, what differs, and putting rows in."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from patrol.geofence import Area
from patrol.registers.facilities import FacilityRow, Known, check_facilities
from patrol.registers.files import Problems
from patrol.workorders.workflow import default, read_workflow
from runtime.registers.differences import Content, Differences

_DEPARTMENTS: Final = "select department_id from department where department_id = any(%(ids)s)"

_ACCOUNTS: Final = "select account_id from account where account_id = any(%(ids)s)"

_WORKFLOW: Final = "select toml from workflow order by version desc limit 1"

_KNOWN: Final = """
select facility_id, grid_id, name, kind, geometry, radius_m, department_id, account_id, check_days
  from facility
 where facility_id = any(%(ids)s)
"""

_PUT: Final = """
insert into facility (facility_id, grid_id, name, kind, geometry, radius_m, department_id,
                      account_id, check_days)
values (%(id)s, %(grid_id)s, %(name)s, %(kind)s, %(geometry)s, %(radius_m)s, %(department_id)s,
        %(account_id)s, %(check_days)s)
on conflict (facility_id) do update
   set grid_id = excluded.grid_id, name = excluded.name, kind = excluded.kind,
       geometry = excluded.geometry, radius_m = excluded.radius_m,
       department_id = excluded.department_id, account_id = excluded.account_id,
       check_days = excluded.check_days
"""


def check_rows(
    conn: psycopg.Connection,
    rows: Sequence[FacilityRow],
    problems: Problems,
    *,
    grids: set[str],
    areas: Mapping[str, Area],
) -> None:
    """Note what is wrong with facilities; `grids` may be named, of some the `areas` are known."""
    if not rows:
        return
    departments = {"ids": [row.department_id for row in rows if row.department_id]}
    accounts = {"ids": [row.account_id for row in rows if row.account_id]}
    newest = conn.execute(_WORKFLOW).fetchone()
    workflow = default() if newest is None else read_workflow(newest[0])
    known = Known(
        grids=grids,
        areas=areas,
        kinds=workflow.categories.keys(),
        departments={one for (one,) in conn.execute(_DEPARTMENTS, departments)},
        accounts={one for (one,) in conn.execute(_ACCOUNTS, accounts)},
    )
    check_facilities(rows, problems, known=known)


def compare(conn: psycopg.Connection, rows: Sequence[FacilityRow], found: Differences) -> None:
    """Note which facilities are new, other than known, or the same; no result depends on them."""
    known: dict[str, Content] = {
        one: (None, grid, name, kind, _text(geometry), *rest)
        for one, grid, name, kind, geometry, *rest in conn.execute(
            _KNOWN, {"ids": [row.id for row in rows]}
        )
    }
    for row in rows:
        place = row.place
        given = (
            *(None, place.grid_id, place.name, place.kind, _text(place.geometry)),
            *(_stored_m(place.radius_m), row.department_id, row.account_id, row.check_days),
        )
        found.note("facilities", row.id, given=given, known=known.get(row.id))


def put_facilities(conn: psycopg.Connection, rows: Sequence[FacilityRow]) -> None:
    """Store facilities, in place of those with the same id."""
    values = [
        {
            "id": row.id,
            "grid_id": row.grid_id,
            "name": row.place.name,
            "kind": row.place.kind,
            "geometry": Jsonb(row.place.geometry),
            "radius_m": row.place.radius_m,
            "department_id": row.department_id,
            "account_id": row.account_id,
            "check_days": row.check_days,
        }
        for row in rows
    ]
    with conn.cursor() as cursor:
        cursor.executemany(_PUT, values)


def _stored_m(radius_m: float | None) -> float | None:
    # The column has fewer digits than a file may.
    return None if radius_m is None else float(np.float32(radius_m))


def _text(geometry: Mapping[str, Any]) -> str:
    return json.dumps(geometry, sort_keys=True)
