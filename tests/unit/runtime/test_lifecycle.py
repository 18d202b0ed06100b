"""How a process ends when it is asked to."""

import signal
import subprocess
import sys

# `stop.wait` has the lock of the event at its begin and at its end.
ASKED_AMID_WAITING = """
import signal
from runtime.lifecycle import stop_on_signals
stop = stop_on_signals()
with stop._cond:
    signal.raise_signal(signal.SIGTERM)
print(stop.wait(5))
"""
ASKED_TWICE = """
import signal
from runtime.lifecycle import stop_on_signals
stop = stop_on_signals()
for _ in range(2):
    signal.raise_signal(signal.SIGINT)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20
    )


def test_a_signal_amid_waiting_for_it_does_not_wait_for_itself():
    assert run(ASKED_AMID_WAITING).stdout == "True\n"


def test_a_second_signal_ends_the_process_at_once():
    assert run(ASKED_TWICE).returncode == -signal.SIGINT
