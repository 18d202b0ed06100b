"""Keeping beside other work: once an hour, on a thread and a connection of its own.

Putting a day into the columnstore takes seconds, and judging is not to wait for it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import structlog

from ingest.database import Retry, told
from ingest.keeping.keep import Keeper

log = structlog.get_logger()

_HOUR_S = 3600.0
# After a start there are more urgent things.
_FIRST_S = 60.0
# More than what is under way may take after a stop.
_END_S = 4.0


@contextmanager
def keep_hourly(keeper: Keeper, dsn: str) -> Iterator[None]:
    """Keep in a minute and then once an hour, until the keeper is told to stop.

    The block is to end by the same event.
    """
    thread = threading.Thread(target=Hourly(keeper=keeper, dsn=dsn).run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.stop.set()
        thread.join(_END_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """The thread's work; what fails is logged and tried again in an hour."""

    keeper: Keeper
    dsn: str
    first_s: float = _FIRST_S
    every_s: float = _HOUR_S

    def run(self) -> None:
        """Keep once an hour until told to stop."""
        Retry(dsn=self.dsn, stop=self.keeper.stop).run(self._work)

    def _work(self, conn: psycopg.Connection) -> None:
        self.keeper.stop.wait(self.first_s)
        while not self.keeper.stop.is_set():
            try:
                self.keeper.keep(conn)
            except psycopg.OperationalError:
                # The connection, and not what was asked for.
                raise
            except psycopg.Error as error:
                log.error("ingest.keeping_failed", reason=told(error))  # noqa: TRY400 - a traceback may quote positions
            self.keeper.stop.wait(self.every_s)
