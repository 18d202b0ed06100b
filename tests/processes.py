"""Starting the product's own processes, and waiting for what they promise."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATROL = Path(sys.executable).with_name("patrol")


@contextmanager
def patrol(
    *arguments: str, environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `patrol ...` until the block ends, then ask it to stop; its log goes to `log`."""
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [PATROL, *arguments], env={**os.environ, **environment}, stderr=stderr
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


# On a machine that is busy with other things, too; who need not wait does not.
_WITHIN_S = 60.0


def eventually(look: Callable[[], T], *, within_s: float = _WITHIN_S, what: str = "") -> T:
    """Return what `look` returns as soon as it is true; fail when that takes too long."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or look!r}, last {seen!r}")
        time.sleep(0.05)
    return seen
