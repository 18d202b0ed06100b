"""The straight line of `patrol ingest run`: gather, COPY, COMMIT, then acknowledge.

Nothing is acknowledged, and no terminal is told to forget anything, before COMMIT. While
the database is away the batch in hand is held and tried again, and the broker holds the
rest. The next batch is gathered and decoded while the database works on the one in hand.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
import structlog

from ingest.ahead import Ahead
from ingest.batching import Size, gather
from ingest.database import Retry, told
from ingest.operations.metrics import IngestMetrics
from ingest.receipts import Pile
from ingest.writer import Writer, Written
from ingest.writing.mail import Mail
from patrol.messages import encode_stored
from patrol.topics import Kind
from runtime.clock import utc_now
from runtime.mqtt import Message, Session

log = structlog.get_logger()

_WAIT_FOR_DISK = """
select set_config('synchronous_commit', 'on', false)
 where current_setting('synchronous_commit') = 'off'
"""

# How soon a stop is noticed on an idle line.
_WAIT_S = 0.5
# Some 15,000 fixes that come in batches of 50: larger transactions are no faster.
_BATCH_WEIGHT = 1 << 20
_EACH = 64
# What a zlib stream comes to, as a rule; one of somebody who stands still, to more, and the first
# few hundred bytes to hardly more than they are.
_INFLATED, _STARTS_BYTES = 4, 256


class _Batch(NamedTuple):
    """Messages as they came, and what they say."""

    messages: Sequence[Message]
    mail: Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Carries messages from a session into a database until told to stop."""

    session: Session
    dsn: str
    writer: Writer
    batch_messages: int
    stop: threading.Event
    metrics: IngestMetrics
    _held: list[_Batch] = field(default_factory=list)
    _pile: Pile = field(default_factory=Pile)

    def run(self) -> None:
        """Consume until `stop` is set; what is not committed by then is not acknowledged."""
        ahead = Ahead(self._gather)
        try:
            retry = Retry(dsn=self.dsn, stop=self.stop, vitals=self.metrics.vitals)
            retry.run(lambda conn: self._consume(conn, ahead))
        finally:
            ahead.close()
        self._tell(is_idle=True)

    def _gather(self, is_wanted: Callable[[], bool]) -> _Batch:
        """Take messages and open them as they come, while the database works."""
        size = Size(messages=self.batch_messages, weight=_BATCH_WEIGHT, weigh=_weigh)
        messages: list[Message] = []
        gathered = gather(self._receive, size=size, wait_s=_WAIT_S, is_wanted=is_wanted)
        return _Batch(messages, self.writer.open(_noted(gathered, messages)))

    def _receive(self, timeout_s: float) -> Message | None:
        return self.session.receive(timeout_s=timeout_s)

    def _consume(self, conn: psycopg.Connection, ahead: Ahead[_Batch]) -> None:
        """Store batch after batch; the held one outlives a connection that breaks."""
        _insist_on_disk(conn)
        while not self.stop.is_set():
            self.session.check()
            self.metrics.vitals.beat()
            if not self._held:
                self._held.append(ahead.take())
            (batch,) = self._held
            if batch.messages:
                self._store(conn, batch)
            self._held.clear()
            self._tell(is_idle=self.session.waiting == 0 and not ahead.is_ready)

    def _store(self, conn: psycopg.Connection, batch: _Batch) -> None:
        began = time.monotonic()
        try:
            written = self.writer.store(conn, batch.mail, now=utc_now())
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._store_apart(conn, batch, error)
            return
        took_s = self._let_go(batch.messages, written, began=began)
        log.info(
            "ingest.batch_committed",
            messages=len(batch.messages),
            positions=written.positions,
            stored=written.stored,
            off_duty=written.off_duty,
            set_aside=written.set_aside,
            refused=written.refused,
            took_ms=round(took_s * 1000),
        )

    def _store_apart(self, conn: psycopg.Connection, batch: _Batch, error: psycopg.Error) -> None:
        """One message that the checks let through must not hold back the others."""
        if len(batch.messages) > 1:
            log.warning("ingest.batch_split", messages=len(batch.messages), reason=told(error))
            for message in batch.messages:
                self._store(conn, _Batch([message], self.writer.open([message])))
            return
        began = time.monotonic()
        reason = f"the database does not take it: {str(error).strip()}"
        written = self.writer.put_aside(conn, batch.messages[0], reason=reason, now=utc_now())
        self._let_go(batch.messages, written, began=began)

    def _let_go(self, messages: Sequence[Message], written: Written, *, began: float) -> float:
        """Acknowledge what is committed, remember whom to tell of it; return how long it took."""
        took_s = time.monotonic() - began
        self._pile.add(written.receipts)
        self.session.acknowledge_all(messages)
        self.metrics.batch_committed(written, messages=len(messages), took_s=took_s)
        return took_s

    def _tell(self, *, is_idle: bool) -> None:
        now_s = time.monotonic()
        if not self.session.is_connected or not self._pile.is_due(now_s=now_s, is_idle=is_idle):
            return
        for terminal, stored in self._pile.take(now_s=now_s):
            self.session.publish(
                self.writer.topics.of(terminal, Kind.STORED), encode_stored(stored)
            )


def _insist_on_disk(conn: psycopg.Connection) -> None:
    """Let COMMIT wait for the disk, whatever the server, the database or the role say of it."""
    conn.execute(_WAIT_FOR_DISK)
    if conn.execute("show fsync").fetchone() != ("on",):
        log.warning("ingest.not_durable", reason="fsync is off: a power cut loses what is stored")


def _noted(messages: Iterable[Message], taken: list[Message]) -> Iterator[Message]:
    for message in messages:
        taken.append(message)
        yield message


def _weigh(message: Message) -> int:
    size = len(message.payload)
    if size <= _STARTS_BYTES or message.payload[:1] == b"{":
        return _EACH + size
    return _EACH + _STARTS_BYTES + _INFLATED * (size - _STARTS_BYTES)
