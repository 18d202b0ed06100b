"""What is measured: the API and the ingest as processes, and beside them what one writes at once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from api.auth import token_digest
from benchmarks.api.stage import Answering, free_port, running
from runtime.mqtt import BrokerSettings
from simulator.services import Mosquitto

_PATROL: Final = Path(sys.executable).with_name("patrol")
_START_S: Final = 30.0
_SUBSCRIBED: Final = "mqtt.subscribed"


@contextmanager
def api(dsn: str, folder: Path, *, terminals: Sequence[tuple[str, str]]) -> Iterator[Answering]:
    """Run `patrol api run`, which takes photos of terminals by their tokens."""
    tokens = folder / "terminals"
    tokens.write_text(
        "".join(f"{name} {token_digest(token).hex()}\n" for name, token in terminals),
        encoding="utf-8",
    )
    tokens.chmod(0o600)
    port = free_port()
    given = {
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_API_PORT": str(port),
        "PATROL_API_PHOTO_FOLDER": str(folder / "photos"),
        "PATROL_API_TERMINAL_TOKENS_FILE": str(tokens),
        # One who asks for a hundred is asked here.
        "PATROL_API_RATE_PER_S": "0",
    }
    with running([_PATROL, "--log-level", "warning", "api", "run"], given, port) as found:
        yield found


@contextmanager
def plain(dsn: str, folder: Path) -> Iterator[Answering]:
    """Run what one writes in an afternoon."""
    port = free_port()
    (folder / "plain").mkdir()
    uvicorn = [sys.executable, "-m", "uvicorn", "benchmarks.loop.plain:app", "--no-access-log"]
    command = [*uvicorn, "--log-level", "warning", "--port", str(port)]
    given = {"PLAIN_DSN": dsn, "PLAIN_FOLDER": str(folder / "plain")}
    with running(command, given, port) as found:
        yield found


@contextmanager
def broker(folder: Path) -> Iterator[BrokerSettings]:
    """Run a Mosquitto with the shipped limits."""
    found = Mosquitto(folder / "mosquitto")
    found.start()
    try:
        yield found.settings
    finally:
        found.stop()


@contextmanager
def ingest(dsn: str, settings: BrokerSettings, folder: Path) -> Iterator[int]:
    """Run `patrol ingest run` from when it has subscribed; its pid."""
    log = folder / "ingest.log"
    given = {
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_BROKER_HOST": settings.host,
        "PATROL_BROKER_PORT": str(settings.port),
        "PATROL_INGEST_TIMEZONE": "Asia/Shanghai",
    }
    with ExitStack() as ends:
        errors = ends.enter_context(log.open("wb"))
        process = subprocess.Popen(
            [_PATROL, "ingest", "run"],
            env={**os.environ, **given},
            stdout=errors,
            stderr=errors,
        )
        ends.callback(_end, process)
        until = time.monotonic() + _START_S
        while _SUBSCRIBED not in log.read_text(encoding="utf-8"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the ingest does not subscribe: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield process.pid


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
