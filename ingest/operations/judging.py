"""What `patrol ingest assess` tells Prometheus."""

import time
from datetime import timedelta
from math import inf

import psycopg
from prometheus_client import Counter, Gauge

from ingest.database import DATABASE
from ingest.operations.exposition import expose, new_registry
from ingest.operations.worklist import read_worklist
from runtime.clock import utc_now
from runtime.health import Exposition, Vitals

# Thousands of marks take some milliseconds to count.
_READ_EVERY_S = 10.0


class JudgingMetrics:
    """Counters of one judge; every method may be called from any thread."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.vitals = Vitals()
        self._registry = new_registry()
        self._judged = self._counter("days_judged", "Worker-days judged")
        self._judging = self._counter("judging_seconds", "Spent on reading, judging and storing")
        self._dirty = self._gauge("dirty_days", "Worker-days that are due to be judged")
        self._oldest = self._gauge("oldest_dirty_day_seconds", "How long the longest of them waits")
        self._aside = self._gauge("days_aside", "Worker-days that could not be judged")
        self._read_at_s = -inf
        self._last = self._gauge("last_pass_timestamp_seconds", "Time of the last look for work")
        up = self._gauge("database_up", "Whether the database is there")
        up.set_function(lambda: float(self.vitals.is_up(DATABASE)))

    def days_judged(self, days: int, *, took_s: float) -> None:
        """Count worker-days, committed just now."""
        self.vitals.beat()
        self._judged.inc(days)
        self._judging.inc(took_s)

    def pass_done(self, conn: psycopg.Connection, *, aside: int) -> None:
        """Say that the worklist was worked through, and how many worker-days are aside.

        Now and then what is left of it is read on `conn`.
        """
        self.vitals.beat()
        self._aside.set(aside)
        self._last.set_to_current_time()
        if time.monotonic() < self._read_at_s + _READ_EVERY_S:
            return
        self._read_at_s = time.monotonic()
        work, now = read_worklist(conn, now=utc_now()), utc_now()
        self._dirty.set(work.due)
        waits = timedelta(0) if work.waiting_since is None else now - work.waiting_since
        self._oldest.set(max(0.0, waits.total_seconds()))

    def expose(self) -> Exposition:
        """Return all of it as Prometheus reads it."""
        return expose(self._registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"gridpatrol_assess_{name}", text, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"gridpatrol_assess_{name}", text, registry=self._registry)
