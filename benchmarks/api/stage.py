"""A database for the length of a measurement, and the processes that answer from it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulator.services import EmbeddedPostgres

_PATROL = Path(sys.executable).with_name("patrol")
_LOOPBACK = "127.0.0.1"
_START_S = 30.0
# What somebody who runs it gives a server of this size; the wheel's own are those of a toy.
_SERVER = {
    "shared_buffers": "1GB",
    "effective_cache_size": "8GB",
    "work_mem": "16MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
}


@dataclass(frozen=True, slots=True)
class Answering:
    """A process that answers over HTTP."""

    pid: int
    port: int


def embedded(ends: ExitStack) -> str:
    """Start a PostgreSQL until `ends` do; return its DSN."""
    folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="patrol-bench-"))
    server = EmbeddedPostgres(Path(folder), settings=_SERVER)
    server.start()
    ends.callback(server.stop)
    return server.dsn


@contextmanager
def api(dsn: str) -> Iterator[Answering]:
    """Run `patrol api run`, as it is set up where nothing is said, but for its limit on callers."""
    port = free_port()
    given = {
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_API_PORT": str(port),
        # One who asks for a hundred is asked here.
        "PATROL_API_RATE_PER_S": "0",
    }
    with running([_PATROL, "--log-level", "warning", "api", "run"], given, port) as found:
        yield found


@contextmanager
def plain(dsn: str) -> Iterator[Answering]:
    """Run what one writes in an afternoon."""
    port = free_port()
    uvicorn = [sys.executable, "-m", "uvicorn", "benchmarks.api.plain:app", "--no-access-log"]
    command = [*uvicorn, "--log-level", "warning", "--port", str(port)]
    with running(command, {"PLAIN_DSN": dsn}, port) as found:
        yield found


@contextmanager
def running(
    command: Sequence[str | Path], given: Mapping[str, str], port: int
) -> Iterator[Answering]:
    """Run something that listens, from when it does until the block ends."""
    process = subprocess.Popen(command, env={**os.environ, **given})
    try:
        _wait_for(port)
        yield Answering(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as found:
        found.bind((_LOOPBACK, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection((_LOOPBACK, port), timeout=1.0).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
