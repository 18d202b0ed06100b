"""The processes of the run: broker, database, ingest, and the gateway that is to be struck."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from patrol.errors import StateError
from simulator.chaos.database import Database, own_database
from simulator.services import (
    EmbeddedPostgres,
    end_child,
    free_port,
    start_broker,
    start_child,
)
from simulator.services.brokers import LOOPBACK

_PATROL = [sys.executable, "-c", "from runtime.cli import main; main()"]
_PROTOCOLS = ("jt808", "gt06", "nmea", "osmand", "owntracks")
_RESEND_S = "20"
_ANSWERS_WITHIN_S = 5.0


class Stage:
    """Broker, database and ingest that run, and a gateway between them and the terminals."""

    def __init__(self, folder: Path, *, dsn: str | None, ends: ExitStack) -> None:
        self._folder = folder
        self._ends = ends
        self.ports = {name: free_port() for name in _PROTOCOLS}
        self._health = free_port()
        self.broker = start_broker(folder / "broker")
        ends.callback(self.broker.stop)
        if dsn is None:
            postgres = EmbeddedPostgres(folder / "postgres")
            postgres.start()
            ends.callback(postgres.stop)
            dsn = postgres.dsn
        self.database: Database = ends.enter_context(own_database(dsn))
        self.register = folder / "terminals.csv"
        self._environment = {
            "PATROL_BROKER_HOST": LOOPBACK,
            "PATROL_BROKER_PORT": str(self.broker.port),
            "PATROL_BROKER_PROTOCOL": self.broker.protocol,
            "PATROL_DATABASE_DSN": self.database.dsn,
            "PATROL_GATEWAY_TERMINALS": str(self.register),
            "PATROL_GATEWAY_SPOOL": str(folder / "spool.sqlite"),
            "PATROL_GATEWAY_HEALTH_PORT": str(self._health),
            "PATROL_GATEWAY_RESEND_S": _RESEND_S,
            **{f"PATROL_GATEWAY_{name.upper()}_PORT": str(n) for name, n in self.ports.items()},
        }
        self._gateway: subprocess.Popen[bytes] | None = None
        # When it was killed, as `time.monotonic` says.
        self.kills_s: list[float] = []
        ends.callback(self._end_gateway)

    def load(self, registers: Path) -> None:
        """Prepare the database, and start the ingest."""
        for command in (["migrate"], ["load", str(registers)]):
            done = subprocess.run(  # noqa: S603 - our own command, no shell
                [*_PATROL, "ingest", *command],
                env={**os.environ, **self._environment},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise StateError(f"patrol ingest {command[0]} failed:\n{done.stderr.strip()}")
        log = self._folder / "ingest.log"
        ingest = start_child([*_PATROL, "ingest", "run"], log=log, environment=self._environment)
        self._ends.callback(end_child, ingest)

    def start_gateway(self) -> None:
        """Start it; terminals call until somebody is there."""
        self._gateway = start_child(
            [*_PATROL, "gateway", "run"],
            log=self._folder / "gateway.log",
            environment=self._environment,
        )

    def kill_gateway(self) -> None:
        """Kill it as a power cut would, and start it again; StateError if it had ended before."""
        self.check()
        self.kills_s.append(time.monotonic())
        if self._gateway is not None:
            end_child(self._gateway, by=signal.SIGKILL)
        self.start_gateway()

    def check(self) -> None:
        """Raise StateError when the gateway has ended by itself."""
        if self._gateway is not None and self._gateway.poll() is not None:
            raise StateError(f"the gateway ended by itself: see {self._folder / 'gateway.log'}")

    def waiting(self) -> int | None:
        """Return how much waits in the gateway's spool, None where it does not say."""
        url = f"http://{LOOPBACK}:{self._health}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=_ANSWERS_WITHIN_S) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return None
        found = [float(one.split()[1]) for one in lines if one.startswith("patrol_gateway_waiting")]
        return int(found[0]) if found else None

    def _end_gateway(self) -> None:
        if self._gateway is not None:
            end_child(self._gateway)
