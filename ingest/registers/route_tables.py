"""Checkpoints and streets in the database: each list replaced by its file.

A file is the whole list of its kind, so that what is left out of it is withdrawn.
"""

from collections.abc import Iterable

import psycopg
from psycopg.types.json import Jsonb

from ingest.registers.routes import RouteRows, StreetRow
from ingest.registers.rows import AreaRow
from ingest.registers.tables import mark_days

_GRIDS_OF_CHECKPOINTS = "select distinct grid_id from checkpoint"

_PUT_CHECKPOINT = """
insert into checkpoint (checkpoint_id, grid_id, name, geometry, radius_m)
values (%(id)s, %(grid_id)s, %(name)s, %(geometry)s, %(radius_m)s)
"""

_PUT_STREET = "insert into street (grid_id, geometry) values (%(grid_id)s, %(geometry)s)"


def put_routes(conn: psycopg.Connection, rows: RouteRows) -> None:
    """Store the lists that are given, in place of those known; mark the days they change."""
    if rows.checkpoints is not None:
        _put_checkpoints(conn, rows.checkpoints)
    if rows.streets is not None:
        _put_streets(conn, rows.streets)


def _put_checkpoints(conn: psycopg.Connection, given: Iterable[AreaRow]) -> None:
    grids = {row[0] for row in conn.execute(_GRIDS_OF_CHECKPOINTS)}
    conn.execute("delete from checkpoint")
    for row in given:
        grids.add(row.grid_id)
        values = {
            "id": row.id,
            "grid_id": row.grid_id,
            "name": row.name,
            "geometry": Jsonb(row.geometry),
            "radius_m": row.radius_m,
        }
        conn.execute(_PUT_CHECKPOINT, values)
    mark_days(conn, workers=(), grids=sorted(grids), everything=False)


def _put_streets(conn: psycopg.Connection, given: Iterable[StreetRow]) -> None:
    conn.execute("delete from street")
    with conn.cursor() as cursor:
        cursor.executemany(
            _PUT_STREET,
            [{"grid_id": row.street.grid_id, "geometry": Jsonb(row.geometry)} for row in given],
        )
    # A street counts for grids and is passed on the way to others.
    mark_days(conn, workers=(), grids=(), everything=True)
