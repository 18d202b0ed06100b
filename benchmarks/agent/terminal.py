"""The agent as a process of its own, with a receiver that plays a recording to it."""

import json
import os
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from benchmarks.agent.wire import TERMINAL
from device.outbox import Count, Outbox
from patrol.errors import StateError
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.plans import DutyPlan, Pace, Span, Window, derive_key, encode_plan

_PATIENCE_S = 30.0
_BUNDLE = Path(__file__).parents[2] / "deploy" / "device" / "bundle.py"
_TICKS = os.sysconf("SC_CLK_TCK")
_LONG = timedelta(hours=11)


class Terminal:
    """A terminal on duty under a plan of this pace; leave its block, and the agent is killed."""

    def __init__(
        self, folder: Path, *, pace: Pace, broker: Mapping[str, str | int], on: datetime
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.outbox = folder / "outbox.sqlite"
        self._receiver, self._line = os.openpty()
        tty.setraw(self._line, termios.TCSANOW)
        terminal = TerminalId(TERMINAL)
        key = derive_key(bytes(32), terminal)
        (folder / "key").write_text(f"{key.hex()}\n")
        (folder / "key").chmod(0o600)
        (folder / "plan").write_bytes(encode_plan(_plan(pace, on), terminal, key))
        settings: dict[str, dict[str, str | int]] = {
            "device": {
                "terminal_id": TERMINAL,
                "port": os.ttyname(self._line),
                "outbox": str(self.outbox),
                "plan_file": str(folder / "plan"),
                "plan_key_file": str(folder / "key"),
                "page_port": 0,
            },
            "broker": dict(broker),
        }
        lines = [
            line
            for section, table in settings.items()
            for line in (f"[{section}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items()))
        ]
        (folder / "settings.toml").write_text("\n".join(lines))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        for end in (self._receiver, self._line):
            os.close(end)

    def start(self) -> None:
        """Start the agent, and return when it listens to its receiver."""
        log = self._folder / "agent.log"
        log.write_bytes(b"")
        command = [*_installed(self._folder.parent), "device", "run"]
        command += ["--config", str(self._folder / "settings.toml")]
        with log.open("ab") as stderr:
            # As deploy/device/gridpatrol-agent.service has it.
            environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
            self._process = subprocess.Popen(command, stderr=stderr, env=environment)
        wait_until(lambda: b'"receiver.opened"' in log.read_bytes(), what=f"see {log}")

    def kill(self) -> None:
        """End the agent as a power cut would, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def say(self, sentences: bytes) -> None:
        """Say what a receiver says of an epoch."""
        while sentences:
            sentences = sentences[os.write(self._receiver, sentences) :]

    def play(self, epochs: Sequence[bytes], *, speed: float) -> None:
        """Say epoch after epoch, so many a second."""
        began_s = time.monotonic()
        for number, epoch in enumerate(epochs):
            time.sleep(max(0.0, began_s + number / speed - time.monotonic()))
            self.say(epoch)

    def count(self) -> Count:
        """Return what the outbox holds."""
        with Outbox(self.outbox) as outbox:
            return outbox.count()

    def cpu_s(self) -> float:
        """Return the processor time that the agent has had."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> float:
        """Return the most resident memory that the agent has had."""
        (line,) = (one for one in self._proc("status").splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6

    def _proc(self, name: str) -> str:
        if self._process is None:
            raise StateError("the agent does not run")
        return Path(f"/proc/{self._process.pid}/{name}").read_text(encoding="ascii")


@cache
def _installed(folder: Path) -> tuple[str, ...]:
    """Return what a terminal runs: the one file, with nothing else that is installed here."""
    file = folder / "patrol.pyz"
    subprocess.run([sys.executable, str(_BUNDLE), str(file)], check=True)
    return (sys.executable, "-I", "-S", str(file))


def wait_until(is_so: Callable[[], bool], *, what: str) -> float:
    """Return how long it took until a condition held; StateError when it does not come."""
    began_s = time.monotonic()
    while not is_so():
        if time.monotonic() - began_s > _PATIENCE_S:
            raise StateError(f"the agent did not do it in {_PATIENCE_S:g} s: {what}")
        time.sleep(0.005)
    return time.monotonic() - began_s


def _plan(pace: Pace, on: datetime) -> DutyPlan:
    """Return a plan of duty now and at the time of the recording."""
    windows = [
        Window(Span(epoch_ms(at - _LONG), epoch_ms(at + _LONG))) for at in (on, datetime.now(UTC))
    ]
    return DutyPlan(number=epoch_ms(on - _LONG), windows=tuple(windows), pace=pace)
