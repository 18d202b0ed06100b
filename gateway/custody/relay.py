"""From the spool to the broker, in the order in which things came; gone on `stored` alone."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.custody.committer import Committer, Deed
from gateway.custody.spool import Spool, Spooled
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import MAX_FIXES, PositionBatch, Stored, decode_stored, encode_position
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session

log = structlog.get_logger()

_TURN_S = 0.05
# Read from the spool at once.
_CHUNK = 2_000
_MOST_ANSWERS = 1_000
# A message with so few fixes is small anyway; packing it costs both ends more than it saves.
_FEW = 3


@dataclass(slots=True, kw_only=True)
class Relay:
    """Sends what the spool holds over `session`, and has forgotten what is stored.

    At most `window` fixes are on their way. What has had no `stored` for `resend_s`, and
    everything after a new connection, is sent again.
    """

    session: Session
    topics: Topics
    committer: Committer
    window: int
    resend_s: float
    sent: int = 0
    _connection: int = 0
    _after: int = 0
    _letters_after: int = 0
    _letters_since_s: float = 0.0
    _on_the_way: int = 0
    # Up to which place was sent, and when.
    _marks: deque[tuple[int, float]] = field(default_factory=deque)

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set; what is left waits in the spool."""
        with Spool(self.committer.path) as spool:
            self.session.start()
            while not stop.is_set():
                self.session.check()
                self._turn(spool)
            self._hear(timeout_s=0)
        self.session.flush(timeout_s=1.0)
        self.session.stop()

    def _turn(self, spool: Spool) -> None:
        self._hear(timeout_s=0)
        if not self.session.is_connected:
            time.sleep(_TURN_S)
            return
        if self.session.connections != self._connection:
            self._connection = self.session.connections
            self._begin_anew()
        elif self._is_overdue(spool):
            log.warning("gateway.sent_again", reason="no `stored` came", waiting=self._on_the_way)
            self._begin_anew()
        if self._letters_are_overdue(spool):
            self._letters_after = 0
        sent = self._send_letters(spool) + self._send_positions(spool)
        if not sent:
            self._hear(timeout_s=_TURN_S)

    def _begin_anew(self) -> None:
        self._after = self._letters_after = self._on_the_way = 0
        self._marks.clear()

    def _is_overdue(self, spool: Spool) -> bool:
        if not self._marks or time.monotonic() - self._marks[0][1] < self.resend_s:
            return False
        first = spool.first_arrived()
        while self._marks and (first is None or self._marks[0][0] < first):
            self._marks.popleft()
        return bool(self._marks) and time.monotonic() - self._marks[0][1] >= self.resend_s

    def _letters_are_overdue(self, spool: Spool) -> bool:
        if not self._letters_since_s or time.monotonic() - self._letters_since_s < self.resend_s:
            return False
        self._letters_since_s = 0.0
        waiting = spool.read_letters(after=0, most=1)
        return bool(waiting) and waiting[0][0] <= self._letters_after

    def _send_positions(self, spool: Spool) -> int:
        room = self.window - self._on_the_way
        if room <= 0:
            return 0
        rows = spool.read(after=self._after, most=min(room, _CHUNK))
        for run in runs_of(rows):
            if not self._publish(spool, run):
                return 0
        if rows:
            self._after = rows[-1].arrived
            self._on_the_way += len(rows)
            self.sent += len(rows)
            self._marks.append((self._after, time.monotonic()))
        return len(rows)

    def _publish(self, spool: Spool, run: Sequence[Spooled]) -> bool:
        first = run[0]
        batch = PositionBatch(
            seq=first.seq,
            source=first.source,
            positions=tuple(one.position for one in run),
            outbox=spool.id,
        )
        topic = self.topics.of(first.terminal_id, Kind.POSITION)
        return self.session.publish(topic, encode_position(batch, is_packed=len(run) > _FEW))

    def _send_letters(self, spool: Spool) -> int:
        letters = spool.read_letters(after=self._letters_after, most=_CHUNK)
        for arrived, letter in letters:
            topic = self.topics.of(letter.terminal_id, Kind(letter.kind))
            if not self.session.publish(topic, letter.payload):
                return 0
            self._letters_after = arrived
            self._letters_since_s = self._letters_since_s or time.monotonic()
        return len(letters)

    def _hear(self, *, timeout_s: float) -> None:
        """Take what is stored, and have it forgotten."""
        stored: list[tuple[TerminalId, Stored]] = []
        message = self.session.receive(timeout_s=timeout_s)
        while message is not None:
            try:
                terminal, _ = self.topics.read(message.topic)
                told = decode_stored(message.payload)
            except InputError as error:
                log.warning("gateway.stored_refused", reason=str(error))
            else:
                stored.append((terminal, told))
                self._on_the_way = max(0, self._on_the_way - _fixes_in(told))
            self.session.acknowledge(message)
            if len(stored) >= _MOST_ANSWERS:
                break
            message = self.session.receive(timeout_s=0)
        if stored:
            self.committer.hand_over(Deed(stored=tuple(stored)))


def manner_of(client_id: str, topics: Topics) -> Manner:
    """Return what is asked of the broker: what is stored of every terminal."""
    return Manner(
        client_id=client_id,
        subscriptions=[topics.of_all(Kind.STORED)],
        forgets_unanswered=True,
    )


def runs_of(rows: Iterable[Spooled]) -> Iterator[list[Spooled]]:
    """Yield rows of one terminal and source with numbers that follow one another, as batches.

    Terminals take turns as their first rows came; each one's rows stay in their order.
    """
    by_terminal: dict[tuple[TerminalId, str], list[Spooled]] = {}
    for row in rows:
        by_terminal.setdefault((row.terminal_id, row.source), []).append(row)
    for own in by_terminal.values():
        run: list[Spooled] = []
        for row in own:
            if run and (row.seq != run[-1].seq + 1 or len(run) == MAX_FIXES):
                yield run
                run = []
            run.append(row)
        yield run


def _fixes_in(stored: Stored) -> int:
    return sum(last - first + 1 for first, last in stored.fixes)
