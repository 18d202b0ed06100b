"""How far whoever asks may reach, as the database says it."""

from typing import Final, LiteralString

import psycopg

from runtime.registers.reach import EVERYTHING, Reach

# `t` stands for the row of the worker, or of the terminal.
MY_WORKER: Final[LiteralString] = """
((select sees_all from v1_my_reach)
 or exists (select from duty_window d
             where d.worker_id = t.worker_id and d.grid_id in (select grid_id from v1_my_grid))
 or exists (select from posting p
             where p.worker_id = t.worker_id and p.grid_id in (select grid_id from v1_my_grid))
 or (exists (select from v1_my_role where role = 'administrator')
     and not exists (select from duty_window d where d.worker_id = t.worker_id)
     and not exists (select from posting p where p.worker_id = t.worker_id)))
"""
MY_TERMINAL: Final[LiteralString] = """
(not exists (select from assignment x
              where x.terminal_id = t.terminal_id
                and (x.valid_to is null or x.valid_to > now()))
 or exists (select from assignment x
             where x.terminal_id = t.terminal_id
               and (x.valid_to is null or x.valid_to > now())
               and ((select sees_all from v1_my_reach)
                    or exists (select from duty_window d
                                where d.worker_id = x.worker_id
                                  and d.grid_id in (select grid_id from v1_my_grid))
                    or exists (select from posting p
                                where p.worker_id = x.worker_id
                                  and p.grid_id in (select grid_id from v1_my_grid)))))
"""

_EVERYWHERE: Final = "select sees_all from v1_my_reach"
_AREAS: Final = "select area_id from v1_my_area"
_GRIDS: Final = "select grid_id from v1_my_grid"
_WORKERS: Final[LiteralString] = "select t.worker_id from worker t where " + MY_WORKER  # noqa: S608 - texts of this program
_TERMINALS: Final[LiteralString] = "select t.terminal_id from terminal t where " + MY_TERMINAL  # noqa: S608 - as above


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
