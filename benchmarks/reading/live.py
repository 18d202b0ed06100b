"""A district at full rate: how old a fix is when it is in the live state, and days when judged."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import cos, sin
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.reading.district import INTERVAL_S
from benchmarks.reading.ways import cpu_s
from ingest.writer import Writer
from patrol.messages import Position, PositionBatch, encode_position
from patrol.topics import Topics
from runtime.mqtt import Message

# A batch is what came within so long.
_BATCH_S = 0.2
# Processes start, and every day is judged for the first time, but not for longer.
_WARM_S = 300.0
_LOOK_S = 5.0

_STATES = "select worker_id, floor(extract(epoch from epoch) * 1000)::bigint from live_state"
_AGES = """
select extract(epoch from now() - assessed_at) from daily_compliance
 where day = (select max(day) from duty_window)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a run came to: ages in seconds, shares of one core."""

    processes: int
    fixes: int
    ages_s: np.ndarray
    day_ages_s: np.ndarray
    assess_cores: float


@dataclass(slots=True, kw_only=True)
class _Line:
    """Stores a fix of each terminal every INTERVAL_S, evenly, and watches the live states.

    `pending` are fixes that are stored and not in the live state, by worker: epoch and time of
    the commit.
    """

    conn: psycopg.Connection
    watching: psycopg.Connection
    terminals: int
    sent: int = 0
    pending: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    ages_s: list[float] = field(default_factory=list)
    _writer: Writer = field(default_factory=lambda: Writer(topics=Topics("gp/1"), future_s=600))

    def run(self, lasting_s: float) -> None:
        """Go on for so long."""
        began_s, sent_before = time.monotonic(), self.sent
        while (passed_s := time.monotonic() - began_s) < lasting_s:
            self._store(sent_before + int(passed_s * self.terminals / INTERVAL_S))
            self._look()
            time.sleep(max(0.0, _BATCH_S - (time.monotonic() - began_s - passed_s)))

    def waiting_s(self) -> list[float]:
        """Return how long fixes have waited that are not in the live state."""
        now_s = time.monotonic()
        return [now_s - at_s for waiting in self.pending.values() for _, at_s in waiting]

    def _store(self, due: int) -> None:
        now = datetime.now(UTC)
        epoch_ms = int(now.timestamp() * 1000)
        numbers = range(self.sent, due)
        letters = [_letter(*divmod(one, self.terminals), epoch_ms=epoch_ms) for one in numbers]
        if letters:
            self._writer.write(self.conn, letters, now=now)
        stored = (epoch_ms, time.monotonic())
        for one in numbers:
            self.pending.setdefault(f"W{one % self.terminals:04}", []).append(stored)
        self.sent = max(self.sent, due)

    def _look(self) -> None:
        for worker, epoch_ms in self.watching.execute(_STATES).fetchall():
            waiting, seen_ms = self.pending.get(worker, []), epoch_ms or 0
            now_s = time.monotonic()
            self.ages_s += [now_s - at_s for one, at_s in waiting if one <= seen_ms]
            self.pending[worker] = [one for one in waiting if one[0] > seen_ms]


def run_live(
    dsn: str, *, terminals: int, processes: int, lasting_s: float, warm_s: float = _WARM_S
) -> Live:
    """Send for so long while so many copies of `ingest assess` judge."""
    with ExitStack() as ends:
        pids = [ends.enter_context(_assess(dsn)) for _ in range(processes)]
        conn, watching = (
            ends.enter_context(psycopg.connect(dsn, autocommit=True)) for _ in range(2)
        )
        line = _Line(conn=conn, watching=watching, terminals=terminals)
        until_s = time.monotonic() + warm_s
        while time.monotonic() < until_s and len(watching.execute(_AGES).fetchall()) < terminals:
            line.run(_LOOK_S)
        line.ages_s.clear()
        before_s = sum(map(cpu_s, pids))
        line.run(lasting_s)
        used_s = sum(map(cpu_s, pids)) - before_s
        day_ages_s = [float(age) for (age,) in watching.execute(_AGES).fetchall()]
    # What is not in the live state yet is as old as it is, unless that is nothing to speak of.
    late_s = [age for age in line.waiting_s() if age > INTERVAL_S]
    return Live(
        processes=processes,
        fixes=len(line.ages_s),
        ages_s=np.array(line.ages_s + late_s),
        day_ages_s=np.array(day_ages_s),
        assess_cores=used_s / lasting_s,
    )


def _letter(seq: int, number: int, *, epoch_ms: int) -> Message:
    turn = epoch_ms / 1_000_000
    place = Position(
        epoch_ms,
        300_027_000 + number // 40 * 54_000 + int(22_000 * sin(turn + number)),
        1_040_031_500 + number % 40 * 63_000 + int(26_000 * cos(turn + number)),
        accuracy_dm=60,
    )
    batch = PositionBatch(seq=seq + 1, source="agent", outbox="bench", positions=(place,))
    return Message(f"gp/1/T{number:04}/position", encode_position(batch), mid=1, connection=1)


@contextmanager
def _assess(dsn: str) -> Iterator[int]:
    command = [str(Path(sys.executable).with_name("patrol")), "ingest", "assess"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**os.environ, "PATROL_DATABASE_DSN": dsn}, stderr=log, stdout=log
        )
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)
