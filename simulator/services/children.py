"""Processes that serve ours, are out of Ctrl-C's reach, and never outlive it.

Each is started in a session of its own, so that a terminal's Ctrl-C asks ours alone, which
then ends the others in its order. Should ours be killed, the kernel sends them a signal
(prctl PR_SET_PDEATHSIG). `setpriv` of util-linux asks for it: a pipe to watch would need
code in every child, and a hook between fork and exec is unsafe in a process with threads.
"""

import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import environ, getpid
from pathlib import Path

from patrol.errors import StateError

_UP_WITHIN_S = 30.0
_LOOK_AGAIN_S = 0.02
# Ours may have gone before the kernel was asked to tell; then the child must not start.
_IF_PARENT_IS_THERE = 'test "$PPID" = "$0" && exec "$@"'


class Service(ABC):
    """A process of our own that keeps its things in `folder`, which stay when it stops."""

    name: str
    # How it is asked to end.
    farewell: signal.Signals = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the process says."""
        return self._folder / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The id of the process while it runs."""
        runs = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and runs else None

    @abstractmethod
    def start(self) -> None:
        """Start the process and return when it answers; raise StateError if it does not."""

    def stop(self) -> None:
        """End the process; what it keeps for later is on the disk."""
        self._end(self.farewell)

    def kill(self) -> None:
        """Kill the process as a power cut would; `start` goes on with what is on the disk."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            end_child(self._process, by=number)
            self._process = None


def start_child(
    arguments: Sequence[str],
    *,
    log: Path,
    farewell: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process whose output is added to `log`; it gets `farewell` when ours is gone.

    To the kernel "ours" is the thread that calls this: call it from the main thread.
    Root may name a `user`, its uid and gid, to run it as; that user may still pass root's
    folders, which are closed to others, and opening them is not ours to do.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - no shell, and no argument comes from outside
            [*_setpriv(farewell, user), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environ, **(environment or {})},
            start_new_session=True,
        )


def end_child(
    process: subprocess.Popen[bytes],
    *,
    by: signal.Signals = signal.SIGTERM,
    timeout_s: float = 20.0,
) -> int:
    """Ask `process` to end, insist after `timeout_s`, and return its exit code."""
    with suppress(ProcessLookupError):
        process.send_signal(by)
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def comes_up(process: subprocess.Popen[bytes], name: str, is_up: Callable[[], bool]) -> bool:
    """Wait until `is_up`; False if the process ended before, StateError if it takes too long."""
    until = time.monotonic() + _UP_WITHIN_S
    while not is_up():
        if process.poll() is not None:
            return False
        if time.monotonic() > until:
            end_child(process)
            raise StateError(f"{name} did not answer within {_UP_WITHIN_S:.0f} s")
        time.sleep(_LOOK_AGAIN_S)
    return True


def last_lines(log: Path, *, count: int = 5) -> str:
    """Return the end of a log, for a message about the process that wrote it."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def _setpriv(farewell: signal.Signals, user: tuple[int, int] | None) -> list[str]:
    command = shutil.which("setpriv")
    if command is None:
        raise StateError("the command setpriv is not on this machine: install util-linux")
    options = [command, "--pdeathsig", farewell.name.removeprefix("SIG")]
    if user is not None:
        options += [
            f"--reuid={user[0]}",
            f"--regid={user[1]}",
            "--clear-groups",
            # Without it access(2) forgets the capability that the next two lines leave.
            "--securebits=+no_setuid_fixup",
            "--inh-caps=-all,+dac_override",
            "--ambient-caps=-all,+dac_override",
        ]
    return [*options, "--", "/bin/sh", "-c", _IF_PARENT_IS_THERE, str(getpid())]


def belongs_to_another(folder: Path) -> StateError:
    """Return what to raise when a folder was made by somebody else."""
    return StateError(f"{folder} belongs to another user: use it, or remove it, as that one")
