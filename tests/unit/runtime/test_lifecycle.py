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
# Nobody asks here whether to stop.
ASKED_AMID_LONG_WORK = """
import signal, sys, time
from runtime.lifecycle import stop_on_signals
from runtime.logs import start_logging
start_logging()
stop = stop_on_signals(within_s=0.3)
signal.raise_signal(signal.SIGTERM)
for _ in range(400):
    sum(range(1_000_000))
"""
ASKED_AND_DONE = """
import signal
from runtime.lifecycle import stop_on_signals
stop = stop_on_signals(within_s=9)
signal.raise_signal(signal.SIGTERM)
stop.wait(5)
raise SystemExit(7)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20
    )


def test_a_signal_amid_waiting_for_it_does_not_wait_for_itself():
    assert run(ASKED_AMID_WAITING).stdout == "True\n"


def test_a_second_signal_ends_the_process_at_once():
    assert run(ASKED_TWICE).returncode == -signal.SIGINT


def test_work_that_takes_too_long_is_left_when_the_time_is_over():
    done = run(ASKED_AMID_LONG_WORK)

    assert done.returncode == 0
    assert "process.ended_amid_work" in done.stderr


def test_whoever_ends_in_time_ends_as_it_likes():
    assert run(ASKED_AND_DONE).returncode == 7
