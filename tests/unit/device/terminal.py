"""What stands around the agent in tests: a receiver's sentences, a serial line, the command."""

import json
import os
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from pathlib import Path

from device.outbox import count_at
from patrol.fix import Fix, epoch_ms
from patrol.ids import TerminalId
from patrol.notices.plans import DEFAULT_PACE, DutyPlan, Pace, Span, Window, derive_key, encode_plan

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PATROL = [sys.executable, "-c", "from runtime.cli import main; main()"]
SECRET = bytes(32)


def sentence(body: str) -> bytes:
    """Return `body` as a receiver sends it, with its checksum."""
    return f"${body}*{reduce(xor, body.encode('latin-1'), 0):02X}\r\n".encode("latin-1")


def rmc(second: int, *, tail: str = ",A,V") -> bytes:
    """Return an RMC so many seconds after the start, a step further north each."""
    at = START + timedelta(seconds=second)
    minutes = 30 + second / 1000
    return sentence(
        f"GNRMC,{at:%H%M%S}.00,A,30{minutes:08.5f},N,10412.00000,E,2.00,90.0,{at:%d%m%y},,{tail}"
    )


def gga(second: int, *, quality: int = 1) -> bytes:
    """Return a GGA of the same instant and place as `rmc`."""
    at = START + timedelta(seconds=second)
    minutes = 30 + second / 1000
    return sentence(
        f"GNGGA,{at:%H%M%S}.00,30{minutes:08.5f},N,10412.00000,E,{quality},09,1.1,500.0,M,-30.0,M,,"
    )


def fix_at(second: float, *, speed_mps: float | None = None) -> Fix:
    """Return a fix so many seconds after the start."""
    at = START + timedelta(seconds=second)
    return Fix(epoch=at, lat_deg=30.5, lon_deg=104.2, speed_mps=speed_mps)


def wait_until(is_so: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Wait for a condition, and fail when it does not come."""
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def window(start: datetime, end: datetime) -> Window:
    """Return a window of duty without breaks."""
    return Window(Span(epoch_ms(start), epoch_ms(end)))


def plan_of(*windows: Window, issued: datetime = START, pace: Pace = DEFAULT_PACE) -> DutyPlan:
    """Return a plan with these windows."""
    return DutyPlan(number=epoch_ms(issued), windows=windows, pace=pace)


def signed(plan: DutyPlan, terminal: str = "T01") -> bytes:
    """Return a plan as the server says it to a terminal."""
    name = TerminalId(terminal)
    return encode_plan(plan, name, derive_key(SECRET, name))


def write_key(folder: Path, terminal: str = "T01") -> Path:
    """Write the key of a terminal's plans, and return where it is."""
    path = folder / "plan-key"
    path.write_text(f"{derive_key(SECRET, TerminalId(terminal)).hex()}\n")
    path.chmod(0o600)
    return path


def always_on_duty(*, pace: Pace = DEFAULT_PACE) -> DutyPlan:
    """Return a plan of duty now, and when the fixes of these tests are."""
    hour, now = timedelta(hours=1), datetime.now(UTC)
    return plan_of(
        window(START - hour, START + 20 * hour),
        window(now - hour, now + 20 * hour),
        issued=START - hour,
        pace=pace,
    )


class SerialLine:
    """A receiver on a pseudo-terminal, behind a path that stays when it is plugged in again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._receiver = self._terminal = -1

    def plug_in(self) -> None:
        """Make the line and put it under the path."""
        self._receiver, self._terminal = os.openpty()
        tty.setraw(self._terminal, termios.TCSANOW)
        self.path.symlink_to(os.ttyname(self._terminal))

    def unplug(self) -> None:
        """Take the line away, as when a plug is pulled."""
        self.path.unlink(missing_ok=True)
        for end in (self._receiver, self._terminal):
            if end >= 0:
                os.close(end)
        self._receiver = self._terminal = -1

    def send(self, data: bytes) -> None:
        """Send bytes as the receiver does."""
        while data:
            data = data[os.write(self._receiver, data) :]

    def send_until(self, is_read: Callable[[], object], messages: Iterator[bytes]) -> None:
        """Send message after message until one has been read: opening a port clears it."""
        while not is_read():
            self.send(next(messages))
            time.sleep(0.05)


class Agent:
    """The agent as a process of its own, on a serial line, with its settings in a file.

    It is on duty; `interval_s` among the settings of the device is that of its plan.
    """

    def __init__(self, folder: Path, settings: dict[str, dict[str, object]]) -> None:
        self.line = SerialLine(folder / "port")
        self.outbox = folder / "outbox.sqlite"
        self.log = folder / "agent.log"
        self._config = folder / "settings.toml"
        device = settings["device"]
        self.plan_file = folder / "duty-plan"
        self._write_plan(str(device["terminal_id"]), device.pop("interval_s", 10))
        device |= {
            "port": str(self.line.path),
            "outbox": str(self.outbox),
            "plan_file": str(self.plan_file),
            "plan_key_file": str(write_key(folder, str(device["terminal_id"]))),
        }
        self._config.write_text(
            "\n".join(
                line
                for section, table in settings.items()
                for line in (
                    f"[{section}]",
                    *(f"{name} = {json.dumps(value)}" for name, value in table.items()),
                )
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with a receiver on its line or without."""
        command = [*PATROL, "device", "run", "--config", str(self._config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log)

    def listen(self) -> None:
        """Start it on a line that is plugged in, and wait until it listens."""
        if not self.line.path.is_symlink():
            self.line.plug_in()
        times = self._times_said("receiver.opened") + 1
        self.start()
        wait_until(lambda: self.has_said("receiver.opened", times=times))

    def has_kept(self, fixes: int) -> bool:
        """Return whether so many fixes have ever been written."""
        return count_at(self.outbox).written >= fixes

    def has_sent(self, fixes: int) -> bool:
        """Return whether so many fixes have been written, and all are stored."""
        return self.has_kept(fixes) and count_at(self.outbox).waiting == 0

    def has_said(self, event: str, *, times: int = 1) -> bool:
        """Return whether the log holds an event so many times."""
        return self._times_said(event) >= times

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end_by("kill")

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return self._end_by("terminate")

    def wait(self) -> int:
        """Return its exit code when it ends by itself."""
        assert self._process is not None
        return self._process.wait(timeout=20)

    def _write_plan(self, terminal: str, interval_s: object) -> None:
        seconds = int(str(interval_s).removesuffix(".0"))
        pace = Pace(seconds, seconds, seconds)
        self.plan_file.write_bytes(signed(always_on_duty(pace=pace), terminal))

    def _times_said(self, event: str) -> int:
        return self.log.read_text().count(f'"{event}"') if self.log.exists() else 0

    def _end_by(self, way: str) -> int:
        if self._process is None:
            return 0
        getattr(self._process, way)()
        code = self._process.wait(timeout=20)
        self._process = None
        return code


def patrol(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command and return what came of it."""
    return subprocess.run([*PATROL, *arguments], capture_output=True, timeout=60, check=False)


def collect(source: Iterator[Sequence[Fix]], into: list[Fix]) -> threading.Thread:
    """Gather the fixes of a source in a thread of its own."""

    def gather() -> None:
        for fixes in source:
            into.extend(fixes)

    thread = threading.Thread(target=gather, daemon=True)
    thread.start()
    return thread
