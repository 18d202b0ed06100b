"""What the spool's file tells of terminals, and who was there when the gateway ended."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from patrol.ids import TerminalId
from patrol.messages import State, Status

_SCHEMA = """
-- terminals of which the server was last told that they are there
create table if not exists standing (terminal_id text primary key) without rowid
"""
_COUNT = """
select (select last_seq from terminal where terminal_id = :terminal_id),
       (select count(*) from position where terminal_id = :terminal_id),
       (select id from spool)
"""
_PATIENCE_S = 30.0


class Notes:
    """The spool's file, which is there already; each call is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def online(self) -> list[TerminalId]:
        """Return of whom was last said that they are there."""
        with self._open() as connection:
            connection.execute(_SCHEMA)
            return [TerminalId(row[0]) for row in connection.execute("select * from standing")]

    def statuses(
        self, states: Iterable[tuple[TerminalId, State]]
    ) -> list[tuple[TerminalId, Status]]:
        """Return each terminal's state with what it has in the spool; raises sqlite3.Error."""
        with self._open() as connection:
            # All counts of one moment: a fix that is stored meanwhile would seem lost.
            connection.execute("begin")
            return [(terminal, _status(connection, terminal, state)) for terminal, state in states]

    def note(self, told: Sequence[tuple[TerminalId, State]]) -> None:
        """Note what was said; raises sqlite3.Error."""
        here = [(one,) for one, state in told if state is State.ONLINE]
        away = [(one,) for one, state in told if state is not State.ONLINE]
        with self._open() as connection:
            known = {row[0] for row in connection.execute("select terminal_id from standing")}
            # Mostly nothing is new, and whoever keeps fixes is not to wait for nothing.
            new = [row for row in here if row[0] not in known]
            old = [row for row in away if row[0] in known]
            if new or old:
                connection.executemany("insert or ignore into standing values (?)", new)
                connection.executemany("delete from standing where terminal_id = ?", old)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE_S)
        try:
            # Nobody is answered for it.
            connection.execute("pragma synchronous = normal")
            with connection:
                yield connection
        finally:
            connection.close()


def _status(connection: sqlite3.Connection, terminal: TerminalId, state: State) -> Status:
    written, waiting, outbox = connection.execute(_COUNT, {"terminal_id": terminal}).fetchone()
    if written is None:
        return Status(state=state)
    return Status(state=state, outbox=outbox, written=written, waiting=waiting)
