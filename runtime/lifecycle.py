"""How a process ends: asked by a signal, at a place of its own choosing."""

import os
import signal
import threading
import time
from types import FrameType

import structlog

log = structlog.get_logger()

# What somebody who stops a server waits for, less what it takes to notice.
SOON_S = 4.5


def stop_on_signals(*, within_s: float | None = None) -> threading.Event:
    """Return an event that is set by SIGINT or SIGTERM.

    The first signal asks; a second one ends the process at once, as signals usually do. So does
    the end of `within_s`, for a process that loses nothing by it: exit code 0.
    """
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        # This runs amid whatever the main thread is doing. If that is `stop.wait`, the event
        # is locked, and setting it here would wait for ever.
        threading.Thread(target=stop.set, daemon=True).start()
        if within_s is not None:
            threading.Thread(target=_end_at_last, args=(within_s,), daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop


def backoff_s(attempt: int, *, first_s: float = 0.5, most_s: float = 30.0) -> float:
    """Return how long to wait before trying for the `attempt`-th time again, from 0."""
    return min(most_s, first_s * 2.0 ** min(attempt, 30))


def _end_at_last(within_s: float) -> None:
    time.sleep(within_s)
    log.warning("process.ended_amid_work", waited_s=within_s)
    os._exit(0)
