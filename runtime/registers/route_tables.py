"""Checkpoints and streets in the database: each list replaced by its file.

A file is the whole list of its kind, so that what is left out of it is withdrawn. What is
in it unchanged marks nothing.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from patrol.registers.routes import RouteRows, StreetRow
from patrol.registers.rows import AreaRow
from runtime.registers.tables import mark_days

# Id, grid, outline as text, and radius of what is to be reached.
Told: TypeAlias = tuple[str, str, str, float | None]

_CHECKPOINTS = "select checkpoint_id, grid_id, geometry, radius_m from checkpoint"

_PUT_CHECKPOINT = """
insert into checkpoint (checkpoint_id, grid_id, name, geometry, radius_m)
values (%(id)s, %(grid_id)s, %(name)s, %(geometry)s, %(radius_m)s)
on conflict (checkpoint_id) do update
   set grid_id = excluded.grid_id, name = excluded.name, geometry = excluded.geometry,
       radius_m = excluded.radius_m
"""

_STREETS = "select grid_id, geometry from street"

_PUT_STREET = "insert into street (grid_id, geometry) values (%(grid_id)s, %(geometry)s)"


def put_routes(conn: psycopg.Connection, rows: RouteRows, *, adds: bool = False) -> None:
    """Store the lists that are given, in place of those known; mark the days they change.

    With `adds`, checkpoints are put beside those known.
    """
    if rows.checkpoints is not None:
        _put_checkpoints(conn, rows.checkpoints, adds=adds)
    if rows.streets is not None:
        _put_streets(conn, rows.streets)


def _put_checkpoints(conn: psycopg.Connection, given: Sequence[AreaRow], *, adds: bool) -> None:
    known = {_told(row) for row in conn.execute(_CHECKPOINTS)}
    named = {row.id for row in given}
    if adds:
        known = {one for one in known if one[0] in named}
    changed = known ^ {_told((row.id, row.grid_id, row.geometry, row.radius_m)) for row in given}
    gone = sorted({one[0] for one in known} - named)
    conn.execute("delete from checkpoint where checkpoint_id = any(%(gone)s)", {"gone": gone})
    values = [
        {
            "id": row.id,
            "grid_id": row.grid_id,
            "name": row.name,
            "geometry": Jsonb(row.geometry),
            "radius_m": row.radius_m,
        }
        for row in given
    ]
    with conn.cursor() as cursor:
        cursor.executemany(_PUT_CHECKPOINT, values)
    grids = sorted({grid for _, grid, _, _ in changed})
    mark_days(conn, workers=(), grids=grids, everything=False)


def _put_streets(conn: psycopg.Connection, given: Iterable[StreetRow]) -> None:
    rows = [(row.street.grid_id, row.geometry) for row in given]
    # The same lines may stand in it twice.
    known = Counter((grid, _text(geometry)) for grid, geometry in conn.execute(_STREETS))
    if known == Counter((grid, _text(geometry)) for grid, geometry in rows):
        return
    conn.execute("delete from street")
    with conn.cursor() as cursor:
        values = [{"grid_id": grid, "geometry": Jsonb(geometry)} for grid, geometry in rows]
        cursor.executemany(_PUT_STREET, values)
    # A street counts for grids and is passed on the way to others.
    mark_days(conn, workers=(), grids=(), everything=True)


def _told(row: tuple[str, str, Mapping[str, Any], float | None]) -> Told:
    checkpoint, grid, geometry, radius_m = row
    # The column has fewer digits than a file may.
    stored_m = None if radius_m is None else float(np.float32(radius_m))
    return checkpoint, grid, _text(geometry), stored_m


def _text(geometry: Mapping[str, Any]) -> str:
    return json.dumps(geometry, sort_keys=True)
