"""The services that tests run on: real ones, started when the first test asks.

PATROL_TEST_DSN names another PostgreSQL to use instead of the embedded one; its user must
be allowed to create databases. PATROL_REQUIRE_SERVICES=1 turns a skip into a failure.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

import psycopg
import pytest
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from patrol.errors import StateError
from simulator.services import (
    Broker,
    EmbeddedBroker,
    EmbeddedPostgres,
    Mosquitto,
    find_mosquitto,
    postgres_program,
)

DSN_VARIABLE = "PATROL_TEST_DSN"
REQUIRE_VARIABLE = "PATROL_REQUIRE_SERVICES"

# Test data need not survive a power cut, and they survive a kill without it.
_FAST = {"fsync": "off", "autovacuum": "off", "max_wal_size": "128MB"}
# A database is made in half the time where its files are memory, as long as there is plenty.
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
_PLENTY_BYTES = 4 << 30

_VERSIONS = """
-- the server, and the TimescaleDB that it could use now, if any
select current_setting('server_version'),
       (select default_version from pg_available_extensions
         where name = 'timescaledb'
           and current_setting('shared_preload_libraries') like '%timescaledb%')
"""


B = TypeVar("B", bound=Broker)


class Server(Protocol):
    """A PostgreSQL on which tests make databases of their own."""

    @property
    def dsn(self) -> str:
        """A database to connect to for making others."""

    def dsn_of(self, database: str) -> str:
        """Return how to connect to `database`."""

    @property
    def can_stop(self) -> bool:
        """Whether tests may stop and kill it."""


@dataclass(frozen=True)
class GivenPostgres:
    """A server that is not ours to stop."""

    dsn: str
    can_stop: bool = False

    def dsn_of(self, database: str) -> str:
        """Return how to connect to `database`."""
        return make_conninfo(self.dsn, dbname=database)


class OwnPostgres(EmbeddedPostgres):
    """An embedded server that a test may stop and kill."""

    can_stop = True


def pytest_report_header() -> list[str]:
    """Say which services this run uses."""
    return [f"database: {_describe_postgres()}", f"broker: {_describe_mosquitto()}"]


@pytest.fixture(autouse=True, scope="session")
def _loggers_are_not_remembered() -> Iterator[None]:
    """Let a test see what is logged although one before it ran a command in this process.

    Commands have loggers made once for all, which nothing can look into afterwards.
    """
    configure = structlog.configure

    def configure_anew(**given: Any) -> None:
        configure(**{**given, "cache_logger_on_first_use": False})

    structlog.configure = configure_anew
    yield
    structlog.configure = configure


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start the server of this run."""
    given = os.environ.get(DSN_VARIABLE)
    if given:
        yield GivenPostgres(given)
        return
    with _embedded() as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Server) -> Iterator[str]:
    """Return the name of a database that has had every migration, and that nobody uses."""
    name = _new_name()
    _make_database(postgres, name)
    yield name
    _drop_database(postgres, name)


@pytest.fixture
def database(postgres: Server, template: str) -> Iterator[str]:
    """Return the DSN of a fresh database with the schema in it."""
    name = _new_name()
    try:
        _execute(postgres, "create database {} template {}", name, template)
    except psycopg.errors.ObjectInUse:
        # A worker of an extension sits in the template and comes back when sent away.
        _make_database(postgres, name)
    yield postgres.dsn_of(name)
    _drop_database(postgres, name)


@pytest.fixture(scope="module")
def shared_database(postgres: Server, template: str) -> Iterator[str]:
    """Return the DSN of a database that all tests of one module share."""
    name = _new_name()
    try:
        _execute(postgres, "create database {} template {}", name, template)
    except psycopg.errors.ObjectInUse:
        _make_database(postgres, name)
    yield postgres.dsn_of(name)
    _drop_database(postgres, name)


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """Start a server for one test, which may stop and kill it; `dsn` has the schema in it."""
    with _embedded() as server:
        _migrate(server.dsn)
        yield server


@pytest.fixture(scope="module")
def shared_own_postgres() -> Iterator[OwnPostgres]:
    """Start such a server for all tests of one module, each of which leaves it running."""
    with _embedded() as server:
        _migrate(server.dsn)
        yield server


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """Start a Mosquitto for one test."""
    if find_mosquitto() is None:
        go_without("Mosquitto is not on this machine: install the package mosquitto")
    with _folder() as folder:
        started = Mosquitto(folder)
        yield from _serve(started)


@pytest.fixture
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """Start the broker from the wheel for one test."""
    with _folder() as folder:
        started = EmbeddedBroker(folder)
        yield from _serve(started)


def _describe_postgres() -> str:
    given = os.environ.get(DSN_VARIABLE)
    if not given:
        try:
            found = _says(postgres_program("postgres"), "--version")
        except StateError as error:
            return f"none: {error}"
        return f"{found}, embedded; without TimescaleDB"
    try:
        with psycopg.connect(given, connect_timeout=5) as conn:
            server, timescale = conn.execute(_VERSIONS).fetchone() or ("?", None)
    except psycopg.Error as error:
        return f"none: {DSN_VARIABLE} cannot be reached: {error}"
    extension = f"with TimescaleDB {timescale}" if timescale else "without TimescaleDB"
    return f"postgres (PostgreSQL) {server}, from {DSN_VARIABLE}; {extension}"


def _describe_mosquitto() -> str:
    found = find_mosquitto()
    return _says(str(found), "-h").splitlines()[0] if found else "no Mosquitto"


def _says(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _serve(started: B) -> Iterator[B]:
    started.start()
    yield started
    started.stop()


def go_without(reason: str) -> NoReturn:
    """Skip the test, or fail it where services are required."""
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{reason} ({REQUIRE_VARIABLE}=1)", pytrace=False)
    pytest.skip(reason)


@contextmanager
def _folder(place: Path | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="patrol-test-", dir=place) as name:
        yield Path(name)


def _quick_place() -> Path | None:
    is_there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if is_there and shutil.disk_usage(_MEMORY).free > _PLENTY_BYTES else None


@contextmanager
def _embedded() -> Iterator[OwnPostgres]:
    with _folder(_quick_place()) as folder:
        server = OwnPostgres(folder, settings=_FAST)
        try:
            server.start()
        except StateError as error:
            go_without(str(error))
        try:
            yield server
        finally:
            server.stop()


def _new_name() -> str:
    return f"patrol_test_{uuid.uuid4().hex}"


def _make_database(server: Server, name: str) -> None:
    _execute(server, "create database {}", name)
    _migrate(server.dsn_of(name))


def _drop_database(server: Server, name: str) -> None:
    _execute(server, "drop database {} with (force)", name)


def _migrate(dsn: str) -> None:
    # Only when a test asks for it: a run without databases needs none of its parts.
    from ingest.migrate import migrate  # noqa: PLC0415

    migrate(dsn)


def _execute(server: Server, statement: str, *names: str) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
