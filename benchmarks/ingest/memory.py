"""Memory of the ingest at full rate, for as long as one likes."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import psycopg

from benchmarks.ingest import packets
from benchmarks.ingest.fleet import FIX_EVERY_MS, TERMINAL_IDS, TERMINALS, make_walks, payloads
from benchmarks.ingest.flow import AHEAD
from benchmarks.ingest.sending import Load, counter, flooding
from benchmarks.ingest.stage import Stage
from patrol.wire import plain_of

# The disk is no part of what is measured: what is stored is thrown away now and then.
_EMPTY_EVERY_S = 60.0
_LOOK_EVERY_S = 0.5
_SEQ_AND_EPOCH = re.compile(rb'"seq":\d+|"t":\[\d+\]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident memory in MiB: after warming up, at most, in the end; and the rate meanwhile."""

    minutes: float
    first_mib: float
    peak_mib: float
    last_mib: float
    messages_a_second: float


def measure_memory(stage: Stage, *, days: int, minutes: float) -> Memory:
    """Flood the ingest with single fixes; duty goes on for `days` days of their clock."""
    done = counter()
    stream = EndlessStream(days=days)
    load = Load(port=stage.broker.port, messages=stream, done=done, ahead=AHEAD)
    seen: list[float] = []
    with (
        stage.database() as dsn,
        stage.ingest(dsn) as ingest,
        psycopg.connect(dsn, autocommit=True) as conn,
        flooding(load),
    ):
        began = emptied = time.monotonic()
        while time.monotonic() < began + minutes * 60:
            time.sleep(_LOOK_EVERY_S)
            ingest.look()
            done.value = ingest.messages
            seen.append(_resident_mib(ingest.process.pid))
            if time.monotonic() > emptied + _EMPTY_EVERY_S:
                conn.execute("truncate position")
                emptied = time.monotonic()
        took_s = time.monotonic() - began
    warm = seen[len(seen) // 5 :]
    return Memory(
        minutes=minutes,
        first_mib=warm[0],
        peak_mib=max(seen),
        last_mib=seen[-1],
        messages_a_second=ingest.messages / took_s,
    )


class EndlessStream(Sequence[bytes]):
    """Single fixes of all terminals by turns, each made when it is asked for.

    A terminal stays where it is, and its next fix is two seconds later.
    """

    def __init__(self, *, days: int) -> None:
        walks = make_walks(1, days=days)
        self._parts = [
            _SEQ_AND_EPOCH.split(plain_of(payload)) for _, payload in payloads(walks, at_once=1)
        ]
        self._first_ms = int(walks.columns["epoch_ms"][0, 0])

    def __len__(self) -> int:
        return 1 << 40

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...

    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return packets.publishes(self._message(n) for n in range(index.start, index.stop))
        return packets.publishes([self._message(index)])[0]

    def _message(self, number: int) -> tuple[str, bytes]:
        lap, row = divmod(number, TERMINALS)
        head, middle, tail = self._parts[row]
        body = b'%b"seq":%d%b"t":[%d]%b' % (
            head,
            lap + 1,
            middle,
            self._first_ms + lap * FIX_EVERY_MS,
            tail,
        )
        return f"gp/1/{TERMINAL_IDS[row]}/position", body


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
