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

from ingest.batching import gather
from ingest.database import Retry, told
from ingest.writer import Writer, Written
from patrol.messages import encode_stored
from patrol.topics import Kind
from runtime.clock import utc_now
from runtime.mqtt import Message, Session

log = structlog.get_logger()

# How soon a stop is noticed on an idle line.
_WAIT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Carries messages from a session into a database until told to stop."""

    session: Session
    dsn: str
    writer: Writer
    batch_messages: int
    stop: threading.Event
    _held: list[Message] = field(default_factory=list)

    def run(self) -> None:
        """Consume until `stop` is set; what is not committed by then is not acknowledged."""
        Retry(dsn=self.dsn, stop=self.stop).run(self._consume)

    def _consume(self, conn: psycopg.Connection) -> None:
        """Store batch after batch; the held one outlives a connection that breaks."""
        while not self.stop.is_set():
            if not self._held:
                self._held.extend(gather(self._receive, most=self.batch_messages, wait_s=_WAIT_S))
            if self._held:
                self._store(conn, self._held)
                self._held.clear()

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
        log.info(
            "ingest.batch_committed",
            messages=len(messages),
            positions=written.positions,
            stored=written.stored,
            refused=written.refused,
            took_ms=round((time.monotonic() - began) * 1000),
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
        written = self.writer.put_aside(conn, messages[0], reason=reason, now=utc_now())
        self._let_go(messages, written)

    def _let_go(self, messages: Sequence[Message], written: Written) -> None:
        for terminal, stored in written.receipts:
            topic = self.writer.topics.of(terminal, Kind.STORED)
            self.session.publish(topic, encode_stored(stored))
        for message in messages:
            self.session.acknowledge(message)
