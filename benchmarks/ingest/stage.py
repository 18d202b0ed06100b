"""The database, the broker and the ingest that is measured: all real, all on this machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.ingest.fleet import ZONE
from benchmarks.ingest.sending import open_line
from patrol.topics import UP
from simulator.services import EmbeddedPostgres, Mosquitto

_PATROL = Path(sys.executable).with_name("patrol")
_COMMITTED = '"ingest.batch_committed"'
_LOOK_AGAIN_S = 0.005
_SUBSCRIPTIONS = len(UP)
_CLIENT_ID = "bench-ingest"

_WHAT_IT_IS = """
-- the server, its promises, and TimescaleDB where it may be used
select current_setting('server_version'), current_setting('fsync'),
       current_setting('synchronous_commit'),
       (select default_version from pg_available_extensions
         where name = 'timescaledb'
           and current_setting('shared_preload_libraries') like '%timescaledb%')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where runs take place: `dsn` is of a server on which databases may be made.

    Each run has a database of its own, a copy of one that has schema and registers.
    """

    folder: Path
    dsn: str
    broker: Mosquitto
    registers: Path

    def describe(self) -> str:
        """Return what the server is."""
        with psycopg.connect(self.dsn) as conn:
            row = conn.execute(_WHAT_IT_IS).fetchone() or ("?", "?", "?", None)
        version, fsync, synchronous, extension = row
        timescale = f"with TimescaleDB {extension}, hypertable" if extension else "plain"
        return f"PostgreSQL {version} {timescale}, fsync {fsync}, synchronous_commit {synchronous}"

    @contextmanager
    def database(self, *, ready: bool = True) -> Iterator[str]:
        """Yield the DSN of a fresh database; `ready` puts schema and registers into it."""
        name = f"patrol_bench_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        dsn = make_conninfo(self.dsn, dbname=name)
        try:
            if ready:
                _patrol("migrate", dsn=dsn)
                _patrol("load", str(self.registers), dsn=dsn)
            # What came before must not be written out at the expense of what is measured.
            with psycopg.connect(self.dsn, autocommit=True) as conn:
                conn.execute("checkpoint")
            yield dsn
        finally:
            with psycopg.connect(self.dsn, autocommit=True) as conn:
                statement = sql.SQL("drop database if exists {} with (force)")
                conn.execute(statement.format(sql.Identifier(name)))

    @contextmanager
    def ingest(self, dsn: str, **settings: str) -> Iterator["Ingest"]:
        """Run `patrol ingest run` until the block ends."""
        log = self.folder / f"ingest-{uuid.uuid4().hex[:12]}.log"
        given = {f"PATROL_INGEST_{name}".upper(): value for name, value in settings.items()}
        given["PATROL_BROKER_PORT"] = str(self.broker.port)
        given["PATROL_INGEST_CLIENT_ID"] = _CLIENT_ID
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [_PATROL, "ingest", "run"], env=_environment(dsn, given), stderr=errors
            )
        ingest = Ingest(process=process, log=log)
        ready_s = 0.0
        try:
            ingest.wait_until_subscribed()
            ready_s = _cpu_s(process)
            yield ingest
        finally:
            ingest.cpu_s = _cpu_s(process) - ready_s
            end(process)
            # A clean session takes the place of the kept one, for which the broker would go on.
            open_line(self.broker.port, _CLIENT_ID).close()


@dataclass(slots=True, kw_only=True)
class Ingest:
    """The process, and what its log has told so far of what is committed."""

    process: subprocess.Popen[bytes]
    log: Path
    messages: int = 0
    stored: int = 0
    batches: int = 0
    cpu_s: float = 0.0
    last_at: float = field(default_factory=time.time)
    _read: int = 0

    def look(self) -> None:
        """Read on in the log."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        end_of_line = data.rfind(b"\n") + 1
        self._read += end_of_line
        for line in data[:end_of_line].decode().splitlines():
            if _COMMITTED in line:
                event = json.loads(line)
                self.messages += event["messages"]
                self.stored += event["stored"]
                self.batches += 1
                self.last_at = datetime.fromisoformat(event["timestamp"]).timestamp()
        if self.process.poll() is not None:
            raise RuntimeError(f"the ingest ended: see {self.log}")

    def wait_until_subscribed(self) -> None:
        """Return when the broker keeps messages for it."""
        until = time.monotonic() + 30.0
        while self.log.read_text(encoding="utf-8").count('"mqtt.subscribed"') < _SUBSCRIPTIONS:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"the ingest does not subscribe: see {self.log}")
            time.sleep(_LOOK_AGAIN_S)


@contextmanager
def set_up(folder: Path, *, dsn: str | None, registers: Path) -> Iterator[Stage]:
    """Start a broker, and a PostgreSQL unless `dsn` names one."""
    for old in ("mosquitto", "postgres"):
        shutil.rmtree(folder / old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    server = None if dsn else EmbeddedPostgres(folder / "postgres")
    broker = Mosquitto(folder / "mosquitto")
    try:
        if server is not None:
            server.start()
        broker.start()
        given = dsn or (server.dsn if server else "")
        yield Stage(folder=folder, dsn=given, broker=broker, registers=registers)
    finally:
        broker.stop()
        if server is not None:
            server.stop()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and insist after ten seconds."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time that a running process has used."""
    values = (
        Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    )
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _patrol(*arguments: str, dsn: str) -> None:
    done = subprocess.run(
        [_PATROL, "ingest", *arguments],
        env=_environment(dsn, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"patrol ingest {arguments[0]} failed: {done.stderr[-2000:]}")


def _environment(dsn: str, given: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "PATROL_DATABASE_DSN": dsn,
        "PATROL_INGEST_TIMEZONE": ZONE,
        **given,
    }
