"""From published to readable through SQL, message by message."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.ingest import packets
from benchmarks.ingest.fleet import TERMINAL_IDS, TERMINALS, make_walks, payloads
from benchmarks.ingest.sending import Load, counter, pacing
from benchmarks.ingest.stage import Stage

WATCHED = TERMINAL_IDS[0]

_PROBE = """
-- the newest fix of one terminal, as milliseconds since 1970
select (extract(epoch from max(epoch)) * 1000)::bigint from position where terminal_id = %s
"""
_LOOK_EVERY_S = 0.001
_LATE_S = 20.0
# The first seconds fill caches and make a chunk.
_WARM_UP_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from published to readable, of the messages that were watched."""

    rate: float
    watched: int
    p50_ms: float
    p99_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Single fixes of all terminals, among them at each `every`th place one that is watched.

    The watched ones are of the first terminal, and their epochs in order.
    """

    messages: Sequence[bytes]
    every: int
    epochs_ms: Sequence[int]


def make_stream(count: int, *, every: int, days: int) -> Stream:
    """Return `count` messages."""
    watched = make_walks(-(-count // every), days=days, terminals=1)
    # The first terminal of the others is left out, for it is the watched one.
    rest = make_walks(-(-count // (TERMINALS - 1)), days=days)
    others = (one for one in payloads(rest, at_once=1) if one[0] != WATCHED)
    mixed = (
        one for probe in payloads(watched, at_once=1) for one in (probe, *islice(others, every - 1))
    )
    return Stream(
        messages=packets.publishes((f"gp/1/{name}/position", body) for name, body in mixed),
        every=every,
        epochs_ms=watched.columns["epoch_ms"][0].tolist(),
    )


def measure_latency(stage: Stage, stream: Stream, *, rate: float) -> Latency:
    """Publish `rate` messages a second, and watch until the watched ones can be read."""
    sent_at = multiprocessing.get_context("fork").Array("d", len(stream.messages), lock=False)
    load = Load(port=stage.broker.port, messages=stream.messages, done=counter())
    with (
        stage.database() as dsn,
        stage.ingest(dsn),
        psycopg.connect(dsn, autocommit=True) as conn,
        pacing(load, rate=rate, sent_at=sent_at),
    ):
        seen_at = _watch(conn, stream, until=time.monotonic() + load_s(stream, rate) + _LATE_S)
    began_at = np.array(sent_at)[:: stream.every]
    took_ms = (seen_at - began_at)[began_at > began_at[0] + _WARM_UP_S] * 1000
    p50, p99 = np.percentile(took_ms, [50, 99])
    return Latency(
        rate=rate,
        watched=len(took_ms),
        p50_ms=float(p50),
        p99_ms=float(p99),
        worst_ms=float(took_ms.max()),
    )


def load_s(stream: Stream, rate: float) -> float:
    """Return how long it takes to publish the stream."""
    return len(stream.messages) / rate


def _watch(conn: psycopg.Connection, stream: Stream, *, until: float) -> NDArray[np.float64]:
    """Return when each watched fix was first seen."""
    seen_at = np.zeros(len(stream.epochs_ms))
    count = 0
    while count < len(seen_at):
        row = conn.execute(_PROBE, (WATCHED,), prepare=True).fetchone()
        now = time.monotonic()
        newest = row[0] if row and row[0] is not None else -1
        while count < len(seen_at) and stream.epochs_ms[count] <= newest:
            seen_at[count] = now
            count += 1
        if now > until:
            raise RuntimeError(f"{len(seen_at) - count} of {len(seen_at)} fixes did not come")
        time.sleep(_LOOK_EVERY_S)
    return seen_at
