"""What `patrol ingest run` tells Prometheus."""

import time
from collections.abc import Callable
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from ingest.operations.exposition import expose, new_registry
from ingest.quarantine import Code
from ingest.writer import Written
from runtime.health import Exposition, Vitals

_MESSAGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

# What became of a position, besides what is counted by name in `Written`.
_KNOWN = "known"
_FATES = ("stored", "off_duty", "set_aside")


class IngestMetrics:
    """Counters of one ingest; every method may be called from any thread."""

    def __init__(self, vitals: Vitals, *, waiting: Callable[[], int]) -> None:
        """Tell of `vitals`, and how many messages have come and are `waiting()` to be taken."""
        self.vitals = vitals
        self._registry = new_registry()
        self._messages = self._counter("messages", "Messages committed")
        self._positions = self._counter("positions", "Positions committed, by fate", "fate")
        self._refused = self._counter("refused", "Messages quarantined, by code", "code")
        self._batch = self._histogram("batch_messages", "Messages in a batch", _MESSAGES)
        self._commit = self._histogram("commit_seconds", "Writing and COMMIT of a batch", _SECONDS)
        self._lag = self._gauge("lag_seconds", "Age of a batch's newest live fix at its COMMIT")
        self._last = self._gauge("last_commit_timestamp_seconds", "Time of the last COMMIT")
        self._gauge("waiting_messages", "Messages not taken yet").set_function(waiting)
        for need in ("database", "broker"):
            up = self._gauge(f"{need}_up", f"Whether the {need} is there")
            up.set_function(partial(_as_number, vitals, need))
        # All of them from the beginning: a rate is told of what was there before.
        for fate in (*_FATES, _KNOWN):
            self._positions.labels(fate)
        for code in Code:
            self._refused.labels(code.value)

    def batch_committed(self, written: Written, *, messages: int, took_s: float) -> None:
        """Count a batch of so many `messages`, committed just now."""
        self._messages.inc(messages)
        for fate in _FATES:
            self._positions.labels(fate).inc(getattr(written, fate))
        known = written.positions - sum(getattr(written, fate) for fate in _FATES)
        self._positions.labels(_KNOWN).inc(max(known, 0))
        for refusal in written.refusals:
            self._refused.labels(refusal.code.value).inc()
        self._batch.observe(messages)
        self._commit.observe(took_s)
        self._last.set_to_current_time()
        if written.newest_ms is not None:
            self._lag.set(max(0.0, time.time() - written.newest_ms / 1000))

    def expose(self) -> Exposition:
        """Return all of it as Prometheus reads it."""
        return expose(self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"gridpatrol_ingest_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"gridpatrol_ingest_{name}", text, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            f"gridpatrol_ingest_{name}", text, buckets=buckets, registry=self._registry
        )


def _as_number(vitals: Vitals, need: str) -> float:
    return float(vitals.is_up(need))
