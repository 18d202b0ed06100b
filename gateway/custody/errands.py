"""Commands for terminals: queued until their terminal calls, sent once, with what it answered."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from patrol.errors import InputError

_SCHEMA = """
create table if not exists errand (
    number integer primary key autoincrement,
    terminal_id text not null,
    what text not null,
    argument text not null,
    queued_at text not null,
    sent_at text,
    answered_at text,
    answer text
)
"""
_DUE = """
select number, terminal_id, what, argument from errand where sent_at is null order by number
"""
# Terminals answer in the order in which they were asked.
_ANSWER = """
update errand set answered_at = :now, answer = :answer
 where number = (select min(number) from errand
                  where terminal_id = :terminal_id and sent_at is not null and answered_at is null
                    and what = coalesce(:what, what))
"""
_LIST = """
select number, terminal_id, what, argument, queued_at, sent_at, answered_at, answer from errand
 order by number desc limit 1000
"""
_MOST_DUE = 1_000
_PATIENCE_S = 30.0
MOST_ARGUMENT_CHARS = 200
# Places and settings are told in JSON.
_LONG = frozenset({"waypoints", "configuration"})
MOST_LONG_CHARS = 20_000


class Errand(NamedTuple):
    """A command that waits for its terminal."""

    number: int
    terminal_id: str
    what: str
    argument: str


class Errands:
    """The commands in a spool's file; each call is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as connection:
            connection.execute(_SCHEMA)

    def queue(self, terminal: str, what: str, argument: str, *, now: str) -> int:
        """Queue a command and return its number; raises InputError for an endless argument."""
        most = MOST_LONG_CHARS if what in _LONG else MOST_ARGUMENT_CHARS
        if len(argument) > most:
            raise InputError(f"the command has {len(argument)} characters: give {most} at most")
        with self._open() as connection:
            done = connection.execute(
                "insert into errand (terminal_id, what, argument, queued_at) values (?, ?, ?, ?)",
                (terminal, what, argument, now),
            )
            return int(done.lastrowid or 0)

    def due(self, terminals: Collection[str]) -> list[Errand]:
        """Return what waits for any of `terminals`, the oldest first."""
        with self._open() as connection:
            # Those for terminals that never come are not to stand before the others.
            waiting = (Errand(*row) for row in connection.execute(_DUE))
            found = (one for one in waiting if one.terminal_id in terminals)
            return [*islice(found, _MOST_DUE)]

    def note_sent(self, number: int, *, now: str, answer: str | None = None) -> None:
        """Note that a command was sent; with `answer`, that it never will be, and why."""
        answered = None if answer is None else now
        with self._open() as connection:
            connection.execute(
                "update errand set sent_at = ?, answered_at = ?, answer = ? where number = ?",
                (now, answered, answer, number),
            )

    def note_answer(
        self, terminal: str, said: dict[str, Any], *, now: str, what: str | None = None
    ) -> None:
        """Note what a terminal answered to the oldest command, of sort `what` if that is said."""
        values = {
            "now": now,
            "answer": json.dumps(said, default=str),
            "terminal_id": terminal,
            "what": what,
        }
        with self._open() as connection:
            connection.execute(_ANSWER, values)

    def list(self) -> Iterator[dict[str, Any]]:
        """Yield all commands, the newest first."""
        with self._open() as connection:
            cursor = connection.execute(_LIST)
            names = [column[0] for column in cursor.description]
            yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=_PATIENCE_S)
        except sqlite3.Error as error:
            raise InputError(f"spool {self._path} cannot be opened: {error}") from error
        try:
            with connection:
                yield connection
        finally:
            connection.close()
