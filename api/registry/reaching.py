"""How far whoever asks may reach, as the database says it."""

from typing import Final, LiteralString

import psycopg

from api.registry.kinds import MY_WORKER, TERMINALS
from runtime.registers.reach import EVERYTHING, Reach

_EVERYWHERE: Final = "select sees_all from v1_my_reach"
_AREAS: Final = "select area_id from v1_my_area"
_GRIDS: Final = "select grid_id from v1_my_grid"
_WORKERS: Final[LiteralString] = "select t.worker_id from worker t where " + MY_WORKER  # noqa: S608 - texts of this program
_TERMINALS: Final[LiteralString] = "select t.terminal_id from terminal t where " + TERMINALS.mine  # noqa: S608 - as above


def reach_of(conn: psycopg.Connection) -> Reach:
    """Return what the settings of this transaction let somebody change."""
    if any(row[0] for row in conn.execute(_EVERYWHERE)):
        return EVERYTHING
    return Reach(
        areas=_names(conn, _AREAS),
        grids=_names(conn, _GRIDS),
        workers=_names(conn, _WORKERS),
        terminals=_names(conn, _TERMINALS),
    )


def _names(conn: psycopg.Connection, statement: LiteralString) -> frozenset[str]:
    return frozenset(row[0] for row in conn.execute(statement))
