"""A database and the API that run for the length of a simulated month."""

import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from patrol.errors import StateError
from simulator.chaos.database import own_database
from simulator.services import EmbeddedPostgres, end_child, free_port, start_child
from simulator.services.children import comes_up, last_lines

LOOPBACK: Final = "127.0.0.1"
PATROL: Final = (sys.executable, "-c", "from runtime.cli import main; main()")
_TIMEOUT_S: Final = 60.0
# What is simulated can be simulated again: nothing is asked to be on the disk.
_SERVER: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API has answered."""

    status: int
    body: Any


class Line:
    """Somebody who asks the API, over a connection of their own."""

    def __init__(self, port: int, token: str) -> None:
        self._line = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer to a request whose body is JSON, or that has none."""
        text = None if body is None else json.dumps(body)
        self._line.request(method, path, body=text, headers=self._headers)
        answer = self._line.getresponse()
        told = answer.read()
        return Answer(answer.status, json.loads(told) if told else None)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


class Stage:
    """A database with the schema, and `patrol api run` over it."""

    def __init__(self, ends: ExitStack, *, dsn: str | None) -> None:
        self._ends = ends
        self.folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="patrol-loop-")))
        if dsn is None:
            server = EmbeddedPostgres(self.folder / "postgres", settings=_SERVER)
            server.start()
            ends.callback(server.stop)
            dsn = server.dsn
        self.dsn = ends.enter_context(own_database(dsn)).dsn
        self.port = free_port()
        call(self._environment, "ingest", "migrate")

    def start_api(self) -> None:
        """Start the API and wait until it listens."""
        log = self.folder / "api.log"
        process = start_child([*PATROL, "api", "run"], log=log, environment=self._environment)
        self._ends.callback(end_child, process)
        if not comes_up(process, "patrol api", self._listens):
            raise StateError(f"the API ended:\n{last_lines(log)}")

    def line(self, conn: psycopg.Connection, account_id: str) -> Line:
        """Return a connection to the API for an account, signed in; `ends` closes it."""
        line = Line(self.port, open_session(conn, account_id))
        self._ends.callback(line.close)
        return line

    def _listens(self) -> bool:
        try:
            line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=1.0)
            line.request("GET", "/v1/health")
            return line.getresponse().status == http.client.OK
        except OSError:
            return False

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATROL_DATABASE_DSN": self.dsn,
            "PATROL_API_PORT": str(self.port),
            "PATROL_API_RATE_PER_S": "0",
        }


def open_session(conn: psycopg.Connection, account_id: str) -> str:
    """Sign an account in, as the API would, for a day; return its token."""
    token = "patrol_" + secrets.token_urlsafe(32)
    conn.execute(
        "insert into bearer (digest, account_id, kind, family, expires_at)"
        " values (%s, %s, 'session', %s, now() + interval '1 day')",
        (hashlib.sha256(token.encode()).digest(), account_id, secrets.token_hex(8)),
    )
    return token


class Guarded:
    """A database and the API that takes photos, both of which are killed and go on."""

    def __init__(self, ends: ExitStack) -> None:
        self.folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="patrol-kill-")))
        self.photos = self.folder / "photos"
        self.port = free_port()
        self._postgres = EmbeddedPostgres(self.folder / "postgres")
        self._postgres.start()
        ends.callback(self._postgres.stop)
        self.dsn = self._postgres.dsn
        tokens = self.folder / "terminals"
        tokens.write_text(f"T0 {'0' * 64}\n", encoding="utf-8")
        tokens.chmod(0o600)
        self._environment = {
            "PATROL_DATABASE_DSN": self.dsn,
            "PATROL_API_PORT": str(self.port),
            "PATROL_API_RATE_PER_S": "0",
            "PATROL_API_PHOTO_FOLDER": str(self.photos),
            "PATROL_API_TERMINAL_TOKENS_FILE": str(tokens),
        }
        call(self._environment, "ingest", "migrate")
        self._api = self._start_api()
        ends.callback(lambda: end_child(self._api))

    def kill(self, name: str) -> None:
        """Kill one of `api` and `postgres` as a power cut would, and start it again."""
        if name == "postgres":
            self._postgres.kill()
            self._postgres.start()
            return
        end_child(self._api, by=signal.SIGKILL)
        self._api = self._start_api()

    def _start_api(self) -> subprocess.Popen[bytes]:
        log = self.folder / "api.log"
        return start_child([*PATROL, "api", "run"], log=log, environment=self._environment)


def call(environment: Mapping[str, str], *command: str) -> None:
    """Run a command of ours to its end; StateError says what went wrong."""
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [*PATROL, *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StateError(f"patrol {' '.join(command)} failed:\n{done.stderr.strip()}")
