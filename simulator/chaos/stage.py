"""The processes of a chaos run and the lines between them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from patrol.errors import StateError
from runtime.mqtt import BrokerSettings
from simulator.chaos.database import Database
from simulator.chaos.lines import Far, Line, Loop
from simulator.services import EmbeddedPostgres, Mosquitto, end_child, start_child
from simulator.services.brokers import LOOPBACK

_STOPS_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the processes are told."""

    replicas: int
    keepalive_s: int


class Ingests:
    """Copies of `patrol ingest run`; one that ends by itself is a fault of the product."""

    def __init__(self, folder: Path, clock: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._clock = clock
        self._environment = dict(environment)
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._said_before: dict[int, int] = {}
        self.ended: list[str] = []
        self.most_memory_mib = 0.0

    @property
    def pids(self) -> list[int]:
        """The process ids of those that run."""
        return [one.pid for one in self._running.values()]

    def start(self, number: int, *, named: int | None = None) -> None:
        """Start one; `named` is whose client id it takes, its own unless given."""
        own = {"PATROL_INGEST_CLIENT_ID": f"chaos-ingest-{number if named is None else named}"}
        self._log(number).touch()
        self._said_before[number] = self._log(number).stat().st_size
        self._running[number] = start_child(
            [sys.executable, "-m", "simulator.chaos.clocked", str(self._clock), "ingest", "run"],
            log=self._log(number),
            environment={**self._environment, **own},
        )

    def has_connected(self, number: int) -> bool:
        """Return whether one has reached the broker since it was started."""
        with self._log(number).open("rb") as log:
            log.seek(self._said_before[number])
            return b"mqtt.connected" in log.read()

    def kill(self, number: int) -> None:
        """Kill one."""
        self._note_memory(number)
        end_child(self._running.pop(number), by=signal.SIGKILL)

    def stop(self, number: int) -> None:
        """Ask one to end; that it does not, or not in order, is noted."""
        self._note_memory(number)
        code = end_child(self._running.pop(number), timeout_s=_STOPS_WITHIN_S)
        if code:
            self.ended.append(f"ingest {number} was asked to stop and ended with {code}")

    def send(self, number: int, what: signal.Signals) -> None:
        """Send one a signal."""
        self._running[number].send_signal(what)

    def look_after(self) -> None:
        """Note which ended by themselves, and start them again."""
        for number, process in list(self._running.items()):
            if process.poll() is not None:
                self.ended.append(f"ingest {number} ended by itself with {process.returncode}")
                self.start(number)

    def stop_all(self) -> None:
        """Ask all of them to end."""
        for number in list(self._running):
            self.stop(number)

    def _note_memory(self, number: int) -> None:
        state = Path(f"/proc/{self._running[number].pid}/status")
        with suppress(OSError):
            lines = state.read_text(encoding="utf-8").splitlines()
            peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
            self.most_memory_mib = max([self.most_memory_mib, *(one / 1024 for one in peaks)])

    def _log(self, number: int) -> Path:
        return self._folder / f"ingest-{number}.log"


@dataclass(kw_only=True)
class Stage:
    """All that a fault can strike; `postgres` and `disk` are None where they are not ours."""

    folder: Path
    settings: Settings
    broker: Mosquitto
    database: Database
    postgres: EmbeddedPostgres | None
    disk: Path | None = None

    def __post_init__(self) -> None:
        self._loop = Loop()
        broker = Far(LOOPBACK, self.broker.port)
        self.terminals_line = Line(broker)
        self.ingest_line = Line(broker)
        self.database_line = Line(self.database.far)
        for line in (self.terminals_line, self.ingest_line, self.database_line):
            line.start(self._loop)
        self._clock = self.folder / "clock"
        self.set_clock(0)
        self.ingests = Ingests(self.folder, self._clock, self._environment())

    @property
    def terminals_settings(self) -> BrokerSettings:
        """How terminals reach the broker."""
        return BrokerSettings(
            host=LOOPBACK,
            port=self.terminals_line.port,
            keepalive_s=self.settings.keepalive_s,
        )

    def set_clock(self, ahead_s: int) -> None:
        """Set the ingest's clock ahead of the machine's, or back."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{ahead_s}\n", encoding="utf-8")
        new.replace(self._clock)

    def call(self, *arguments: str) -> None:
        """Run a command of ours on the database itself; StateError with its own words."""
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            [*_PATROL, *arguments],
            env={**os.environ, "PATROL_DATABASE_DSN": self.database.dsn},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StateError(f"patrol {' '.join(arguments)} failed:\n{done.stderr.strip()}")

    def close(self) -> None:
        """Cut the lines for good."""
        self._loop.stop()

    def _environment(self) -> dict[str, str]:
        told = {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PATROL_DATABASE_DSN": self.database.through(LOOPBACK, self.database_line.port),
            "PATROL_BROKER_HOST": LOOPBACK,
            "PATROL_BROKER_PORT": str(self.ingest_line.port),
            "PATROL_BROKER_KEEPALIVE_S": str(self.settings.keepalive_s),
        }
        if self.settings.replicas > 1:
            told["PATROL_INGEST_SHARED_GROUP"] = "chaos"
        return told


def family(pid: int) -> Iterator[int]:
    """Yield a process and its children, which PostgreSQL puts into sessions of their own."""
    yield pid
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name of a program is in brackets and may hold anything.
            after_name = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(after_name[1]) == pid:
                yield int(entry.parent.name)


def signal_all(pids: Sequence[int], what: signal.Signals) -> None:
    """Send a signal to processes, as far as they are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


_PATROL = [sys.executable, "-c", "from runtime.cli import main; main()"]
