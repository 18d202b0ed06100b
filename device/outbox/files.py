"""The file of an outbox: opened, brought up to date, and whose fault it is when it fails."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from patrol.errors import InputError, StateError
from patrol.notices.events import Cause

_VERSION = 2
_TABLES = (
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
# What version 2 has more. A file of version 1 is from before anything was thinned.
_UPGRADE = (
    "alter table outbox add column thinned integer not null default 0",
    "alter table outbox add column renumbered integer not null default 0",
    # How often the fixes around it were halved, and which seq it had before.
    "alter table position add column generation integer not null default 0",
    "alter table position add column place integer",
    """
    create index position_of_generation on position (generation, place) where place is not null
    """,
    """
    -- fixes that wait, counted: a million rows cannot be looked through twice a second
    create table held (
        generation integer primary key,
        fixes integer not null
    )
    """,
    "insert into held select 0, count(*) from position",
    """
    -- messages of other kinds that the server has not reported stored, by urgency
    create table letter (
        number integer primary key,
        urgency integer not null,
        kind text not null,
        id text not null unique,
        payload blob not null
    )
    """,
    "create index letter_in_order on letter (urgency, number)",
)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PATIENCE_S = 30.0
# It goes with every batch, and has to differ from the others of one terminal alone.
_ID_BYTES = 8
# How large the log of changes stays after it was once larger.
_WAL_BYTES = 1 << 20
# What is read through at each start; 72 hours of a fix a second are 13 MB.
_MOST_CHECKED_BYTES = 16 << 20
# Primary result codes of SQLite: the disk is full, or could not be written.
_CANNOT_WRITE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY = 0xFF


class OutboxFullError(StateError):
    """The disk takes no more, as `cause` says. Nothing was done; it may be tried again."""

    def __init__(self, text: str, *, cause: Cause) -> None:
        super().__init__(text)
        self.cause = cause


class OutboxDamagedError(StateError):
    """The file can no longer be read. `mend` sets it aside when the agent starts anew."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file at `path`, made where there is none, ready to be used.

    Raises InputError when it is something else or cannot be opened, OutboxFullError when the
    disk takes no more, OutboxDamagedError when it cannot be read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Where somebody was is for nobody else on the terminal; SQLite's files follow suit.
        if not path.exists():
            path.touch(mode=0o600)
        connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    try:
        with translated(path):
            _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except (InputError, StateError):
        connection.close()
        raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise OutboxFullError and OutboxDamagedError for what SQLite says of the disk."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if code in _DAMAGED:
            if code == sqlite3.SQLITE_CORRUPT:
                _suspect(path)
            raise OutboxDamagedError(
                f"outbox {path} is damaged: {error}; the agent sets it aside when it starts"
            ) from error
        if code not in _CANNOT_WRITE:
            raise
        if _is_read_only(path, code):
            raise OutboxFullError(
                f"the disk of outbox {path} is read-only: {error}", cause=Cause.READ_ONLY
            ) from error
        raise OutboxFullError(
            f"outbox {path} cannot be written: {error}", cause=Cause.FULL
        ) from error


def suspicion_of(path: Path) -> Path:
    """Return the file that says that damage was met in an outbox at work."""
    return path.with_name(f"{path.name}.suspect")


def is_damaged(path: Path) -> bool:
    """Return whether the file at `path` is no outbox that can be read; it is not touched.

    A large file is only looked into as a whole where damage was met in it before: reading it from a
    slow disk would keep the agent from its receiver.
    """
    is_quick = path.stat().st_size > _MOST_CHECKED_BYTES and not suspicion_of(path).exists()
    question = "select 'ok', count(*) from sqlite_master" if is_quick else "pragma quick_check(1)"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", timeout=_PATIENCE_S, uri=True
    )
    try:
        return bool(connection.execute(question).fetchone()[0] != "ok")
    except sqlite3.DatabaseError as error:
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _DAMAGED
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file up to date; a file that is, is only read."""
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute(f"pragma journal_size_limit = {_WAL_BYTES}")
    if _version(connection) < _VERSION:
        _upgrade(connection, path)
    boot_id = _BOOT_ID.read_text(encoding="ascii").strip()
    ((known,),) = connection.execute("select boot_id from outbox").fetchall()
    if known != boot_id:
        connection.execute("begin immediate")
        connection.execute("update position set kept_s = null where kept_s is not null")
        connection.execute("update outbox set boot_id = ?", (boot_id,))
        connection.execute("commit")


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("begin immediate")
    # Somebody else may have done it since.
    if _version(connection) < _VERSION:
        tables = {name for (name,) in connection.execute("select name from sqlite_master")}
        if tables and "outbox" not in tables:
            raise InputError(f"outbox {path} is the database of something else: give another file")
        for statement in (*_TABLES, *_UPGRADE):
            connection.execute(statement)
        connection.execute(
            "insert or ignore into outbox (only_row, id, boot_id) values (1, ?, '')",
            (secrets.token_hex(_ID_BYTES),),
        )
        connection.execute(f"pragma user_version = {_VERSION}")
    connection.execute("commit")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _suspect(path: Path) -> None:
    # On a disk that takes nothing it is met again.
    with suppress(OSError):
        suspicion_of(path).touch(mode=0o600)


def _is_read_only(path: Path, code: int) -> bool:
    try:
        mounted_so = bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        mounted_so = False
    return mounted_so or code == sqlite3.SQLITE_READONLY


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"outbox {path} cannot be used: {error}; give a file in a folder that this user may write"
    )
