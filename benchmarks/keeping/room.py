"""How much room positions take in rows and in the columnstore, column by column."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import psycopg
from psycopg import sql

from benchmarks.keeping.databases import database, fill
from benchmarks.keeping.tracks import Stored
from ingest.keeping.chunks import convert, find_chunks
from ingest.keeping.health import read_health
from patrol.geodesy import Floats
from patrol.messages import Position
from simulator.tracks import Ints

_COLUMNS = (*Position._fields, "received_at")
_E7 = ("lat_e7", "lon_e7")
# Of what wanders far few values come twice; their entropy is taken in steps of these and the
# bits within a step are added.
_STEP = {"lat_e7": 16, "lon_e7": 16, "altitude_dm": 4, "course_ddeg": 4}


class Room(NamedTuple):
    """Bytes a position: in rows, in the columnstore, of the latter by column; and what is in them.

    `held` is the entropy of each column's values, or of their differences where that is less: no
    encoding that looks at one column and one step at a time can take less.
    """

    positions: int
    rows: float
    columnstore: float
    by_column: dict[str, float]
    held: dict[str, float]


def measure_room(dsn: str, stored: Sequence[Stored]) -> Room:
    """Return what positions take, all in: indexes, TOAST, pages that are not full."""
    with database(dsn) as own, psycopg.connect(own, autocommit=True) as conn:
        count = fill(conn, stored)
        for chunk in find_chunks(conn):
            convert(conn, chunk)
        health = read_health(conn)
        return Room(
            positions=count,
            rows=health.columnstore_bytes_before / count,
            columnstore=health.columnstore_bytes_after / count,
            by_column=_by_column(conn, count),
            held={name: _held(stored, name) for name in Position._fields},
        )


def _by_column(conn: psycopg.Connection, count: int) -> dict[str, float]:
    """Return what the values of each column take, without what holds them together."""
    tables = conn.execute(
        # Next to the chunk; where it is, is not documented.
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where a.attname = '_ts_meta_count' and c.relkind = 'r'"
    ).fetchall()
    sums = np.zeros(len(_COLUMNS))
    names = ["epoch", *_COLUMNS[1:]]
    each = sql.SQL(", ").join(
        sql.SQL("coalesce(sum(pg_column_size({})), 0)::float8").format(sql.Identifier(name))
        for name in names
    )
    for (table,) in tables:
        name = sql.Identifier(*table.split("."))
        row = conn.execute(sql.SQL("select {} from {}").format(each, name)).fetchone()
        sums += np.array(row)
    return dict(zip(names, (sums / count).tolist(), strict=True))


def _held(stored: Sequence[Stored], name: str) -> float:
    tracks = [
        np.array([-1 if (value := getattr(one, name)) is None else value for one in each.positions])
        for each in stored
    ]
    step = _STEP.get(name, 1)
    bits = min(
        _entropy_bits(np.concatenate([np.diff(track, n=order) for track in tracks]), step)
        for order in range(3)
    )
    return bits / 8


def _entropy_bits(values: Ints, step: int) -> float:
    _, counts = np.unique(values // step, return_counts=True)
    shares: Floats = counts / counts.sum()
    bits = float(-(shares * np.log2(shares)).sum())
    return bits + np.log2(step) if bits else 0.0
