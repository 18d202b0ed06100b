"""The outbox: rows live in it from `put` until `forget`.

A row is there when `put` has returned, whatever happens to the process or the power
(WAL, synchronous=FULL). `seq` counts up from 1 and is never used twice, so that the server
can tell what a terminal has lost for ever. Several processes may have it open.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from device.outbox import letters, notices, thinning
from device.outbox.files import OutboxFullError, connect, translated
from device.outbox.letters import Letter, LetterKind
from device.outbox.values import NO_END, Batch, Count, Limits, Mark, consecutive
from patrol.errors import InputError
from patrol.messages import Position
from patrol.notices.events import Cause
from patrol.topics import Kind

_COLUMNS = """seq, kept_s, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
       hdop_d, accuracy_dm, satellites, quality, battery_pct, flags"""
_PUT = """
-- keep a position; its seq is the next one
insert into position (kept_s, epoch_ms, lat_e7, lon_e7, altitude_dm, speed_cmps, course_ddeg,
                      hdop_d, accuracy_dm, satellites, quality, battery_pct, flags)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_READ = f"""
-- the lowest numbers of a range of seq
select {_COLUMNS} from position where seq > ? and seq <= ? order by seq limit ?
"""  # noqa: S608 - names of columns, no values
_READ_PLAIN = f"""
-- what was never thinned, the oldest first
select {_COLUMNS} from position
 where generation = 0 and seq > ? and seq <= ? order by seq limit ?
"""  # noqa: S608 - names of columns, no values
_READ_THINNED = f"""
-- what was thinned so often, the oldest first
select {_COLUMNS}, place from position
 where generation = ? and place > ? and place is not null order by place limit ?
"""  # noqa: S608 - names of columns, no values
_FORGOTTEN = """
-- what goes, by how often it was thinned
select generation, -count(*) from position where seq between ? and ? group by generation
"""
_FORGET = """
-- what is stored on the server
delete from position where seq between ? and ?
"""
_HOLDS = """
-- whether anything of a range is still kept
select exists(select 1 from position where seq between ? and ?)
"""
_NEWEST = """
-- the last number that was given to a fix that waits
select seq from position where generation = 0 order by seq desc limit 1
"""
_COUNT = """
-- id, fixes ever written, rows still kept, given up by rule, letters: of one moment
select id,
       coalesce((select seq from sqlite_sequence where name = 'position'), 0) - renumbered,
       (select coalesce(sum(fixes), 0) from held), thinned, (select count(*) from letter)
  from outbox
"""
# Letters that are not an SOS: more than a year of them, and a program that runs wild is stopped.
_MOST_LETTERS = 20_000
# Fewer fixes than these are not what fills a disk.
_LEAST_THINNED = 16
_MOST_ROUNDS = 32


