"""Where the database is, and a connection that is tried again while it is away."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict

from patrol.errors import InputError, StateError
from runtime import database, settings
from runtime.lifecycle import backoff_s

log = structlog.get_logger()

_CONNECT_TIMEOUT_S = 10
_MOST_WAIT_S = 10.0


def read_dsn(file: Mapping[str, Any]) -> str:
    """Return the connection string of the settings; raises InputError where it is none."""
    dsn = settings.load(database.DatabaseSettings, database.SECTION, file=file).dsn
    try:
        conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise InputError(f"[database] dsn is no connection string: {error}") from error
    return dsn


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Runs work on a connection, on a new one whenever the old one broke, until `stop`."""

    dsn: str
    stop: threading.Event

    def run(self, work: Callable[[psycopg.Connection], None]) -> None:
        """Call `work(connection)` until `stop` is set; errors of our own pass through."""
        attempt = 0
        while not self.stop.is_set():
            try:
                with psycopg.connect(
                    self.dsn, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S
                ) as conn:
                    if attempt:
                        log.info("ingest.database_back", attempts=attempt)
                    attempt = 0
                    work(conn)
            except psycopg.OperationalError as error:
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


def told(error: psycopg.Error) -> str:
    """Return what a log may say of an error: the text of one in the data quotes positions."""
    if error.sqlstate is None:
        return str(error).strip()
    return f"{type(error).__name__}, SQLSTATE {error.sqlstate}"
