"""Terminals that move, evenly over every ten seconds, and those who watch them."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, LiteralString, NamedTuple

import psycopg

from benchmarks.api.district import INTERVAL_S
from benchmarks.api.stage import Answering
from benchmarks.ingest.table import Figure
from benchmarks.reading.ways import cpu_s

_BATCH_S: Final = 0.2
_GOAL_LATE_S: Final = 2.0
# What is on its way as the measurement ends is told to nobody.
_GOAL_SEEN: Final = 0.9
# What the ingest does when a batch has come, without the batch.
_MOVE: LiteralString = """
update latest_position
   set epoch = clock_timestamp(), received_at = clock_timestamp(), lat_e7 = lat_e7 + 1
 where terminal_id = any(%s)
"""


class Watched(NamedTuple):
    """What those who followed one way were told."""

    found: dict[str, float]
    cores: float


@contextmanager
def moving(dsn: str, terminals: int) -> Iterator[None]:
    """Move each terminal every ten seconds, some of them at a time."""
    is_over = threading.Event()
    thread = threading.Thread(target=_move, args=(dsn, terminals, is_over))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def watch(
    at: Answering, path: str, *, tokens: Sequence[str], listeners: int, lasting_s: float
) -> Watched:
    """Let so many follow for so long, in a process of their own."""
    given = [str(at.port), path, str(listeners), str(lasting_s)]
    began_s, before_s = time.monotonic(), cpu_s(at.pid)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.api.listeners", *given],
        input="\n".join(tokens),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=lasting_s + 180,
    )
    cores = (cpu_s(at.pid) - before_s) / (time.monotonic() - began_s)
    return Watched(json.loads(done.stdout), cores)


def figures_of(name: str, text: str, seen: Watched, *, due: float, has_goal: bool) -> list[Figure]:
    """Return what a run came to; `due` is how many changes there were for each."""
    found = seen.found
    latest = Figure(
        name=f"{name}.late_most_s",
        text=f"{text}: the latest change",
        values=[found["late_most_s"]],
        unit="s",
        goal=_GOAL_LATE_S if has_goal else None,
        better="less",
    )
    seen_of_all = Figure(
        name=f"{name}.seen",
        text="  changes told to whoever was told fewest, of those made",
        values=[found["least_changes"] / due],
        unit="",
        goal=_GOAL_SEEN if has_goal else None,
    )
    others = (
        ("late_p50_s", "half of the changes are there after", found["late_p50_s"], "s"),
        ("late_p99_s", "99% after", found["late_p99_s"], "s"),
        (
            "messages_a_second",
            "messages a second to whoever had most",
            found["most_messages_a_second"],
            "",
        ),
        ("least_gap_s", "the shortest time between two messages to one", found["least_gap_s"], "s"),
        ("cut", "listeners who were cut off", found["cut"], ""),
        ("mb_a_second", "sent", found["mb_a_second"], "MB/s"),
        ("cores", "of processor, the process", seen.cores, "cores"),
    )
    return [
        latest,
        seen_of_all,
        *(
            Figure(name=f"{name}.{key}", text=f"  {what}", values=[value], unit=unit)
            for key, what, value, unit in others
        ),
    ]


def _move(dsn: str, terminals: int, is_over: threading.Event) -> None:
    moved = 0
    began_s = time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as conn:
        while not is_over.wait(_BATCH_S):
            due = int((time.monotonic() - began_s) * terminals / INTERVAL_S)
            names = [f"T{one % terminals + 1}" for one in range(moved, due)]
            if names:
                conn.execute(_MOVE, (names,))
            moved = due