class Outbox:
    """One connection to an outbox file, for the thread that opened it."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        """Open the file at `path` and make it where there is none.

        Raises InputError when it cannot be opened or is something else, OutboxFullError when the
        disk takes no more, OutboxDamagedError when the file cannot be read.
        """
        self._path = path
        self._limits = limits or Limits()
        self._trouble: notices.Trouble | None = None
        self._connection = connect(path)
        self.id = self.count().outbox

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the file stays."""
        self._connection.close()

    @property
    def trouble(self) -> Cause | None:
        """Why the disk took nothing at the last `put`; None where it did."""
        return None if self._trouble is None else self._trouble.cause

    def put(self, positions: Sequence[Position], *, now_s: float) -> None:
        """Keep `positions`, all or none; they are on the disk when this returns.

        What is beyond the limits is made up for by thinning the oldest, which is told to the
        server. Raises OutboxFullError when the disk takes no more.
        """
        if not positions:
            return
        try:
            with self._writing():
                self._connection.executemany(_PUT, [(now_s, *one) for one in positions])
                self._add({0: len(positions)})
                self._thin(at_ms=positions[-1].epoch_ms)
                if self._trouble is not None:
                    notice = self._trouble.over(positions[-1].epoch_ms, now_s, self.count().waiting)
                    letters.put(self._connection, notice)
        except OutboxFullError as error:
            self._trouble = self._trouble or notices.Trouble(error.cause, now_s)
            raise
        self._trouble = None

    def put_letter(self, kind: LetterKind | Kind, identity: str, payload: bytes) -> None:
        """Keep a message of another kind, to be published as it is; once for each identity.

        Raises OutboxFullError when the disk takes no more, InputError when so many wait that
        something must have run wild; an SOS is always taken.
        """
        letter = Letter(LetterKind(str(kind)), identity, payload)
        with self._writing():
            if letter.kind is not LetterKind.SOS and self.count().letters >= _MOST_LETTERS:
                raise InputError(f"{_MOST_LETTERS} messages wait already: {kind} is not kept")
            letters.put(self._connection, letter)

    def read(self, *, after: int, most: int, until: int = NO_END) -> Batch | None:
        """Return the waiting positions after seq `after`, up to the next missing seq."""
        with translated(self._path):
            return consecutive(self._connection.execute(_READ, (after, until, most)).fetchall())

    def read_in_order(
        self, *, after: Mark, most: int, until: int = NO_END
    ) -> tuple[Batch, Mark] | None:
        """Return the oldest waiting positions after a mark, up to the next missing seq.

        Of fixes that were never thinned, those beyond seq `until` are left out. With the batch
        comes the mark behind it.
        """
        with translated(self._path):
            for generation, key in self._places(after):
                if generation:
                    found = self._connection.execute(_READ_THINNED, (generation, key, most))
                else:
                    found = self._connection.execute(_READ_PLAIN, (key, until, most))
                rows = found.fetchall()
                batch = consecutive([row[:14] for row in rows])
                if batch is not None:
                    last = rows[len(batch.positions) - 1]
                    return batch, Mark(generation, last[14] if generation else last[0])
        return None

    def newest(self) -> int:
        """Return the seq of the newest position that waits, 0 where none does."""
        with translated(self._path):
            found = self._connection.execute(_NEWEST).fetchone()
        return int(found[0]) if found else 0

    def read_letters(self, *, most: int) -> list[Letter]:
        """Return the letters that wait, in the order in which they are to be sent."""
        with translated(self._path):
            return letters.read(self._connection, most=most)

    def forget(self, ranges: Sequence[tuple[int, int]]) -> int:
        """Delete closed ranges of seq and return how many fixes they held.

        Raises OutboxFullError when the disk takes no more.
        """
        forgotten = 0
        with self._writing():
            for span in ranges:
                gone = dict(self._connection.execute(_FORGOTTEN, span).fetchall())
                if gone:
                    self._connection.execute(_FORGET, span)
                    self._add(gone)
                forgotten -= sum(gone.values())
        return forgotten

    def forget_letters(self, identities: Sequence[str]) -> int:
        """Delete letters by their ids and return how many there were; raises as `forget` does."""
        with self._writing():
            return letters.forget(self._connection, identities)

    def holds(self, first: int, last: int) -> bool:
        """Return whether any seq from `first` to `last` is still kept."""
        with translated(self._path):
            return bool(self._connection.execute(_HOLDS, (first, last)).fetchone()[0])

    def count(self) -> Count:
        """Return what was ever written and what is still waiting; it takes no time."""
        with translated(self._path):
            return Count(*self._connection.execute(_COUNT).fetchone())

    def _places(self, after: Mark) -> Iterator[Mark]:
        """Yield where to read on after a mark, from what was thinned most to what never was."""
        statement = "select generation from held where generation <= ? order by generation desc"
        generations = [row[0] for row in self._connection.execute(statement, (after.generation,))]
        for generation in generations:
            yield Mark(generation, after.key if generation == after.generation else 0)

    def _thin(self, *, at_ms: int) -> None:
        """Thin until what waits is within the limits, or the rest is left to the next call."""
        for _ in range(_MOST_ROUNDS):
            held = dict(self._connection.execute("select generation, fixes from held").fetchall())
            waiting = sum(held.values())
            most_fixes = min(self._limits.fixes, self._room(waiting))
            if waiting <= max(_LEAST_THINNED, most_fixes):
                return
            for given_up in thinning.thin(self._connection, held, most_fixes=most_fixes):
                letters.put(self._connection, notices.thinned(self.id, given_up, at_ms=at_ms))

    def _room(self, waiting: int) -> int:
        """Return how many fixes the limit in bytes allows, from what those that wait take."""
        ((pages,), (free,), (page_bytes,)) = (
            self._connection.execute(f"pragma {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
        used_bytes = (pages - free) * page_bytes
        return waiting if used_bytes <= self._limits.size_bytes else waiting - 1

    def _add(self, changes: dict[int, int]) -> None:
        self._connection.executemany(thinning.HELD, list(changes.items()))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with translated(self._path):
            try:
                self._connection.execute("begin immediate")
                yield
                self._connection.execute("commit")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # SQLite has rolled some failures back itself.
        if self._connection.in_transaction:
            self._connection.execute("rollback")


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
