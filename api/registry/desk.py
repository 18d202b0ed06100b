"""Where registers are changed: in a thread, by the statements that `ingest load` uses, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeVar

import anyio
import psycopg
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from api.problems import ALREADY_THERE, ProblemError, unavailable
from api.registry.problems import IN_USE, invalid_fields
from api.registry.settings import RegistrySettings
from api.views import SAY_WHO_ASKS, Asking, Views, who_asks
from runtime.registers.turns import change_registers

T = TypeVar("T")

# Changes take turns in the database anyway; the others wait here, without a connection.
_MOST_AT_ONCE: Final = 2
_CONNECT_S: Final = 5
_PREPARE: Final = """
-- times in UTC, and an end to changes that take too long
select set_config('TimeZone', 'UTC', true),
       set_config('statement_timeout', %(milliseconds)s::text, true)
"""


class Desk:
    """Takes changes of the registers, one transaction each."""

    def __init__(self, views: Views, settings: RegistrySettings) -> None:
        self.settings = settings
        self._views = views
        self._turns = anyio.Semaphore(_MOST_AT_ONCE)

    async def change(self, asking: Asking, work: Callable[[psycopg.Connection], T]) -> T:
        """Return what `work` makes with a connection that has the registers to itself.

        What it raises takes everything back.
        """
        async with self._turns:
            return await run_sync(self._change, asking, work)

    async def read(self, asking: Asking, work: Callable[[psycopg.Connection], T]) -> T:
        """Return what `work` reads, computing for a while."""
        async with self._turns:
            return await run_sync(self._read, asking, work)

    async def think(self, work: Callable[[], T]) -> T:
        """Return what `work` makes, computing for a while without the database."""
        async with self._turns:
            return await run_sync(work)

    def _change(self, asking: Asking, work: Callable[[psycopg.Connection], T]) -> T:
        with self._connected(asking) as conn, _violations():
            change_registers(conn)
            return work(conn)

    def _read(self, asking: Asking, work: Callable[[psycopg.Connection], T]) -> T:
        with self._connected(asking) as conn:
            return work(conn)

    @contextmanager
    def _connected(self, asking: Asking) -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            self._views.dsn, connect_timeout=_CONNECT_S, application_name="patrol api"
        ) as conn:
            conn.execute(_PREPARE, {"milliseconds": round(self.settings.change_s * 1000)})
            conn.execute(SAY_WHO_ASKS, who_asks(asking))
            yield conn


@contextmanager
def _violations() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.ForeignKeyViolation as error:
        raise _refers(error) from error
    except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation) as error:
        raise ProblemError(ALREADY_THERE, "there is one like it already: change that") from error
    except psycopg.errors.CheckViolation as error:
        text = error.diag.message_primary or "it contradicts itself"
        raise invalid_fields([("body", text)]) from error
    except psycopg.errors.DeadlockDetected as error:
        raise unavailable("somebody else changes the same: ask again in a few seconds") from error


def _refers(error: psycopg.Error) -> ProblemError:
    text = error.diag.message_detail or ""
    if "is not present" in text:
        return invalid_fields([("body", f"{text} Make it first.")])
    table = error.diag.table_name or "something"
    return ProblemError(IN_USE, f"{table} refers to it: end its validity instead")


async def _desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AskedDesk = Annotated[Desk, Depends(_desk_of)]
