"""The server's end of the wire, as terminals in tests meet it."""

import time
from collections.abc import Callable

from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.messages import (
    PositionBatch,
    Status,
    Stored,
    decode_position,
    decode_status,
    encode_stored,
)
from patrol.notices.checkins import decode_checkin
from patrol.notices.events import decode_event
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Session
from tests.unit.device.terminal import START, wait_until

TERMINAL = TerminalId("T01")
TOPICS = Topics()
_HEARD = (Kind.POSITION, Kind.STATUS, Kind.EVENT, Kind.CHECKIN)


class Server:
    """The other end of the wire: takes what comes, and says `stored` unless it is `silent`.

    `order` holds what came, in its order: kinds, with the seq of a batch or the id of a letter.
    """

    def __init__(self, broker: BrokerSettings) -> None:
        self.batches: list[PositionBatch] = []
        self.statuses: list[Status] = []
        self.order: list[tuple[Kind, int | str]] = []
        self.silent = False
        filters = [TOPICS.of_all(kind) for kind in _HEARD]
        self._session = Session(broker, Manner(client_id="ingest", subscriptions=filters))

    def start(self) -> None:
        """Connect, and return when what is sent from now on is heard."""
        self._session.start()
        wait_until(lambda: self._session.is_connected)

    def stop(self) -> None:
        """Disconnect."""
        self._session.stop()

    def serve_until(self, is_so: Callable[[], object], *, within_s: float = 30.0) -> None:
        """Take what comes until a condition holds."""
        until = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < until, "it did not happen in time"
            self._serve()

    def say_stored(self, outbox: str | None, first: int, last: int) -> None:
        """Report a range of an outbox as stored."""
        self.publish(Kind.STORED, encode_stored(Stored(outbox=outbox, fixes=((first, last),))))

    def publish(self, kind: Kind, payload: bytes) -> None:
        """Say something to the terminal."""
        self._session.publish(TOPICS.of(TERMINAL, kind), payload)

    @property
    def seconds(self) -> set[float]:
        """When the fixes that have come were, in seconds after the start."""
        start_ms = epoch_ms(START)
        epochs = (one.epoch_ms for batch in self.batches for one in batch.positions)
        return {(epoch - start_ms) / 1000 for epoch in epochs}

    def _serve(self) -> None:
        message = self._session.receive(timeout_s=0.05)
        if message is None:
            return
        self._session.acknowledge(message)
        kind = TOPICS.read(message.topic)[1]
        if kind is Kind.STATUS:
            self.statuses.append(decode_status(message.payload))
        elif kind is Kind.POSITION:
            self._take_batch(decode_position(message.payload))
        elif kind is Kind.EVENT:
            self._take_letter(kind, decode_event(message.payload).event_id)
        else:
            self._take_letter(kind, decode_checkin(message.payload).checkin_id)

    def _take_batch(self, batch: PositionBatch) -> None:
        self.batches.append(batch)
        self.order.append((Kind.POSITION, batch.seq))
        if not self.silent:
            self.say_stored(batch.outbox, batch.seq, batch.seq + len(batch.positions) - 1)

    def _take_letter(self, kind: Kind, identity: str) -> None:
        self.order.append((kind, identity))
        if not self.silent:
            self.publish(Kind.STORED, encode_stored(Stored(ids=(identity,))))
