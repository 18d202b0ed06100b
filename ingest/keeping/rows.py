"""Old rows deleted in small lots, each in a transaction of its own: nobody waits for long."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import psycopg
from psycopg import sql

# Some 30 ms of work.
_LOT = 5_000


_TERMINALS = """
-- one look into the index for each terminal
with recursive one as (
    select min(terminal_id) as terminal_id from {table}
    union all
    select (select min(f.terminal_id) from {table} f where f.terminal_id > one.terminal_id)
      from one where one.terminal_id is not null
)
select terminal_id from one
 where exists (select from {table} f
                where f.terminal_id = one.terminal_id and f.{time} < %(before)s)
"""

_COUNT = "select count(*) from {table} where terminal_id = %(terminal)s and {time} < %(before)s"

_DELETE = """
delete from {table} where ctid = any(array(
    select ctid from {table} where terminal_id = %(terminal)s and {time} < %(before)s
     order by {time} limit %(lot)s))
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """A table of facts with an index on terminal and time, which all statements go by."""

    table: str
    time: str

    def say(self, statement: LiteralString) -> sql.Composed:
        """Return one of the statements above about this table."""
        names = {"table": sql.Identifier(self.table), "time": sql.Identifier(self.time)}
        return sql.SQL(statement).format(**names)


POSITIONS = Facts("position", "epoch")
CHECKINS = Facts("checkin", "at")
REPORTS = Facts("photo_report", "taken_at")
EVENTS = Facts("terminal_event", "at")
# By when they came, because their epochs are wrong.
SET_ASIDE = Facts("set_aside_fix", "received_at")

_COUNT_REFUSED = "select count(*) from quarantine where received_at < %(before)s"
_DELETE_REFUSED = """
-- payloads are up to 4 MiB each, so these lots are smaller
delete from quarantine where quarantine_id = any(array(
    select quarantine_id from quarantine where received_at < %(before)s
     order by received_at limit 200))
"""

_COUNT_LATEST = "select count(*) from latest_position where epoch < %(before)s"
_DELETE_LATEST = "delete from latest_position where epoch < %(before)s"


def has_facts(conn: psycopg.Connection, facts: Facts, before: datetime) -> bool:
    """Return whether there are facts of before a moment."""
    return next(_terminals(conn, facts, before), None) is not None


def count_facts(conn: psycopg.Connection, facts: Facts, before: datetime) -> int:
    """Return how many facts there are of before a moment."""
    return sum(
        _first(conn.execute(facts.say(_COUNT), {"terminal": terminal, "before": before}))
        for terminal in _terminals(conn, facts, before)
    )


def delete_facts(
    conn: psycopg.Connection, facts: Facts, before: datetime, *, stop: threading.Event
) -> int:
    """Delete what there is of before a moment, until `stop`; return how many facts it was."""
    deleted, statement = 0, facts.say(_DELETE)
    for terminal in _terminals(conn, facts, before):
        values = {"terminal": terminal, "before": before, "lot": _LOT}
        while not stop.is_set():
            count = conn.execute(statement, values).rowcount
            deleted += count
            if count < _LOT:
                break
    return deleted


def count_refused(conn: psycopg.Connection, before: datetime) -> int:
    """Return how many messages were refused before a moment."""
    return _first(conn.execute(_COUNT_REFUSED, {"before": before}))


def delete_refused(conn: psycopg.Connection, before: datetime, *, stop: threading.Event) -> int:
    """Delete what was refused before a moment, until `stop`; return how many messages it was."""
    deleted = 0
    while not stop.is_set() and (
        count := conn.execute(_DELETE_REFUSED, {"before": before}).rowcount
    ):
        deleted += count
    return deleted


def count_latest(conn: psycopg.Connection, before: datetime) -> int:
    """Return how many terminals were last heard before a moment."""
    return _first(conn.execute(_COUNT_LATEST, {"before": before}))


def delete_latest(conn: psycopg.Connection, before: datetime) -> int:
    """Delete where terminals were last that were not heard since; return how many it was."""
    return conn.execute(_DELETE_LATEST, {"before": before}).rowcount


def _terminals(conn: psycopg.Connection, facts: Facts, before: datetime) -> Iterator[str]:
    for (terminal,) in conn.execute(facts.say(_TERMINALS), {"before": before}).fetchall():
        yield terminal


def _first(cursor: psycopg.Cursor[tuple[int]]) -> int:
    row = cursor.fetchone()
    return 0 if row is None else row[0]
