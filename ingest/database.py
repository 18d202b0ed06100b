"""Where the database is, and a connection that is tried again while it is away."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from patrol.errors import InputError, StateError
from runtime import database, settings
from runtime.health import Vitals
from runtime.lifecycle import backoff_s

log = structlog.get_logger()

# What is needed, in the words of `/ready`.
DATABASE = "database"

# A server that vanishes without a word is given up after some 25 s, in whichever direction it
# is silent. What the connection string says of these wins.
_WATCHFUL = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_MOST_WAIT_S = 10.0
# After a stop: how long what is under way may take, and then how long taking it back.
_GRACE_S = 2.0
_CANCEL_S = 1.0
_LOOK_S = 0.2


def read_dsn(file: Mapping[str, Any]) -> str:
    """Return the connection string of the settings; raises InputError where it is none."""
    dsn = settings.load(database.DatabaseSettings, database.SECTION, file=file).dsn
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise InputError(f"[database] dsn is no connection string: {error}") from error
    return make_conninfo(dsn, **{name: one for name, one in _WATCHFUL.items() if name not in given})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Runs work on a connection, on a new one whenever the old one broke, until `stop`.

    What is under way two seconds after `stop` is taken back, so that a database which hangs
    keeps no process from ending.
    """

    dsn: str
    stop: threading.Event
    vitals: Vitals = field(default_factory=Vitals)

    def run(self, work: Callable[[psycopg.Connection], None]) -> None:
        """Call `work(connection)` until `stop` is set; errors of our own pass through."""
        attempt = 0
        self.vitals.note(DATABASE, is_up=False)
        while not self.stop.is_set():
            self.vitals.beat()
            try:
                conn = _connect(self.dsn, self.stop)
                if conn is None:
                    break
                with conn, cut_short(conn, self.stop):
                    if attempt:
                        log.info("ingest.database_back", attempts=attempt)
                    attempt = 0
                    self.vitals.note(DATABASE, is_up=True)
                    work(conn)
            except psycopg.OperationalError as error:
                self.vitals.note(DATABASE, is_up=False)
                if self.stop.is_set():
                    log.warning("ingest.cut_short", reason=told(error))
                    break
                wait_s = backoff_s(attempt, most_s=_MOST_WAIT_S)
                attempt += 1
                log.warning("ingest.database_away", retry_in_s=wait_s, reason=told(error))
                self.stop.wait(wait_s)


@contextmanager
def needed() -> Iterator[None]:
    """Raise StateError when the database is away and nobody is to wait for it."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise StateError(
            f"the database cannot be used: {told(error)}; start it, or correct [database] dsn"
        ) from error


@contextmanager
def cut_short(conn: psycopg.Connection, stop: threading.Event) -> Iterator[None]:
    """Break off what `conn` does when it goes on for long after `stop` is set.

    The block is left with an OperationalError then, and what was not committed is rolled back.
    """
    is_done = threading.Event()
    watch = threading.Thread(target=_watch, args=(conn, stop, is_done), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_done.set()


def told(error: psycopg.Error) -> str:
    """Return what a log may say of an error: the text of one in the data quotes positions."""
    if error.sqlstate is None:
        return str(error).strip()
    return f"{type(error).__name__}, SQLSTATE {error.sqlstate}"


def _connect(dsn: str, stop: threading.Event) -> psycopg.Connection | None:
    """Return a connection, or None where `stop` is set before there is one."""
    made: list[psycopg.Connection | BaseException] = []
    is_done = threading.Event()

    def connect() -> None:
        try:
            made.append(psycopg.connect(dsn, autocommit=True))
        except BaseException as error:  # noqa: BLE001 - raised again by who waits for it
            made.append(error)
        is_done.set()

    # A server that takes a connection and says nothing holds whoever waits for it.
    threading.Thread(target=connect, daemon=True).start()
    while not is_done.wait(_LOOK_S):
        if stop.is_set():
            return None
    (result,) = made
    if isinstance(result, BaseException):
        raise result
    return result


def _watch(conn: psycopg.Connection, stop: threading.Event, is_done: threading.Event) -> None:
    while not stop.wait(_LOOK_S):
        if is_done.is_set():
            return
    if is_done.wait(_GRACE_S):
        return
    threading.Thread(target=_cancel, args=(conn,), daemon=True).start()
    if not is_done.wait(_CANCEL_S):
        _hang_up(conn)


def _cancel(conn: psycopg.Connection) -> None:
    with suppress(psycopg.Error):
        conn.cancel_safe(timeout=_CANCEL_S)


def _hang_up(conn: psycopg.Connection) -> None:
    """End the connection under whoever waits for its answer; the server rolls back."""
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(conn.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
