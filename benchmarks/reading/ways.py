"""Ways to bring a worker-day into NumPy's columns, timed side by side."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import NamedTuple

import numpy as np
import psycopg
from psycopg import ClientCursor

from ingest.judging.reading.fixes import FIXES_OF_STINT, read_fixes, to_columns
from patrol.ids import WorkerId
from patrol.intervals import Interval

_OF_STINT = """
  from position where terminal_id = %(terminal)s and epoch >= %(start)s and epoch < %(end)s
"""
_ROWS = f"""
select (extract(epoch from epoch) * 1000)::bigint, lat_e7, lon_e7,
       coalesce(accuracy_dm, -2147483648), coalesce(hdop_d, -2147483648),
       coalesce(quality, -2147483648), flags, (extract(epoch from received_at) * 1000)::bigint,
       coalesce(speed_cmps, -2147483648), hashtext(terminal_id)
{_OF_STINT}
"""  # noqa: S608 - as above
_COPY = f"""
copy (select epoch, received_at, lat_e7, lon_e7, coalesce(accuracy_dm, -2147483648),
             coalesce(hdop_d, '-32768'::smallint), coalesce(quality, '-32768'::smallint), flags,
             coalesce(speed_cmps, '-32768'::smallint)
      {_OF_STINT}) to stdout (format binary)
"""
_EXECUTED = f"select count(*), max(lat_e7 + lon_e7 + accuracy_dm + flags) {_OF_STINT}"

_WIDTHS = (8, 8, 4, 4, 4, 2, 2, 2, 2)
_ROW = np.dtype(
    [("fields", ">i2")]
    + [
        part
        for number, width in enumerate(_WIDTHS)
        for part in ((f"length{number}", ">i4"), (str(number), f">i{width}"))
    ]
)
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
# The kernel's clock of a process ticks so often.
_TICKS = os.sysconf("SC_CLK_TCK")


class Way(NamedTuple):
    """One way, its medians a worker-day, and how much of the server's time it took."""

    name: str
    took_ms: float
    client_ms: float
    server_ms: float
    fixes: int

    @property
    def fixes_a_second(self) -> float:
        """Positions a second of one core, that of the client and of the server together.

        Of a server on another machine nobody knows, so there it is by the time that it took.
        """
        is_known = self.server_ms > 0 or self.name.endswith("parsing")
        return self.fixes / (self.client_ms + self.server_ms if is_known else self.took_ms) * 1000


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways, each a method that reads the day of one worker."""

    conn: psycopg.Connection
    span: Interval

    def time_all(self, workers: list[str]) -> Iterator[Way]:
        """Yield each way and each part of ours, timed over the days of `workers`."""
        held = self.sent(workers[0]) or ()
        fixes = len(to_columns(held, terminal=0))
        ways: dict[str, Callable[[str], object]] = {
            "columns": self.columns,
            "columns.executing": self.executed,
            "columns.executing_and_sending": self.sent,
            "columns.parsing": lambda _: to_columns(held, terminal=0),
            "copy": self.copy,
            "rows": self.rows,
        }
        for name, read in ways.items():
            for worker in workers[:8]:
                read(worker)
            yield self._time(name, read, workers, fixes=fixes)

    def columns(self, worker: str) -> object:
        """Read as the judge does."""
        return read_fixes(self.conn, WorkerId(worker), [self.span])

    def rows(self, worker: str) -> object:
        """Read rows and make an array of them."""
        with self.conn.cursor(binary=True) as cursor:
            rows = cursor.execute(_ROWS, self._values(worker)).fetchall()
        return np.array(rows, dtype=np.int64).T

    def copy(self, worker: str) -> object:
        """Read by binary COPY, whose rows are of one length."""
        statement = ClientCursor(self.conn).mogrify(_COPY, self._values(worker))
        with self.conn.cursor().copy(statement.encode()) as messages:
            sent = b"".join(messages)
        fixes = (len(sent) - _HEADER_BYTES - _TRAILER_BYTES) // _ROW.itemsize
        table = np.frombuffer(sent, _ROW, count=fixes, offset=_HEADER_BYTES)
        return [table[str(number)].astype(np.int64) for number in range(len(_WIDTHS))]

    def executed(self, worker: str) -> object:
        """Let the server find the fixes, and send next to nothing."""
        return self.conn.execute(_EXECUTED, self._values(worker), prepare=True).fetchone()

    def sent(self, worker: str) -> tuple[bytes, ...] | None:
        """Let the server send the columns, and look at none."""
        with self.conn.cursor(binary=True) as cursor:
            return cursor.execute(FIXES_OF_STINT, self._values(worker), prepare=True).fetchone()

    def _values(self, worker: str) -> dict[str, str | datetime]:
        terminal = worker.replace("W", "T")
        return {"terminal": terminal, "start": self.span.start, "end": self.span.end}

    def _time(
        self, name: str, read: Callable[[str], object], workers: list[str], *, fixes: int
    ) -> Way:
        took: list[float] = []
        backend = self.conn.info.backend_pid
        server_s, client_s = cpu_s(backend), time.process_time()
        for worker in workers * 3:
            began = time.perf_counter()
            read(worker)
            took.append(time.perf_counter() - began)
        client_s = time.process_time() - client_s
        server_s = cpu_s(backend) - server_s
        each = 1000 / len(took)
        return Way(name, median(took) * 1000, client_s * each, server_s * each, fixes)


def cpu_s(pid: int) -> float:
    """Return the seconds of processor that a process of this machine has had; 0 of another's."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no path of ours
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
