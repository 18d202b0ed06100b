"""What the gateway keeps until the server has it: one SQLite file.

A row is there when the transaction that wrote it is committed (WAL, synchronous=FULL), and until
`forget`. Each terminal has numbers of its own, counted up from 1 and never used twice.
"""

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Position

_SCHEMA = (
    """
    -- who this spool is
    create table if not exists spool (
        only_row integer primary key check (only_row = 1),
        id text not null
    )
    """,
    """
    -- the last number that each terminal was given
    create table if not exists terminal (
        terminal_id text primary key,
        last_seq integer not null
    ) without rowid
    """,
    """
    -- fixes that the server has not reported stored, in the order in which they came
    create table if not exists position (
        arrived integer primary key autoincrement,
        terminal_id text not null,
        seq integer not null,
        source text not null,
        epoch_ms integer not null,
        lat_e7 integer not null,
        lon_e7 integer not null,
        altitude_dm integer,
        speed_cmps integer,
        course_ddeg integer,
        hdop_d integer,
        accuracy_dm integer,
        satellites integer,
        quality integer,
        battery_pct integer,
        flags integer not null
    )
    """,
    "create unique index if not exists position_by_number on position (terminal_id, seq)",
    """
    -- events and photo reports, as payloads of the wire
    create table if not exists letter (
        arrived integer primary key autoincrement,
        terminal_id text not null,
        kind text not null,
        id text not null,
        payload blob not null,
        unique (terminal_id, id)
    )
    """,
    """
    -- who has asked to be let in and is not known
    create table if not exists stranger (
        protocol text not null,
        identity text not null,
        peer text not null,
        times integer not null,
        last_at text not null,
        primary key (protocol, identity)
    ) without rowid
    """,
)
_PUT = """
insert into position (terminal_id, seq, source, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps,
                      course_ddeg, hdop_d, accuracy_dm, satellites, quality, battery_pct, flags)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_COUNT_UP = """
insert into terminal (terminal_id, last_seq) values (?, ?)
    on conflict (terminal_id) do update set last_seq = excluded.last_seq
"""
_READ = """
select arrived, terminal_id, seq, source, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps,
       course_ddeg, hdop_d, accuracy_dm, satellites, quality, battery_pct, flags
  from position where arrived > ? order by arrived limit ?
"""
_PUT_LETTER = """
insert into letter (terminal_id, kind, id, payload) values (?, ?, ?, ?)
    on conflict (terminal_id, id) do nothing
"""
_READ_LETTERS = """
select arrived, terminal_id, kind, id, payload from letter where arrived > ?
 order by arrived limit ?
"""
_NOTE = """
insert into stranger (protocol, identity, peer, times, last_at) values (?, ?, ?, 1, ?)
    on conflict (protocol, identity) do update
   set times = times + 1, peer = excluded.peer, last_at = excluded.last_at
"""
# Somebody who tries names must not fill the disk.
_FORGET_STRANGERS = """
delete from stranger where (protocol, identity) not in (
    select protocol, identity from stranger order by last_at desc limit 10000)
"""
_STRANGERS = """
select protocol, identity, peer, times, last_at from stranger order by last_at desc
"""
_PATIENCE_S = 30.0


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

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, and make it where there is none.

        Raises InputError when it cannot be opened or is something else.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Where somebody was is for nobody else on the machine; SQLite's files follow suit.
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self.id = self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"spool {path} cannot be used: {error}; give a file in a folder that this "
                "user may write"
            ) from error
        self._seqs: dict[str, int] = {}

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
        self._connection.executemany(_PUT, rows)
        last = {one.terminal_id: self._seqs[one.terminal_id] for one in kept}
        self._connection.executemany(_COUNT_UP, last.items())

    def put_letters(self, letters: Iterable[Letter]) -> int:
        """Keep messages, one whose id is known not twice; return how many are new."""
        return max(0, self._connection.executemany(_PUT_LETTER, letters).rowcount)

    def note_strangers(self, strangers: Iterable[tuple[str, str, str, str]]) -> None:
        """Note who asked to be let in: protocol, identity, address, time."""
        self._connection.executemany(_NOTE, strangers)
        self._connection.execute(_FORGET_STRANGERS)

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
        return [
            Spooled(row[0], TerminalId(row[1]), row[2], row[3], Position._make(row[4:]))
            for row in self._connection.execute(_READ, (after, most))
        ]

    def read_letters(self, *, after: int, most: int) -> list[tuple[int, Letter]]:
        """Return messages behind one in the order in which they came."""
        return [
            (row[0], Letter(TerminalId(row[1]), *row[2:]))
            for row in self._connection.execute(_READ_LETTERS, (after, most))
        ]

    def first_arrived(self) -> int | None:
        """Return the place of the oldest fix that waits, None where none does."""
        row = self._connection.execute("select min(arrived) from position").fetchone()
        return None if row is None else row[0]

    def strangers(self) -> list[Stranger]:
        """Return who asked to be let in, the last one first."""
        return [Stranger(*row) for row in self._connection.execute(_STRANGERS)]

    def count(self) -> tuple[int, int]:
        """Return how many fixes and how many messages wait."""
        row = self._connection.execute(
            "select (select count(*) from position), (select count(*) from letter)"
        ).fetchone()
        return row[0], row[1]

    def size_bytes(self) -> int:
        """Return how much of the file is in use."""
        pages, free, size = (
            self._connection.execute(f"pragma {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

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
        for statement in _SCHEMA:
            self._connection.execute(statement)
        self._connection.execute("insert or ignore into spool values (1, ?)", (uuid.uuid4().hex,))
        found = self._connection.execute("select id from spool").fetchone()
        self._connection.execute("commit")
        return str(found[0])
