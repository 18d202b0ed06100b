"""The straight line of `patrol ingest run`: gather, COPY, COMMIT, then acknowledge.

Nothing is acknowledged, and no terminal is told to forget anything, before COMMIT. While
the database is away the batch in hand is held and tried again, and the broker holds the
rest.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
import structlog

from ingest.batching import Size, gather
from ingest.database import Retry, told
from ingest.operations.metrics import IngestMetrics
from ingest.receipts import Pile
from ingest.writer import Writer, Written
from patrol.messages import encode_stored
from patrol.topics import Kind
from runtime.clock import utc_now
from runtime.mqtt import Message, Session

log = structlog.get_logger()

# How soon a stop is noticed on an idle line.
_WAIT_S = 0.5
# Some 16,000 fixes in batches of 50: larger transactions are no faster, and hold up others.
_BATCH_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Carries messages from a session into a database until told to stop."""

    session: Session
    dsn: str
    writer: Writer
    batch_messages: int
    stop: threading.Event
    metrics: IngestMetrics
    _held: list[Message] = field(default_factory=list)
    _pile: Pile = field(default_factory=Pile)

    def run(self) -> None:
        """Consume until `stop` is set; what is not committed by then is not acknowledged."""
        Retry(dsn=self.dsn, stop=self.stop, vitals=self.metrics.vitals).run(self._consume)
        self._tell(is_idle=True)

    def _consume(self, conn: psycopg.Connection) -> None:
        """Store batch after batch; the held one outlives a connection that breaks."""
        size = Size(messages=self.batch_messages, weight=_BATCH_BYTES, weigh=_weigh)
        while not self.stop.is_set():
            self.metrics.vitals.beat()
            if not self._held:
                self._held.extend(gather(self._receive, size=size, wait_s=_WAIT_S))
            if self._held:
                self._store(conn, self._held)
                self._held.clear()
            self._tell(is_idle=self.session.waiting == 0)

    def _receive(self, timeout_s: float) -> Message | None:
        return self.session.receive(timeout_s=timeout_s)

    def _store(self, conn: psycopg.Connection, messages: Sequence[Message]) -> None:
        began = time.monotonic()
        try:
            written = self.writer.write(conn, messages, now=utc_now())
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._store_apart(conn, messages, error)
            return
        self._let_go(messages, written)
        took_s = time.monotonic() - began
        self.metrics.batch_committed(written, messages=len(messages), took_s=took_s)
        log.info(
            "ingest.batch_committed",
            messages=len(messages),
            positions=written.positions,
            stored=written.stored,
            off_duty=written.off_duty,
            set_aside=written.set_aside,
            refused=written.refused,
            took_ms=round(took_s * 1000),
        )

    def _store_apart(
        self, conn: psycopg.Connection, messages: Sequence[Message], error: psycopg.Error
    ) -> None:
        """One message that the checks let through must not hold back the others."""
        if len(messages) > 1:
            log.warning("ingest.batch_split", messages=len(messages), reason=told(error))
            for message in messages:
                self._store(conn, [message])
            return
        reason = f"the database does not take it: {str(error).strip()}"
        began = time.monotonic()
        written = self.writer.put_aside(conn, messages[0], reason=reason, now=utc_now())
        self._let_go(messages, written)
        took_s = time.monotonic() - began
        self.metrics.batch_committed(written, messages=1, took_s=took_s)

    def _let_go(self, messages: Sequence[Message], written: Written) -> None:
        """Acknowledge what is committed, and remember whom to tell of it."""
        self._pile.add(written.receipts)
        for message in messages:
            self.session.acknowledge(message)

    def _tell(self, *, is_idle: bool) -> None:
        now_s = time.monotonic()
        if not self.session.is_connected or not self._pile.is_due(now_s=now_s, is_idle=is_idle):
            return
        for terminal, stored in self._pile.take(now_s=now_s):
            self.session.publish(
                self.writer.topics.of(terminal, Kind.STORED), encode_stored(stored)
            )


def _weigh(message: Message) -> int:
    return len(message.payload)
