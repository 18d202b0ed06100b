"""What the gateway keeps until the server has it: one SQLite file.

A row is there when the transaction that wrote it is committed (WAL, synchronous=FULL), and until
`forget`. Each terminal has numbers of its own, counted up from 1 and never used twice.
"""

import os
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

from gateway.custody import statements
from gateway.custody.schema import SCHEMA
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Position

# Somebody who tries names must not fill the disk. It reads them all, so that it comes seldom.
_MOST_NOTED = 1_000
_PATIENCE_S = 30.0
_MOST_TIDYING_MS = 200
# 80 MB; long before that `tidy` has come round.
_MOST_LOG_PAGES = 20_000
# To forget what is stored takes room, too: for the log of writes, and to bring it into the file.
# A disk that the gateway itself has filled, with fixes or with photos, would stay full for ever.
LEAST_FREE_BYTES = 128 << 20


class Kept(NamedTuple):
    """A fix to be kept, whose it is, and what it came by."""

    terminal_id: TerminalId
    source: str
    position: Position


class Spooled(NamedTuple):
    """A kept fix with its place in the order and its number."""

    arrived: int
    terminal_id: TerminalId
    seq: int
    source: str
    position: Position


class Letter(NamedTuple):
    """A message of the wire other than positions."""

    terminal_id: TerminalId
    kind: str
    id: str
    payload: bytes


class Stranger(NamedTuple):
    """Somebody unknown who asked to be let in."""

    protocol: str
    identity: str
    peer: str
    times: int
    last_at: str


