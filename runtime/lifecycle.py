"""How a process ends: asked by a signal, at a place of its own choosing."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Return an event that is set by SIGINT or SIGTERM.

    The first signal asks; a second one ends the process at once, as signals usually do.
    """
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        # This runs amid whatever the main thread is doing. If that is `stop.wait`, the event
        # is locked, and setting it here would wait for ever.
        threading.Thread(target=stop.set, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop


def backoff_s(attempt: int, *, first_s: float = 0.5, most_s: float = 30.0) -> float:
    """Return how long to wait before trying for the `attempt`-th time again, from 0."""
    return min(most_s, first_s * 2.0 ** min(attempt, 30))
