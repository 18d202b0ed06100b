"""All terminals of a chaos run at once, speaking the wire by themselves.

A few connections carry many terminals each, as a gateway's does. What had no `stored` for a
while is sent again, and so is everything unanswered after a new connection.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np

from patrol.messages import (
    Flag,
    Position,
    PositionBatch,
    decode_stored,
    encode_position,
)
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Message, Session
from simulator.chaos.terminals.outboxes import Batch, Outboxes
from simulator.chaos.terminals.poison import poison
from simulator.chaos.terminals.walks import Walks, outbox_name, terminal_name

_CONNECTIONS = 4
_TICK_S = 0.005
_LOOK_FOR_DUE_EVERY_S = 0.1
_MOST_AT_ONCE = 500
# Now and then one more batch goes out that was sent before, cut in another way.
_AGAIN_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How terminals behave: what they wait for, and how much of what they send is poison."""

    resend_after_s: float
    unanswered_batches: int
    poison_share: float


@dataclass(slots=True)
class Tally:
    """What went over the line."""

    batches: int = 0
    again: int = 0
    poison: int = 0
    receipts: int = 0
    heard_at_s: float = field(default_factory=time.monotonic)


class Fleet:
    """Terminals on `_CONNECTIONS` connections, driven by one thread; `outboxes` say what is left.

    `limit` is how many fixes each terminal has measured by now.
    """

    def __init__(self, walks: Walks, outboxes: Outboxes, manners: Manners, *, seed: int) -> None:
        self.outboxes = outboxes
        self.tally = Tally()
        self.limit = 0
        self._walks = walks
        self._manners = manners
        self._rng = np.random.default_rng([seed, 1])
        self._topics = Topics()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._sessions: Sequence[Session] = ()
        self._connections: list[int] = []
        self._looked_at_s = 0.0

    def start(self, broker: BrokerSettings) -> None:
        """Connect, and go on connecting, and send."""
        self._sessions = [self._session(broker, number) for number in range(_CONNECTIONS)]
        self._connections = [0] * _CONNECTIONS
        for session in self._sessions:
            session.start()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the connections."""
        self._stop.set()
        self._thread.join()
        for session in self._sessions:
            session.stop()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Outboxes:
        """Hold the terminals still, and return their outboxes."""
        self._lock.acquire()
        return self.outboxes

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def send_again(self, *, count: int) -> None:
        """Send `count` batches of what was sent before, told or not, cut and mixed in any way."""
        with self._lock:
            if self.outboxes.sent.any():
                for batch in self.outboxes.again(self._rng, count=count):
                    self.tally.again += self._send(batch)

    def send_poison(self, number: int) -> bool:
        """Send the poison with this number; False when it cannot be sent now."""
        topic, payload = poison(number, self._topics, terminals=self._walks.terminals)
        return self._sessions[number % _CONNECTIONS].publish(topic, payload)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                with self._lock:
                    moved = self._listen() + self._speak()
                if not moved:
                    self._stop.wait(_TICK_S)
        except BaseException as error:  # noqa: BLE001 - `check` raises it where it is seen
            self._failure = error

    def _listen(self) -> int:
        heard = 0
        for number, session in enumerate(self._sessions):
            while heard < _MOST_AT_ONCE and (message := session.receive(timeout_s=0)):
                self._hear(message)
                session.acknowledge(message)
                heard += 1
            if session.connections != self._connections[number]:
                self._connections[number] = session.connections
                self.outboxes.hurry(range(number, self._walks.terminals, _CONNECTIONS))
        return heard

    def _hear(self, message: Message) -> None:
        terminal, _ = self._topics.read(message.topic)
        number = int(terminal[1:])
        stored = decode_stored(message.payload)
        self.tally.receipts += 1
        if stored.outbox == outbox_name(number):
            self.tally.heard_at_s = time.monotonic()
            for first, last in stored.fixes:
                self.outboxes.hear(number, first, last)

    def _speak(self) -> int:
        now_s = time.monotonic()
        due: list[Batch] = []
        if now_s - self._looked_at_s > _LOOK_FOR_DUE_EVERY_S:
            self._looked_at_s = now_s
            due = self.outboxes.due(before_s=now_s - self._manners.resend_after_s)
        new = self.outboxes.new(most=self._manners.unanswered_batches, limit=self.limit)
        sent = 0
        for batch in self._mix([*due[:_MOST_AT_ONCE], *new]):
            if self._send(batch):
                self.outboxes.note_sent(batch, now_s=now_s)
                sent += 1
        self.tally.again += min(len(due), _MOST_AT_ONCE)
        return sent

    def _mix(self, batches: Sequence[Batch]) -> list[Batch]:
        """Return the batches in any order: lines and outboxes do not keep it either."""
        return [batches[number] for number in self._rng.permutation(len(batches)).tolist()]

    def _send(self, batch: Batch) -> bool:
        session = self._sessions[batch.terminal % _CONNECTIONS]
        topic = self._topics.of(terminal_name(batch.terminal), Kind.POSITION)
        if not session.publish(topic, self._payload(batch)):
            return False
        self.tally.batches += 1
        while self._rng.random() < self._manners.poison_share:
            self.tally.poison += self.send_poison(self.tally.poison)
        return True

    def _payload(self, batch: Batch) -> bytes:
        index = np.arange(batch.first, batch.end)
        clocks = self.outboxes.clocks[batch.terminal, batch.first : batch.end]
        epochs_ms = self._walks.epochs_ms(index, clocks).tolist()
        lats_e7, lons_e7 = self._walks.places_e7(batch.terminal, index)
        columns = zip(epochs_ms, lats_e7.tolist(), lons_e7.tolist(), strict=True)
        return encode_position(
            PositionBatch(
                seq=batch.first + 1,
                source="chaos",
                outbox=outbox_name(batch.terminal),
                positions=tuple(
                    Position(*one, accuracy_dm=50, satellites=9, battery_pct=80, flags=Flag.LATE)
                    for one in columns
                ),
            )
        )

    def _session(self, broker: BrokerSettings, number: int) -> Session:
        own = range(number, self._walks.terminals, _CONNECTIONS)
        return Session(
            broker,
            Manner(
                client_id=f"chaos-terminals-{number}",
                subscriptions=[self._topics.of(terminal_name(one), Kind.STORED) for one in own],
            ),
        )
