"""What the terminal keeps until the server has it: one SQLite file.

A row is there when `put` has returned, whatever happens to the process or the power
(WAL, synchronous=FULL), and until `forget`. `seq` counts up from 1 and is never used
twice, so that the server can tell what a terminal has lost for ever.
"""

import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from patrol.errors import InputError, StateError
from patrol.messages import Position

# The highest seq that can be.
NO_END = (1 << 63) - 1

_SCHEMA = (
    """
    -- who this outbox is, and since which start of the machine `kept_s` counts
    create table if not exists outbox (
        only_row integer primary key check (only_row = 1),
        id text not null,
        boot_id text not null
    )
    """,
    """
    -- fixes that the server has not reported stored; kept_s is null after a restart of the machine
    create table if not exists position (
        seq integer primary key autoincrement,
        kept_s real,
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
)
_PUT = """
-- keep a position; its seq is the next one
insert into position (kept_s, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
                      hdop_d, accuracy_dm, satellites, quality, battery_pct, flags)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_READ = """
-- the oldest positions of a range of seq
select seq, kept_s, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
       hdop_d, accuracy_dm, satellites, quality, battery_pct, flags
  from position
 where seq > ? and seq <= ?
 order by seq
 limit ?
"""
_FORGET = """
-- what is stored on the server
delete from position where seq between ? and ?
"""
_HOLDS = """
-- whether anything of a range is still kept
select exists(select 1 from position where seq between ? and ?)
"""
_COUNT = """
-- id, highest seq ever, rows still kept: of one moment
select (select id from outbox),
       coalesce((select seq from sqlite_sequence where name = 'position'), 0),
       (select count(*) from position)
"""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PATIENCE_S = 30.0
# Primary result codes of SQLite: the disk is full, or could not be written.
_CANNOT_WRITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_PRIMARY = 0xFF


class OutboxFullError(StateError):
    """The disk takes no more. Nothing of the call was done; it may be tried again."""


class Count(NamedTuple):
    """An outbox at one moment: who it is, fixes ever written and still waiting."""

    outbox: str
    written: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions with consecutive `seq`, from `first`; `kept_s` is when the oldest was kept."""

    first: int
    positions: tuple[Position, ...]
    kept_s: tuple[float | None, ...]

    @property
    def last(self) -> int:
        """The seq of the last position."""
        return self.first + len(self.positions) - 1


def since_boot_s() -> float:
    """Return the seconds since the machine was started, its sleep included; it never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Outbox:
    """One connection to an outbox file, for the thread that opened it."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path` and make it where there is none.

        Raises InputError when it cannot be opened or is something else.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Where somebody was is for nobody else on the terminal; SQLite's files follow suit.
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        try:
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self.id = self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise _unusable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the file stays."""
        self._connection.close()

    def put(self, positions: Sequence[Position], *, now_s: float) -> None:
        """Keep `positions`, all or none; they are on the disk when this returns.

        Raises OutboxFullError when the disk takes no more.
        """
        with self._writing():
            self._connection.executemany(_PUT, [(now_s, *position) for position in positions])

    def read(self, *, after: int, most: int, until: int = NO_END) -> Batch | None:
        """Return the oldest waiting positions after seq `after`, up to the next missing seq."""
        rows = self._connection.execute(_READ, (after, until, most)).fetchall()
        if not rows:
            return None
        first = rows[0][0]
        run = [row for index, row in enumerate(rows) if row[0] == first + index]
        return Batch(
            first, tuple(Position._make(row[2:]) for row in run), tuple(row[1] for row in run)
        )

    def forget(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Delete closed ranges of seq and return how many fixes they held.

        Raises OutboxFullError when the disk takes no more.
        """
        with self._writing():
            return self._connection.executemany(_FORGET, ranges).rowcount

    def holds(self, first: int, last: int) -> bool:
        """Return whether any seq from `first` to `last` is still kept."""
        return bool(self._connection.execute(_HOLDS, (first, last)).fetchone()[0])

    def count(self) -> Count:
        """Return what was ever written and what is still waiting."""
        return Count(*self._connection.execute(_COUNT).fetchone())

    def _prepare(self) -> str:
        boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
        with self._writing():
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute(
                "insert or ignore into outbox values (1, ?, ?)", (uuid.uuid4().hex, boot_id)
            )
            known_id, known_boot = self._connection.execute(
                "select id, boot_id from outbox"
            ).fetchone()
            if known_boot != boot_id:
                self._connection.execute("update position set kept_s = null")
                self._connection.execute("update outbox set boot_id = ?", (boot_id,))
        return str(known_id)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._connection.execute("begin immediate")
            yield
            self._connection.execute("commit")
        except sqlite3.OperationalError as error:
            self._roll_back()
            if error.sqlite_errorcode & _PRIMARY in _CANNOT_WRITE:
                raise OutboxFullError(f"the outbox cannot be written: {error}") from error
            raise

    def _roll_back(self) -> None:
        # SQLite has rolled some failures back itself.
        if self._connection.in_transaction:
            self._connection.execute("rollback")


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"outbox {path} cannot be used: {error}; give a file in a folder that this user may write"
    )


def count_at(path: Path) -> Count:
    """Return the state of the outbox at `path` without touching it, or raise InputError."""
    if not path.is_file():
        raise InputError(f"outbox {path} does not exist: give the file that the agent writes")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return Count(*connection.execute(_COUNT).fetchone())
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise InputError(f"{path} is not an outbox: {error}") from error
