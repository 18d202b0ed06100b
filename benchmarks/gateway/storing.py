"""The server that stores nothing, as a process beside the load."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from benchmarks.gateway.storer import READY


class Storing:
    """A storer at work, and what it has told so far."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gateway.storer", str(port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: tuple[int, float] = (0, time.time())
        self._reading = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        if next(self._lines(), "") != READY:
            raise RuntimeError("the storer has not begun")
        self._reading.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def wait_for(self, fixes: int, *, within_s: float) -> tuple[int, float]:
        """Return how many fixes there are and when the last came, once there are so many."""
        until = time.monotonic() + within_s
        while self._told[0] < fixes and time.monotonic() < until:
            time.sleep(0.05)
        return self._told

    def _read(self) -> None:
        for line in self._lines():
            fixes, newest_at = json.loads(line)
            self._told = (fixes, newest_at)

    def _lines(self) -> Iterator[str]:
        for line in self._process.stdout or ():
            yield line.strip()
