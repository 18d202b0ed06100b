"""The agent of a soak, its serial line, and what it says of itself."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from patrol.errors import StateError
from simulator.drivers import Port, open_port
from simulator.services import end_child, start_child
from simulator.soaking.month import TERMINAL

_PATIENCE_S = 30.0
_LOOK_AGAIN_S = 0.05
# An epoch counts as complete when the line has been silent for 0.3 s.
_QUIET_S = 0.7
_PATROL = [sys.executable, "-c", "from runtime.cli import main; main()"]


class Terminal:
    """One terminal in `folder`, which may be killed, unplugged and started again."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self.outbox = folder / "outbox.sqlite"
        self._environment = {
            **environment,
            "PATROL_DEVICE_TERMINAL_ID": TERMINAL,
            "PATROL_DEVICE_PORT": str(folder / "port"),
            "PATROL_DEVICE_BAUD": "115200",
            "PATROL_DEVICE_OUTBOX": str(self.outbox),
            "PATROL_DEVICE_PLAN_FILE": str(folder / "plan"),
            "PATROL_DEVICE_PLAN_KEY_FILE": str(folder / "plan-key"),
            "PATROL_DEVICE_PAGE_PORT": "0",
            "PATROL_DEVICE_BATCH_AGE_S": "1",
            "PATROL_DEVICE_RESEND_S": "10",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._plug = ExitStack()
        self._port: Port | None = None

    def start(self, now: datetime) -> None:
        """Start the agent, to which it is `now` all the time, and wait until it listens."""
        played = {"PATROL_CLOCK_ORIGIN": now.isoformat(), "PATROL_CLOCK_RATE": "0"}
        self._process = start_child(
            [*_PATROL, "device", "run"],
            log=self._folder / "agent.log",
            environment={**self._environment, **played},
        )
        if self._port is None:
            self.plug_in()
        self._wait("the agent to open its port", self._listens)

    def plug_in(self) -> None:
        """Make the line."""
        self._port = self._plug.enter_context(open_port(self._folder / "port"))

    def unplug(self) -> None:
        """Take the line away."""
        self._port = None
        self._plug.close()

    def send(self, data: bytes) -> None:
        """Return when the line has taken all of it."""
        if self._port is not None:
            asyncio.run(asyncio.wait_for(self._port.write(data), _PATIENCE_S))

    def read_quietly(self) -> dict[str, int]:
        """Return the counts of this run, when nothing changes any more."""
        counts, since_s = self._counts(), time.monotonic()
        while time.monotonic() - since_s < _QUIET_S:
            time.sleep(_LOOK_AGAIN_S)
            now = self._counts()
            if now != counts:
                counts, since_s = now, time.monotonic()
        return counts

    def wait_until_sent(self) -> None:
        """Return when nothing waits in the outbox."""
        self._wait("an empty outbox", lambda: self._ask()["waiting"]["fixes"] == 0)

    def written(self) -> int:
        """Return how many fixes were ever written to the outbox, whether an agent runs or not."""
        return int(self.status()["written"])

    def status(self) -> dict[str, Any]:
        """Return what `patrol device status` says."""
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            [*_PATROL, "device", "status", "--outbox", str(self.outbox)],
            capture_output=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def kill(self) -> None:
        """End the agent as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the agent to end; StateError where it does not end in order."""
        code = self._end(signal.SIGTERM)
        if code:
            raise StateError(f"the agent ended with {code}: see {self._folder}/agent.log")

    def close(self) -> None:
        """End what runs."""
        self._end(signal.SIGKILL)
        self._plug.close()

    def _end(self, by: signal.Signals) -> int:
        if self._process is None:
            return 0
        code = end_child(self._process, by=by)
        self._process = None
        return code

    def _listens(self) -> bool:
        return self._port is not None and self._port.has_reader() and bool(self._try())

    def _counts(self) -> dict[str, int]:
        return dict(self._ask()["counts"])

    def _ask(self) -> dict[str, Any]:
        found = self._try()
        if found is None:
            raise StateError(f"the agent does not answer: see {self._folder}/agent.log")
        return found

    def _try(self) -> dict[str, Any] | None:
        line = http.client.HTTPConnection("localhost", timeout=_PATIENCE_S)
        line.sock = socket.socket(socket.AF_UNIX)
        try:
            line.sock.connect(os.fspath(self.outbox.with_name(f"{self.outbox.name}.sock")))
            line.request("GET", "/api/state")
            found: dict[str, Any] = json.loads(line.getresponse().read())
        except OSError:
            return None
        finally:
            line.close()
        return found

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        until_s = time.monotonic() + _PATIENCE_S
        while not is_so():
            if self._process is None or self._process.poll() is not None:
                raise StateError(f"the agent ended by itself: see {self._folder}/agent.log")
            if time.monotonic() > until_s:
                raise StateError(f"waited {_PATIENCE_S:.0f} s for {what}: see {self._folder}")
            time.sleep(_LOOK_AGAIN_S)