class Spool:
    """One connection to a spool file, for the thread that opened it."""

    def __init__(self, path: Path, *, answers: bool = True) -> None:
        """Open the file at `path`, and make it where there is none.

        Who does not answer for what it writes, because nothing is lost with it, needs no fsync;
        it has time for `tidy`, too. Raises InputError when the file cannot be opened or is
        something else.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Where somebody was is for nobody else on the machine; SQLite's files follow suit.
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute(f"pragma synchronous = {'full' if answers else 'normal'}")
            self._connection.execute(f"pragma wal_autocheckpoint = {_MOST_LOG_PAGES}")
            self.id = self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"spool {path} cannot be used: {error}; give a file in a folder that this "
                "user may write"
            ) from error
        self._path = path
        self._file = _file_at(path)
        self._seqs: dict[str, int] = {}
        # A spool may have been opened often, and never for long.
        self._noted_strangers = _MOST_NOTED

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the file stays."""
        self._connection.close()

    def begin(self) -> None:
        """Begin a transaction; raises sqlite3.Error when the file cannot be written."""
        self._connection.execute("begin immediate")

    def check_file(self) -> None:
        """Raise sqlite3.OperationalError where the file is no longer the one that was opened.

        What is written to one that was deleted is gone when this process ends.
        """
        if _file_at(self._path) != self._file:
            raise sqlite3.OperationalError(
                f"{self._path} was deleted or replaced: put it back, or start the gateway anew"
            )

    def commit(self) -> None:
        """Put everything since `begin` on the disk."""
        self._connection.execute("commit")

    def roll_back(self) -> None:
        """Undo everything since `begin`."""
        # Numbers that were given are read anew.
        self._seqs.clear()
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def put(self, kept: Sequence[Kept]) -> None:
        """Keep fixes, each with the next number of its terminal."""
        rows = [
            (one.terminal_id, self._next(one.terminal_id), one.source, *one.position)
            for one in kept
        ]
        self._write(statements.PUT, rows)
        last = {one.terminal_id: self._seqs[one.terminal_id] for one in kept}
        self._write(statements.COUNT_UP, list(last.items()))

    def put_letters(self, letters: Iterable[Letter]) -> int:
        """Keep messages, one whose id is known not twice; return how many are new."""
        return max(0, self._connection.executemany(statements.PUT_LETTER, letters).rowcount)

    def note_strangers(self, strangers: Iterable[tuple[str, str, str, str]]) -> None:
        """Note who asked to be let in: protocol, identity, address, time."""
        noted = self._connection.executemany(statements.NOTE, strangers).rowcount
        self._noted_strangers += noted
        if self._noted_strangers > _MOST_NOTED:
            self._noted_strangers = 0
            self._connection.execute(statements.FORGET_STRANGERS)

    def forget(self, terminal: TerminalId, spans: Iterable[tuple[int, int]]) -> int:
        """Delete what is stored: closed ranges of a terminal's numbers; return how many it held."""
        return self._connection.executemany(
            "delete from position where terminal_id = ? and seq between ? and ?",
            [(terminal, first, last) for first, last in spans],
        ).rowcount

    def forget_letters(self, terminal: TerminalId, ids: Iterable[str]) -> int:
        """Delete messages that are stored; return how many it held."""
        return self._connection.executemany(
            "delete from letter where terminal_id = ? and id = ?", [(terminal, one) for one in ids]
        ).rowcount

    def read(self, *, after: int, most: int) -> list[Spooled]:
        """Return fixes behind one in the order in which they came."""
        return _spooled(self._connection.execute(statements.READ, (after, most)))

    def read_numbers(self, terminal: TerminalId, first: int, last: int) -> list[Spooled]:
        """Return what is left of a closed range of a terminal's numbers, in their order."""
        return _spooled(self._connection.execute(statements.READ_NUMBERS, (terminal, first, last)))

    def read_letters(self, *, after: int, most: int) -> list[tuple[int, Letter]]:
        """Return messages behind one in the order in which they came."""
        return [
            (row[0], Letter(TerminalId(row[1]), *row[2:]))
            for row in self._connection.execute(statements.READ_LETTERS, (after, most))
        ]

    def tidy(self) -> None:
        """Bring what is in the log of writes into the file, as far as nobody is in the way.

        A disk that has no room for it does not matter: the log holds it all the same.
        """
        with suppress(sqlite3.Error):
            self._connection.execute("pragma wal_checkpoint(passive)").fetchone()

    def strangers(self) -> list[Stranger]:
        """Return who asked to be let in, the last one first."""
        return [Stranger(*row) for row in self._connection.execute(statements.STRANGERS)]

    def count(self) -> tuple[int, int]:
        """Return how many fixes and how many messages wait."""
        row = self._connection.execute(
            "select (select count(*) from position), (select count(*) from letter)"
        ).fetchone()
        return row[0], row[1]

    def size_bytes(self) -> int:
        """Return how much of the file is in use."""
        return self._pages("page_count") - self._pages("freelist_count")

    def room_bytes(self) -> int:
        """Return how much the disk has left for this user, and the file within itself."""
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize + self._pages("freelist_count")

    def make_room(self) -> None:
        """Give back to the disk what the log of writes takes, as far as nobody is in the way."""
        with suppress(sqlite3.Error):
            self._connection.execute(f"pragma busy_timeout = {_MOST_TIDYING_MS}")
            self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        self._connection.execute(f"pragma busy_timeout = {_PATIENCE_S * 1_000:.0f}")

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run `statement` for all `rows`, as many at a time as it has room for.

        After each time the interpreter is waited for anew, which those who answer terminals are
        using: a row at a time, that took the longest.
        """
        if not rows:
            return
        most = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(rows[0])
        row = f"({', '.join('?' * len(rows[0]))})"
        for begin in range(0, len(rows), most):
            block = rows[begin : begin + most]
            values = ", ".join([row] * len(block))
            self._connection.execute(statement.format(values), list(chain.from_iterable(block)))

    def _pages(self, which: str) -> int:
        """Return how many bytes the pages are that a pragma counts."""
        pages, size = (
            self._connection.execute(f"pragma {name}").fetchone()[0]
            for name in (which, "page_size")
        )
        return int(pages * size)

    def _next(self, terminal: str) -> int:
        last = self._seqs.get(terminal)
        if last is None:
            row = self._connection.execute(
                "select last_seq from terminal where terminal_id = ?", (terminal,)
            ).fetchone()
            last = row[0] if row else 0
        self._seqs[terminal] = last + 1
        return last + 1

    def _prepare(self) -> str:
        self._connection.execute("begin immediate")
        for statement in SCHEMA:
            self._connection.execute(statement)
        self._connection.execute("insert or ignore into spool values (1, ?)", (uuid.uuid4().hex,))
        found = self._connection.execute("select id from spool").fetchone()
        self._connection.execute("commit")
        return str(found[0])


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _spooled(rows: Iterable[tuple[Any, ...]]) -> list[Spooled]:
    return [
        Spooled(row[0], TerminalId(row[1]), row[2], row[3], Position._make(row[4:])) for row in rows
    ]
